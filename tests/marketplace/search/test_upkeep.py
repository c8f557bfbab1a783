import pytest
from sqlalchemy import select

from fixtures.catalogue import technologies
from marketplace.actors import system
from marketplace.database import Sessions, transaction
from marketplace.jobs import Context, drain
from marketplace.listings import service
from marketplace.listings.content import Content
from marketplace.listings.models import Listing
from marketplace.people.models import Organisation
from marketplace.process import begin
from marketplace.search.analysis import warm
from marketplace.search.checks import index_agrees
from marketplace.search.finding import Reader, Wish, search, suggested
from marketplace.search.index import Reading, write
from marketplace.search.jobs import refresh
from marketplace.search.library import CURRENT, Library, Through
from marketplace.search.upkeep import compared, keep_up
from marketplace.settings import Settings
from scoring.technology import Provenance, Text

EVERYBODY = system("test").acting_as("holder", "operator")


@pytest.fixture(scope="module", autouse=True)
def _warm():
    warm()  # takes seconds, which an open transaction does not wait for


@pytest.fixture
def library(tmp_path) -> Library:
    made = Library(tmp_path)
    made.begin()
    return made


@pytest.fixture
async def listings(sessions: Sessions) -> list[Listing]:
    """Two published listings and a draft, of one holder."""
    awarded = [entry for entry in technologies() if entry.provenance is Provenance.AWARD][:3]
    async with transaction(sessions, EVERYBODY) as session:
        holder = Organisation(name=Text(en="Holder"), kind="holder", country="CN", email_domain="h.example")
        await begin(session, holder)
        made = [await service.draft_listing(session, holder=holder, content=Content(technology=one)) for one in awarded]
        for listing in made[:2]:
            await publish(session, listing)
    return made


async def publish(session, listing: Listing) -> None:
    await service.submit_listing(session, listing=listing)
    await service.pass_formal_check(session, listing=listing)


async def kept(sessions: Sessions, library: Library) -> Reading:
    async with transaction(sessions, EVERYBODY) as session:
        await keep_up(session, library)
    reading = library.reading()
    assert reading is not None
    return reading


def ids(reading: Reading, text: str, reader: Reader) -> set[str]:
    return {found.shown["id"] for found in search(reading, Wish(text=text), reader).items}


def name_of(listing: Listing) -> str:
    return listing.name.in_language("zh")


async def test_the_public_finds_what_is_published_and_the_holder_also_drafts(sessions, library, listings):
    reading = await kept(sessions, library)
    draft, public = listings[2], listings[0]
    assert str(public.id) in ids(reading, name_of(public), Reader())
    assert str(draft.id) not in ids(reading, name_of(draft), Reader())
    assert str(draft.id) not in ids(reading, name_of(draft), Reader("somebody else"))
    assert str(draft.id) in ids(reading, name_of(draft), Reader(str(draft.organisation_id)))
    assert str(draft.id) in ids(reading, name_of(draft), Reader(sees_all=True))


async def test_what_one_may_not_see_is_neither_counted_nor_suggested(sessions, library, listings):
    reading = await kept(sessions, library)
    wish = Wish(text=" ".join(map(name_of, listings)))
    assert search(reading, wish, Reader()).total == 2
    assert search(reading, wish, Reader(sees_all=True)).total == 3
    assert search(reading, wish, Reader()).facets["kind"] == {"listing": 2}
    assert suggested(reading, name_of(listings[2])[:4], Reader()) == []
    assert suggested(reading, name_of(listings[0])[:4], Reader()) == [name_of(listings[0])]


async def test_changes_follow_from_the_feed(sessions, library, listings):
    await kept(sessions, library)
    async with transaction(sessions, EVERYBODY) as session:
        draft = await session.get_one(Listing, listings[2].id)
        await publish(session, draft)
        gone = await session.get_one(Listing, listings[0].id)
        await service.move_listing(session, listing=gone, transition="withdraw")
    reading = await kept(sessions, library)
    assert str(draft.id) in ids(reading, name_of(draft), Reader())
    assert str(gone.id) not in ids(reading, name_of(gone), Reader(sees_all=True))
    async with transaction(sessions, EVERYBODY) as session:
        difference = await compared(session, reading)
    assert (difference.documents, difference.missing, difference.left_over) == (2, (), ())


async def test_the_check_tells_a_whole_index_from_one_that_lacks_something(sessions, tmp_path, library, listings):
    settings = Settings(home=tmp_path)
    async with transaction(sessions, EVERYBODY) as session:
        assert (await index_agrees(session, settings)).said.startswith("none yet")
        await keep_up(session, library)
        assert (await index_agrees(session, settings)).said == "3 documents, as in the database"
        write(library.opened(), [], gone=[f"listing:{listings[0].id}"])
        library.note(library.generation(), library.through())
        finding = await index_agrees(session, settings)
    assert not finding.ok
    assert "lacks 1" in finding.said


async def test_a_change_applied_twice_is_the_same_as_once(sessions, library, listings):
    reading = await kept(sessions, library)
    place, through = library.generation(), library.through()
    # As after a crash between the commit of the index and the note of how far it goes.
    library.note(place, Through(through.database, 1))
    again = await kept(sessions, library)
    assert again.size == reading.size == 3


async def test_a_half_written_generation_is_never_read(sessions, library, listings):
    reading = await kept(sessions, library)
    (library.new_generation() / "half").write_text("written")
    assert library.reading() is reading
    (library.folder / CURRENT).write_text("no such generation")
    assert library.reading() is None
    assert (await kept(sessions, library)).size == 3


@pytest.mark.parametrize("through", [Through("another database", 1), Through("", 10**9)])
async def test_an_index_of_another_database_is_built_anew(sessions, library, listings, through):
    await kept(sessions, library)
    before = library.generation()
    library.note(before, through)
    assert (await kept(sessions, library)).size == 3
    assert library.generation() != before


async def test_a_publication_asks_for_a_refresh(sessions, clock, tmp_path, listings):
    context = Context(sessions=sessions, clock=clock, settings=Settings(home=tmp_path))
    library = Library(tmp_path)
    await drain(context)
    assert library.reading() is None  # this machine keeps none
    library.begin()
    async with transaction(sessions, EVERYBODY) as session:
        await publish(session, await session.get_one(Listing, listings[2].id))
    await drain(context)
    assert library.reading().size == 3
    await refresh(context)
    assert library.reading().size == 3


async def test_the_answer_says_why(sessions, library, listings):
    reading = await kept(sessions, library)
    async with transaction(sessions, EVERYBODY) as session:
        first = (await session.scalars(select(Listing).where(Listing.id == listings[0].id))).one()
    best = search(reading, Wish(text=name_of(first)), Reader()).items[0]
    assert best.match == 1.0
    assert best.score == pytest.approx(0.7 + 0.3 * best.maturity / 9)
    assert best.why
    assert sum(reason.weight for reason in best.why) <= 1.001
    start, end = best.highlights.title["zh"][0]
    assert name_of(first)[start:end]


async def test_pages_follow_one_another(sessions, library, listings):
    reading = await kept(sessions, library)
    wish = Wish(text=" ".join(map(name_of, listings)))
    everybody = Reader(sees_all=True)
    whole = [found.shown["id"] for found in search(reading, wish, everybody).items]
    seen, after = [], None
    while True:
        answer = search(reading, wish, everybody, after=after, limit=1)
        seen += [found.shown["id"] for found in answer.items]
        if (after := answer.next) is None:
            break
    assert seen == whole
    assert len(seen) == 3
