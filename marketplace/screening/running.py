"""Running a screen: read in one transaction, compute in none, write in another.

What scoring says of a listing by itself is kept beside it, so that a screen over ten thousand computes anew only for
those that changed, and then ranks.
"""

import asyncio
import datetime
import hashlib
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import ColumnElement, Text, and_, cast, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.jobs import Context
from marketplace.listings.catalogue import CatalogueFilter, conditions_of
from marketplace.listings.models import Listing
from marketplace.screening.facts import Facts, Scorers, facts_of
from marketplace.screening.models import ListingFacts, Portfolio, Screen
from scoring.technology import Technology

AT_ONCE = 500
"""Listings that are computed between two transactions: a day's first screen keeps what it has done so far."""

_TECHNOLOGY = msgspec.json.Decoder(Technology)
_TECHNOLOGIES = msgspec.json.Decoder(list[Technology])
_FACTS = msgspec.json.Decoder(Facts)


class Inputs(Struct, frozen=True):
    """What a run works on. `known` are the facts at hand, `unknown` the listings whose facts are to be computed."""

    sha256: bytes
    known: dict[str, Facts]
    unknown: tuple[uuid.UUID, ...] = ()
    technologies: tuple[Technology, ...] = ()


async def read_inputs(session: AsyncSession, screen: Screen, as_of: datetime.date, scorers: Scorers) -> Inputs:
    """What the screen asks about, as it is now."""
    if screen.portfolio_id is not None:
        query = select(Portfolio.sha256, Portfolio.technologies).where(Portfolio.id == screen.portfolio_id)
        sha256, content = (await session.execute(query)).one()
        return Inputs(sha256, {}, technologies=tuple(_TECHNOLOGIES.decode(content)))
    wanted = msgspec.convert(screen.wanted, CatalogueFilter)
    return await _read_listings(session, conditions_of(wanted), as_of, scorers)


async def _read_listings(
    session: AsyncSession, conditions: Sequence[ColumnElement[bool]], as_of: datetime.date, scorers: Scorers
) -> Inputs:
    fresh = and_(
        ListingFacts.listing_id == Listing.id,
        ListingFacts.version == Listing.version,
        ListingFacts.as_of == as_of,
        ListingFacts.models == scorers.key,
    )
    query = select(Listing.id, Listing.version, ListingFacts.facts).outerjoin(ListingFacts, fresh).where(*conditions)
    # An outer join: there may be no facts, which the column's type does not know.
    rows: Sequence[Any] = (await session.execute(query.order_by(Listing.id))).all()
    return Inputs(
        _digest(part for listing_id, version, _ in rows for part in (listing_id.bytes, version.to_bytes(8, "big"))),
        {str(listing_id): _FACTS.decode(facts) for listing_id, _, facts in rows if facts is not None},
        unknown=tuple(listing_id for listing_id, _, facts in rows if facts is None),
    )


async def input_digest(session: AsyncSession, screen: Screen) -> bytes:
    """Changes whenever the screen would be asked about something else than before."""
    conditions = conditions_of(msgspec.convert(screen.wanted, CatalogueFilter))
    rows = await session.execute(select(Listing.id, Listing.version).where(*conditions).order_by(Listing.id))
    return _digest(part for listing_id, version in rows for part in (listing_id.bytes, version.to_bytes(8, "big")))


def _digest(parts: Iterable[bytes]) -> bytes:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.digest()


async def all_facts(context: Context, inputs: Inputs, as_of: datetime.date, scorers: Scorers) -> Mapping[str, Facts]:
    """The facts of everything asked about; new ones are computed in a thread and kept."""
    if inputs.technologies:
        return await asyncio.to_thread(facts_of, inputs.technologies, as_of, scorers)
    known = dict(inputs.known)
    for start in range(0, len(inputs.unknown), AT_ONCE):
        known |= await compute_facts(context, inputs.unknown[start : start + AT_ONCE], as_of, scorers)
    return known


async def compute_facts(
    context: Context, listing_ids: Sequence[uuid.UUID], as_of: datetime.date, scorers: Scorers
) -> Mapping[str, Facts]:
    async with context.transaction() as session:
        query = select(Listing.id, Listing.version, cast(Listing.technology, Text)).where(Listing.id.in_(listing_ids))
        rows = (await session.execute(query)).all()
    found = await asyncio.to_thread(_computed, [(str(row[0]), row[2]) for row in rows], as_of, scorers)
    values = [
        {
            "listing_id": listing_id,
            "version": version,
            "as_of": as_of,
            "models": scorers.key,
            "facts": msgspec.json.encode(found[str(listing_id)]),
        }
        for listing_id, version, _ in rows
    ]
    if values:
        await _keep(context, values)
    return found


def _computed(texts: Sequence[tuple[str, str]], as_of: datetime.date, scorers: Scorers) -> Mapping[str, Facts]:
    technologies = [replace(_TECHNOLOGY.decode(text), id=name) for name, text in texts]
    return facts_of(technologies, as_of, scorers)


async def _keep(context: Context, values: list[dict[str, object]]) -> None:
    new = insert(ListingFacts)
    changed = {name: new.excluded[name] for name in ("version", "as_of", "models", "facts")}
    # In the order of the keys, so that two workers never wait for each other in a circle.
    ordered = sorted(values, key=lambda value: str(value["listing_id"]))
    async with context.transaction() as session:
        await session.execute(new.values(ordered).on_conflict_do_update(index_elements=["listing_id"], set_=changed))


async def prepare(context: Context, as_of: datetime.date, scorers: Scorers) -> int:
    """Compute ahead what a screen over the whole catalogue would have to; how many there were."""
    async with context.transaction() as session:
        inputs = await _read_listings(session, conditions_of(CatalogueFilter()), as_of, scorers)
    await all_facts(context, inputs, as_of, scorers)
    return len(inputs.unknown)
