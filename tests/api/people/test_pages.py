"""The account as a browser without scripts meets it."""

import re
import uuid
from datetime import timedelta
from typing import Any

import httpx
import pyotp
import pytest
from sqlalchemy import select

from marketplace.actors import system
from marketplace.database import transaction
from marketplace.mail import Mail
from marketplace.people import accounts, organisations, passwords
from marketplace.people.models import Invitation, LoginSession, Person, VerificationRecord
from scoring.technology import Text

EN = {"accept": "text/html", "accept-language": "en"}
ZH = {"accept": "text/html", "accept-language": "zh"}
PASSWORD = "seven quiet otters paint"


async def link_in(sessions: Any, kind: str) -> str:
    """The path of the link in the last letter of a kind."""
    async with transaction(sessions, system("test")) as session:
        letter = await session.scalar(select(Mail).where(Mail.kind == kind).order_by(Mail.id.desc()).limit(1))
    return re.search(r"https?://[^/\s]+(/\S+)", letter.text)[1]


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.partition("<main")[2]))


async def test_each_letter_leads_to_a_page_that_does_what_it_says(client: httpx.AsyncClient, sessions: Any) -> None:
    async with transaction(sessions, system("test")) as session:
        await accounts.sign_up(
            session, email="new@mill.example", password=PASSWORD, person_name="Ada", organisation_name=Text(en="Mill"),
            kind="holder", country="CN", language="en", public_url="http://greenhatch.test",
        )  # fmt: skip
    path = await link_in(sessions, "verify-email")
    page = await client.get(path, headers=EN)
    assert "Confirm your address" in page.text
    taken = await client.post("/verify-email", data=hidden(page.text))
    assert (taken.status_code, taken.headers["location"]) == (303, "/sign-in")
    again = await client.post("/verify-email", data=hidden(page.text), headers=ZH)
    assert again.status_code == 422
    assert "未使用且未过期的链接" in again.text

    asked = await client.post("/password-reset", data={"email": "new@mill.example"}, headers=EN)
    assert "a link is on its way" in asked.text
    page = await client.get(await link_in(sessions, "reset-password"), headers=EN)
    weak = await client.post("/reset-password", data=hidden(page.text) | {"password": "1234567890"}, headers=EN)
    assert weak.status_code == 422
    assert 'id="error-password"' in weak.text
    taken = await client.post("/reset-password", data=hidden(page.text) | {"password": "nine loud herons sing"})
    assert taken.status_code == 303
    signed_in = await client.post("/sign-in", data={"email": "new@mill.example", "password": "nine loud herons sing"})
    assert (signed_in.status_code, signed_in.headers["location"]) == (303, "/desk")


async def test_an_address_that_is_not_known_hears_the_same(client: httpx.AsyncClient) -> None:
    answer = await client.post("/password-reset", data={"email": "nobody@nowhere.example"}, headers=EN)
    assert answer.status_code == 200
    assert "a link is on its way" in answer.text


async def test_an_invitation_leads_into_the_organisation(client: httpx.AsyncClient, party: Any, sessions: Any) -> None:
    holder, guest = await party("holder"), await party("investor")
    async with transaction(sessions, system("test")) as session:
        email = (await session.get_one(Person, guest.person_id)).email
    sent = await holder.browser.post("/account/invitations", data={"email": email, "role": "viewer"})
    assert sent.status_code == 303
    assert email in (await holder.browser.get("/account/organisation", headers=EN)).text
    again = await holder.browser.post("/account/invitations", data={"email": email, "role": "viewer"}, headers=ZH)
    assert again.status_code == 422
    assert f'value="{email}"' in again.text
    path = await link_in(sessions, "invitation")
    assert "/sign-in?next=/invitation%3Ftoken%3D" in (await client.get(path, headers=EN)).text
    page = await guest.browser.get(path, headers=EN)
    joined = await guest.browser.post("/invitation", data=hidden(page.text))
    assert (joined.status_code, joined.headers["location"]) == (303, "/account/organisation")
    assert "Organisation 1" in (await guest.browser.get("/account/organisation", headers=EN)).text


async def test_an_invitation_that_was_taken_back_is_closed(party: Any, sessions: Any) -> None:
    holder, other = await party("holder"), await party("holder")
    await holder.browser.post("/account/invitations", data={"email": "who@x.example", "role": "member"})
    async with transaction(sessions, system("test")) as session:
        made = (await session.scalars(select(Invitation))).one()
    assert (await other.browser.post(f"/account/invitations/{made.id}/close")).status_code == 404
    assert (await holder.browser.post(f"/account/invitations/{made.id}/close")).status_code == 303
    assert "who@x.example" not in (await holder.browser.get("/account/organisation", headers=EN)).text


async def test_a_key_is_shown_once_and_revoked_for_good(party: Any) -> None:
    holder = await party("holder")
    wrong = await holder.browser.post("/account/keys", data={"name": "Nightly", "days": "9999"}, headers=EN)
    assert wrong.status_code == 422
    assert 'value="Nightly"' in wrong.text
    made = await holder.browser.post(
        "/account/keys", data={"name": "Nightly", "scopes": ["read", "listings:write"], "days": "30"}, headers=EN
    )
    secret = re.search(r'id="secret" value="([^"]+)"', made.text)[1]
    page = (await holder.browser.get("/account/keys", headers=EN)).text
    assert secret not in page
    assert "listings:write, read" in page
    key = re.search(r"/account/keys/([0-9a-f-]+)/revoke", page)[1]
    assert (await holder.browser.post(f"/account/keys/{uuid.uuid4()}/revoke")).status_code == 404
    assert (await holder.browser.post(f"/account/keys/{key}/revoke")).status_code == 303


async def test_the_second_factor_is_set_up_and_turned_off_on_pages(party: Any, sessions: Any, clock: Any) -> None:
    holder = await party("holder")
    begun = await holder.browser.post("/account/second-factor")
    assert begun.headers["location"] == "/account/second-factor"
    page = (await holder.browser.get("/account/second-factor", headers=EN)).text
    secret = re.search(r"secret=([A-Z2-7]+)", page)[1]
    wrong = await holder.browser.post("/account/second-factor/confirm", data={"code": "000000"}, headers=ZH)
    assert wrong.status_code == 422
    assert secret in wrong.text.replace(" ", "")
    code = pyotp.TOTP(secret).at(int(clock.now().timestamp()))
    assert page.count("<svg") == 1  # for a phone to read
    confirmed = await holder.browser.post("/account/second-factor/confirm", data={"code": code}, headers=EN)
    codes = re.findall(r"<code>([a-z2-9]{5}-[a-z2-9]{5})</code>", confirmed.text)
    assert (confirmed.status_code, len(set(codes))) == (200, 10)
    page = (await holder.browser.get("/account", headers=EN)).text
    assert "turn it off" in page
    shown = (await holder.browser.get("/account/second-factor", headers=EN)).text
    assert secret not in shown
    assert not any(one in shown for one in codes)
    assert "10 are left." in shown
    off = await holder.browser.post("/account/second-factor/off", data={"code": codes[0]})
    assert off.status_code == 303
    assert "turn it off" not in (await holder.browser.get("/account", headers=EN)).text


async def test_a_recovery_code_signs_in_once_and_new_ones_void_the_old(
    party: Any, sessions: Any, clock: Any, client: httpx.AsyncClient
) -> None:
    holder = await party("holder")
    async with transaction(sessions, system("test")) as session:
        person = await session.get_one(Person, holder.person_id)
        person.password_hash = await passwords.hashed("seven quiet otters paint")
        person.email_verified_at, email = clock.now(), person.email
    await holder.browser.post("/account/second-factor")
    page = (await holder.browser.get("/account/second-factor", headers=EN)).text
    totp = pyotp.TOTP(re.search(r"secret=([A-Z2-7]+)", page)[1])
    first = await holder.browser.post("/account/second-factor/confirm", data={"code": totp.at(clock.now())})
    old = re.findall(r"<code>([a-z2-9]{5}-[a-z2-9]{5})</code>", first.text)
    typed = {"email": email, "password": "seven quiet otters paint", "totp_code": old[0].upper()}
    assert (await client.post("/sign-in", data=typed)).status_code == 303
    assert (await client.post("/sign-in", data=typed)).status_code == 422
    clock.advance(timedelta(minutes=1))
    renewed = await holder.browser.post("/account/second-factor/codes", data={"code": totp.at(clock.now())})
    assert renewed.status_code == 200
    assert (await client.post("/sign-in", data=typed | {"totp_code": old[1]})).status_code == 422
    again = await holder.browser.post("/api/v1/second-factor/recovery-codes", json={"code": old[1]})
    assert again.status_code == 403


async def test_one_other_session_ends_and_never_somebody_else_s(party: Any, sessions: Any) -> None:
    holder, other = await party("holder"), await party("holder")
    async with transaction(sessions, system("test")) as session:
        query = select(LoginSession).where(LoginSession.person_id.in_([holder.person_id, other.person_id]))
        found = {one.person_id: one.id for one in await session.scalars(query)}
    theirs = await holder.browser.post("/account/sessions/end-one", data={"session_id": str(found[other.person_id])})
    assert theirs.status_code == 303
    assert (await other.browser.get("/account", headers=EN)).status_code == 200
    await holder.browser.post("/account/sessions/end-one", data={"session_id": str(found[holder.person_id])})
    assert (await holder.browser.get("/account", headers=EN)).status_code == 303


async def test_name_and_language_change_and_other_sessions_end(party: Any, sessions: Any) -> None:
    holder = await party("holder")
    wrong = await holder.browser.post("/account/profile", data={"name": " ", "language": "zh"}, headers=EN)
    assert wrong.status_code == 422
    sent = {"name": "林工", "language": "zh"}
    assert (await holder.browser.post("/account/profile", data=sent)).status_code == 303
    assert "林工" in (await holder.browser.get("/account", headers=ZH)).text
    async with transaction(sessions, system("test")) as session:
        mine = (await session.scalars(select(LoginSession).where(LoginSession.person_id == holder.person_id))).one()
        other = LoginSession(
            token_hash=b"x" * 32, person_id=holder.person_id, last_seen_at=mine.last_seen_at, expires_at=mine.expires_at
        )
        session.add(other)
    assert "退出其他登录" in (await holder.browser.get("/account", headers=ZH)).text
    await holder.browser.post("/account/sessions/end")
    assert "退出其他登录" not in (await holder.browser.get("/account", headers=ZH)).text


async def test_what_was_typed_for_the_verification_survives_a_missing_document(party: Any, sessions: Any) -> None:
    holder = await party("holder", verified=False)
    typed = {
        "legal_name": "绿水科技有限公司",
        "registration_number": "91310000",
        "legal_representative": "林水",
        "registered_address": "上海",
    }
    wrong = await holder.browser.post("/account/verification", data=typed, headers=ZH)
    assert wrong.status_code == 422
    assert 'value="绿水科技有限公司"' in wrong.text
    assert "请至少选择一份材料" in wrong.text
    files = {"documents": ("营业执照.pdf", b"%PDF-1.7", "application/pdf")}
    assert (await holder.browser.post("/account/verification", data=typed, files=files)).status_code == 303
    async with transaction(sessions, system("test")) as session:
        record = (await session.scalars(select(VerificationRecord))).one()
    assert record.evidence["documents"][0]["title"] == "营业执照.pdf"
    page = (await holder.browser.get("/account/verification", headers=ZH)).text
    assert "平台审核中" in page
    assert '<form method="post" action="/account/verification"' not in page


async def test_less_protection_asks_for_answers_and_waits(party: Any, sessions: Any) -> None:
    investor = await party("investor")
    wrong = await investor.browser.post("/account/classification", data={"category": "professional"}, headers=EN)
    assert wrong.status_code == 422
    assert 'id="error-experience"' in wrong.text
    typed = {"category": "professional", "experience": "Ten plants", "assets": "Own funds", "understood": "on"}
    assert (await investor.browser.post("/account/classification", data=typed)).status_code == 303
    page = (await investor.browser.get("/account/classification", headers=EN)).text
    assert re.search(r"Now:</p>|Now: <span class=\"badge\">Retail", page)
    assert "Professional (protected least)</span>" in page
    assert (await investor.browser.post("/account/classification/withdraw")).status_code == 303
    async with transaction(sessions, system("test")) as session:
        assert await organisations.coming_classification(session, investor.organisation_id) is None


@pytest.mark.parametrize("path", ["/account/keys", "/account/invitations"])
async def test_members_who_do_not_manage_are_told_so(path: str, party: Any) -> None:
    holder = await party("holder")
    member = await party("holder", role="member", of=holder)
    answer = await member.browser.request("GET" if path.endswith("keys") else "POST", path, headers=EN)
    assert answer.status_code == 403
    assert "administrators" in answer.text


async def test_the_organisation_says_something_else_and_keeps_a_verified_name(party: Any) -> None:
    holder = await party("holder")
    typed = {"name.zh": "机构1", "name.en": "Organisation 1", "website": "https://green.example"}
    assert (await holder.browser.post("/account/organisation", data=typed)).status_code == 303
    other = typed | {"name.en": "Something else"}
    refused = await holder.browser.post("/account/organisation", data=other, headers=EN)
    assert refused.status_code == 422
    assert "A verified name stays" in refused.text
    assert 'value="Something else"' in refused.text
