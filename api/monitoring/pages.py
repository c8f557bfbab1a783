"""Reports of a deal as a page: what is owed by when, early warnings, measures beside their plan."""

import tempfile
import uuid
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

from litestar import Request, Response
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta, Struct
from sqlalchemy.ext.asyncio import AsyncSession

from api.dataroom.uploading import chunks_of, receive
from api.deals.dependencies import NAMED
from api.deals.schemas import DealOut
from api.fields import Prose
from api.monitoring import routes, schemas
from api.monitoring.dependencies import as_side, load_report
from api.platform import actor_of, platform_of
from api.routing import SIGNED_IN, get, post
from api.site.attempt import carried_out
from api.site.forms import Form, read_form
from api.site.render import page, see_other
from api.transaction import CURRENT, provide_session
from marketplace.deals.course import side_of
from marketplace.deals.models import Deal
from marketplace.errors import FieldError, Forbidden, Invalid, MarketplaceError
from marketplace.files.service import take_in
from marketplace.files.store import file_store
from marketplace.monitoring import reports
from marketplace.monitoring.models import MilestoneReport
from marketplace.monitoring.process import REPORT, WRITABLE
from scoring.technology import Text

_REPORTS_SHOWN = 100
_WRITERS = {"member:owner", "member:admin", "member:member"}
STATES = {state.name: state.label for state in REPORT.states}
WARNINGS = {
    "on-track": Text(zh="正常", en="On track"),
    "behind": Text(zh="落后于计划", en="Behind"),
    "likely-late": Text(zh="预计逾期", en="Likely late"),
    "late": Text(zh="已逾期", en="Late"),
}
KINDS = {"final": Text(zh="最终报告", en="Final report"), "progress": Text(zh="进展报告", en="Progress report")}


@get("/desk/deals/{deal_id:uuid}/reports", access=SIGNED_IN, include_in_schema=False)
async def show_reports(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], watched_deal: NamedDependency[Deal]
) -> Response[bytes]:
    """What is owed, what was reported, and how far it is from the plan."""
    return await _shown(request, session, watched_deal.id, None)


async def _shown(
    request: Request[Any, Any, Any], session: AsyncSession, deal_id: uuid.UUID, form: Form[Any] | None
) -> Response[bytes]:
    deal = await session.get_one(Deal, deal_id, options=NAMED, populate_existing=True)
    actor = actor_of(request)
    owed = await routes.list_reports.fn(session, deal, None, _REPORTS_SHOWN)
    overview = await routes.show_overview.fn(session, deal)
    return page(
        request,
        "monitoring/reports.html",
        status=422 if form else 200,
        deal=DealOut.of(deal),
        side=side_of(deal, actor) if _WRITERS & actor.roles else None,
        reports=owed.items,
        overview=overview,
        titles={found.milestone_id: found.title for found in overview.milestones},
        states=STATES,
        writable=WRITABLE,
        warnings=WARNINGS,
        kinds=KINDS,
        form=form,
    )


class ReportForm(Struct, frozen=True):
    """The report itself, or the financier's answer to it."""

    step: Literal["submit", "accept", "return", "waive"]
    report: uuid.UUID | None = None
    summary: Prose = ""
    progress_percent: Annotated[int, Meta(ge=0, le=100)] | None = None
    note: Prose = ""


@post("/desk/reports/{report_id:uuid}", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_report_step(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    seen_report: NamedDependency[MilestoneReport],
) -> Response[bytes]:
    """Send a report in, accept it, ask for more, or do without it."""
    actor = actor_of(request)
    side, deal_id = side_of(seen_report.deal, actor), seen_report.deal_id
    if side is None or not _WRITERS & actor.roles:
        raise Forbidden("parties-only", "This is for the parties of the deal.", "仅限交易双方操作。")
    form = await read_form(request, ReportForm)
    if await carried_out(session, form, partial(_step, session, seen_report, side)):
        return see_other(f"/desk/deals/{deal_id}/reports")
    return await _shown(request, session, deal_id, form)


async def _step(session: AsyncSession, report: MilestoneReport, side: str, given: ReportForm) -> None:
    if side != ("holder" if given.step == "submit" else "financier"):
        raise Forbidden("other-side", "This step is for the other side.", "此步骤由另一方操作。")
    if given.step == "submit":
        await reports.submit_report(session, report=report, content=_content(given))
    elif given.step == "accept":
        await reports.accept_report(session, report=report)
    elif given.step == "return":
        await reports.return_report(session, report=report, note=given.note)
    else:
        await reports.waive_report(session, report=report, note=given.note)


def _content(given: ReportForm) -> reports.ReportContent:
    wrong = []
    if not given.summary.strip():
        wrong.append(FieldError(field="summary", expected="what was done", expected_zh="请填写进展"))
    if given.progress_percent is None:
        wrong.append(FieldError(field="progress_percent", expected="0 to 100", expected_zh="请填写0至100"))
    if wrong:
        raise Invalid(wrong)
    return schemas.SubmitIn(summary=given.summary, progress_percent=given.progress_percent or 0).content()


@post("/desk/reports/{report_id:uuid}/evidence", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_evidence(
    request: Request[Any, Any, Any],
    report_id: FromPath[uuid.UUID],
    held_report: NamedDependency[MilestoneReport],
) -> Response[bytes]:
    """A file that shows what the report says."""
    deal_id, sent = held_report.deal_id, await request.form()
    file = sent.get("file")
    await CURRENT.get().end(keep=False)  # no transaction waits while a file is checked
    try:
        if not isinstance(file, UploadFile) or not file.filename:
            raise Invalid([FieldError(field="file", expected="a file", expected_zh="请选择文件")])
        await _keep(request, report_id, file)
        return see_other(f"/desk/deals/{deal_id}/reports")
    except MarketplaceError as error:
        await CURRENT.get().end(keep=False)
        form: Form[Any] = Form({"report": str(report_id)})
        return await _shown(request, await provide_session(request), deal_id, form.refuse(error))


async def _keep(request: Request[Any, Any, Any], report_id: uuid.UUID, file: UploadFile) -> None:
    platform = platform_of(request)
    with tempfile.TemporaryDirectory(prefix="greenhatch-upload-") as place:
        received = await receive(
            chunks_of(file), name=file.filename, folder=Path(place), bytes_max=platform.settings.upload_bytes_max
        )
        await take_in(platform.sessions, file_store(platform.settings), actor=actor_of(request), received=received)
    session = await provide_session(request)
    report = as_side(request, await load_report(request, session, report_id), "holder")
    await reports.add_evidence(session, report=report, received=received, dated_on=None)


PAGES = [show_reports, take_report_step, take_evidence]
