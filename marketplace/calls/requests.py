"""A holder's financing request: the secondary-development project, its milestones, its budget and what is offered."""

import datetime
import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import Actor, actor_of
from marketplace.calls.content import Amount, Instrument
from marketplace.calls.models import FinancingRequest
from marketplace.database import clock_of
from marketplace.errors import Conflict, FieldError, Invalid
from marketplace.listings.models import Listing
from marketplace.process import ProcessEvent, advance, begin
from marketplace.texts import LongText, ShortText
from scoring.technology import Level, Text

OPEN_FOR = datetime.timedelta(days=180)
_OPEN_AT_MOST = datetime.timedelta(days=730)
Purpose = Literal[
    "equipment", "personnel", "materials", "testing", "verification", "pilot-site", "intellectual-property", "other"
]
_Cost = Annotated[int, Meta(ge=1, le=2**53 - 1)]


class Milestone(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A step that can be judged: `measure` says by what."""

    name: ShortText
    measure: LongText
    months: Annotated[float, Meta(gt=0, le=120)]
    cost_minor: _Cost
    target_level: Level | None = None


class Use(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    purpose: Purpose
    amount_minor: _Cost
    note: ShortText | None = None


class RequestContent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Amounts are in the budget's currency; milestones and uses each add up to the budget exactly.

    `readers` are the organisations that may read it; empty for every verified investor and incubator.
    """

    title: ShortText
    project: LongText
    instrument: Instrument
    budget: Amount
    milestones: Annotated[tuple[Milestone, ...], Meta(min_length=1, max_length=20)]
    use_of_funds: Annotated[tuple[Use, ...], Meta(min_length=1, max_length=20)]
    terms: LongText
    term_months: Annotated[float, Meta(gt=0, le=600)] | None = None
    readers: Annotated[tuple[uuid.UUID, ...], Meta(max_length=200)] = ()


def content_of(request: FinancingRequest) -> RequestContent:
    return content_from(request.content)


def content_from(kept: dict[str, Any]) -> RequestContent:
    return msgspec.convert(kept, RequestContent)


def faults_of_request(content: RequestContent) -> Iterator[FieldError]:
    """What does not add up: each sum with what it is and what it should be."""
    budget = content.budget.amount_minor
    if budget == 0:
        yield _fault("budget.amount_minor", 0, "more than nothing", "预算须大于零")
    sums = {
        "milestones": sum(milestone.cost_minor for milestone in content.milestones),
        "use_of_funds": sum(use.amount_minor for use in content.use_of_funds),
    }
    for name, total in sums.items():
        if total != budget:
            yield _fault(name, total, f"amounts that add up to the budget of {budget}", f"各项之和须等于预算{budget}")
    levels = [milestone.target_level for milestone in content.milestones if milestone.target_level is not None]
    if levels != sorted(levels):
        yield _fault("milestones", levels, "target levels that do not fall", "目标成熟度不得逐步下降")
    twice = [purpose for purpose, count in Counter(use.purpose for use in content.use_of_funds).items() if count > 1]
    for purpose in twice:
        if purpose != "other":
            yield _fault("use_of_funds", purpose, "each purpose once", "同一用途只列一次")


async def draft_request(session: AsyncSession, *, listing: Listing, content: RequestContent) -> FinancingRequest:
    """Begin a request for one of the holder's technologies; one technology has one open request."""
    if listing.state == "withdrawn":
        raise Conflict("listing-withdrawn", "This technology was withdrawn.", "该技术已撤回。")
    request = FinancingRequest(organisation_id=listing.organisation_id, listing_id=listing.id, version=1)
    _write(request, content)
    await begin(session, request)
    return request


async def rewrite_request(session: AsyncSession, *, request: FinancingRequest, content: RequestContent) -> None:
    """Replace what a draft says."""
    if request.state != "draft":
        raise Conflict("not-a-draft", "Only a draft can be changed: others have read the rest.", "仅草稿可修改。")
    _write(request, content)
    await session.flush()


def _write(request: FinancingRequest, content: RequestContent) -> None:
    if faults := list(faults_of_request(content)):
        raise Invalid(faults)
    request.title = Text(zh=content.title.zh, en=content.title.en)
    request.summary = Text(zh=content.project.zh, en=content.project.en)
    request.content = msgspec.to_builtins(content)
    request.instrument, request.budget = content.instrument, content.budget.money
    request.readers = [str(reader) for reader in dict.fromkeys(content.readers)]


async def publish_request(
    session: AsyncSession, *, request: FinancingRequest, open_until: datetime.datetime | None = None
) -> ProcessEvent:
    """Show it to those who may read it, and to nobody else."""
    now = clock_of(session).now()
    ends = open_until or now + OPEN_FOR
    _check_end(now, ends)
    event = await advance(session, request, "publish", actor=_holding(session), due={"expire": ends})
    request.published_at, request.open_until = now, ends
    await session.flush()
    return event


async def extend_request(
    session: AsyncSession, *, request: FinancingRequest, open_until: datetime.datetime
) -> ProcessEvent:
    """Leave it open for longer, or close it earlier than was said."""
    _check_end(clock_of(session).now(), open_until)
    event = await advance(session, request, "extend", actor=_holding(session), due={"expire": open_until})
    request.open_until = open_until
    await session.flush()
    return event


def _check_end(now: datetime.datetime, ends: datetime.datetime) -> None:
    if not now < ends <= now + _OPEN_AT_MOST:
        expected = "a time in the future, within two years"
        raise Invalid([_fault("open_until", ends.isoformat(), expected, "须为两年内的未来时间")])


async def withdraw_request(session: AsyncSession, *, request: FinancingRequest, note: str = "") -> ProcessEvent:
    """Take it back for good."""
    actor = actor_of(session)
    acting = actor if actor.organisation_id != request.organisation_id else _holding(session)
    return await advance(session, request, "withdraw", actor=acting, note=note)


async def mark_funded(session: AsyncSession, *, request: FinancingRequest, note: str = "") -> ProcessEvent:
    """The holder, or a deal on it, says that the money was found."""
    return await advance(session, request, "fund", actor=_holding(session), note=note)


def _holding(session: AsyncSession) -> Actor:
    return actor_of(session).acting_as("holder")


def _fault(field: str, value: object, expected: str, expected_zh: str) -> FieldError:
    return FieldError(field=field, value=str(value), expected=expected, expected_zh=expected_zh)
