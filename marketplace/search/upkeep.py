"""The index kept in step with the database: built anew, or brought up to date along the change feed."""

import asyncio
import uuid
from collections import defaultdict
from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from tantivy import Query

from marketplace.audit import AuditEntry, feed, seal
from marketplace.search.building import building, processes_for
from marketplace.search.index import Document, Reading, new_index, write
from marketplace.search.library import Library, Through
from marketplace.search.sources import SOURCES, count, everything

ENTRIES = 1000


class Kept(Struct, frozen=True, kw_only=True):
    """What an upkeep did."""

    rebuilt: bool
    documents: int
    sequence: int


async def keep_up(session: AsyncSession, library: Library) -> Kept:
    """Apply what has changed since the last time; begin anew where there is nothing to go on from.

    The caller holds the lock.
    """
    through, database = library.through(), await _name_of(session)
    if through is None or through.database != database or through.sequence > await last_sequence(session):
        return await rebuild(session, library)
    written, sequence = 0, through.sequence
    while entries := await feed(session, after=sequence, limit=ENTRIES):
        written += await _apply(session, library, entries)
        sequence = entries[-1].sequence or sequence
        place = library.generation()
        if place is None:
            return await rebuild(session, library)
        library.note(place, Through(database, sequence))
    return Kept(rebuilt=False, documents=written, sequence=sequence)


async def _apply(session: AsyncSession, library: Library, entries: Sequence[AuditEntry]) -> int:
    changed: defaultdict[str, set[uuid.UUID]] = defaultdict(set)
    for entry in entries:
        if entry.subject_type in SOURCES:
            changed[entry.subject_type].add(uuid.UUID(entry.subject_id))
    documents: list[Document] = []
    gone: list[str] = []
    for name, ids in changed.items():
        found = await SOURCES[name].load(session, sorted(ids))
        documents += found
        gone += {f"{SOURCES[name].kind}:{one}" for one in ids} - {document.key for document in found}
    if documents or gone:
        await asyncio.to_thread(write, library.opened(), documents, gone=gone)
    return len(documents)


async def rebuild(session: AsyncSession, library: Library) -> Kept:
    """A new generation from the database alone. Changes made meanwhile follow from the feed the next time."""
    while await seal(session):
        pass
    sequence, database = await last_sequence(session), await _name_of(session)
    place = library.new_generation()
    with building(new_index(place), processes_for(await count(session))) as builder:
        async for documents in everything(session):
            await asyncio.to_thread(builder.add, documents)
        await asyncio.to_thread(builder.finish)
    library.note(place, Through(database, sequence))
    library.switch_to(place)
    return Kept(rebuilt=True, documents=builder.count, sequence=sequence)


async def changes_after(session: AsyncSession, sequence: int) -> int:
    """How many sealed changes of what can be found the feed has beyond `sequence`."""
    query = select(func.count()).select_from(AuditEntry)
    later = query.where(AuditEntry.sequence > sequence, AuditEntry.subject_type.in_(SOURCES))
    return await session.scalar(later) or 0


async def _name_of(session: AsyncSession) -> str:
    """The hash of the log's first entry: no two databases share it, and a restored one keeps it."""
    first = await session.scalar(select(AuditEntry.hash).where(AuditEntry.sequence == 1))
    return first.hex() if first else ""


async def last_sequence(session: AsyncSession) -> int:
    """The last sealed entry of the change feed."""
    query = select(AuditEntry.sequence).where(AuditEntry.sequence.is_not(None))
    return await session.scalar(query.order_by(AuditEntry.sequence.desc()).limit(1)) or 0


class Difference(Struct, frozen=True, kw_only=True):
    """What the index has and the database has not, and the reverse."""

    documents: int
    missing: tuple[str, ...]
    left_over: tuple[str, ...]


async def compared(session: AsyncSession, reading: Reading) -> Difference:
    """Every document that ought to be found against every one that is."""
    due: set[str] = set()
    async for documents in everything(session):
        due |= {document.key for document in documents}
    kept = reading.searcher.terms_with_prefix("key", "", filter_query=Query.all_query())
    there = {key for key, count in kept if count}
    return Difference(documents=len(due), missing=tuple(sorted(due - there)), left_over=tuple(sorted(there - due)))
