"""Ways in that are tried on purpose: secrets left lying about, forms of other sites, shared caches."""

import time

import httpx
import pytest
from sqlalchemy import select

from marketplace.actors import system
from marketplace.database import Sessions, transaction
from marketplace.idempotency import IdempotencyKey
from tests.api.conftest import MakeParty
from tests.api.people.test_accounts import PASSWORD, SIGN_UP, link_token, signed_up

API = "/api/v1"
US = system("test")


async def test_what_is_shown_once_is_not_kept_for_a_repetition(party: MakeParty, sessions: Sessions) -> None:
    owner = await party("investor")
    path, body = f"{API}/organisations/{owner.organisation_id}/keys", {"name": "k", "scopes": ["read"]}
    made = await owner.browser.post(path, json=body, headers={"idempotency-key": "once"})
    secret = made.json()["secret"]
    async with transaction(sessions, US) as session:
        kept = (await session.scalars(select(IdempotencyKey.body))).all()
    assert all(secret.encode() not in (body or b"") for body in kept)
    again = await owner.browser.post(path, json=body, headers={"idempotency-key": "once"})
    assert again.status_code == 409


async def test_a_form_of_another_site_signs_nobody_in(client: httpx.AsyncClient, sessions: Sessions) -> None:
    await signed_up(client, sessions)
    said = f'{{"email": "{SIGN_UP["email"]}", "password": "{PASSWORD}"}}'
    headers = {"content-type": "text/plain", "origin": "https://evil.example"}
    answer = await client.post(f"{API}/session", content=said, headers=headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


async def test_an_older_link_for_a_new_password_is_void_once_one_was_used(
    client: httpx.AsyncClient, sessions: Sessions
) -> None:
    await signed_up(client, sessions)
    tokens = []
    for _ in range(2):
        await client.post(f"{API}/password-reset", json={"email": SIGN_UP["email"]})
        tokens.append(await link_token(sessions, "reset-password"))
    new = {"token": tokens[1], "password": "nine loud foxes sing softly"}
    assert (await client.post(f"{API}/password-reset/complete", json=new)).status_code == 204
    stale = await client.post(f"{API}/password-reset/complete", json=new | {"token": tokens[0]})
    assert stale.status_code == 400


async def test_signing_up_takes_as_long_for_an_address_that_is_known(client: httpx.AsyncClient) -> None:
    async def took(email: str) -> float:
        began = time.perf_counter()
        assert (await client.post(f"{API}/sign-up", json=SIGN_UP | {"email": email})).status_code == 202
        return time.perf_counter() - began

    new = min([await took(f"new{number}@holder.example") for number in range(4)])
    known = min([await took("new0@holder.example") for _ in range(4)])
    assert known > new / 2


@pytest.mark.parametrize("path", ["/session", "/sessions", "/rooms", "/events", "/payments/desk"])
async def test_private_answers_are_kept_by_no_shared_cache(path: str, party: MakeParty) -> None:
    operator = await party("operator")
    answer = await operator.browser.get(f"{API}{path}")
    assert answer.status_code == 200
    control = answer.headers.get("cache-control", "")
    assert "no-store" in control or "private" in control


async def test_where_to_go_after_signing_in_may_be_written_in_any_script(
    client: httpx.AsyncClient, sessions: Sessions
) -> None:
    await signed_up(client, sessions)
    form = {"email": SIGN_UP["email"], "password": PASSWORD, "next": "/search?q=膜\u2028法"}
    answer = await client.post("/sign-in", data=form)
    assert answer.status_code == 303, answer.text[:300]


@pytest.mark.parametrize(
    "next_", ["//evil.example", "/\\evil.example", "/\t/evil.example", "https://evil.example", "/\r\nX: y"]
)
async def test_signing_in_leads_to_no_other_site(next_: str, client: httpx.AsyncClient, sessions: Sessions) -> None:
    await signed_up(client, sessions)
    form = {"email": SIGN_UP["email"], "password": PASSWORD, "next": next_}
    answer = await client.post("/sign-in", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
