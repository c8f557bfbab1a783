"""Portfolios, screens and their runs; watch lists and analyses stand in files of their own."""

import uuid
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromQuery, JSONBody, MultipartBody
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

import marketplace.screening.jobs  # noqa: F401 - what it does on every step of a listing has to be known here
from api.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from api.platform import actor_of
from api.routing import SIGNED_IN, delete, get, post, put
from api.screening import schemas
from api.screening.analysis_routes import ANALYSES
from api.screening.dependencies import DEPENDENCIES, organisation_of, reader_of
from api.screening.watch_routes import WATCHES
from api.transaction import provide_session
from api.uploads import Export, FileIn, as_file, download, read_whole, refused
from marketplace.errors import Conflict, only
from marketplace.listings.parsing import parse
from marketplace.paging import count, newest_first, page
from marketplace.screening import exports, results, service
from marketplace.screening.models import Portfolio, Screen, ScreeningRun
from scoring.io.writing import write_rows

SCREENS_MAX = 200


@post("/portfolios", access=SIGNED_IN, problems=(), before_request=read_whole)
async def upload_portfolio(
    request: Request[Any, Any, Any], data: MultipartBody[FileIn]
) -> Response[schemas.PortfolioOut]:
    """Upload technologies (CSV, XLSX, JSON or JSON lines, at most 10 MB) to be screened; nobody else sees them."""
    organisation_id = organisation_of(actor_of(request))
    # Before the transaction: reading a file may take a while.
    found = await parse(await data.file.read(), data.file.filename)
    if found.errors:
        raise refused(found.errors)
    session = await provide_session(request)
    kept = await service.keep_portfolio(
        session, organisation_id=organisation_id, file_name=data.file.filename, technologies=found.technologies
    )
    return Response(schemas.PortfolioOut.of(kept), status_code=201)


@get("/portfolios", access=SIGNED_IN, problems=())
async def list_portfolios(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], cursor: Cursor = None, limit: Limit = 20
) -> Page[schemas.PortfolioOut]:
    """What your organisation uploaded, the newest first."""
    query = select(Portfolio).where(Portfolio.organisation_id == actor_of(request).organisation_id)
    return await _paged(session, query, Portfolio, schemas.PortfolioOut, cursor, limit)


async def _paged(session: AsyncSession, query: Any, model: Any, out: Any, cursor: str | None, limit: int) -> Page[Any]:
    after = decode_cursor(cursor, tuple[uuid.UUID]) if cursor else None
    found = await page(session, query, order=newest_first(model), after=after, limit=limit)
    following = encode_cursor(found.position) if found.position else None
    return Page([out.of(item) for item in found.items], following, await count(session, query))


@post("/screens", access=SIGNED_IN)
async def save_screen(
    request: Request[Any, Any, Any], data: JSONBody[schemas.ScreenIn], session: NamedDependency[AsyncSession]
) -> schemas.ScreenOut:
    """Save a question; its first answer is on the way."""
    actor = actor_of(request)
    organisation_id = organisation_of(actor)
    await check_number(session, organisation_id)
    asked_of = data.filter.wanted() if data.filter else await _portfolio(session, organisation_id, data.portfolio_id)
    saved = await service.save_screen(
        session,
        organisation_id=organisation_id,
        name=data.name,
        asked_of=asked_of,
        alerts_to=reader_of(actor, data.alerts),
    )
    return schemas.ScreenOut.of(saved)


async def check_number(session: AsyncSession, organisation_id: uuid.UUID) -> None:
    mine = (Screen.organisation_id == organisation_id, Screen.closed_at.is_(None))
    if (await session.scalar(select(func.count()).select_from(Screen).where(*mine)) or 0) >= SCREENS_MAX:
        message = f"You have {SCREENS_MAX} screens; close one first."
        raise Conflict("too-many-screens", message, f"最多保存{SCREENS_MAX}个筛选，请先关闭一个。")


async def _portfolio(session: AsyncSession, organisation_id: uuid.UUID, portfolio_id: uuid.UUID | None) -> Portfolio:
    mine = (Portfolio.id == portfolio_id, Portfolio.organisation_id == organisation_id)
    found: Portfolio = only(await session.scalar(select(Portfolio).where(*mine)), "portfolio")
    return found


@get("/screens", access=SIGNED_IN, problems=())
async def list_screens(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], cursor: Cursor = None, limit: Limit = 20
) -> Page[schemas.ScreenOut]:
    """The open screens of your organisation, the newest first."""
    mine = (Screen.organisation_id == actor_of(request).organisation_id, Screen.closed_at.is_(None))
    return await _paged(session, select(Screen).where(*mine), Screen, schemas.ScreenOut, cursor, limit)


@get("/screens/{screen_id:uuid}", access=SIGNED_IN)
async def show_screen(own_screen: NamedDependency[Screen]) -> schemas.ScreenOut:
    """One screen."""
    return schemas.ScreenOut.of(own_screen)


@delete("/screens/{screen_id:uuid}", access=SIGNED_IN, status_code=204)
async def close_screen(session: NamedDependency[AsyncSession], changeable_screen: NamedDependency[Screen]) -> None:
    """Stop asking; the answers stay, and the name is free again."""
    await service.close_screen(session, screen=changeable_screen)


@put("/screens/{screen_id:uuid}/alerts", access=SIGNED_IN)
async def set_alerts(
    request: Request[Any, Any, Any],
    data: JSONBody[schemas.AlertsIn],
    session: NamedDependency[AsyncSession],
    changeable_screen: NamedDependency[Screen],
) -> schemas.ScreenOut:
    """Have a mail sent to you when the answer changes, or to nobody."""
    changeable_screen.alerts_to = reader_of(actor_of(request), data.alerts)
    await session.flush()
    return schemas.ScreenOut.of(changeable_screen)


@post("/screens/{screen_id:uuid}/runs", access=SIGNED_IN)
async def run_screen(
    session: NamedDependency[AsyncSession], changeable_screen: NamedDependency[Screen]
) -> schemas.RunOut:
    """Ask again; look at the run until its state is no longer `waiting`."""
    if changeable_screen.closed_at is not None:
        raise Conflict("screen-closed", "This screen is closed.", "该筛选已关闭。")
    return schemas.RunOut.of(await service.start_run(session, screen=changeable_screen))


@get("/screens/{screen_id:uuid}/runs", access=SIGNED_IN)
async def list_runs(
    session: NamedDependency[AsyncSession],
    own_screen: NamedDependency[Screen],
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Page[schemas.RunOut]:
    """All answers to a question, the newest first."""
    query = select(ScreeningRun).where(ScreeningRun.screen_id == own_screen.id)
    return await _paged(session, query, ScreeningRun, schemas.RunOut, cursor, limit)


@get("/screening-runs/{run_id:uuid}", access=SIGNED_IN)
async def show_run(own_screening_run: NamedDependency[ScreeningRun]) -> schemas.RunOut:
    """One answer: whether it is there, what it was made with, and how it differs from the one before."""
    return schemas.RunOut.of(own_screening_run)


@get(
    "/screening-runs/{run_id:uuid}/rows",
    access=SIGNED_IN,
    responses={200: ResponseSpec(schemas.RowPage, description="One page, best first")},
)
async def list_rows(
    session: NamedDependency[AsyncSession],
    own_screening_run: NamedDependency[ScreeningRun],
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Response[bytes]:
    """The technologies of a run, best first, each with its rank interval, level, grade and reasons."""
    content = await session.scalar(select(ScreeningRun.rows).where(ScreeningRun.id == own_screening_run.id))
    rows = msgspec.json.decode(content or b"[]", type=list[msgspec.Raw])
    start = max(0, decode_cursor(cursor, int)) if cursor else 0
    end = start + limit
    following = encode_cursor(end) if end < len(rows) else None
    answer = {"items": rows[start:end], "next": following, "total": len(rows)}
    return Response(msgspec.json.encode(answer), media_type="application/json")


@get("/screening-runs/{run_id:uuid}/export", access=SIGNED_IN, media_type="application/octet-stream")
async def export_run(
    session: NamedDependency[AsyncSession],
    own_screening_run: NamedDependency[ScreeningRun],
    format: FromQuery[Export] = "xlsx",
) -> Response[bytes]:
    """The rows as a file; no text in it becomes a formula. A large run's workbook is kept once it was asked for."""
    kept = await exports.workbook_of(session, own_screening_run) if format == "xlsx" else None
    if kept is not None:
        return download(kept, f"screening-{own_screening_run.number}", format)
    rows = [results.flat(row) for row in await service.rows_of(session, own_screening_run)]
    name = f"screening-{own_screening_run.number}"
    return await as_file(lambda file: write_rows(rows, file, sheet="screening"), name, format)


ROUTES = [
    upload_portfolio,
    list_portfolios,
    save_screen,
    list_screens,
    show_screen,
    close_screen,
    set_alerts,
    run_screen,
    list_runs,
    show_run,
    list_rows,
    export_run,
    *WATCHES,
    *ANALYSES,
]
__all__ = ["DEPENDENCIES", "ROUTES"]
