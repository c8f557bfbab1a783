"""Reports of signed deals, measures against plan, doubts for operators, forecasts and their reliability."""

import tempfile
import uuid
from datetime import date
from pathlib import Path
from typing import Annotated

from litestar import Response
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.dataroom.schemas import FILE_NAME
from api.dataroom.uploading import UploadOperation, receive
from api.monitoring import schemas
from api.monitoring.dependencies import DEPENDENCIES as PROVIDERS
from api.monitoring.dependencies import AnyRequest, as_side, load_report
from api.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from api.platform import actor_of, platform_of
from api.routing import OPERATOR, PUBLIC, SIGNED_IN, get, post, put
from api.steps import StepOut
from api.transaction import CURRENT, provide_session
from marketplace.assessments.models import Assessor
from marketplace.deals.models import Deal, DealMilestone
from marketplace.files.service import take_in
from marketplace.files.store import file_store
from marketplace.monitoring import doubts, records, reports, watching
from marketplace.monitoring.forecasting import Reliability, drawn
from marketplace.monitoring.models import EvidenceFlag, MilestoneReport
from marketplace.paging import Key, count, newest_first, page
from marketplace.process import history

_BY_DAY = (Key(MilestoneReport.due_on), Key(MilestoneReport.id))


@get("/monitoring/deals/{deal_id:uuid}", access=SIGNED_IN)
async def show_overview(
    session: NamedDependency[AsyncSession], watched_deal: NamedDependency[Deal]
) -> schemas.OverviewOut:
    """A deal at a glance: each milestone with its warning, each measure beside its plan."""
    kpis = await watching.kpi_standings(session, watched_deal)
    milestones = await watching.milestone_standings(session, watched_deal, kpis)
    return schemas.OverviewOut(
        deal_id=watched_deal.id,
        milestones=[schemas.MilestoneOut.of(found) for found in milestones],
        kpis=[schemas.KpiOut.of(found) for found in kpis],
    )


@post("/monitoring/deals/{deal_id:uuid}/kpis", access=SIGNED_IN)
async def define_kpi(
    data: JSONBody[schemas.KpiIn], session: NamedDependency[AsyncSession], planned_deal: NamedDependency[Deal]
) -> schemas.KpiOut:
    """Define a measure with its meaning, its unit and its plan."""
    made = await watching.define_kpi(session, deal=planned_deal, plan=data.plan_of())
    return schemas.KpiOut.of(watching.KpiStanding(kpi=made, measured_on=None, variance=None))


@get("/monitoring/deals/{deal_id:uuid}/reports", access=SIGNED_IN)
async def list_reports(
    session: NamedDependency[AsyncSession],
    watched_deal: NamedDependency[Deal],
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Page[schemas.ReportOut]:
    """The reports that a deal owes, by the days on which they are due."""
    query = select(MilestoneReport).where(MilestoneReport.deal_id == watched_deal.id)
    after = decode_cursor(cursor, tuple[date, uuid.UUID]) if cursor else None
    found = await page(session, query, order=_BY_DAY, after=after, limit=limit)
    items = [schemas.ReportOut.of(report) for report in found.items]
    return Page(items, encode_cursor(found.position) if found.position else None, await count(session, query))


@get("/monitoring/reports/{report_id:uuid}", access=SIGNED_IN)
async def show_report(
    session: NamedDependency[AsyncSession], seen_report: NamedDependency[MilestoneReport]
) -> schemas.FullReportOut:
    """A report with its evidence."""
    evidence = await reports.evidence_of(session, seen_report)
    return schemas.FullReportOut.of(seen_report, evidence, len(await reports.open_flags_of(session, seen_report)))


@get("/monitoring/reports/{report_id:uuid}/history", access=SIGNED_IN)
async def list_report_steps(
    session: NamedDependency[AsyncSession], seen_report: NamedDependency[MilestoneReport]
) -> list[StepOut]:
    """What has happened to a report."""
    return [StepOut.of(event) for event in await history(session, seen_report)]


@put(
    "/monitoring/reports/{report_id:uuid}/evidence",
    access=SIGNED_IN,
    request_max_body_size=None,
    operation_class=UploadOperation,
)
async def send_evidence(
    request: AnyRequest,
    report_id: FromPath[uuid.UUID],
    file_name: Annotated[str | None, QueryParameter(max_length=200, pattern=FILE_NAME)] = None,
    dated_on: FromQuery[date | None] = None,
) -> schemas.EvidenceOut:
    """The holder sends a file that shows what the report says; `dated_on` is the day it is of.

    Without `file_name` it is taken for a PDF. The kinds of file are those of data rooms.
    """
    platform = platform_of(request)
    as_side(request, await load_report(request, await provide_session(request), report_id), "holder")
    await CURRENT.get().end(keep=False)
    with tempfile.TemporaryDirectory(prefix="greenhatch-upload-") as folder:
        received = await receive(
            request.stream(),
            name=file_name or "evidence.pdf",
            folder=Path(folder),
            bytes_max=platform.settings.upload_bytes_max,
        )
        store = file_store(platform.settings)
        await take_in(platform.sessions, store, actor=actor_of(request), received=received)
    session = await provide_session(request)
    report = as_side(request, await load_report(request, session, report_id), "holder")
    return schemas.EvidenceOut.of(
        await reports.add_evidence(session, report=report, received=received, dated_on=dated_on)
    )


@post("/monitoring/reports/{report_id:uuid}/submit", access=SIGNED_IN)
async def submit_report(
    data: JSONBody[schemas.SubmitIn],
    session: NamedDependency[AsyncSession],
    held_report: NamedDependency[MilestoneReport],
) -> StepOut:
    """The holder sends the report in."""
    return StepOut.of(await reports.submit_report(session, report=held_report, content=data.content()))


@post("/monitoring/reports/{report_id:uuid}/accept", access=SIGNED_IN)
async def accept_report(
    session: NamedDependency[AsyncSession], financed_report: NamedDependency[MilestoneReport]
) -> StepOut:
    """The financier accepts the report; what was held back until it may go."""
    return StepOut.of(await reports.accept_report(session, report=financed_report))


@post("/monitoring/reports/{report_id:uuid}/return", access=SIGNED_IN)
async def return_report(
    data: JSONBody[schemas.ReasonIn],
    session: NamedDependency[AsyncSession],
    financed_report: NamedDependency[MilestoneReport],
) -> StepOut:
    """The financier asks for more, with the reason."""
    return StepOut.of(await reports.return_report(session, report=financed_report, note=data.note))


@post("/monitoring/reports/{report_id:uuid}/waive", access=SIGNED_IN)
async def waive_report(
    data: JSONBody[schemas.ReasonIn],
    session: NamedDependency[AsyncSession],
    financed_report: NamedDependency[MilestoneReport],
) -> StepOut:
    """The financier does without the report, with the reason."""
    return StepOut.of(await reports.waive_report(session, report=financed_report, note=data.note))


@get("/monitoring/flags", access=OPERATOR, problems=())
async def list_flags(
    session: NamedDependency[AsyncSession],
    open_only: FromQuery[bool] = True,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Page[schemas.FlagOut]:
    """What is odd about evidence, for a person to judge; the newest first."""
    query = select(EvidenceFlag)
    if open_only:
        query = query.where(EvidenceFlag.verdict.is_(None))
    after = decode_cursor(cursor, tuple[uuid.UUID]) if cursor else None
    found = await page(session, query, order=newest_first(EvidenceFlag), after=after, limit=limit)
    items = [schemas.FlagOut.of(flag) for flag in found.items]
    return Page(items, encode_cursor(found.position) if found.position else None, await count(session, query))


@post("/monitoring/flags/{flag_id:uuid}/verdict", access=OPERATOR)
async def judge_flag(
    request: AnyRequest,
    data: JSONBody[schemas.VerdictIn],
    session: NamedDependency[AsyncSession],
    any_flag: NamedDependency[EvidenceFlag],
) -> schemas.FlagOut:
    """Say what a doubt comes to; nothing follows by itself."""
    await doubts.judge(session, flag=any_flag, verdict=data.verdict, note=data.note, by=actor_of(request).id)
    return schemas.FlagOut.of(any_flag)


@post("/monitoring/milestones/{milestone_id:uuid}/forecasts", access=SIGNED_IN)
async def forecast(
    data: JSONBody[schemas.ForecastIn],
    session: NamedDependency[AsyncSession],
    forecast_milestone: NamedDependency[DealMilestone],
    forecasting_assessor: NamedDependency[Assessor],
) -> schemas.ForecastOut:
    """An assessor of the technology says how likely the milestone is reached by its day; once, before any report."""
    made = await records.forecast(
        session, milestone=forecast_milestone, assessor=forecasting_assessor, probability=data.probability
    )
    return schemas.ForecastOut.of(made)


@get("/monitoring/forecasters", access=OPERATOR, problems=())
async def list_records(session: NamedDependency[AsyncSession]) -> list[schemas.RecordOut]:
    """How good each forecaster was, and the weight that follows."""
    found = await records.track_records(session)
    return [schemas.RecordOut.of(forecaster, record) for forecaster, record in sorted(found.items())]


@get("/monitoring/reliability", access=PUBLIC, problems=())
async def show_reliability(session: NamedDependency[AsyncSession]) -> Reliability:
    """How often what was forecast came true, over all forecasts whose outcome is known."""
    return await records.diagram(session)


_SVG = "image/svg+xml"


@get(
    "/monitoring/reliability.svg",
    access=PUBLIC,
    problems=(),
    media_type=_SVG,
    responses={200: ResponseSpec(str, description="The diagram", media_type=_SVG)},
)
async def draw_reliability(session: NamedDependency[AsyncSession]) -> Response[bytes]:
    """The same as a picture."""
    return Response(drawn(await records.diagram(session)).encode(), media_type=_SVG)


DEPENDENCIES = PROVIDERS
ROUTES = [
    show_overview,
    define_kpi,
    list_reports,
    show_report,
    list_report_steps,
    send_evidence,
    submit_report,
    accept_report,
    return_report,
    waive_report,
    list_flags,
    judge_flag,
    forecast,
    list_records,
    show_reliability,
    draw_reliability,
]
