"""Screens run, again when the catalogue changed, and whoever watches is told."""

import asyncio
import uuid
from datetime import timedelta

import msgspec
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from marketplace import audit
from marketplace.database import clock_of
from marketplace.errors import Conflict
from marketplace.jobs import Context, job
from marketplace.listings.models import Listing
from marketplace.listings.process import LISTING, PUBLISHED
from marketplace.people.models import Person
from marketplace.process import ProcessEvent, effect
from marketplace.screening import alerts, exports, results, running
from marketplace.screening.facts import Scorers, reference_scorers
from marketplace.screening.models import Screen, ScreeningRun, Watch
from marketplace.screening.service import last_answer, rows_of, start_run
from marketplace.settings import signing_key

# Publications come in bunches: an import, a committee's afternoon. One refresh serves them all.
SETTLE_FOR = timedelta(minutes=5)


def _scorers(context: Context) -> Scorers:
    return context.tools.get(Scorers) or reference_scorers()


@job("screening.run")
async def run_screen(context: Context, *, run_id: str) -> None:
    """Answer one question; a second time changes nothing."""
    waiting = uuid.UUID(run_id)
    try:
        await _answer(context, waiting)
    except Exception:
        async with context.transaction() as session:
            failed = update(ScreeningRun).where(ScreeningRun.id == waiting, ScreeningRun.state == "waiting")
            await session.execute(failed.values(state="failed"))
        raise


async def _answer(context: Context, run_id: uuid.UUID) -> None:
    scorers, as_of = _scorers(context), context.clock.now().date()
    async with context.transaction() as session:
        run = await session.get(ScreeningRun, run_id, options=[joinedload(ScreeningRun.screen)])
        if run is None or run.state != "waiting":
            return
        inputs = await running.read_inputs(session, run.screen, as_of, scorers)
    facts = await running.all_facts(context, inputs, as_of, scorers)
    ranked_by, rows = await asyncio.to_thread(results.ranked, facts)
    async with context.transaction() as session:
        run = await session.get_one(ScreeningRun, run_id, options=[joinedload(ScreeningRun.screen)])
        run.state, run.as_of, run.input_sha256 = "done", as_of, inputs.sha256
        run.ranked_by, run.versions, run.done_at = ranked_by.value, scorers.versions, context.clock.now()
        run.rows, run.row_count = results.encoded(rows), len(rows)
        await _compare(session, run, rows, context)
        await audit.record(session, "screen.run", run.screen, data={"number": run.number, "rows": len(rows)})


async def _compare(session: AsyncSession, run: ScreeningRun, rows: list[results.Row], context: Context) -> None:
    before = await last_answer(session, run.screen, before=run.number)
    if before is None:
        return
    found = results.changes(await rows_of(session, before), rows)
    run.changes = msgspec.to_builtins(found)
    if found and run.screen.alerts_to is not None:
        reader = await session.get_one(Person, run.screen.alerts_to)
        await alerts.tell_of_changes(session, screen=run.screen, reader=reader, changes=found, link=_link(context))


def _link(context: Context) -> alerts.Link:
    return alerts.Link(context.settings.public_url, signing_key(context.settings))


@job("screening.refresh", retry=(60, 600))
async def refresh(context: Context) -> None:
    """Ask every open screen over the catalogue again that would now be asked about something else."""
    async with context.transaction() as session:
        over_catalogue = select(Screen).where(Screen.closed_at.is_(None), Screen.portfolio_id.is_(None))
        screens = (await session.scalars(over_catalogue.order_by(Screen.id))).all()
    for screen in screens:
        try:
            async with context.transaction() as session:
                last = await last_answer(session, screen, before=2**31)
                if last is not None and last.input_sha256 != await running.input_digest(session, screen):
                    await start_run(session, screen=screen)
        except Conflict:
            continue  # it is being run already


@job("screening.prepare", every="7 0 * * *")
async def prepare(context: Context) -> None:
    """Evidence ages by the day: compute the new day's facts before anybody asks."""
    await running.prepare(context, context.clock.now().date(), _scorers(context))


@job("screening.tell-watchers", retry=(60, 600))
async def tell_watchers(context: Context, *, listing_id: str, entry: int) -> None:
    async with context.transaction() as session:
        listing = await session.get_one(Listing, uuid.UUID(listing_id))
        query = select(Watch).where(Watch.listing_id == listing.id, Watch.alerts_to.is_not(None))
        if listing.state_entry != entry:
            return  # it has moved on, and the later step tells of that
        state = next(state.label for state in LISTING.states if state.name == listing.state)
        for watched in await session.scalars(query.options(joinedload(Watch.reader))):
            if watched.reader is None or watched.told_entry == entry:
                continue
            watched.told_entry = entry
            await alerts.tell_of_state(
                session,
                watched=watched,
                reader=watched.reader,
                name=listing.name.in_language(watched.reader.language),
                state={"zh": state.zh or "", "en": state.en or ""},
                link=_link(context),
            )


async def _on_step(session: AsyncSession, listing: Listing, event: ProcessEvent) -> None:
    """Whoever moves a listing: the catalogue may be another now, and watchers want to know."""
    if PUBLISHED in (event.from_state, event.to_state):
        at = clock_of(session).now() + SETTLE_FOR
        await refresh.defer(session, at=at, once="screening.refresh")
    watched = select(Watch.id).where(Watch.listing_id == listing.id, Watch.alerts_to.is_not(None)).limit(1)
    if event.from_state != event.to_state and await session.scalar(watched):
        await tell_watchers.defer(session, listing_id=str(listing.id), entry=event.entry)


for _name in sorted({transition.name for transition in LISTING.transitions}):
    effect(LISTING.name, _name)(_on_step)


__all__ = ["exports", "refresh", "run_screen", "tell_watchers"]
