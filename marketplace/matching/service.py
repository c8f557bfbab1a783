"""Technologies for a call or a mandate, and calls and mandates for a technology."""

import datetime
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Generic, TypeVar

from msgspec import Struct
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.matching.board import Board, best_first, board, nearest, transposed
from marketplace.matching.columns import columns_of
from marketplace.matching.exposure import Candidate, Exposed, expose, worth_of
from marketplace.matching.margins import Fitting, Relaxation, fitting, relaxation
from marketplace.matching.models import Impression
from marketplace.matching.terms import Profile, Terms

COUNTED_DAYS = 30
RELAXATIONS_SHOWN = 3

Asker = TypeVar("Asker")


class Viewing(Struct, frozen=True, kw_only=True):
    """Who looks, on which day, and how often each technology was shown in the month before it."""

    viewer: uuid.UUID
    day: datetime.date
    shown: Mapping[uuid.UUID, int]


class Technologies(Struct, frozen=True, kw_only=True):
    """Technologies for one's terms: `items` is the page, of `total` that miss nothing.

    `missing_one` miss a single limit; `relaxations` say what to change for the first of those to come in.
    """

    items: list[Fitting]
    total: int
    missing_one: int
    compared: int
    relaxations: list[Relaxation]
    exposure: Exposed


class Asked(Struct, Generic[Asker], frozen=True):
    """A call or a mandate beside a technology."""

    asker: Asker
    fitting: Fitting


def technologies_for(
    terms: Terms, profiles: Sequence[Profile], *, viewing: Viewing, start: int = 0, limit: int = 20
) -> Technologies:
    """What misses nothing, the best first; a part of the first page is kept for what is rarely shown."""
    columns = columns_of(profiles)
    found = board([terms], columns)
    entering = [int(place) for place in best_first(found, 0) if found.missed[0, place] == 0]
    candidates = [_candidate(found, columns.profiles[place], place, viewing) for place in entering]
    exposure = expose(candidates, page=limit, day=viewing.day, viewer=viewing.viewer)
    by_id = {profile.id: profile for profile in columns.profiles}
    page = exposure.order[start : start + limit]
    return Technologies(
        items=[fitting(terms, by_id[listing_id]) for listing_id in page],
        total=len(entering),
        missing_one=int((found.missed[0] == 1).sum()),
        compared=len(columns.profiles),
        relaxations=[
            relaxation(terms, columns.profiles[near.technology], near.limit)
            for near in nearest(found, 0)[:RELAXATIONS_SHOWN]
        ],
        exposure=exposure,
    )


def _candidate(found: Board, profile: Profile, place: int, viewing: Viewing) -> Candidate:
    worth = worth_of(missed=0, unknown=int(found.unknown[0, place]), room=float(found.room[0, place]))
    return Candidate(id=profile.id, worth=worth, shown=viewing.shown.get(profile.id, 0))


def askers_for(profile: Profile, askers: Sequence[tuple[Asker, Terms]], *, most: int) -> list[Asked[Asker]]:
    """Calls or mandates for one technology: fewest limits missed, fewest unknown, most room first."""
    found = transposed(board([terms for _, terms in askers], columns_of([profile])))
    places = [int(place) for place in best_first(found, 0, most=most)] if askers else []
    return [Asked(askers[place][0], fitting(askers[place][1], profile)) for place in places]


async def impressions(session: AsyncSession, *, before: datetime.date) -> dict[uuid.UUID, int]:
    """How often each technology was shown in the month before this day: readers times days."""
    since = before - datetime.timedelta(days=COUNTED_DAYS)
    query = select(Impression.listing_id, func.count()).where(Impression.day >= since, Impression.day < before)
    rows = (await session.execute(query.group_by(Impression.listing_id))).all()
    return dict(rows)


async def note_impressions(
    session: AsyncSession, *, viewer: uuid.UUID, day: datetime.date, listing_ids: Iterable[uuid.UUID]
) -> None:
    """Note a page that was shown, in the order of the keys: two readers never wait for each other in a circle."""
    rows = [{"day": day, "listing_id": listing_id, "viewer_id": viewer} for listing_id in sorted(listing_ids)]
    if rows:
        await session.execute(insert(Impression).values(rows).on_conflict_do_nothing())


async def forget_impressions(session: AsyncSession, *, before: datetime.date) -> None:
    """Drop what no list counts any more."""
    await session.execute(delete(Impression).where(Impression.day < before - datetime.timedelta(days=COUNTED_DAYS)))
