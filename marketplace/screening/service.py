"""Portfolios, screens, runs and watch lists of an organisation."""

import hashlib
import uuid
from collections.abc import Sequence

import msgspec
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace import audit
from marketplace.database import clock_of
from marketplace.entitlements import require_room
from marketplace.listings.catalogue import CatalogueFilter
from marketplace.listings.models import Listing
from marketplace.screening.models import Portfolio, Screen, ScreeningRun, Watch
from marketplace.screening.results import Row, decoded
from scoring.technology import Technology


async def keep_portfolio(
    session: AsyncSession, *, organisation_id: uuid.UUID, file_name: str, technologies: Sequence[Technology]
) -> Portfolio:
    """Keep what was uploaded under the hash of what it says: the same content twice is one portfolio."""
    content = msgspec.json.encode(technologies)
    values = {
        "organisation_id": organisation_id,
        "sha256": hashlib.sha256(content).digest(),
        "file_name": file_name,
        "technologies": content,
        "technology_count": len(technologies),
    }
    await session.execute(insert(Portfolio).values(values).on_conflict_do_nothing())
    mine = (Portfolio.organisation_id == organisation_id, Portfolio.sha256 == values["sha256"])
    kept: Portfolio = (await session.scalars(select(Portfolio).where(*mine))).one()
    await audit.record(session, "portfolio.uploaded", kept, data={"technologies": len(technologies)})
    return kept


async def save_screen(
    session: AsyncSession,
    *,
    organisation_id: uuid.UUID,
    name: str,
    asked_of: CatalogueFilter | Portfolio,
    alerts_to: uuid.UUID | None,
) -> Screen:
    """Save a question and ask it for the first time."""
    kept = select(func.count()).where(Screen.organisation_id == organisation_id, Screen.closed_at.is_(None))
    await require_room(session, organisation_id=organisation_id, counted="screens", used=kept)
    over_portfolio = isinstance(asked_of, Portfolio)
    screen = Screen(
        organisation_id=organisation_id,
        name=name,
        wanted=None if over_portfolio else msgspec.to_builtins(asked_of),
        portfolio_id=asked_of.id if isinstance(asked_of, Portfolio) else None,
        alerts_to=alerts_to,
    )
    session.add(screen)
    await session.flush()
    await start_run(session, screen=screen)
    return screen


async def start_run(session: AsyncSession, *, screen: Screen) -> ScreeningRun:
    """Ask again; the answer comes from a job."""
    from marketplace.screening.jobs import run_screen  # the job needs this module, too

    last = select(func.coalesce(func.max(ScreeningRun.number), 0)).where(ScreeningRun.screen_id == screen.id)
    run = ScreeningRun(screen_id=screen.id, number=(await session.scalar(last) or 0) + 1, state="waiting")
    session.add(run)
    await session.flush()
    await run_screen.defer(session, run_id=str(run.id))
    return run


async def close_screen(session: AsyncSession, *, screen: Screen) -> None:
    """Stop asking; the answers stay."""
    screen.closed_at, screen.alerts_to = clock_of(session).now(), None


async def watch(
    session: AsyncSession, *, organisation_id: uuid.UUID, listing: Listing, alerts_to: uuid.UUID | None
) -> Watch:
    watched = Watch(organisation_id=organisation_id, listing_id=listing.id, alerts_to=alerts_to)
    session.add(watched)
    await session.flush()
    return watched


async def unwatch(session: AsyncSession, *, watched: Watch) -> None:
    await audit.record(session, "watch.ended", watched)
    await session.execute(delete(Watch).where(Watch.id == watched.id))


async def rows_of(session: AsyncSession, run: ScreeningRun) -> list[Row]:
    """The rows of a finished run, best first."""
    content = await session.scalar(select(ScreeningRun.rows).where(ScreeningRun.id == run.id))
    return decoded(content) if content else []


async def last_answer(session: AsyncSession, screen: Screen, *, before: int) -> ScreeningRun | None:
    """The latest finished run with a lower number."""
    done = (ScreeningRun.screen_id == screen.id, ScreeningRun.state == "done", ScreeningRun.number < before)
    query = select(ScreeningRun).where(*done).order_by(ScreeningRun.number.desc()).limit(1)
    found: ScreeningRun | None = await session.scalar(query)
    return found
