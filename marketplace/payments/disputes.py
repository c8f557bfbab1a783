"""A quarrel about a milestone, in steps that end: negotiate, mediate, propose, and in the last resort decide.

While it lasts the money stays held. What mediation costs is capped, by the database.
"""

from msgspec import Struct
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import Actor, actor_of
from marketplace.errors import Conflict, FieldError, Invalid
from marketplace.ledger.service import balance
from marketplace.payments import approvals, letters, refunds, releases
from marketplace.payments.approvals import Signer
from marketplace.payments.models import DealPayment, Dispute, MilestonePayment, Refund
from marketplace.payments.setup import lock, locked, payment_of
from marketplace.process import ProcessEvent, advance, begin

# Of what is in dispute: who quarrels about a little shall not pay more for the quarrel.
COST_CAP_BASIS_POINTS = 500


class Split(Struct, frozen=True, kw_only=True):
    """What follows from a split: `net_minor` reaches the payee, `fee_minor` stays with the platform, `back_minor`

    goes to the payer; `second_yes` and `second_yes_back` say whether another operator has to approve them.
    """

    release_minor: int
    net_minor: int
    fee_minor: int
    back_minor: int
    second_yes: bool
    second_yes_back: bool


def split_of(dispute: Dispute, payment: DealPayment, release_minor: int) -> Split:
    fee = releases.fee_of(payment, release_minor)
    return Split(
        release_minor=release_minor,
        net_minor=release_minor - fee,
        fee_minor=fee,
        back_minor=dispute.held_minor - release_minor,
        second_yes=release_minor > 0 and approvals.needs_two(payment, release_minor),
        second_yes_back=approvals.needs_two(payment, dispute.held_minor - release_minor),
    )


async def open_dispute(session: AsyncSession, *, paid: MilestonePayment, side: str, reason: str) -> Dispute:
    """One side disputes the milestone: nothing of its money moves until the dispute ends."""
    await locked(session, paid)
    paid.release_minor = None
    await advance(session, paid, "dispute", actor=actor_of(session).acting_as(side), note=reason)
    return await _open(session, paid, reason)


async def open_by_silence(session: AsyncSession, paid: MilestonePayment) -> Dispute:
    """The contract takes an inspection without an answer to mediation."""
    return await _open(session, paid, "no answer within the inspection period / 验收期内未答复")


async def _open(session: AsyncSession, paid: MilestonePayment, reason: str) -> Dispute:
    held = (await balance(session, paid.held_account_id)).amount_minor
    paid.submission += 1
    dispute = Dispute(
        deal_id=paid.deal_id,
        milestone_payment_id=paid.id,
        payer_id=paid.payer_id,
        payee_id=paid.payee_id,
        opened_by=actor_of(session).organisation_id,
        reason=reason,
        held_minor=held,
        cost_cap_minor=held * COST_CAP_BASIS_POINTS // 10_000,
    )
    await begin(session, dispute)
    await letters.tell(session, await payment_of(session, paid.deal_id), "disputed", to="both", note=reason)
    return dispute


async def mediate(session: AsyncSession, *, dispute: Dispute, side: str) -> Dispute:
    """Negotiation did not help; a mediator takes over."""
    await advance(session, dispute, "mediate", actor=actor_of(session).acting_as(side))
    return dispute


async def propose_split(session: AsyncSession, *, dispute: Dispute, release_minor: int) -> Dispute:
    """The mediator's proposal: this much of what is held to the payee, the rest back. Both answer in ten days."""
    await _split(session, dispute, release_minor)
    await advance(session, dispute, "propose", actor=actor_of(session))
    dispute.agreed_by = []
    return dispute


async def accept_proposal(
    session: AsyncSession, *, dispute: Dispute, side: str, signer: Signer, seen_minor: int | None = None
) -> Dispute:
    """One side's yes, to the proposal that it has seen; with both the dispute is settled and carried out."""
    await lock(session, dispute)
    if seen_minor is not None and seen_minor != dispute.release_minor:
        raise Conflict("proposal-changed", "The proposal has changed: look again.", "调解方案已变更，请重新查看。")
    if side in dispute.agreed_by:
        raise Conflict("agreed-already", "Your side has agreed already.", "贵方已同意。")
    await advance(session, dispute, "accept-proposal", actor=actor_of(session).acting_as(side))
    paid, payment = await _paid(session, dispute), await payment_of(session, dispute.deal_id)
    # Whoever belongs to both sides cannot agree with themselves: nobody says yes twice.
    subject = f"settlement:{dispute.id}:{await _proposal(session, dispute)}"
    await approvals.approve(session, payment=payment, subject=subject, amount_minor=dispute.held_minor, signer=signer)
    dispute.agreed_by = [*dispute.agreed_by, side]
    if len(dispute.agreed_by) == 2:
        await advance(session, dispute, "settle", actor=_course(session))
        await _carry_out(session, dispute, paid)
    return dispute


async def _proposal(session: AsyncSession, dispute: Dispute) -> int:
    """Which proposal it is: each is agreed to anew."""
    mine = (ProcessEvent.subject_type == dispute.__tablename__, ProcessEvent.subject_id == dispute.id)
    query = select(func.max(ProcessEvent.entry)).where(*mine, ProcessEvent.transition == "propose")
    return int(await session.scalar(query) or 0)


async def reject_proposal(session: AsyncSession, *, dispute: Dispute, side: str) -> Dispute:
    """Back to mediation; another proposal may follow, or a decision."""
    await advance(session, dispute, "reject-proposal", actor=actor_of(session).acting_as(side))
    return dispute


async def decide(session: AsyncSession, *, dispute: Dispute, release_minor: int, note: str, signer: Signer) -> Dispute:
    """The operator decides, with reasons, by what the contract says."""
    await _split(session, dispute, release_minor)
    approvals.require_step_up(session, signer)
    await advance(session, dispute, "decide", actor=actor_of(session), note=note)
    paid = await _paid(session, dispute)
    if release_minor:
        await _approve_release(session, dispute, paid, signer)
    await _carry_out(session, dispute, paid, signer)
    return dispute


async def withdraw(session: AsyncSession, *, dispute: Dispute) -> Dispute:
    """Whoever opened it lets it go: work goes on."""
    paid = await _paid(session, dispute)
    await advance(session, dispute, "withdraw", actor=actor_of(session).acting_as("opener"))
    await advance(session, paid, "resume", actor=_course(session))
    return dispute


async def add_cost(session: AsyncSession, *, dispute: Dispute, cost_minor: int) -> Dispute:
    """Note what mediation cost. The database refuses what goes beyond the cap, whoever else notes at the same time."""
    if cost_minor <= 0:
        raise Invalid([FieldError(field="cost", value=str(cost_minor), expected="above 0", expected_zh="须大于0")])
    more = update(Dispute).where(Dispute.id == dispute.id).values(cost_minor=Dispute.cost_minor + cost_minor)
    await session.execute(more, execution_options={"synchronize_session": False})
    await session.refresh(dispute)
    return dispute


async def _split(session: AsyncSession, dispute: Dispute, release_minor: int) -> None:
    """Of what is held now: a chargeback may have taken some of it since the dispute began."""
    paid = await _paid(session, dispute)
    held_minor = min(dispute.held_minor, (await balance(session, paid.held_account_id)).amount_minor)
    if not 0 <= release_minor <= held_minor:
        expected = f"0 to {held_minor}"
        raise Invalid([FieldError(field="release", value=str(release_minor), expected=expected, expected_zh=expected)])
    dispute.held_minor, dispute.release_minor = held_minor, release_minor


async def _paid(session: AsyncSession, dispute: Dispute) -> MilestonePayment:
    paid = await session.get_one(MilestonePayment, dispute.milestone_payment_id)
    await locked(session, paid)
    return paid


async def _carry_out(
    session: AsyncSession, dispute: Dispute, paid: MilestonePayment, decided_by: Signer | None = None
) -> None:
    """First what goes back, then what is released: the second follows by itself once the first is done."""
    if (await balance(session, paid.held_account_id)).amount_minor < dispute.held_minor:
        raise Conflict(
            "less-is-held", "Less is held by now: a new split has to be proposed.", "已托付金额减少，须重新提出方案。"
        )
    paid.release_minor = dispute.release_minor or None
    back = dispute.held_minor - (dispute.release_minor or 0)
    if not back:
        await advance(session, paid, "resolve", actor=_course(session))
        await releases.proceed(session, paid)
        return
    refund = Refund(
        deal_id=dispute.deal_id,
        milestone_payment_id=paid.id,
        payer_id=dispute.payer_id,
        payee_id=dispute.payee_id,
        kind="dispute",
        amount_minor=back,
        reason=f"dispute {dispute.id}",
    )
    await begin(session, refund)
    if decided_by is None:
        await refunds.carry_out(session, refund=refund, paid=paid, by=_course(session))
    else:
        await refunds.approve(session, refund=refund, signer=decided_by)


async def _approve_release(session: AsyncSession, dispute: Dispute, paid: MilestonePayment, signer: Signer) -> None:
    """The operator's yes; above the limit somebody else's has to follow (`milestones.approve`)."""
    paid.release_minor = dispute.release_minor
    payment, subject = await payment_of(session, paid.deal_id), releases.subject_of(paid)
    minor = await releases.weight_of(session, payment, paid)
    await approvals.approve(session, payment=payment, subject=subject, amount_minor=minor, signer=signer)


def _course(session: AsyncSession) -> Actor:
    return releases.course(session)
