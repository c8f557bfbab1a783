"""Introductions: interest, answer, consent, contact data, outcome."""

import uuid
from typing import Annotated, Any

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.introductions import schemas
from api.introductions.dependencies import PROVIDED
from api.introductions.schemas import IntroductionOut
from api.limits import limit_rate
from api.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from api.platform import actor_of, platform_of
from api.routing import OPERATOR, PUBLIC, SIGNED_IN, delete, get, post
from api.steps import StepOut
from marketplace.actors import Actor
from marketplace.calls.models import Call
from marketplace.calls.queries import call_visible
from marketplace.errors import FieldError, Invalid, only
from marketplace.introductions import queries, service
from marketplace.introductions.models import Introduction
from marketplace.introductions.process import OUTCOMES, PURPOSES, REASONS
from marketplace.listings.models import Listing
from marketplace.listings.process import PUBLISHED
from marketplace.matching.mandates import visible_mandates
from marketplace.matching.models import Mandate
from marketplace.paging import count, newest_first, page
from marketplace.people.models import Organisation, Person
from marketplace.process import history
from marketplace.rate_limit import Rate

# An organisation that writes to more than this has not read what it answers.
A_DAY = Rate(count=20, seconds=86_400)
_INTRODUCTION = "/introductions/{introduction_id:uuid}"


@get("/introductions/codes", access=PUBLIC, problems=(), sync_to_thread=False)
def list_codes() -> schemas.CodesOut:
    """What one may want, why one may decline, and what may come of it, each in both languages."""
    return schemas.CodesOut(purposes=PURPOSES, reasons=REASONS, outcomes=OUTCOMES)


@get("/introductions/response-times/{organisation_id:uuid}", access=SIGNED_IN)
async def show_response_time(
    request: Request[Any, Any, Any], organisation_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> schemas.ResponseTimeOut:
    """How long somebody who writes to this organisation waits; refused while there are too few to tell."""
    own = Organisation.id == actor_of(request).organisation_id
    known = select(Organisation.id).where(Organisation.id == organisation_id, own | (Organisation.state == "verified"))
    only(await session.scalar(known), "organisation")
    return schemas.ResponseTimeOut.of(await queries.response_time(session, organisation_id))


@get("/introductions", access=SIGNED_IN, problems=())
async def list_introductions(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    side: FromQuery[schemas.SideName | None] = None,
    wanted: Annotated[schemas.State | None, QueryParameter(name="state")] = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Page[IntroductionOut]:
    """Those of one's own organisation, as one side or as both, the newest first; operators get everybody's."""
    query = queries.introductions_of(actor_of(request), side=side, state=wanted)
    after = decode_cursor(cursor, tuple[uuid.UUID]) if cursor else None
    found = await page(session, query, order=newest_first(Introduction), after=after, limit=limit)
    following = encode_cursor(found.position) if found.position else None
    return Page([IntroductionOut.of(entry) for entry in found.items], following, await count(session, query))


@post("/introductions", access=SIGNED_IN, problems=())
async def express_interest(
    request: Request[Any, Any, Any],
    data: JSONBody[schemas.InterestIn],
    session: NamedDependency[AsyncSession],
    introduced_organisation: NamedDependency[Organisation],
) -> IntroductionOut:
    """Say what you want of a technology or its financing; the other side has three weeks to answer."""
    await limit_rate(platform_of(request), f"introductions:{introduced_organisation.id}", A_DAY)
    actor = actor_of(request)
    made = await service.express_interest(
        session,
        initiator=introduced_organisation,
        listing=_named(await _listing(session, data.listing_id, actor), "listing_id", data.listing_id),
        interest=data.interest(),
        call=await _call(session, data.call_id, actor),
        mandate=await _mandate(session, data.mandate_id, actor),
    )
    return await _shown(session, made, actor)


async def _listing(session: AsyncSession, listing_id: uuid.UUID, actor: Actor) -> Listing | None:
    """A draft of somebody else's is not there."""
    known = (Listing.state == PUBLISHED) | (Listing.organisation_id == actor.organisation_id)
    found: Listing | None = await session.scalar(select(Listing).where(Listing.id == listing_id, known))
    return found


async def _call(session: AsyncSession, call_id: uuid.UUID | None, actor: Actor) -> Call | None:
    found = await call_visible(session, call_id, actor) if call_id else None
    return _named(found, "call_id", call_id) if call_id else None


async def _mandate(session: AsyncSession, mandate_id: uuid.UUID | None, actor: Actor) -> Mandate | None:
    if mandate_id is None:
        return None
    found = await session.scalar(visible_mandates(actor).where(Mandate.id == mandate_id))
    return _named(found, "mandate_id", mandate_id)  # type: ignore[no-any-return]


def _named(found: Any, field: str, named: uuid.UUID | None) -> Any:
    """What a field names and the caller may know of."""
    if found is None:
        expected = "the id of something that you can see"
        raise Invalid(
            [FieldError(field=field, value=str(named), expected=expected, expected_zh="须为您可见对象的编号")]
        )
    return found


async def _shown(session: AsyncSession, introduction: Introduction, actor: Actor) -> IntroductionOut:
    """With the names of both sides."""
    found = await queries.introduction_visible(session, introduction_id=introduction.id, actor=actor)
    return IntroductionOut.of(only(found, "introduction"))


@get(_INTRODUCTION, access=SIGNED_IN, sync_to_thread=False)
def show_introduction(visible_introduction: NamedDependency[Introduction]) -> IntroductionOut:
    """One introduction."""
    return IntroductionOut.of(visible_introduction)


@get(f"{_INTRODUCTION}/history", access=SIGNED_IN)
async def list_introduction_steps(
    session: NamedDependency[AsyncSession], visible_introduction: NamedDependency[Introduction]
) -> list[StepOut]:
    """What has happened."""
    return [StepOut.of(event) for event in await history(session, visible_introduction)]


@get(f"{_INTRODUCTION}/contacts", access=SIGNED_IN)
async def list_contacts(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    visible_introduction: NamedDependency[Introduction],
) -> list[schemas.ContactOut]:
    """Name and address of each side, once both agreed: for the two sides alone, and nothing before."""
    found = await queries.contacts_of(session, introduction_id=visible_introduction.id, actor=actor_of(request))
    return [schemas.ContactOut.of(contact) for contact in found]


@post(f"{_INTRODUCTION}/reciprocate", access=SIGNED_IN, status_code=200)
async def reciprocate(
    session: NamedDependency[AsyncSession], joined_introduction: NamedDependency[Introduction]
) -> IntroductionOut:
    """Be interested as well; contact data stay closed until both agree to open them."""
    await service.reciprocate(session, introduction=joined_introduction)
    return IntroductionOut.of(joined_introduction)


@post(f"{_INTRODUCTION}/decline", access=SIGNED_IN, status_code=200, operation_id="decline_introduction")
async def decline(
    data: JSONBody[schemas.DeclineIn],
    session: NamedDependency[AsyncSession],
    joined_introduction: NamedDependency[Introduction],
) -> IntroductionOut:
    """Say no, for one of the reasons that have a code."""
    await service.decline(session, introduction=joined_introduction, reason=data.reason, note=data.note)
    return IntroductionOut.of(joined_introduction)


@post(f"{_INTRODUCTION}/withdraw", access=SIGNED_IN, status_code=200, operation_id="withdraw_introduction")
async def withdraw(
    data: JSONBody[schemas.WithdrawIn],
    session: NamedDependency[AsyncSession],
    joined_introduction: NamedDependency[Introduction],
) -> IntroductionOut:
    """Take one's interest back."""
    await service.withdraw(session, introduction=joined_introduction, note=data.note)
    return IntroductionOut.of(joined_introduction)


@post(f"{_INTRODUCTION}/consent", access=SIGNED_IN, status_code=200)
async def give_consent(
    request: Request[Any, Any, Any],
    data: JSONBody[schemas.ConsentIn],
    session: NamedDependency[AsyncSession],
    joined_introduction: NamedDependency[Introduction],
) -> IntroductionOut:
    """Let the other side have the name and address of one of your people; the second consent opens both."""
    actor = actor_of(request)
    contact_id = data.contact_id or (actor.id if actor.kind != "key" else None)
    contact = await session.get(Person, contact_id) if contact_id else None
    await service.consent(
        session, introduction=joined_introduction, contact=_named(contact, "contact_id", data.contact_id)
    )
    return await _shown(session, joined_introduction, actor)


@delete(f"{_INTRODUCTION}/consent", access=SIGNED_IN, status_code=200)
async def take_back_consent(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    joined_introduction: NamedDependency[Introduction],
) -> IntroductionOut:
    """Take a consent back, as long as the other side has not agreed, too."""
    await service.take_back_consent(session, introduction=joined_introduction)
    return await _shown(session, joined_introduction, actor_of(request))


@post(f"{_INTRODUCTION}/conclude", access=SIGNED_IN, status_code=200)
async def conclude(
    data: JSONBody[schemas.ConcludeIn],
    session: NamedDependency[AsyncSession],
    joined_introduction: NamedDependency[Introduction],
) -> IntroductionOut:
    """Say what came of it."""
    await service.conclude(session, introduction=joined_introduction, outcome=data.outcome, note=data.note)
    return IntroductionOut.of(joined_introduction)


@post(f"{_INTRODUCTION}/close", access=OPERATOR, status_code=200, operation_id="close_introduction")
async def close(
    data: JSONBody[schemas.CloseIn],
    session: NamedDependency[AsyncSession],
    visible_introduction: NamedDependency[Introduction],
) -> IntroductionOut:
    """End it, for a reason that both sides read."""
    await service.close(session, introduction=visible_introduction, note=data.note)
    return IntroductionOut.of(visible_introduction)


DEPENDENCIES = PROVIDED
ROUTES = [
    list_codes,
    show_response_time,
    list_introductions,
    express_interest,
    show_introduction,
    list_introduction_steps,
    list_contacts,
    reciprocate,
    decline,
    withdraw,
    give_consent,
    take_back_consent,
    conclude,
    close,
]
