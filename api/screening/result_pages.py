"""A screen's answer: the ranking with its map, how far a run has come, and a link to show it to others."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any

import msgspec
from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import ServerSentEvent, ServerSentEventMessage
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.platform import actor_of, platform_of
from api.routing import PUBLIC, SIGNED_IN, get, post
from api.screening.chart import HEIGHT, WIDTH, Map, map_of
from api.screening.dependencies import reader_of
from api.site import words
from api.site.forms import read_form
from api.site.language import CURRENT, choose_language, gettext
from api.site.render import HEADERS, page, see_other
from marketplace.database import transaction
from marketplace.errors import Conflict, only
from marketplace.screening import exports, queries, service
from marketplace.screening.facts import reference_scorers
from marketplace.screening.models import Portfolio, Screen, ScreeningRun
from marketplace.screening.results import Row, decoded
from marketplace.screening.sharing import SHARED_FOR, end_links, is_shared, read_token, share_screen

ROWS_SHOWN = 25
LOOK_EVERY_S = 1.0
LOOKS_MAX = 120
"""Then the stream ends, and a browser that still waits asks again by itself."""

Start = Annotated[int, QueryParameter(ge=0, le=10**6)]
CHOICES_OF = {
    "medium": words.MEDIA,
    "industry_group": words.INDUSTRY_GROUPS,
    "chain_place": words.CHAIN_PLACES,
    "provenance": words.PROVENANCES,
}


class Answer(Struct, frozen=True):
    """One page of a run's ranking, and the map of all of it."""

    run: ScreeningRun
    rows: list[Row]
    start: int
    total: int
    map: Map


async def answer_of(session: AsyncSession, run: ScreeningRun, start: int) -> Answer:
    content = await session.scalar(select(ScreeningRun.rows).where(ScreeningRun.id == run.id)) or b"[]"
    rows = decoded(content)
    return Answer(run, rows[start : start + ROWS_SHOWN], start, len(rows), map_of(run.id, rows))


async def _shown(session: AsyncSession, screen: Screen, start: int) -> dict[str, Any]:
    runs = await queries.runs_of(session, screen)
    done = next((run for run in runs if run.state == "done"), None)
    uploaded = None if screen.portfolio_id is None else await session.get(Portfolio, screen.portfolio_id)
    return {
        "screen": screen,
        "portfolio": uploaded,
        "last": runs[0] if runs else None,
        "runs": runs,
        "answer": None if done is None else await answer_of(session, done, start),
        "choices": CHOICES_OF,
        "width": WIDTH,
        "height": HEIGHT,
        "page_size": ROWS_SHOWN,
        "writes_at_once": done is not None and not exports.is_large(done),
    }


@get("/screens/{screen_id:uuid}", access=SIGNED_IN, include_in_schema=False)
async def show_screen_page(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    own_screen: NamedDependency[Screen],
    start: Start = 0,
    shared: FromQuery[str | None] = None,
) -> Response[bytes]:
    """The latest answer to one's question, and what can be done with it."""
    known = read_token(shared[:200], platform_of(request).key) if shared else None
    token = shared if known and known[0] == own_screen.id else None
    address = f"{platform_of(request).settings.public_url}/shared/screens/{token}" if token else ""
    content = await _shown(session, own_screen, start)
    return page(request, "screening/screen.html", **content, share_address=address, share_days=SHARED_FOR.days)


@get("/shared/screens/{share_token:str}", access=PUBLIC, include_in_schema=False)
async def show_shared_screen(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    share_token: FromPath[str],
    start: Start = 0,
) -> Response[bytes]:
    """The latest answer, to be read by whoever was given the link."""
    screen_id, until = only(read_token(share_token[:200], platform_of(request).key), "screen")
    screen: Screen | None = await session.get(Screen, screen_id)
    if screen is None or not is_shared(screen, until, platform_of(request).clock.now()):
        return page(request, "screening/ended.html", status=404)
    content = await _shown(session, screen, start)
    return page(request, "screening/shared.html", **content, until=until)


class AlertsForm(Struct, frozen=True):
    alerts: bool = False


@post("/screens/{screen_id:uuid}/alerts", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_alerts(request: Request[Any, Any, Any], changeable_screen: NamedDependency[Screen]) -> Response[bytes]:
    """Have a mail sent when the answer changes, or no more."""
    form = await read_form(request, AlertsForm)
    changeable_screen.alerts_to = reader_of(actor_of(request), bool(form.value and form.value.alerts))
    return see_other(f"/screens/{changeable_screen.id}")


@post("/screens/{screen_id:uuid}/run", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_run(
    session: NamedDependency[AsyncSession], changeable_screen: NamedDependency[Screen]
) -> Response[bytes]:
    """Ask again; asking twice is asking once."""
    _require_open(changeable_screen)
    runs = await queries.runs_of(session, changeable_screen)
    if not runs or runs[0].state != "waiting":
        await service.start_run(session, screen=changeable_screen)
    return see_other(f"/screens/{changeable_screen.id}")


def _require_open(screen: Screen) -> None:
    if screen.closed_at is not None:
        raise Conflict("screen-closed", "This screen is closed.", "该筛选已关闭。")


@post("/screens/{screen_id:uuid}/close", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_close(
    session: NamedDependency[AsyncSession], changeable_screen: NamedDependency[Screen]
) -> Response[bytes]:
    """Stop asking; links to it end."""
    await service.close_screen(session, screen=changeable_screen)
    return see_other("/screens")


@post("/screens/{screen_id:uuid}/share", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_share(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    changeable_screen: NamedDependency[Screen],
) -> Response[bytes]:
    """Make a link to show the answer to others."""
    _require_open(changeable_screen)
    token = await share_screen(session, screen=changeable_screen, key=platform_of(request).key)
    return see_other(f"/screens/{changeable_screen.id}?shared={token}#share")


@post("/screens/{screen_id:uuid}/unshare", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_end_of_links(
    session: NamedDependency[AsyncSession], changeable_screen: NamedDependency[Screen]
) -> Response[bytes]:
    """End every link that was made so far."""
    await end_links(session, screen=changeable_screen)
    return see_other(f"/screens/{changeable_screen.id}")


@post("/screens/{screen_id:uuid}/workbook", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_workbook(session: NamedDependency[AsyncSession], own_screen: NamedDependency[Screen]) -> Response[bytes]:
    """Have the latest answer's workbook written; it takes seconds and goes on without the reader."""
    done = next((run for run in await queries.runs_of(session, own_screen) if run.state == "done"), None)
    if done is not None:
        await exports.ask_workbook(session, run=done)
    return see_other(f"/screens/{own_screen.id}#along")


@get("/screens/{screen_id:uuid}/progress", access=SIGNED_IN, include_in_schema=False)
async def show_progress(request: Request[Any, Any, Any], own_screen: NamedDependency[Screen]) -> ServerSentEvent:
    """Tell how far the run or its workbook has come, until it is done."""
    language = choose_language(request)

    async def told() -> AsyncIterator[ServerSentEventMessage]:
        CURRENT.set(language)
        for _ in range(LOOKS_MAX):
            message = await _look(request, own_screen.id)
            yield message
            if message.event == "done":
                return
            await asyncio.sleep(LOOK_EVERY_S)

    return ServerSentEvent(told(), headers=HEADERS | {"X-Accel-Buffering": "no"})


async def _look(request: Request[Any, Any, Any], screen_id: uuid.UUID) -> ServerSentEventMessage:
    """A transaction of its own each time: none stays open while nothing happens."""
    platform = platform_of(request)
    async with transaction(platform.sessions, actor_of(request)) as session:
        screen = await session.get_one(Screen, screen_id)
        runs = await queries.runs_of(session, screen)
        if not runs or runs[0].state != "waiting":
            return _look_at_workbook(runs)
        today, scorers = platform.clock.now().date(), reference_scorers()
        share = await queries.share_computed(session, screen, as_of=today, scorers=scorers)
    return _told(share, gettext("Working it out …") if share is None else f"{share:.0%}")


def _look_at_workbook(runs: Sequence[ScreeningRun]) -> ServerSentEventMessage:
    if any(run.workbook_state == "waiting" for run in runs):
        return _told(None, gettext("Writing the workbook …"))
    return ServerSentEventMessage(data="{}", event="done")


def _told(share: float | None, text: str) -> ServerSentEventMessage:
    return ServerSentEventMessage(data=msgspec.json.encode({"share": share, "text": text}).decode(), event="progress")


RESULTS = [
    show_screen_page,
    show_shared_screen,
    take_alerts,
    take_run,
    take_close,
    take_share,
    take_end_of_links,
    take_workbook,
    show_progress,
]
