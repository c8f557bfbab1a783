"""A milestone's way from submitted work to an accepted amount: inspect, ask for changes, accept, or say nothing."""

import datetime
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import act_as, actor_of, system
from marketplace.deals.models import DealMilestone
from marketplace.errors import Conflict, FieldError, Forbidden, Invalid
from marketplace.jobs import Context, job
from marketplace.ledger.service import balance
from marketplace.monitoring.models import MilestoneReport
from marketplace.monitoring.process import REPORT, SETTLED
from marketplace.monitoring.schedule import final_report
from marketplace.payments import approvals, disputes, holdbacks, letters, releases
from marketplace.payments.approvals import Signer
from marketplace.payments.models import MilestonePayment
from marketplace.payments.process import MILESTONE_PAYMENT
from marketplace.payments.setup import locked, now_of, payment_of
from marketplace.process import ProcessEvent, advance, effect

# How long before the end of the inspection the payer is told again.
LAST_CALLS = (datetime.timedelta(days=3), datetime.timedelta(days=1))


async def submit(session: AsyncSession, *, paid: MilestonePayment, evidence: Sequence[str]) -> ProcessEvent:
    """The payee hands work in; the clock of the inspection starts, and the payer is told what silence will mean."""
    terms = await locked(session, paid)
    await holdbacks.require_report(session, paid, terms)
    ends = now_of(session) + datetime.timedelta(days=terms.inspection_days)
    paid.submission += 1
    paid.evidence, paid.inspection_ends_at = list(evidence), ends
    by = actor_of(session).acting_as("payee")
    event = await advance(session, paid, "submit", actor=by, due={"fall-silent": ends}, data={"evidence": evidence})
    payment = await payment_of(session, paid.deal_id)
    await letters.tell(session, payment, "submitted", to="payer", due=ends, silence=terms.silence_rule)
    for before in LAST_CALLS:
        if ends - before > now_of(session):
            await remind.defer(session, at=ends - before, paid_id=str(paid.id), entry=paid.state_entry)
    return event


@job("payments.remind", retry=(60, 600))
async def remind(context: Context, *, paid_id: str, entry: int) -> None:
    """The countdown, said again while it can still be answered."""
    async with context.transaction() as session:
        paid = await session.get_one(MilestonePayment, uuid.UUID(paid_id))
        if paid.state_entry == entry and paid.state == "submitted":
            terms = await session.get_one(DealMilestone, paid.milestone_id)
            payment = await payment_of(session, paid.deal_id)
            due = paid.inspection_ends_at
            await letters.tell(session, payment, "inspection-ends", to="payer", due=due, silence=terms.silence_rule)


async def request_changes(session: AsyncSession, *, paid: MilestonePayment, note: str) -> ProcessEvent:
    """The payer says what has to be different; the inspection ends without a result."""
    await locked(session, paid)
    event = await advance(session, paid, "request-changes", actor=actor_of(session).acting_as("payer"), note=note)
    await letters.tell(session, await payment_of(session, paid.deal_id), "changes-requested", to="payee", note=note)
    return event


async def accept(
    session: AsyncSession, *, paid: MilestonePayment, signer: Signer, amount_minor: int | None = None
) -> ProcessEvent:
    """The payer accepts, the whole or a part; the money goes out unless a second yes is needed."""
    terms = await locked(session, paid)
    await holdbacks.require_report(session, paid, terms)
    due = await holdbacks.due_of(session, paid, terms)
    wanted = due if amount_minor is None else amount_minor
    if not 0 < wanted <= due:
        expected = f"1 to {due}"
        raise Invalid([FieldError(field="amount", value=str(wanted), expected=expected, expected_zh=expected)])
    event = await advance(session, paid, "accept", actor=actor_of(session).acting_as("payer"))
    paid.release_minor = wanted
    await _approve(session, paid, signer)
    return event


async def approve(session: AsyncSession, *, paid: MilestonePayment, signer: Signer) -> None:
    """A second person's yes to a large release."""
    await locked(session, paid)
    if paid.state != "accepted" or paid.release_minor is None:
        raise Conflict("nothing-to-approve", "Nothing waits for an approval here.", "目前没有待复核的放款。")
    if signer.organisation_id != paid.payer_id and await releases.accepted_how(session, paid) == "accept":
        message = "What the payer accepted wants the yes of another person of the payer's."
        raise Forbidden("payers-only", message, "付款方验收的款项须由付款方另一人复核。")
    await _approve(session, paid, signer)


async def _approve(session: AsyncSession, paid: MilestonePayment, signer: Signer) -> None:
    payment, subject = await payment_of(session, paid.deal_id), releases.subject_of(paid)
    minor = await releases.weight_of(session, payment, paid)
    await approvals.approve(session, payment=payment, subject=subject, amount_minor=minor, signer=signer)
    await releases.proceed(session, paid)


@effect(MILESTONE_PAYMENT.name, "fall-silent")
async def on_silence(session: AsyncSession, paid: Any, event: ProcessEvent) -> None:
    """Nobody answered in time: what that means is the contract's rule, not ours."""
    terms = await session.get_one(DealMilestone, paid.milestone_id)
    course = actor_of(session).acting_as("course")
    if terms.silence_rule == "accepted":
        await advance(session, paid, "accept-by-silence", actor=course, note="silence")
        paid.release_minor = await holdbacks.due_of(session, paid, terms)
        await releases.proceed(session, paid)
        return
    await advance(session, paid, "escalate", actor=course, note="silence")
    await disputes.open_by_silence(session, paid)


@effect(REPORT.name, "accept")
@effect(REPORT.name, "waive")
async def on_report_in(session: AsyncSession, report: Any, event: ProcessEvent) -> None:
    """What was held back until the report goes on by itself."""
    if report.kind != "final":
        return
    query = select(MilestonePayment).where(MilestonePayment.milestone_id == report.milestone_id)
    paid = await session.scalar(query)
    if paid is None:
        return
    await locked(session, paid)
    if paid.state == "accepted":
        await releases.proceed(session, paid)
    elif paid.state == "holdback":
        await _hand_in_holdback(session, paid, report, event)


@effect(MILESTONE_PAYMENT.name, "keep-holdback")
async def on_holdback_left(session: AsyncSession, paid: Any, event: ProcessEvent) -> None:
    """The report may have come in while the rest was on its way."""
    report = await final_report(session, milestone_id=paid.milestone_id)
    if report is not None and report.state in SETTLED:
        await _hand_in_holdback(session, paid, report, None)


async def _hand_in_holdback(
    session: AsyncSession, paid: MilestonePayment, report: MilestoneReport, event: ProcessEvent | None
) -> None:
    """The report is the hand-in. The payer's person who took it has accepted with it what one person may accept."""
    actor = actor_of(session)
    act_as(session, system("report").acting_as("payee", "payer"))
    try:
        await submit(session, paid=paid, evidence=[f"report:{report.id}"])
        payment = await payment_of(session, paid.deal_id)
        held = (await balance(session, paid.held_account_id)).amount_minor
        large = approvals.needs_two(payment, held + await releases.weight_of(session, payment, paid))
        theirs = event is not None and event.actor_kind == "person" and event.organisation_id == paid.payer_id
        if event is not None and event.actor_id and theirs and not large:
            await accept(session, paid=paid, signer=Signer(person_id=event.actor_id, organisation_id=paid.payer_id))
    finally:
        act_as(session, actor)
