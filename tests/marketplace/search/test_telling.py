"""Who keeps a search is told once of each thing that newly answers it, and of nothing they may not see."""

import pytest
from sqlalchemy import delete, select

from fixtures.catalogue import technologies
from marketplace.database import Sessions, transaction
from marketplace.jobs import Context, drain
from marketplace.listings import service
from marketplace.listings.content import Content
from marketplace.mail import Mail
from marketplace.people.models import Membership, Organisation, Person
from marketplace.process import begin
from marketplace.screening import alerts
from marketplace.search.jobs import refresh, tell_savers
from marketplace.search.models import SavedSearch, SavedSearchFinding
from marketplace.search.saving import close_search, save_search, set_alerts
from marketplace.settings import Settings, signing_key
from scoring.technology import Provenance, Text
from tests.marketplace.search.test_upkeep import EVERYBODY, _warm, library, publish

__all__ = ["_warm", "library"]  # fixtures
AWARDED = [entry for entry in technologies() if entry.provenance is Provenance.AWARD]


@pytest.fixture
def context(sessions: Sessions, library, clock) -> Context:
    return Context(sessions, settings=Settings(home=library.folder.parent), clock=clock)


async def organisation(sessions: Sessions, kind: str) -> tuple[Organisation, Person]:
    async with transaction(sessions, EVERYBODY) as session:
        made = Organisation(name=Text(en=kind), kind=kind, country="CN", email_domain=f"{kind}.example")
        await begin(session, made)
        person = Person(email=f"{kind}@x.example", name=kind, password_hash="none", language="en")
        session.add(person)
        await session.flush()
        session.add(Membership(organisation_id=made.id, person_id=person.id, role="member"))
    return made, person


async def kept(sessions: Sessions, owner: tuple[Organisation, Person], **more) -> SavedSearch:
    async with transaction(sessions, EVERYBODY) as session:
        given = {"name": "News", "text": "", "filters": {"kind": ["listing"]}, "alerts_to": owner[1].id} | more
        return await save_search(session, organisation_id=owner[0].id, **given)


async def listing(sessions: Sessions, holder: Organisation, number: int, *, public: bool = True):
    async with transaction(sessions, EVERYBODY) as session:
        owner = await session.get_one(Organisation, holder.id)
        made = await service.draft_listing(session, holder=owner, content=Content(technology=AWARDED[number]))
        if public:
            await publish(session, made)
    return made


async def told(context: Context, sessions: Sessions) -> list[Mail]:
    """All mails so far, after the index and then the searches have looked at what is new."""
    await drain(context)
    await refresh(context)
    await tell_savers(context)
    async with transaction(sessions, EVERYBODY) as session:
        query = select(Mail).where(Mail.kind == "search-found").order_by(Mail.created_at, Mail.id)
        return list(await session.scalars(query))


async def test_each_thing_is_told_of_once(context: Context, sessions: Sessions) -> None:
    holder, reader = await organisation(sessions, "holder"), await organisation(sessions, "investor")
    await listing(sessions, holder[0], 0)
    await kept(sessions, reader)
    assert await told(context, sessions) == []  # what was there before is no news
    first = await listing(sessions, holder[0], 1)
    (mail,) = await told(context, sessions)
    assert mail.to == "investor@x.example"
    assert f"/technologies/{first.id}" in mail.text
    assert "News" in mail.subject
    assert len(await told(context, sessions)) == 1
    async with transaction(sessions, EVERYBODY) as session:
        again = await session.get_one(type(first), first.id)
        again.trl_low = 3
    assert len(await told(context, sessions)) == 1  # changed, but told of already
    second = await listing(sessions, holder[0], 2)
    mails = await told(context, sessions)
    assert len(mails) == 2
    assert str(first.id) not in mails[1].text
    assert str(second.id) in mails[1].text
    async with transaction(sessions, EVERYBODY) as session:
        assert len((await session.scalars(select(SavedSearchFinding))).all()) == 2


async def test_only_what_answers_and_only_what_may_be_seen(context: Context, sessions: Sessions) -> None:
    holder, reader = await organisation(sessions, "holder"), await organisation(sessions, "investor")
    await kept(sessions, reader)
    await kept(sessions, holder, name="Mine")
    await kept(sessions, reader, name="Calls", filters={"kind": ["call"]})
    await kept(sessions, reader, name="Nothing like it", text="qqzzxx", filters={})
    draft = await listing(sessions, holder[0], 0, public=False)
    (mail,) = await told(context, sessions)
    assert mail.to == "holder@x.example"
    assert str(draft.id) in mail.text


async def test_words_find_what_answers_them(context: Context, sessions: Sessions) -> None:
    holder, reader = await organisation(sessions, "holder"), await organisation(sessions, "investor")
    await listing(sessions, holder[0], 0)
    await drain(context)
    await refresh(context)
    name = AWARDED[1].name.in_language("zh")
    await kept(sessions, reader, name="This", text=name, filters={})
    await kept(sessions, reader, name="Elsewhere", text=name, filters={"medium": ["noise"]})
    other = await listing(sessions, holder[0], 1)
    (mail,) = await told(context, sessions)
    assert str(other.id) in mail.text
    assert "This" in mail.subject


async def test_who_paused_closed_or_left_is_told_nothing(context: Context, sessions: Sessions) -> None:
    holder, reader = await organisation(sessions, "holder"), await organisation(sessions, "investor")
    gone = await organisation(sessions, "demand")
    paused, closed = await kept(sessions, reader), await kept(sessions, reader, name="Closed")
    await kept(sessions, gone)
    async with transaction(sessions, EVERYBODY) as session:
        await set_alerts(session, saved=await session.get_one(SavedSearch, paused.id), alerts_to=None)
        await close_search(session, saved=await session.get_one(SavedSearch, closed.id))
        await session.execute(delete(Membership).where(Membership.person_id == gone[1].id))
    await listing(sessions, holder[0], 0)
    assert await told(context, sessions) == []
    async with transaction(sessions, EVERYBODY) as session:
        await set_alerts(session, saved=await session.get_one(SavedSearch, paused.id), alerts_to=reader[1].id)
    assert await told(context, sessions) == []  # what came in the pause is over
    await listing(sessions, holder[0], 1)
    assert [mail.to for mail in await told(context, sessions)] == ["investor@x.example"]


async def test_the_link_in_the_mail_ends_them(context: Context, sessions: Sessions) -> None:
    holder, reader = await organisation(sessions, "holder"), await organisation(sessions, "investor")
    saved = await kept(sessions, reader)
    await listing(sessions, holder[0], 0)
    (mail,) = await told(context, sessions)
    assert mail.stop_url is not None
    token, key = mail.stop_url.partition("token=")[2], signing_key(context.settings)
    async with transaction(sessions, EVERYBODY) as session:
        await alerts.stop_alerts(session, token=token, key=key)
    async with transaction(sessions, EVERYBODY) as session:
        assert (await session.get_one(SavedSearch, saved.id)).alerts_to is None
