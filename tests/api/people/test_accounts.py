import re
from typing import Any

import httpx
import pyotp
from sqlalchemy import select

from marketplace.actors import system
from marketplace.clock import SetClock
from marketplace.database import Sessions, transaction
from marketplace.mail import Mail

PASSWORD = "seven quiet otters paint"
SIGN_UP: dict[str, Any] = {
    "email": "Li.Wei@holder.example",
    "password": PASSWORD,
    "person_name": "李伟",
    "organisation_name": {"zh": "示范环保", "en": "Demo Environmental"},
    "kind": "holder",
    "country": "CN",
}


async def link_token(sessions: Sessions, kind: str) -> str:
    async with transaction(sessions, system("test")) as session:
        newest = select(Mail.text).where(Mail.kind == kind).order_by(Mail.created_at.desc(), Mail.id.desc()).limit(1)
        text = await session.scalar(newest)
    found = re.search(r"token=([\w-]+)", text or "")
    assert found
    return found[1]


async def signed_up(client: httpx.AsyncClient, sessions: Sessions) -> None:
    assert (await client.post("/api/v1/sign-up", json=SIGN_UP)).status_code == 202
    token = await link_token(sessions, "verify-email")
    assert (await client.post("/api/v1/verify-email", json={"token": token})).status_code == 204


async def signed_in(client: httpx.AsyncClient, **more: str) -> dict[str, Any]:
    answer = await client.post("/api/v1/session", json={"email": SIGN_UP["email"], "password": PASSWORD, **more})
    assert answer.status_code == 204, answer.text
    me: dict[str, Any] = (await client.get("/api/v1/session")).json()
    client.headers["x-csrf-token"] = me["csrf_token"]
    return me


async def test_from_sign_up_to_sign_out(client: httpx.AsyncClient, sessions: Sessions) -> None:
    await signed_up(client, sessions)
    me = await signed_in(client)
    assert [mine["role"] for mine in me["organisations"]] == ["owner"]
    assert (await client.delete("/api/v1/session")).status_code == 204
    assert (await client.get("/api/v1/session")).status_code == 401


async def test_nobody_signs_in_before_the_address_is_proved(client: httpx.AsyncClient) -> None:
    await client.post("/api/v1/sign-up", json=SIGN_UP)
    answer = await client.post("/api/v1/session", json={"email": SIGN_UP["email"], "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (403, "email-unproved")


async def test_signing_up_again_tells_a_stranger_nothing(client: httpx.AsyncClient, sessions: Sessions) -> None:
    first = await client.post("/api/v1/sign-up", json=SIGN_UP)
    again = await client.post("/api/v1/sign-up", json=SIGN_UP | {"email": "li.wei@HOLDER.example"})
    assert (again.status_code, again.content) == (first.status_code, first.content) == (202, b"null")
    async with transaction(sessions, system("test")) as session:
        assert await session.scalar(select(Mail.kind).order_by(Mail.id.desc()).limit(1)) == "sign-up-again"


async def test_wrong_password_and_unknown_address_get_the_same_answer(
    client: httpx.AsyncClient, sessions: Sessions
) -> None:
    await signed_up(client, sessions)
    wrong = await client.post("/api/v1/session", json={"email": SIGN_UP["email"], "password": "not the password"})
    unknown = await client.post("/api/v1/session", json={"email": "nobody@x.example", "password": "not the password"})
    assert wrong.status_code == unknown.status_code == 403
    assert wrong.json() == unknown.json()


async def test_guessing_is_slowed_down(client: httpx.AsyncClient) -> None:
    guess = {"email": "somebody@x.example", "password": "not the password"}
    statuses = [(await client.post("/api/v1/session", json=guess)).status_code for _ in range(11)]
    assert statuses == [403] * 10 + [429]


async def test_a_change_by_cookie_needs_the_csrf_token(client: httpx.AsyncClient, sessions: Sessions) -> None:
    await signed_up(client, sessions)
    await signed_in(client)
    del client.headers["x-csrf-token"]
    assert (await client.delete("/api/v1/sessions")).status_code == 403


async def test_every_sign_in_makes_a_new_token(client: httpx.AsyncClient, sessions: Sessions) -> None:
    await signed_up(client, sessions)
    client.cookies.set("greenhatch", "chosen-by-an-attacker")
    await signed_in(client)
    tokens = [cookie.value for cookie in client.cookies.jar if cookie.name == "greenhatch"]
    assert "chosen-by-an-attacker" not in tokens[-1:]


async def test_a_code_works_once(client: httpx.AsyncClient, sessions: Sessions, clock: SetClock) -> None:
    await signed_up(client, sessions)
    await signed_in(client)
    uri = (await client.post("/api/v1/second-factor")).json()["uri"]
    totp = pyotp.parse_uri(uri)
    code = totp.at(clock.now())
    assert (await client.post("/api/v1/second-factor/confirm", json={"code": code})).status_code == 204
    again = await client.post("/api/v1/second-factor/step-up", json={"code": code})
    assert (again.status_code, again.json()["code"]) == (403, "second-factor")


async def test_a_reset_ends_every_session(client: httpx.AsyncClient, sessions: Sessions) -> None:
    await signed_up(client, sessions)
    await signed_in(client)
    await client.post("/api/v1/password-reset", json={"email": SIGN_UP["email"]})
    token = await link_token(sessions, "reset-password")
    new = {"token": token, "password": "nine loud foxes sing softly"}
    assert (await client.post("/api/v1/password-reset/complete", json=new)).status_code == 204
    assert (await client.get("/api/v1/session")).status_code == 401
    assert (await client.post("/api/v1/password-reset/complete", json=new)).status_code == 400


async def test_all_bad_fields_are_named_at_once_and_no_password_is_shown(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/api/v1/sign-up",
        json={"email": "nonsense", "password": 5, "kind": "operator", "country": "china", "extra": 1},
    )
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    wrong = {error["field"] for error in answer.json()["errors"]}
    assert wrong == {"email", "password", "person_name", "organisation_name", "kind", "country", "extra"}


async def test_a_weak_password_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/sign-up", json=SIGN_UP | {"password": "password123"})
    assert answer.json()["errors"][0]["field"] == "password"


async def test_hostile_json_is_a_client_error(client: httpx.AsyncClient) -> None:
    deep = "[" * 100_000 + "]" * 100_000
    for body in (deep, '{"email": "a\\u0000@b.example"}', "{", '{"email": 1e999}', "\xff".encode("latin-1")):
        answer = await client.post("/api/v1/sign-up", content=body, headers={"content-type": "application/json"})
        assert answer.status_code == 400, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
