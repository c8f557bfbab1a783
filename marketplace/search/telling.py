"""Who keeps a search is told what newly answers it: once for each thing, and only of what they may see.

What changed is read from the change feed, as far as the index has it; whether it answers the search well enough is
asked of the index, with the reader's permission in the query; and before a mail names anything the database is asked
whether the reader may still see it. Mail, what was told and how far the feed was read are one transaction.
"""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from marketplace.audit import AuditEntry
from marketplace.database import clock_of
from marketplace.people.models import Membership, Organisation, Person
from marketplace.screening.alerts import Link, tell_of_findings
from marketplace.search.finding import Reader, Wish, keys_found
from marketplace.search.index import EVERYBODY, Document, Reading
from marketplace.search.models import SavedSearch, SavedSearchFinding
from marketplace.search.sources import SOURCES
from scoring.technology import Text

TOLD_AT_ONCE = 10
PAGES = {"listing": "technologies", "need": "needs", "knowledge": "knowledge", "call": "calls"}
_BY_KIND = {source.kind: source for source in SOURCES.values()}


class News(NamedTuple):
    """One state of the index, and up to which entry of the feed it goes."""

    reading: Reading
    sequence: int


async def waiting(session: AsyncSession, news: News) -> Sequence[uuid.UUID]:
    """Searches that have not looked at all that the index knows."""
    query = select(SavedSearch.id).where(
        SavedSearch.closed_at.is_(None), SavedSearch.alerts_to.is_not(None), SavedSearch.through < news.sequence
    )
    return (await session.scalars(query.order_by(SavedSearch.id))).all()


async def tell(session: AsyncSession, search_id: uuid.UUID, news: News, link: Link) -> int:
    """Look for one search at what has changed; how many things its reader is told of. A second time tells of none."""
    query = select(SavedSearch).where(SavedSearch.id == search_id, SavedSearch.through < news.sequence)
    saved = await session.scalar(query.options(joinedload(SavedSearch.reader)).with_for_update(of=SavedSearch))
    if saved is None or saved.closed_at is not None or saved.reader is None:
        return 0
    reader = await _reader(session, saved, saved.reader)
    found = await _found(session, saved, news, reader) if reader else []
    new = await _not_told_before(session, saved, found)
    # Not through the ORM, which would log it: that nothing was found is no change of the marketplace.
    await session.execute(update(SavedSearch).where(SavedSearch.id == saved.id).values(through=news.sequence))
    if new:
        named = [(_title(document), _address(link, document)) for document in new]
        await tell_of_findings(session, search=saved, reader=saved.reader, found=named[:TOLD_AT_ONCE],
                               total=len(named), link=link)  # fmt: skip
    return len(new)


async def _reader(session: AsyncSession, saved: SavedSearch, person: Person) -> Reader | None:
    """What the person may read for that organisation today; None once they have left, or it is closed."""
    member = (Membership.organisation_id == saved.organisation_id, Membership.person_id == person.id)
    query = select(Organisation.kind, Organisation.state).join(
        Membership, Membership.organisation_id == Organisation.id
    )
    found = (await session.execute(query.where(*member))).one_or_none()
    if found is None or found.state in ("suspended", "closed"):
        return None
    return Reader(str(saved.organisation_id), sees_all=found.kind == "operator" and found.state == "verified")


async def _found(session: AsyncSession, saved: SavedSearch, news: News, reader: Reader) -> list[Document]:
    changed = await _changed(session, after=saved.through, through=news.sequence)
    if not changed:
        return []
    wish = Wish(text=saved.text, facets=saved.filters)
    keys = await asyncio.to_thread(keys_found, news.reading, wish, reader, changed)
    return [document for document in await _loaded(session, keys) if _may_read(document, reader)]


async def _changed(session: AsyncSession, *, after: int, through: int) -> set[str]:
    """Keys of what the feed says was changed, in a range of it."""
    query = select(AuditEntry.subject_type, AuditEntry.subject_id).distinct()
    rows = await session.execute(
        query.where(AuditEntry.sequence > after, AuditEntry.sequence <= through, AuditEntry.subject_type.in_(SOURCES))
    )
    return {f"{SOURCES[kind].kind}:{subject_id}" for kind, subject_id in rows}


async def _loaded(session: AsyncSession, keys: Mapping[str, float]) -> list[Document]:
    """As the database has them now, the best match first."""
    by_kind: dict[str, list[uuid.UUID]] = {}
    for key in keys:
        kind, _, subject_id = key.partition(":")
        by_kind.setdefault(kind, []).append(uuid.UUID(subject_id))
    found = [one for kind, ids in by_kind.items() for one in await _BY_KIND[kind].load(session, ids)]
    return sorted(found, key=lambda document: (-keys[document.key], document.key))


def _may_read(document: Document, reader: Reader) -> bool:
    return reader.sees_all or EVERYBODY in document.readers or reader.organisation_id in document.readers


async def _not_told_before(session: AsyncSession, saved: SavedSearch, found: list[Document]) -> list[Document]:
    if not found:
        return []
    now = clock_of(session).now()
    rows = [{"saved_search_id": saved.id, "subject_key": document.key, "found_at": now} for document in found]
    told = insert(SavedSearchFinding).values(rows).on_conflict_do_nothing().returning(SavedSearchFinding.subject_key)
    new = set(await session.scalars(told))
    return [document for document in found if document.key in new]


class _Shown(msgspec.Struct):
    id: str
    kind: str
    title: Text


def _title(document: Document) -> Text:
    return msgspec.json.decode(document.shown, type=_Shown).title


def _address(link: Link, document: Document) -> str:
    shown = msgspec.json.decode(document.shown, type=_Shown)
    return link.to(f"{PAGES[shown.kind]}/{shown.id}")
