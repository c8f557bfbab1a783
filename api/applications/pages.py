"""The applicant's desk: drafts that save themselves, and what became of them; for those who call, the decision."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromQuery
from msgspec import Meta, Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.applications import draft_form
from api.applications.draft_form import Draft
from api.calls import words
from api.fields import Prose
from api.paging import Cursor
from api.platform import actor_of
from api.review.decision_schemas import FeedbackOut
from api.routing import SIGNED_IN, get, post
from api.site.attempt import attempt, carried_out
from api.site.forms import Form, read_form
from api.site.language import CURRENT, choose_language, gettext
from api.site.lists import listed
from api.site.render import is_fragment, page, see_other
from marketplace.applications import decisions, queries, service
from marketplace.applications.answers import missing
from marketplace.applications.models import Application
from marketplace.applications.process import REASONS
from marketplace.calls.service import content_of
from marketplace.errors import Invalid, MarketplaceError
from marketplace.process import history, possible
from marketplace.review import deciding
from marketplace.review.models import ReviewRound
from marketplace.review.queries import decision_about

_HOME = "/desk/applications"
_APPLICATION = f"{_HOME}/{{application_id:uuid}}"


@get(_HOME, access=SIGNED_IN, problems=(), include_in_schema=False)
async def show_own_applications(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], cursor: Cursor = None
) -> Response[bytes]:
    """What one's own organisation applied with."""
    found = await listed(session, queries.own_applications(actor_of(request)), Application, cursor)
    return page(request, "applications/own.html", applications=found, words=words)


@get(_APPLICATION, access=SIGNED_IN, include_in_schema=False)
async def show_application_page(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    visible_application: NamedDependency[Application],
    complete: FromQuery[bool] = False,
) -> Response[bytes]:
    """A draft to write on; otherwise what was submitted, what became of it and what can be done next."""
    if _writing(request, visible_application):
        form = draft_form.as_form(visible_application)
        if complete:
            CURRENT.set(choose_language(request))
            _name_missing(form, visible_application)
        return await _draft_page(request, session, visible_application, form)
    return await _submitted_page(request, session, visible_application, None)


def _writing(request: Request[Any, Any, Any], found: Application) -> bool:
    return found.state in service.WRITABLE and found.organisation_id == actor_of(request).organisation_id


def _name_missing(form: Form[Draft], found: Application) -> None:
    """What stopped the submission, beside its fields; the conditions stand in their own list."""
    content = content_of(found.call)
    faults = list(missing(content, found.stage, found.answers, found.documents))
    if faults:
        form.refuse(Invalid(faults))
    else:
        form.refusal = gettext("It was not submitted: look at the conditions below.")


async def _draft_page(
    request: Request[Any, Any, Any], session: AsyncSession, found: Application, form: Form[Draft]
) -> Response[bytes]:
    content = content_of(found.call)
    return page(
        request,
        "applications/draft.html",
        status=422 if form.wrong and request.method == "POST" else 200,
        form=form,
        found=found,
        earlier=_stages_done(found),
        content=content,
        held={one["key"]: one for one in found.documents},
        findings=await service.check_eligibility(session, call=found.call, listing=found.listing, asked=found.amount),
        words=words,
    )


def _stages_done(found: Application) -> Sequence[str]:
    """The stages whose answers were submitted: one's own draft of the next is nobody else's."""
    stages = content_of(found.call).stages
    place = stages.index(found.stage)
    return stages[:place] if found.state in service.WRITABLE else stages[: place + 1]


async def _save(session: AsyncSession, found: Application, form: Form[Draft]) -> bool:
    """Whether it could be kept; what stops it is in the form."""
    # Held until the end: what saves itself may be under way while the button is pressed.
    held = await session.scalar(select(Application.version).where(Application.id == found.id).with_for_update())
    if form.typed("version") != str(held) or held != found.version:
        form.refusal = gettext("Somebody else saved meanwhile. Your words stand below; save again to keep yours.")
        return False
    if form.value is None:
        return False
    try:
        kept = form.value
        await service.save_application(
            session, application=found, answers=kept.answers, documents=kept.documents, asked=kept.asked
        )
    except MarketplaceError as error:
        form.refuse(error)
    return not form.wrong


@post(_APPLICATION, access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_draft(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    own_application: NamedDependency[Application],
) -> Response[bytes]:
    """Keep what was written: by the button, or by itself whenever a field changed."""
    form = await draft_form.read_draft(request, own_application)
    saved = await _save(session, own_application, form)
    if is_fragment(request):
        conditions = service.check_eligibility(
            session, call=own_application.call, listing=own_application.listing, asked=own_application.amount
        )
        status, context = 200 if saved else 422, {"form": form, "found": own_application}
        return page(request, "applications/_saved.html", status=status, findings=await conditions, **context)
    if not saved:
        return await _draft_page(request, session, own_application, form)
    return see_other(f"{_HOME}/{own_application.id}")


@post(f"{_APPLICATION}/submit", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_submission(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    own_application: NamedDependency[Application],
) -> Response[bytes]:
    """Keep what was written, then hand it in. What is kept stays kept where the submission is refused."""
    form = await draft_form.read_draft(request, own_application)
    if not await _save(session, own_application, form):
        return await _draft_page(request, session, own_application, form)
    edition, address = str(form.typed("edition")), f"{_HOME}/{own_application.id}"
    try:
        async with attempt(session):
            wanted = int(edition) if edition.isdecimal() and len(edition) < 8 else 0
            await service.submit_application(session, application=own_application, edition=wanted)
    except Invalid:
        return see_other(f"{address}?complete=true")
    except MarketplaceError as error:
        whole = await _again(request, session, own_application)
        return await _draft_page(request, session, whole, form.refuse(error))
    return see_other(address)


async def _again(request: Request[Any, Any, Any], session: AsyncSession, found: Application) -> Application:
    """As it is in the database, after something was taken back."""
    whole = await queries.application_visible(session, found.id, actor_of(request))
    return whole if whole is not None else found


async def _submitted_page(
    request: Request[Any, Any, Any], session: AsyncSession, found: Application, form: Form[Any] | None
) -> Response[bytes]:
    actor = actor_of(request)
    mine = found.organisation_id == actor.organisation_id
    decision = await decision_about(session, found) if mine else None
    content, done = content_of(found.call), _stages_done(found)
    return page(
        request,
        "applications/application.html",
        status=422 if form else 200,
        form=form,
        found=found,
        content=content,
        stages=done,
        mine=mine,
        posted=found.call.organisation_id == actor.organisation_id,
        agreed=found.call_edition == found.call.edition,
        steps=await history(session, found),
        ways=[way.name for way in possible(found, actor.acting_as("applicant" if mine else "poster"))],
        last_stage=content.stages[-1] == found.stage,
        feedback=await _feedback(session, decision) if decision else None,
        reasons=REASONS,
        words=words,
    )


async def _feedback(session: AsyncSession, decision: Any) -> FeedbackOut:
    review_round = await session.get_one(ReviewRound, decision.round_id)
    return FeedbackOut.of(decision, review_round, await deciding.advice_about(session, decision))


@post(f"{_APPLICATION}/agree", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_agreement(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    own_application: NamedDependency[Application],
) -> Response[bytes]:
    """Stay in under the call as it was amended."""
    form = await read_form(request, EditionForm)
    found, address = own_application, f"{_HOME}/{own_application.id}"

    async def act(given: EditionForm) -> None:
        await service.agree_to_edition(session, application=found, edition=given.edition)

    if await carried_out(session, form, act):
        return see_other(address)
    return await _submitted_page(request, session, await _again(request, session, found), form)


class EditionForm(Struct, frozen=True):
    """The edition that was read."""

    edition: Annotated[int, Meta(ge=1, le=1_000_000)]


class WithdrawalForm(Struct, frozen=True):
    """A word of why, if one likes."""

    note: Prose = ""


@post(f"{_APPLICATION}/withdraw", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_withdrawal(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    withdrawable_application: NamedDependency[Application],
) -> Response[bytes]:
    """Take it back."""
    found, form = withdrawable_application, await read_form(request, WithdrawalForm)

    async def act(given: WithdrawalForm) -> None:
        await service.withdraw_application(session, application=found, note=given.note)

    if await carried_out(session, form, act):
        return see_other(_HOME)
    return await _submitted_page(request, session, await _again(request, session, found), form)


class DecisionForm(Struct, frozen=True):
    """What those who called decide; a reason where it is a no."""

    decision: Literal["invite", "waitlist", "accept", "reject", "conclude"]
    reason: Annotated[str, Meta(max_length=40, pattern=r"^[a-z-]+$")] | None = None
    note: Prose = ""


async def _decide(session: AsyncSession, found: Application, given: DecisionForm) -> None:
    if given.decision == "reject":
        await decisions.reject_application(
            session, application=found, reason=given.reason or "", note=given.note
        )  # fmt: skip
        return
    acts = {
        "invite": decisions.invite_application,
        "waitlist": decisions.waitlist_application,
        "accept": decisions.accept_application,
        "conclude": decisions.conclude_application,
    }
    await acts[given.decision](session, application=found)


@post(f"{_APPLICATION}/decide", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_decision(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    received_application: NamedDependency[Application],
) -> Response[bytes]:
    """Say yes, no, wait or go on; the applicant hears of it."""
    form, found = await read_form(request, DecisionForm), received_application
    address = f"{_HOME}/{found.id}"
    if await carried_out(session, form, lambda given: _decide(session, found, given)):
        return see_other(address)
    return await _submitted_page(request, session, await _again(request, session, found), form)


PAGES = [
    show_own_applications,
    show_application_page,
    take_draft,
    take_submission,
    take_agreement,
    take_withdrawal,
    take_decision,
]
