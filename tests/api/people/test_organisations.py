from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from api.people.authentication import cookie_name
from api.platform import Platform
from marketplace.actors import system
from marketplace.clock import SetClock
from marketplace.database import Sessions, transaction
from marketplace.mail import Mail
from marketplace.people import accounts
from marketplace.people.models import LoginSession
from marketplace.people.operators import make_operator
from marketplace.settings import Settings

EVIDENCE = {
    "legal_name": "示范环保有限公司",
    "registration_number": "91330000MA00000000",
    "legal_representative": "李伟",
    "registered_address": "杭州市示范路1号",
    "documents": [{"title": "营业执照", "sha256": "0" * 64}],
}


async def test_verification_through_the_operator(party: Any, client: httpx.AsyncClient) -> None:
    holder, operator = await party("holder", verified=False), await party("operator")
    page = f"/api/v1/organisations/{holder.organisation_id}"
    assert (await client.get(page)).status_code == 404  # unknown to the world until it is verified
    assert (await holder.browser.get(page)).json()["verified"] is False
    assert (await holder.browser.post(f"{page}/verification", json=EVIDENCE)).status_code == 201
    queue = (await operator.browser.get("/api/v1/operator/verifications")).json()
    assert [(row["organisation_id"], row["evidence"]) for row in queue["items"]] == [
        (str(holder.organisation_id), EVIDENCE)
    ]
    decided = await operator.browser.post(f"{page}/verification/decision", json={"verified": True})
    assert decided.json()["decision"] == "verified"
    shown = await client.get(page)
    assert shown.json() == {
        "id": str(holder.organisation_id),
        "name": {"zh": "机构1", "en": "Organisation 1"},
        "kind": "holder",
        "country": "CN",
        "website": None,
        "verified": True,
    }
    assert (await operator.browser.get("/api/v1/operator/verifications")).json()["total"] == 0


async def test_a_page_is_changed_by_who_saw_its_last_version(party: Any) -> None:
    holder = await party("holder")
    page = f"/api/v1/organisations/{holder.organisation_id}"
    tag = (await holder.browser.get(page)).headers["etag"]
    same_name = {"zh": "机构1", "en": "Organisation 1"}
    change = {"name": same_name, "website": "https://x.example"}
    first = await holder.browser.put(page, json=change, headers={"if-match": tag})
    assert (first.status_code, first.json()["website"]) == (200, "https://x.example")
    assert first.headers["etag"] != tag
    assert (await holder.browser.put(page, json=change, headers={"if-match": tag})).status_code == 412
    renamed = {"name": {"zh": "另一个名称"}}
    answer = await holder.browser.put(page, json=renamed, headers={"if-match": "*"})
    assert (answer.status_code, answer.json()["code"]) == (409, "name-verified")


async def test_a_suspended_organisation_is_gone_for_everybody(party: Any, client: httpx.AsyncClient) -> None:
    holder, operator = await party("holder"), await party("operator")
    page = f"/api/v1/organisations/{holder.organisation_id}"
    move = f"/api/v1/operator/organisations/{holder.organisation_id}/transitions"
    suspended = await operator.browser.post(move, json={"transition": "suspend", "note": "Forged certificate."})
    assert suspended.status_code == 204
    assert (await client.get(page)).status_code == 404
    assert (await holder.client.get(f"{page}/members")).status_code == 401
    assert (await holder.browser.get(f"{page}/members")).status_code == 404
    assert (await holder.browser.get("/api/v1/session")).json()["acting_for"] == str(holder.organisation_id)


async def test_a_key_does_what_its_scopes_say(party: Any) -> None:
    narrow = await party("holder", scopes=("organisations:read",))
    members = f"/api/v1/organisations/{narrow.organisation_id}/members"
    assert (await narrow.client.get(members)).status_code == 200
    assert (await narrow.client.post(f"/api/v1/organisations/{narrow.organisation_id}/verification")).status_code == 403
    other = await party("holder", scopes=("listings:write",))
    answer = await other.client.get(f"/api/v1/organisations/{other.organisation_id}/members")
    assert (answer.status_code, "organisations:read" in answer.json()["detail"]) == (403, True)


async def test_a_revoked_key_is_worth_nothing(party: Any) -> None:
    holder = await party("holder")
    keys = f"/api/v1/organisations/{holder.organisation_id}/keys"
    issued = (await holder.browser.post(keys, json={"name": "program", "scopes": ["read"], "days": 1})).json()
    assert issued["secret"] not in (await holder.browser.get(keys)).text
    bearer = {"authorization": f"Bearer {issued['secret']}"}
    members = f"/api/v1/organisations/{holder.organisation_id}/members"
    assert (await holder.client.get(members, headers=bearer)).status_code == 200
    assert (await holder.browser.delete(f"{keys}/{issued['key']['id']}")).status_code == 204
    assert (await holder.client.get(members, headers=bearer)).status_code == 401


async def test_roles_bind_members(party: Any) -> None:
    owner = await party("holder")
    admin = await party("holder", role="admin", of=owner)
    member = await party("holder", role="member", of=owner)
    organisation = f"/api/v1/organisations/{owner.organisation_id}"
    promote = f"{organisation}/members/{member.person_id}"
    assert (await member.browser.put(promote, json={"role": "admin"})).status_code == 403
    assert (await admin.browser.put(promote, json={"role": "viewer"})).status_code == 204
    # An administrator does not make owners, and does not unmake them.
    assert (await admin.browser.put(promote, json={"role": "owner"})).status_code == 403
    deposed = f"{organisation}/members/{owner.person_id}"
    assert (await admin.browser.put(deposed, json={"role": "viewer"})).status_code == 403
    assert (await admin.browser.delete(deposed)).status_code == 403
    invited = await admin.browser.post(
        f"{organisation}/invitations", json={"email": "friend@x.example", "role": "owner"}
    )
    assert invited.status_code == 403
    assert (await owner.browser.put(promote, json={"role": "owner"})).status_code == 204


async def test_a_member_removed_is_out_at_once(party: Any) -> None:
    owner = await party("holder")
    member = await party("holder", role="member", of=owner)
    members = f"/api/v1/organisations/{owner.organisation_id}/members"
    assert (await member.browser.get(members)).status_code == 200
    assert (await owner.browser.delete(f"{members}/{member.person_id}")).status_code == 204
    assert (await member.browser.get(members)).status_code == 404


@pytest.mark.parametrize(
    ("step", "steps"),
    [(accounts.IDLE + timedelta(seconds=1), 1), (accounts.IDLE - timedelta(minutes=1), 29)],
    ids=["idle", "absolute"],
)
async def test_a_session_ends_by_itself(
    step: timedelta, steps: int, party: Any, clock: SetClock, sessions: Sessions
) -> None:
    holder = await party("holder")
    async with transaction(sessions, system("test")) as session:
        login = (await session.scalars(select(LoginSession))).one()
        login.expires_at = clock.now() + accounts.ABSOLUTE
    for _ in range(steps - 1):
        clock.advance(step)
        assert (await holder.browser.get("/api/v1/session")).status_code == 200
    clock.advance(step)
    assert (await holder.browser.get("/api/v1/session")).status_code == 401


async def test_an_operator_is_made_on_the_command_line_and_signs_in(
    client: httpx.AsyncClient, sessions: Sessions
) -> None:
    async with transaction(sessions, system("test")) as session:
        password = await make_operator(session, email="root@platform.example")
    login = {"email": "root@platform.example", "password": password}
    assert (await client.post("/api/v1/session", json=login)).status_code == 204
    assert (await client.get("/api/v1/operator/organisations")).json()["total"] == 1


async def test_the_operator_reads_the_outbox_and_that_is_logged(party: Any, sessions: Sessions) -> None:
    operator = await party("operator")
    async with transaction(sessions, system("test")) as session:
        session.add_all(Mail(to=f"{n}@x.example", subject="s", text="link", kind="test") for n in range(3))
    first = (await operator.browser.get("/api/v1/operator/mail?limit=2")).json()
    rest = (await operator.browser.get(f"/api/v1/operator/mail?limit=2&cursor={first['next']}")).json()
    assert [mail["to"] for mail in first["items"] + rest["items"]] == ["2@x.example", "1@x.example", "0@x.example"]
    assert (first["total"], rest["next"]) == (3, None)
    log = (await operator.browser.get("/api/v1/operator/audit?limit=100")).json()
    assert sum(entry["action"] == "mail.read" for entry in log) == 3


async def test_a_cursor_from_elsewhere_is_a_client_error(party: Any) -> None:
    operator = await party("operator")
    for cursor in ("x", "bm9uc2Vuc2U", "WzFd", "W251bGxd", "é"):
        answer = await operator.browser.get("/api/v1/operator/mail", params={"cursor": cursor})
        assert answer.status_code == 400, cursor


def test_behind_https_the_cookie_is_bound_to_the_host() -> None:
    platform = Platform(sessions=None, key=b"", settings=Settings(public_url="https://greenhatch.example"))  # type: ignore[arg-type]
    assert cookie_name(platform) == "__Host-greenhatch"
