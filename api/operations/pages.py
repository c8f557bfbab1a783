"""The operator's desk: what waits for a decision, and how the platform is doing."""

from typing import Annotated, Any

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.desk.words import ORGANISATION_STATES, QUEUES, state_words
from api.operations import words
from api.operations.assessment_pages import ASSESSMENT_PAGES
from api.operations.job_pages import JOB_PAGES
from api.operations.knowledge_pages import KNOWLEDGE_PAGES
from api.operations.listing_pages import LISTING_PAGES
from api.paging import Cursor
from api.people.operator_schemas import MailOut, OrganisationRow, TransitionIn
from api.people.schemas import DecisionIn, VerificationOut
from api.platform import actor_of, platform_of
from api.routing import OPERATOR, get, post
from api.site.attempt import carried_out
from api.site.forms import read_form
from api.site.lists import listed
from api.site.render import page, see_other
from api.site.words import KINDS
from marketplace import audit, audit_chain, health
from marketplace.desk.queues import queues_of
from marketplace.mail import Mail
from marketplace.operations import overview
from marketplace.people import operators, organisations
from marketplace.people.models import Organisation
from marketplace.screening import funnel as course

_DESK = "/desk/operator"
_ORGANISATION = f"{_DESK}/organisations/{{organisation_id:uuid}}"
ENTRIES_SHOWN = 50
Before = Annotated[int | None, QueryParameter(ge=1, le=2**53 - 1)]


@get(_DESK, access=OPERATOR, problems=(), include_in_schema=False)
async def show_operator_desk(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]
) -> Response[bytes]:
    """Queues, figures, and whether all is well."""
    return page(
        request,
        "operations/desk.html",
        queues=await queues_of(session, actor_of(request)),
        queue_words=QUEUES,
        state_words=state_words,
        funnel=await overview.funnel(session),
        course=await course.funnel(session),
        jobs=await health.jobs_by_status(session),
        outbox=await overview.outbox(session),
        log=await overview.log_state(session),
        checks=await health.health(platform_of(request).sessions),
        words=words,
    )


@get(f"{_DESK}/verifications", access=OPERATOR, problems=(), include_in_schema=False)
async def show_verifications(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], cursor: Cursor = None
) -> Response[bytes]:
    """Organisations that handed something in and wait."""
    return await _organisations(request, session, "submitted", cursor)


@get(f"{_DESK}/organisations", access=OPERATOR, problems=(), include_in_schema=False)
async def show_organisations(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], cursor: Cursor = None
) -> Response[bytes]:
    """All organisations, the newest first."""
    return await _organisations(request, session, None, cursor)


async def _organisations(
    request: Request[Any, Any, Any], session: AsyncSession, state: str | None, cursor: str | None
) -> Response[bytes]:
    found = await listed(session, operators.organisations_query(state=state), Organisation, cursor)
    return page(
        request,
        "operations/organisations.html",
        rows=[OrganisationRow.of(row) for row in found.items],
        following=found.following,
        total=found.total,
        waiting=state is not None,
        states=ORGANISATION_STATES,
        kinds=KINDS,
    )


@get(_ORGANISATION, access=OPERATOR, include_in_schema=False)
async def show_organisation_page(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    any_organisation: NamedDependency[Organisation],
) -> Response[bytes]:
    """One organisation: what it handed in, and what can be decided."""
    return page(request, "operations/organisation.html", **await _known(session, any_organisation))


async def _known(session: AsyncSession, found: Organisation) -> dict[str, Any]:
    """Read before anything is tried: after a refusal the session reads nothing."""
    return {
        "form": None,
        "moving": None,
        "organisation": OrganisationRow.of(found),
        "website": found.website,
        "records": [VerificationOut.of(record) for record in await organisations.verifications(session, found)],
        "members": [membership.person.name for membership in await organisations.members(session, found)],
        "states": ORGANISATION_STATES,
        "kinds": KINDS,
    }


@post(f"{_ORGANISATION}/verification", access=OPERATOR, status_code=303, include_in_schema=False)
async def take_verification_decision(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    any_organisation: NamedDependency[Organisation],
) -> Response[bytes]:
    """Verify, or return with a reason."""
    form, known = await read_form(request, DecisionIn), await _known(session, any_organisation)

    async def act(given: DecisionIn) -> None:
        await organisations.decide_verification(
            session, organisation=any_organisation, verified=given.verified, note=given.note
        )

    if await carried_out(session, form, act):
        return see_other(f"{_DESK}/verifications")
    return page(request, "operations/organisation.html", status=422, **(known | {"form": form}))


@post(f"{_ORGANISATION}/transition", access=OPERATOR, status_code=303, include_in_schema=False)
async def take_organisation_step(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    any_organisation: NamedDependency[Organisation],
) -> Response[bytes]:
    """Suspend, reinstate or close."""
    form, known = await read_form(request, TransitionIn), await _known(session, any_organisation)
    address = f"{_DESK}/organisations/{any_organisation.id}"

    async def act(given: TransitionIn) -> None:
        transition, note = given.transition, given.note
        await operators.move_organisation(session, organisation=any_organisation, transition=transition, note=note)

    if await carried_out(session, form, act):
        return see_other(address)
    return page(request, "operations/organisation.html", status=422, **(known | {"moving": form}))


@get(f"{_DESK}/mail", access=OPERATOR, problems=(), include_in_schema=False)
async def show_outbox(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], cursor: Cursor = None
) -> Response[bytes]:
    """The outbox; that it was read is in the audit log."""
    found = await listed(session, select(Mail), Mail, cursor)
    await audit.record_each(session, "mail.read", found.items)
    mails = [MailOut.of(mail) for mail in found.items]
    return page(request, "operations/mail.html", mails=mails, following=found.following, total=found.total)


@get(f"{_DESK}/audit", access=OPERATOR, problems=(), include_in_schema=False)
async def show_audit(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], before: Before = None
) -> Response[bytes]:
    """The audit log, the newest first."""
    return await _audit(request, session, before, None)


async def _audit(
    request: Request[Any, Any, Any], session: AsyncSession, before: int | None, verdict: audit_chain.Verdict | None
) -> Response[bytes]:
    entries = await overview.latest_entries(session, before=before, limit=ENTRIES_SHOWN)
    older = entries[-1].sequence if len(entries) == ENTRIES_SHOWN else None
    log = await overview.log_state(session)
    return page(request, "operations/audit.html", entries=entries, older=older, log=log, verdict=verdict)


@post(f"{_DESK}/audit/verify", access=OPERATOR, problems=(), status_code=200, include_in_schema=False)
async def check_audit(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Response[bytes]:
    """Compute every hash of the log again."""
    return await _audit(request, session, None, await audit_chain.verify(session))


PAGES = [
    show_operator_desk,
    show_verifications,
    show_organisations,
    show_organisation_page,
    take_verification_decision,
    take_organisation_step,
    show_outbox,
    show_audit,
    check_audit,
    *JOB_PAGES,
    *LISTING_PAGES,
    *ASSESSMENT_PAGES,
    *KNOWLEDGE_PAGES,
]
