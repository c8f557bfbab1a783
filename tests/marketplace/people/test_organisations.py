import asyncio
import re
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace import audit
from marketplace.actors import Actor, act_as, system
from marketplace.clock import SetClock
from marketplace.database import Sessions, transaction
from marketplace.errors import Conflict, Forbidden, Invalid, MarketplaceError
from marketplace.jobs import Context, drain
from marketplace.mail import Mail
from marketplace.people import keys, organisations
from marketplace.people.models import Invitation, Membership, Organisation, Person
from marketplace.people.process import REVERIFY_AFTER
from marketplace.process import begin
from scoring.technology import Text

KEY = b"server key"
URL = "https://greenhatch.example"


async def make_person(session: AsyncSession, name: str) -> Person:
    person = Person(email=f"{name}@x.example", name=name, password_hash="-", language="en")
    session.add(person)
    await session.flush()
    return person


async def make_organisation(session: AsyncSession, kind: str = "holder", **members: str) -> Organisation:
    organisation = Organisation(
        name=Text(zh="机构", en="Organisation"), kind=kind, country="CN", email_domain="x.example"
    )
    await begin(session, organisation)
    for name, role in members.items():
        person = await make_person(session, name)
        session.add(Membership(organisation_id=organisation.id, person_id=person.id, role=role))
    await session.flush()
    return organisation


async def person_named(session: AsyncSession, name: str) -> Person:
    return (await session.scalars(select(Person).where(Person.name == name))).one()


async def as_member(session: AsyncSession, organisation: Organisation, name: str) -> Person:
    person = await person_named(session, name)
    act_as(session, Actor(kind="person", id=person.id, organisation_id=organisation.id))
    return person


async def invited_token(session: AsyncSession) -> str:
    mailed = await session.scalar(select(Mail.text).where(Mail.kind == "invitation").order_by(Mail.id.desc()).limit(1))
    found = re.search(r"token=([\w-]+)", mailed or "")
    assert found
    return found[1]


async def test_an_invitation_is_for_one_address_once_and_for_a_while(session: AsyncSession, clock: SetClock) -> None:
    organisation = await make_organisation(session, owner="owner")
    await as_member(session, organisation, "owner")
    invitation = {"organisation": organisation, "role": "admin", "public_url": URL}
    await organisations.invite(session, email="Guest@X.example", **invitation)
    token = await invited_token(session)
    guest, thief = await make_person(session, "guest"), await make_person(session, "thief")
    with pytest.raises(Invalid):
        await organisations.accept_invitation(session, token=token, person=thief)
    joined = await organisations.accept_invitation(session, token=token, person=guest)
    assert (joined.role, joined.organisation_id) == ("admin", organisation.id)
    with pytest.raises(Invalid):
        await organisations.accept_invitation(session, token=token, person=guest)
    await organisations.invite(session, email="thief@x.example", **invitation)
    clock.advance(organisations.INVITED_FOR + timedelta(seconds=1))
    with pytest.raises(Invalid):
        await organisations.accept_invitation(session, token=await invited_token(session), person=thief)
    await organisations.invite(session, email="thief@x.example", **invitation)  # the stale one is no obstacle


async def test_an_address_has_one_open_invitation(sessions: Sessions) -> None:
    async with transaction(sessions, system("test")) as session:
        organisation = await make_organisation(session, owner="owner")
        await as_member(session, organisation, "owner")
        await organisations.invite(
            session, organisation=organisation, email="a@x.example", role="member", public_url=URL
        )

    async def invite_again() -> None:
        async with transaction(sessions, system("test")) as session:
            await as_member(session, organisation, "owner")
            await organisations.invite(
                session, organisation=organisation, email="A@X.example", role="member", public_url=URL
            )

    with pytest.raises(Conflict) as told:
        await invite_again()
    assert told.value.code == "invited-already"


async def test_the_last_owner_stays(session: AsyncSession) -> None:
    organisation = await make_organisation(session, owner="owner", other="member")
    owner = await person_named(session, "owner")
    for leaving in (
        organisations.remove_member(session, organisation=organisation, person_id=owner.id),
        organisations.change_role(session, organisation=organisation, person_id=owner.id, role="viewer"),
    ):
        with pytest.raises(Conflict, match="own"):
            await leaving
    other = await person_named(session, "other")
    await organisations.change_role(session, organisation=organisation, person_id=other.id, role="owner")
    await organisations.remove_member(session, organisation=organisation, person_id=owner.id)


async def test_two_owners_leaving_at_once_leave_one(committed: Sessions) -> None:
    async with transaction(committed, system("test")) as session:
        organisation = await make_organisation(session, first="owner", second="owner")
        people = [await person_named(session, name) for name in ("first", "second")]

    async def leave(person: Person) -> str:
        try:
            async with transaction(committed, system("test")) as session:
                await organisations.remove_member(session, organisation=organisation, person_id=person.id)
        except MarketplaceError as error:
            return error.code
        return "left"

    assert sorted(await asyncio.gather(*map(leave, people))) == ["last-owner", "left"]
    async with transaction(committed, system("test")) as session:
        assert await session.scalar(select(func.count()).select_from(Membership)) == 1


async def test_an_invitation_accepted_twice_at_once_makes_one_member(committed: Sessions) -> None:
    async with transaction(committed, system("test")) as session:
        organisation = await make_organisation(session, owner="owner")
        await as_member(session, organisation, "owner")
        guest = await make_person(session, "guest")
        await organisations.invite(session, organisation=organisation, email=guest.email, role="member", public_url=URL)
        token = await invited_token(session)

    async def accept() -> str:
        try:
            async with transaction(committed, system("test")) as session:
                await organisations.accept_invitation(session, token=token, person=guest)
        except MarketplaceError as error:
            return error.code
        return "joined"

    assert sorted(await asyncio.gather(accept(), accept())) == ["invalid", "joined"]


async def test_verification_from_evidence_to_the_day_it_ends(
    sessions: Sessions, context: Context, clock: SetClock
) -> None:
    evidence = {"legal_name": "示范环保有限公司", "documents": [{"title": "营业执照", "sha256": "0" * 64}]}
    operator = Actor(kind="operator", id=uuid.uuid4(), roles=frozenset({"operator"}))
    async with transaction(sessions, system("test")) as session:
        organisation = await make_organisation(session, owner="owner")
        await as_member(session, organisation, "owner")
        await organisations.submit_for_verification(session, organisation=organisation, evidence=evidence)
    async with transaction(sessions, operator) as session:
        organisation = await session.get_one(Organisation, organisation.id)
        with pytest.raises(Invalid):  # a return says why
            await organisations.decide_verification(session, organisation=organisation, verified=False, note=" ")
    async with transaction(sessions, operator) as session:
        organisation = await session.get_one(Organisation, organisation.id)
        record = await organisations.decide_verification(session, organisation=organisation, verified=True, note="")
        assert (organisation.state, record.evidence, record.decided_by) == ("verified", evidence, operator.id)
    clock.advance(REVERIFY_AFTER + timedelta(days=1))
    await drain(context)
    async with transaction(sessions, operator) as session:
        assert (await session.get_one(Organisation, organisation.id)).state == "unverified"


async def test_nobody_verifies_themselves(session: AsyncSession) -> None:
    organisation = await make_organisation(session, owner="owner")
    await as_member(session, organisation, "owner")
    await organisations.submit_for_verification(session, organisation=organisation, evidence={})
    with pytest.raises(Forbidden):
        await organisations.decide_verification(session, organisation=organisation, verified=True, note="")


async def test_less_protection_takes_days_and_more_none(session: AsyncSession, clock: SetClock) -> None:
    investor = await make_organisation(session, "investor", owner="owner")

    async def category() -> str:
        found = await organisations.classification(session, investor.id)
        return found.category if found else "none"

    await organisations.classify_investor(session, organisation=investor, category="professional", answers={"a": "b"})
    assert await category() == "none"
    clock.advance(organisations.REFLECTION - timedelta(seconds=1))
    assert await category() == "none"
    clock.advance(timedelta(seconds=1))
    assert await category() == "professional"
    await organisations.classify_investor(session, organisation=investor, category="retail", answers={})
    assert await category() == "retail"
    await organisations.withdraw_classification(session, organisation=investor)
    assert await category() == "none"
    await organisations.classify_investor(session, organisation=investor, category="qualified", answers={})
    clock.advance(organisations.REFLECTION + organisations.CLASSIFIED_FOR)
    assert await category() == "none"


async def test_only_investors_are_classified(session: AsyncSession) -> None:
    holder = await make_organisation(session, owner="owner")
    with pytest.raises(Forbidden):
        await organisations.classify_investor(session, organisation=holder, category="professional", answers={})


async def test_a_key_lives_until_it_expires_or_is_revoked(session: AsyncSession, clock: SetClock) -> None:
    organisation = await make_organisation(session, owner="owner")
    await as_member(session, organisation, "owner")

    async def issue() -> keys.IssuedKey:
        return await keys.issue_key(
            session, organisation=organisation, name="k", scopes=["read"], days=30, server_key=KEY
        )

    first, second = await issue(), await issue()
    found = await keys.key_of(session, shown=first.shown, server_key=KEY)
    assert found is not None
    assert (found.id, found.scopes) == (first.key.id, ["read"])
    assert await keys.key_of(session, shown=first.shown, server_key=b"another server") is None
    assert await keys.key_of(session, shown=f"{first.shown}x", server_key=KEY) is None
    await keys.revoke_key(session, organisation=organisation, key_id=first.key.id)
    await session.flush()
    assert await keys.key_of(session, shown=first.shown, server_key=KEY) is None
    clock.advance(timedelta(days=30))
    assert await keys.key_of(session, shown=second.shown, server_key=KEY) is None


@pytest.mark.parametrize("scopes", [[], ["all"], ["read", "listings:delete"]])
async def test_unknown_scopes_are_refused(scopes: list[str], session: AsyncSession) -> None:
    organisation = await make_organisation(session, owner="owner")
    with pytest.raises(Invalid):
        await keys.issue_key(session, organisation=organisation, name="k", scopes=scopes, days=1, server_key=KEY)


async def test_a_suspended_organisation_has_no_keys_and_no_members(session: AsyncSession) -> None:
    organisation = await make_organisation(session, owner="owner")
    await as_member(session, organisation, "owner")
    issued = await keys.issue_key(session, organisation=organisation, name="k", scopes=["read"], days=1, server_key=KEY)
    assert await keys.key_of(session, shown=issued.shown, server_key=KEY)
    organisation.state = "suspended"
    await session.flush()
    assert await keys.key_of(session, shown=issued.shown, server_key=KEY) is None


async def test_the_log_holds_what_happened_and_no_secret(session: AsyncSession) -> None:
    organisation = await make_organisation(session, owner="owner")
    await as_member(session, organisation, "owner")
    issued = await keys.issue_key(session, organisation=organisation, name="k", scopes=["read"], days=1, server_key=KEY)
    await organisations.invite(session, organisation=organisation, email="a@x.example", role="member", public_url=URL)
    token = await invited_token(session)
    invitation = (await session.scalars(select(Invitation))).one()
    entries = await audit.feed(session, limit=1000)
    assert {"organisation.created", "person.created", "api_key.created", "invitation.created", "mail.created"} <= {
        entry.action for entry in entries
    }
    everything = await session.scalar(text("SELECT string_agg(audit_entry::text, ' ') FROM audit_entry"))
    for secret in (token, issued.shown.partition(".")[2], issued.key.secret_hash.hex(), invitation.token_hash.hex()):
        assert secret not in everything
