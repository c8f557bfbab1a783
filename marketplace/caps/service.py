"""Setting caps and approval thresholds, taking from caps and giving back."""

import datetime
import uuid
from collections.abc import Mapping, Sequence

from msgspec import Struct
from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.caps import letters
from marketplace.caps.models import ApprovalRule, Cap, CapUse
from marketplace.database import clock_of
from marketplace.errors import Conflict
from marketplace.money import Money
from marketplace.people.second_factor import require_recent

COOL_OFF = datetime.timedelta(hours=72)


class Commitment(Struct, frozen=True, kw_only=True):
    """Who commits to whom, perhaps under a call."""

    deal_id: uuid.UUID
    financier_id: uuid.UUID
    holder_id: uuid.UUID
    call_id: uuid.UUID | None = None


async def set_cap(
    session: AsyncSession,
    *,
    organisation_id: uuid.UUID,
    kind: str,
    limit: Money,
    call_id: uuid.UUID | None = None,
    counterparty_id: uuid.UUID | None = None,
) -> Cap:
    """Set or change a cap; it cannot fall below what is committed already."""
    subject = {
        "organisation_id": organisation_id,
        "kind": kind,
        "call_id": call_id,
        "counterparty_id": counterparty_id,
        "currency": limit.currency,
    }
    query = select(Cap).filter_by(**subject).with_for_update()
    cap: Cap | None = await session.scalar(query.execution_options(populate_existing=True))
    if cap is None:
        cap = Cap(**subject, version=1)
        session.add(cap)
    cap.limit_minor = limit.amount_minor
    await session.flush()
    await session.refresh(cap)
    return cap


async def caps_of(session: AsyncSession, organisation_id: uuid.UUID) -> Sequence[Cap]:
    query = select(Cap).where(Cap.organisation_id == organisation_id).order_by(Cap.id)
    return (await session.scalars(query.execution_options(populate_existing=True))).all()


async def take(session: AsyncSession, commitment: Commitment, amount: Money) -> None:
    """Count an amount against every cap that applies, or refuse it without telling anybody what is left.

    Raises
    ------
    Conflict
        It does not fit, or a cap that applies is in another currency, in which it cannot be counted.
    """
    caps = await _locked(session, commitment)
    fitting = [cap for cap in caps if cap.currency == amount.currency]
    counted = {_subject(cap) for cap in fitting}
    if any(_subject(cap) not in counted for cap in caps):
        message = "A limit of the financier is in another currency, so this amount cannot be counted against it."
        raise Conflict("cap-currency", message, "投资方的额度为其他币种，无法计入。")
    if any(cap.committed_minor + amount.amount_minor > cap.limit_minor for cap in fitting):
        raise Conflict("cap-reached", "A limit of the financier does not allow this amount.", "超出投资方的额度上限。")
    session.add_all(
        CapUse(cap_id=cap.id, deal_id=commitment.deal_id, amount_minor=amount.amount_minor) for cap in fitting
    )
    await session.flush()


async def release(session: AsyncSession, deal_id: uuid.UUID) -> None:
    """Give back what a deal took of its caps."""
    query = select(CapUse).where(CapUse.deal_id == deal_id, CapUse.released_at.is_(None)).order_by(CapUse.cap_id)
    for use in (await session.scalars(query)).all():
        use.released_at = clock_of(session).now()
    await session.flush()


def _subject(cap: Cap) -> tuple[object, ...]:
    return cap.organisation_id, cap.kind, cap.call_id, cap.counterparty_id


async def _locked(session: AsyncSession, commitment: Commitment) -> Sequence[Cap]:
    """Every cap that applies, locked in one order, so that commitments wait for one another instead of colliding."""
    exposed = or_(Cap.counterparty_id.is_(None), Cap.counterparty_id == commitment.holder_id)
    own = and_(Cap.organisation_id == commitment.financier_id, Cap.call_id.is_(None), exposed)
    applies = own if commitment.call_id is None else or_(own, Cap.call_id == commitment.call_id)
    query = select(Cap).where(applies).order_by(Cap.id).with_for_update()
    return (await session.scalars(query.execution_options(populate_existing=True))).all()


async def set_approval_rule(
    session: AsyncSession,
    *,
    organisation_id: uuid.UUID,
    threshold: Money,
    stepped_up_at: datetime.datetime | None = None,
) -> ApprovalRule:
    """From this amount on somebody else has to approve what one person agreed to.

    To ask for four eyes less often would free one administrator of the second: it takes a recent second factor
    (`stepped_up_at`), everybody who administers is told, and it counts after the time to cool off.
    """
    rules = {rule.currency: rule for rule in await _locked_rules(session, organisation_id)}
    rule = rules.get(threshold.currency)
    counts = _in_force(session, rules, threshold.currency)
    if rule is None:
        rule = ApprovalRule(organisation_id=organisation_id, currency=threshold.currency, version=1)
        session.add(rule)
    rule.threshold_minor, rule.before_minor, rule.counts_from = threshold.amount_minor, None, None
    if counts is not None and threshold.amount_minor > counts:
        require_recent(session, stepped_up_at)
        rule.before_minor, rule.counts_from = counts, clock_of(session).now() + COOL_OFF
        await letters.tell_of_raise(session, organisation_id, before_minor=counts, to=threshold, at=rule.counts_from)
    await session.flush()
    return rule


async def _locked_rules(session: AsyncSession, organisation_id: uuid.UUID) -> Sequence[ApprovalRule]:
    query = select(ApprovalRule).where(ApprovalRule.organisation_id == organisation_id).order_by(ApprovalRule.id)
    return (await session.scalars(query.with_for_update().execution_options(populate_existing=True))).all()


def _in_force(session: AsyncSession, rules: Mapping[str, ApprovalRule], currency: str) -> int | None:
    """From which amount on four eyes are asked for now; where a rule exists in other currencies only, from 0 on."""
    rule = rules.get(currency)
    if rule is None:
        return 0 if rules else None
    raised = rule.counts_from is not None and rule.counts_from > clock_of(session).now()
    return rule.before_minor if raised else rule.threshold_minor


async def approval_rules_of(session: AsyncSession, organisation_id: uuid.UUID) -> Sequence[ApprovalRule]:
    query = select(ApprovalRule).where(ApprovalRule.organisation_id == organisation_id)
    return (await session.scalars(query.order_by(ApprovalRule.currency))).all()


async def needs_second_person(session: AsyncSession, organisation_id: uuid.UUID, amount: Money) -> bool:
    """Whether the amount asks for four eyes; where a rule exists in other currencies only, it does."""
    rules = {rule.currency: rule for rule in await approval_rules_of(session, organisation_id)}
    counts = _in_force(session, rules, amount.currency)
    return counts is not None and amount.amount_minor >= counts
