"""Applying to calls, and deciding on what was applied with."""

import uuid
from typing import Annotated, Any, Literal

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromQuery, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api.applications import schemas
from api.applications.dependencies import PROVIDED
from api.calls.dependencies import named_listing
from api.conditional import require_version, respond, version_tag
from api.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from api.platform import actor_of
from api.routing import SIGNED_IN, get, patch, post
from api.steps import StepOut
from marketplace.applications import decisions, queries, service
from marketplace.applications.models import Application
from marketplace.calls.content import Stage
from marketplace.calls.models import Call
from marketplace.errors import only
from marketplace.paging import count, newest_first, page
from marketplace.people.models import Organisation
from marketplace.process import history

State = Literal["submitted", "invited", "waitlisted", "accepted", "concluded", "rejected", "lapsed", "ended"]
_APPLICATION = "/applications/{application_id:uuid}"


async def _page(session: AsyncSession, query: Any, cursor: str | None, limit: int) -> Page[schemas.ApplicationCard]:
    after = decode_cursor(cursor, tuple[uuid.UUID]) if cursor else None
    found = await page(session, query, order=newest_first(Application), after=after, limit=limit)
    following = encode_cursor(found.position) if found.position else None
    return Page([schemas.ApplicationCard.of(item) for item in found.items], following, await count(session, query))


@get("/applications", access=SIGNED_IN, problems=())
async def list_own_applications(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], cursor: Cursor = None, limit: Limit = 20
) -> Page[schemas.ApplicationCard]:
    """What one's own organisation applied with, the newest first; operators get everything submitted."""
    return await _page(session, queries.own_applications(actor_of(request)), cursor, limit)


@get("/calls/{call_id:uuid}/applications", access=SIGNED_IN)
async def list_received_applications(
    session: NamedDependency[AsyncSession],
    own_call: NamedDependency[Call],
    application_state: Annotated[State | None, QueryParameter(name="state")] = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Page[schemas.ApplicationCard]:
    """What was submitted to one's own call, the newest first."""
    return await _page(session, queries.applications_to(own_call, state=application_state), cursor, limit)


@post("/calls/{call_id:uuid}/applications", access=SIGNED_IN)
async def draft_application(
    request: Request[Any, Any, Any],
    data: JSONBody[schemas.ApplyIn],
    session: NamedDependency[AsyncSession],
    visible_call: NamedDependency[Call],
    applying_organisation: NamedDependency[Organisation],
) -> Response[schemas.ApplicationOut]:
    """Begin an application with one of one's technologies; what was answered about it before is there already."""
    listing = await named_listing(session, applying_organisation, data.listing_id)
    made = await service.draft_application(session, call=visible_call, listing=listing)
    return _versioned(request, made, 201)


def _versioned(request: Request[Any, Any, Any], found: Application, status: int) -> Response[schemas.ApplicationOut]:
    shown = schemas.ApplicationOut.of(found, actor_of(request))
    return Response(shown, status_code=status, headers={"ETag": version_tag(found.version)})


@get(_APPLICATION, access=SIGNED_IN)
async def show_application(
    request: Request[Any, Any, Any], visible_application: NamedDependency[Application]
) -> Response[schemas.ApplicationOut]:
    """One application, with what one may do about it."""
    return _versioned(request, visible_application, 200)


@patch(_APPLICATION, access=SIGNED_IN, problems=(404, 412, 428))
async def save_application(
    request: Request[Any, Any, Any],
    data: JSONBody[schemas.SaveIn],
    session: NamedDependency[AsyncSession],
    own_application: NamedDependency[Application],
) -> Response[schemas.ApplicationOut]:
    """Keep what was just written, field by field; If-Match names the version that was changed."""
    require_version(request, own_application.version)
    await service.save_application(
        session,
        application=own_application,
        answers=data.answers,
        documents=data.documents,
        asked=data.asked.money() if data.asked else None,
    )
    return _versioned(request, own_application, 200)


@post(f"{_APPLICATION}/submit", access=SIGNED_IN)
async def submit_application(
    data: JSONBody[schemas.EditionIn],
    session: NamedDependency[AsyncSession],
    own_application: NamedDependency[Application],
) -> StepOut:
    """Hand it in; all that is missing and every condition unmet is named at once, and the score is frozen."""
    return StepOut.of(await service.submit_application(session, application=own_application, edition=data.edition))


@post(f"{_APPLICATION}/agree", access=SIGNED_IN, status_code=200)
async def agree_to_amendment(
    request: Request[Any, Any, Any],
    data: JSONBody[schemas.EditionIn],
    session: NamedDependency[AsyncSession],
    own_application: NamedDependency[Application],
) -> Response[schemas.ApplicationOut]:
    """Stay in under the call as it was amended; whoever does not want to withdraws."""
    await service.agree_to_edition(session, application=own_application, edition=data.edition)
    return _versioned(request, own_application, 200)


@post(f"{_APPLICATION}/withdraw", access=SIGNED_IN)
async def withdraw_application(
    data: JSONBody[schemas.NoteIn],
    session: NamedDependency[AsyncSession],
    withdrawable_application: NamedDependency[Application],
) -> StepOut:
    """Take it back, at any time before it has ended."""
    found = withdrawable_application
    return StepOut.of(await service.withdraw_application(session, application=found, note=data.note))


@post(f"{_APPLICATION}/invite", access=SIGNED_IN)
async def invite_application(
    session: NamedDependency[AsyncSession], received_application: NamedDependency[Application]
) -> StepOut:
    """Ask for the next stage."""
    return StepOut.of(await decisions.invite_application(session, application=received_application))


@post(f"{_APPLICATION}/waitlist", access=SIGNED_IN)
async def waitlist_application(
    session: NamedDependency[AsyncSession], received_application: NamedDependency[Application]
) -> StepOut:
    """Keep it for a seat that becomes free."""
    return StepOut.of(await decisions.waitlist_application(session, application=received_application))


@post(f"{_APPLICATION}/accept", access=SIGNED_IN)
async def accept_application(
    session: NamedDependency[AsyncSession], received_application: NamedDependency[Application]
) -> StepOut:
    """Give it one of the call's seats; of any number at once as many succeed as there are seats."""
    return StepOut.of(await decisions.accept_application(session, application=received_application))


@post(f"{_APPLICATION}/reject", access=SIGNED_IN)
async def reject_application(
    data: JSONBody[schemas.RejectIn],
    session: NamedDependency[AsyncSession],
    received_application: NamedDependency[Application],
) -> StepOut:
    """Say no, with a reason."""
    event = await decisions.reject_application(
        session, application=received_application, reason=data.reason, note=data.note
    )
    return StepOut.of(event)


@post(f"{_APPLICATION}/conclude", access=SIGNED_IN)
async def conclude_application(
    session: NamedDependency[AsyncSession], received_application: NamedDependency[Application]
) -> StepOut:
    """An accepted application has become a deal, or is over."""
    return StepOut.of(await decisions.conclude_application(session, application=received_application))


@get(f"{_APPLICATION}/history", access=SIGNED_IN)
async def list_application_steps(
    session: NamedDependency[AsyncSession], visible_application: NamedDependency[Application]
) -> list[StepOut]:
    """What has happened to the application."""
    return [StepOut.of(event) for event in await history(session, visible_application)]


@get(
    f"{_APPLICATION}/receipt",
    access=SIGNED_IN,
    responses={200: ResponseSpec(dict[str, Any], description="Canonical JSON")},
)
async def download_application_receipt(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    visible_application: NamedDependency[Application],
    stage: FromQuery[Stage | None] = None,
) -> Response[bytes]:
    """The receipt of the score frozen at a stage, the last one by default: anybody can compute it again offline."""
    return respond(request, only(await queries.receipt_of(session, visible_application, stage), "receipt"))


DEPENDENCIES = PROVIDED
ROUTES = [
    list_own_applications,
    list_received_applications,
    draft_application,
    show_application,
    save_application,
    submit_application,
    agree_to_amendment,
    withdraw_application,
    invite_application,
    waitlist_application,
    accept_application,
    reject_application,
    conclude_application,
    list_application_steps,
    download_application_receipt,
]
