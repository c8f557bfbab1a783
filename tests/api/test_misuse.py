"""Ways in that are tried on purpose: secrets left lying about, forms of other sites, shared caches."""

import time
from dataclasses import replace
from datetime import timedelta

import httpx
import pyotp
import pytest
from litestar import Litestar
from sqlalchemy import select, update

from api.app import furnish
from api.platform import Platform
from marketplace.actors import system
from marketplace.clock import SetClock
from marketplace.database import Sessions, transaction
from marketplace.idempotency import IdempotencyKey
from marketplace.mail import Mail
from marketplace.people.models import LoginSession
from marketplace.settings import Settings
from tests.api.conftest import MakeParty, client_of
from tests.api.people.test_accounts import PASSWORD, SIGN_UP, link_token, signed_in, signed_up

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


async def test_whose_account_it_is_hears_of_every_change_of_its_proof(
    client: httpx.AsyncClient, sessions: Sessions, clock: SetClock
) -> None:
    await signed_up(client, sessions)
    await signed_in(client)
    totp = pyotp.parse_uri((await client.post(f"{API}/second-factor")).json()["uri"])
    for path in ("confirm", "off"):
        code = {"code": totp.at(clock.now())}
        assert (await client.post(f"{API}/second-factor/{path}", json=code)).status_code == 204
        clock.advance(timedelta(minutes=1))
    await client.post(f"{API}/password-reset", json={"email": SIGN_UP["email"]})
    new = {"token": await link_token(sessions, "reset-password"), "password": "nine loud foxes sing softly"}
    await client.post(f"{API}/password-reset/complete", json=new)
    async with transaction(sessions, US) as session:
        told = (
            await session.scalars(select(Mail.kind).where(Mail.kind.startswith("account-")).order_by(Mail.id))
        ).all()
    assert told == ["account-factor-on", "account-factor-off", "account-new-password"]


async def test_behind_https_browsers_come_by_nothing_else(app: Litestar, platform: Platform) -> None:
    furnish(app, replace(platform, settings=Settings(public_url="https://greenhatch.example", requests_per_minute=0)))
    async with client_of(app) as visitor:
        assert "max-age=31536000" in (await visitor.get("/")).headers["strict-transport-security"]
    furnish(app, platform)
    async with client_of(app) as visitor:
        assert "strict-transport-security" not in (await visitor.get("/")).headers


async def test_who_finds_a_browser_signed_in_sets_up_no_factor_of_theirs(
    client: httpx.AsyncClient, sessions: Sessions, clock: SetClock
) -> None:
    await signed_up(client, sessions)
    await signed_in(client)
    for minutes, status in ((31, 403), (29, 201)):
        async with transaction(sessions, US) as session:
            await session.execute(update(LoginSession).values(created_at=clock.now() - timedelta(minutes=minutes)))
        answer = await client.post(f"{API}/second-factor")
        assert answer.status_code == status
    code = {"code": pyotp.parse_uri(answer.json()["uri"]).at(clock.now())}
    async with transaction(sessions, US) as session:
        await session.execute(update(LoginSession).values(created_at=clock.now() - timedelta(hours=1)))
    late = await client.post(f"{API}/second-factor/confirm", json=code)
    assert (late.status_code, late.json()["code"]) == (403, "sign-in-again")
    page = await client.post(
        "/account/second-factor",
        data={"csrf_token": client.headers["x-csrf-token"]},
        headers={"accept": "text/html", "accept-language": "en"},
    )
    assert (page.status_code, "Sign out and in again" in page.text) == (403, True)
