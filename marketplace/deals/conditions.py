"""Conditions precedent: brought about by one side, confirmed or waived by the other, settled before anybody signs."""

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import actor_of
from marketplace.database import clock_of
from marketplace.deals.course import go_on, locked, side_of
from marketplace.deals.models import Deal, DealCondition
from marketplace.deals.process import AGREED
from marketplace.errors import Conflict, FieldError, Forbidden, Invalid


async def report_condition(session: AsyncSession, *, deal: Deal, condition: DealCondition, note: str) -> None:
    """Say that it is met, and what shows it."""
    await _ready(session, deal, condition, condition.responsible, ("open", "reported"))
    _with_note(note)
    condition.state, condition.note, condition.reported_at = "reported", note, clock_of(session).now()
    await session.flush()


async def confirm_condition(session: AsyncSession, *, deal: Deal, condition: DealCondition) -> None:
    """The side it protects agrees that it is met."""
    await _ready(session, deal, condition, condition.beneficiary, ("open", "reported"))
    await _settle(session, deal, condition, "met", condition.note)


async def waive_condition(session: AsyncSession, *, deal: Deal, condition: DealCondition, note: str) -> None:
    """The side it protects does without it, and says why."""
    await _ready(session, deal, condition, condition.beneficiary, ("open", "reported"))
    _with_note(note)
    await _settle(session, deal, condition, "waived", note)


async def dispute_condition(session: AsyncSession, *, deal: Deal, condition: DealCondition, note: str) -> None:
    """The side it protects does not find it met."""
    await _ready(session, deal, condition, condition.beneficiary, ("reported",))
    _with_note(note)
    condition.state, condition.note, condition.reported_at = "open", note, None
    await session.flush()


async def _ready(
    session: AsyncSession, deal: Deal, condition: DealCondition, whose: str, states: tuple[str, ...]
) -> None:
    await locked(session, deal)
    await session.refresh(condition)
    actor = actor_of(session)
    if side_of(deal, actor) != whose and not (whose == "operator" and "operator" in actor.roles):
        raise Forbidden("not-your-step", f"This is for: {whose}.", "您无权执行此操作。")
    if deal.state not in AGREED or condition.state not in states:
        raise Conflict("condition-settled", "This condition is not waiting for that.", "该条件当前不可如此处理。")


async def _settle(session: AsyncSession, deal: Deal, condition: DealCondition, state: str, note: str) -> None:
    condition.state, condition.note = state, note
    condition.settled_at, condition.settled_by = clock_of(session).now(), actor_of(session).id
    await session.flush()
    await go_on(session, deal)


def _with_note(note: str) -> None:
    if not note.strip():
        raise Invalid([FieldError(field="note", expected="what shows it, or why", expected_zh="请填写说明")])
