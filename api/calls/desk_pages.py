"""The desk of those who call: their calls, writing and amending them, and what came in."""

from typing import Annotated, Any

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from api.calls import call_form, words
from api.fields import Prose
from api.paging import Cursor
from api.platform import actor_of, platform_of
from api.routing import SIGNED_IN, get, post
from api.site.forms import Form, read_form
from api.site.lists import listed
from api.site.render import page, see_other
from api.site.words import MEDIA
from marketplace.applications import decisions
from marketplace.applications.models import Application
from marketplace.applications.queries import applications_to
from marketplace.calls import queries, service
from marketplace.calls.content import CallContent
from marketplace.calls.facts import FIELDS, PARAMETER
from marketplace.calls.models import Call
from marketplace.calls.templates import templates
from marketplace.errors import MarketplaceError
from marketplace.people.models import Organisation
from marketplace.process import history
from marketplace.review.models import ReviewRound
from marketplace.review.queries import organised_rounds
from scoring.technology import Text

TemplateName = Annotated[str, QueryParameter(max_length=40, pattern=r"^[a-z-]*$")]
StateFilter = Annotated[str | None, QueryParameter(name="state", max_length=40, pattern=r"^[a-z]*$")]
_CALL = "/desk/calls/{call_id:uuid}"


@get("/desk/calls", access=SIGNED_IN, problems=(), include_in_schema=False)
async def show_own_calls(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], cursor: Cursor = None
) -> Response[bytes]:
    """The calls of one's own organisation, and what a new one can begin with."""
    actor = actor_of(request)
    return page(
        request,
        "calls/own.html",
        calls=await listed(session, queries.own_calls(actor), Call, cursor),
        templates=templates(platform_of(request).clock.now()) if _posts(request) else [],
        words=words,
    )


def _posts(request: Request[Any, Any, Any]) -> bool:
    return bool({f"kind:{kind}" for kind in queries.FINANCIERS} & actor_of(request).roles)


@get("/desk/calls/new", access=SIGNED_IN, problems=(), include_in_schema=False)
async def show_new_call(
    request: Request[Any, Any, Any], posting_organisation: NamedDependency[Organisation], template: TemplateName = ""
) -> Response[bytes]:
    """A new call, begun with a template."""
    known = {one.key: one for one in templates(platform_of(request).clock.now())}
    begun = known.get(template) or next(iter(known.values()))
    return _form_page(request, call_form.as_form(begun.content), None)


def _form_page(request: Request[Any, Any, Any], form: Form[CallContent], call: Call | None) -> Response[bytes]:
    facts = {name: fact.label for name, fact in FIELDS.items()}
    return page(
        request,
        "calls/edit.html",
        status=422 if form.wrong else 200,
        form=form,
        call=call,
        rows=lambda place: len(call_form.rows_of(form.given, place)),
        facts=facts | {PARAMETER: Text(zh="参数…", en="A parameter …")},
        media=MEDIA,
        words=words,
    )


async def _read(request: Request[Any, Any, Any]) -> Form[CallContent]:
    return await read_form(request, CallContent, tidy=call_form.tidied, prepare=call_form.prepared)


def _wants_more(form: Form[CallContent]) -> bool:
    """Another blank row is asked for; nothing is saved, and nothing is wrong yet."""
    if form.typed("more"):
        form.errors.clear()
        return True
    return False


@post("/desk/calls/new", access=SIGNED_IN, problems=(), status_code=303, include_in_schema=False)
async def take_new_call(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    posting_organisation: NamedDependency[Organisation],
) -> Response[bytes]:
    """Keep it as a draft."""
    form = await _read(request)
    if _wants_more(form) or form.value is None:
        return _form_page(request, form, None)
    try:
        made = await service.draft_call(session, poster=posting_organisation, content=form.value)
    except MarketplaceError as error:
        return _form_page(request, form.refuse(error), None)
    return see_other(f"/desk/calls/{made.id}")


@get(f"{_CALL}/edit", access=SIGNED_IN, include_in_schema=False)
async def show_edit_call(request: Request[Any, Any, Any], posted_call: NamedDependency[Call]) -> Response[bytes]:
    """A draft to write on, or an open call to amend."""
    return _form_page(request, call_form.as_form(service.content_of(posted_call)), posted_call)


@post(f"{_CALL}/edit", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_edit_call(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], posted_call: NamedDependency[Call]
) -> Response[bytes]:
    """Keep the draft, or amend the open call."""
    form = await _read(request)
    if _wants_more(form) or form.value is None:
        return _form_page(request, form, posted_call)
    try:
        if posted_call.state == "draft":
            await service.rewrite_call(session, call=posted_call, content=form.value)
        else:
            await service.amend_call(session, call=posted_call, content=form.value, note=call_form.note_of(form))
    except MarketplaceError as error:
        return _form_page(request, form.refuse(error), posted_call)
    return see_other(f"/desk/calls/{posted_call.id}")


@get(_CALL, access=SIGNED_IN, include_in_schema=False)
async def show_own_call(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    own_call: NamedDependency[Call],
    application_state: StateFilter = None,
    cursor: Cursor = None,
) -> Response[bytes]:
    """What came in, and what can be done next."""
    return await _own_call_page(request, session, own_call, None, application_state, cursor)


async def _own_call_page(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    call: Call,
    form: Form[Any] | None,
    state: str | None = None,
    cursor: str | None = None,
) -> Response[bytes]:
    query = applications_to(call, state=state if state in words.APPLICATION_STATES else None)
    rounds = organised_rounds(actor_of(request)).where(ReviewRound.call_id == call.id)
    return page(
        request,
        "calls/own-call.html",
        status=422 if form else 200,
        form=form,
        call=call,
        stages=service.content_of(call).stages,
        applications=await listed(session, query, Application, cursor),
        chosen=state,
        rounds=(await listed(session, rounds, ReviewRound, None)).items,
        steps=await history(session, call),
        undecided=await decisions.undecided(session, call),
        mine=call.organisation_id == actor_of(request).organisation_id,
        words=words,
    )


@post(f"{_CALL}/publish", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_publish_call(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], posted_call: NamedDependency[Call]
) -> Response[bytes]:
    """Open it to applications; what is missing is named beside its field."""
    try:
        await service.publish_call(session, call=posted_call)
    except MarketplaceError as error:
        form = call_form.as_form(service.content_of(posted_call))
        return _form_page(request, form.refuse(error), posted_call)
    return see_other(f"/desk/calls/{posted_call.id}")


@post(f"{_CALL}/complete", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_complete_call(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], posted_call: NamedDependency[Call]
) -> Response[bytes]:
    """End a closed call."""
    try:
        waiting = await decisions.undecided(session, posted_call)
        await service.complete_call(session, call=posted_call, undecided=waiting)
    except MarketplaceError as error:
        form: Form[Any] = Form()
        return await _own_call_page(request, session, posted_call, form.refuse(error))
    return see_other(f"/desk/calls/{posted_call.id}")


class CancelForm(Struct, frozen=True):
    """Why the call is taken back; its applicants read it."""

    note: Prose = ""


@post(f"{_CALL}/cancel", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_cancel_call(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], endable_call: NamedDependency[Call]
) -> Response[bytes]:
    """Take it back, with a reason."""
    form = await read_form(request, CancelForm)
    try:
        if form.value:
            await service.cancel_call(session, call=endable_call, note=form.value.note)
            return see_other(f"/desk/calls/{endable_call.id}")
    except MarketplaceError as error:
        form.refuse(error)
    return await _own_call_page(request, session, endable_call, form)


DESK_PAGES = [
    show_own_calls,
    show_new_call,
    take_new_call,
    show_own_call,
    show_edit_call,
    take_edit_call,
    take_publish_call,
    take_complete_call,
    take_cancel_call,
]
