"""A screen's latest answers, and how far one that is being worked out has come."""

import datetime
import uuid
from collections.abc import Sequence

import msgspec
from sqlalchemy import and_, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.listings.catalogue import CatalogueFilter, conditions_of
from marketplace.listings.models import Listing
from marketplace.screening.facts import Scorers
from marketplace.screening.models import ListingFacts, Screen, ScreeningRun

SCREENS_SHOWN = 200
RUNS_SHOWN = 10


async def open_screens(session: AsyncSession, organisation_id: uuid.UUID) -> Sequence[Screen]:
    """Those of an organisation that are not closed, the newest first."""
    mine = (Screen.organisation_id == organisation_id, Screen.closed_at.is_(None))
    return (await session.scalars(select(Screen).where(*mine).order_by(Screen.id.desc()).limit(SCREENS_SHOWN))).all()


async def latest_runs(session: AsyncSession, screens: Sequence[Screen]) -> dict[uuid.UUID, ScreeningRun]:
    """The last run of each screen, whatever has become of it."""
    query = select(ScreeningRun).where(ScreeningRun.screen_id.in_([screen.id for screen in screens]))
    last = query.ext(distinct_on(ScreeningRun.screen_id)).order_by(ScreeningRun.screen_id, ScreeningRun.number.desc())
    return {run.screen_id: run for run in await session.scalars(last)}


async def runs_of(session: AsyncSession, screen: Screen) -> Sequence[ScreeningRun]:
    """The last runs of a screen, the newest first."""
    query = select(ScreeningRun).where(ScreeningRun.screen_id == screen.id)
    return (await session.scalars(query.order_by(ScreeningRun.number.desc()).limit(RUNS_SHOWN))).all()


async def share_computed(
    session: AsyncSession, screen: Screen, *, as_of: datetime.date, scorers: Scorers
) -> float | None:
    """How much of a run over the catalogue is worked out; None for a portfolio, which is worked out in one go."""
    if screen.portfolio_id is not None:
        return None
    conditions = conditions_of(msgspec.convert(screen.wanted, CatalogueFilter))
    fresh = and_(
        ListingFacts.listing_id == Listing.id,
        ListingFacts.version == Listing.version,
        ListingFacts.as_of == as_of,
        ListingFacts.models == scorers.key,
    )
    counted = select(func.count(), func.count(ListingFacts.listing_id)).select_from(Listing)
    total, known = (await session.execute(counted.outerjoin(ListingFacts, fresh).where(*conditions))).one()
    return known / total if total else 1.0
