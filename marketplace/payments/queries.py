"""What is shown of payments: a deal's money timeline, and the operator's desk."""

import datetime
import uuid
from collections.abc import Iterable, Sequence

from msgspec import Struct
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.deals.models import Deal
from marketplace.ledger.models import LedgerAccount, LedgerTransfer
from marketplace.ledger.statements import OpenClearing, open_clearing
from marketplace.listings.models import Listing
from marketplace.monitoring.models import MilestoneReport
from marketplace.payments.models import (
    DealPayment,
    Dispute,
    MilestonePayment,
    PayeeClaim,
    PaymentOrder,
    PaymentProof,
    Refund,
)
from marketplace.payments.process import OPEN_CLAIM, OPEN_DISPUTE, OPEN_ORDER, OPEN_REFUND
from marketplace.payments.setup import now_of
from marketplace.process import ProcessEvent
from scoring.technology import Text

# Money that both sides have not spoken on this long is no longer on its way but a question.
EXPLAINED_WITHIN = datetime.timedelta(minutes=5)


class Moment(Struct, frozen=True, kw_only=True):
    """One thing that happened to a deal's money: a step of a process, a side's word, or a booking."""

    at: datetime.datetime
    kind: str
    what: str
    subject: str
    subject_id: uuid.UUID
    state: str = ""
    note: str = ""
    amount_minor: int | None = None


async def technologies_of(session: AsyncSession, deal_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Text]:
    """What each deal is about, by the deal."""
    query = select(Deal.id, Listing.name).join(Listing, Listing.id == Deal.listing_id).where(Deal.id.in_(set(deal_ids)))
    return {row.id: row.name for row in await session.execute(query)}


async def timeline(session: AsyncSession, deal_id: uuid.UUID) -> list[Moment]:
    """Everything that happened to a deal's money, in order."""
    moments = [*await _steps(session, deal_id), *await _words(session, deal_id), *await _bookings(session, deal_id)]
    return sorted(moments, key=lambda moment: moment.at)


async def _steps(session: AsyncSession, deal_id: uuid.UUID) -> list[Moment]:
    subjects = [
        *(await session.scalars(select(MilestonePayment.id).where(MilestonePayment.deal_id == deal_id))).all(),
        *(await session.scalars(select(PaymentOrder.id).where(PaymentOrder.deal_id == deal_id))).all(),
        *(await session.scalars(select(Refund.id).where(Refund.deal_id == deal_id))).all(),
        *(await session.scalars(select(Dispute.id).where(Dispute.deal_id == deal_id))).all(),
        *(await session.scalars(select(PayeeClaim.id).where(PayeeClaim.deal_id == deal_id))).all(),
    ]
    kinds = ("milestone_payment", "payment_order", "refund", "dispute", "payee_claim")
    query = select(ProcessEvent).where(ProcessEvent.subject_type.in_(kinds), ProcessEvent.subject_id.in_(subjects))
    return [
        Moment(
            at=event.at,
            kind="step",
            what=event.transition,
            subject=event.subject_type,
            subject_id=event.subject_id,
            state=event.to_state,
            note=event.note,
        )
        for event in (await session.scalars(query.order_by(ProcessEvent.id))).all()
    ]


async def _words(session: AsyncSession, deal_id: uuid.UUID) -> list[Moment]:
    query = (
        select(PaymentProof)
        .join(PaymentOrder, PaymentOrder.id == PaymentProof.order_id)
        .where(PaymentOrder.deal_id == deal_id)
        .order_by(PaymentProof.id)
    )
    return [
        Moment(
            at=proof.at,
            kind="word",
            what=proof.said,
            subject="payment_order",
            subject_id=proof.order_id,
            note=" ".join(part for part in (proof.bank_reference, proof.note) if part),
        )
        for proof in (await session.scalars(query)).all()
    ]


async def _bookings(session: AsyncSession, deal_id: uuid.UUID) -> list[Moment]:
    orders = select(PaymentOrder.id).where(PaymentOrder.deal_id == deal_id)
    claims = select(PayeeClaim.id).where(PayeeClaim.deal_id == deal_id)
    query = select(LedgerTransfer).where(LedgerTransfer.subject_id.in_(orders.union_all(claims)))
    return [
        Moment(
            at=transfer.at,
            kind="booking",
            what=transfer.key,
            subject="payment_order",
            subject_id=transfer.subject_id or transfer.id,
            state=transfer.phase,
            amount_minor=transfer.amount_minor,
        )
        for transfer in (await session.scalars(query.order_by(LedgerTransfer.id))).all()
    ]


async def report_states(session: AsyncSession, deal_id: uuid.UUID) -> dict[uuid.UUID, str]:
    """How the report stands that a milestone's holdback waits for, by milestone; those that are monitored."""
    mine = (MilestoneReport.deal_id == deal_id, MilestoneReport.kind == "final")
    query = select(MilestoneReport.milestone_id, MilestoneReport.state).where(*mine)
    return dict((await session.execute(query)).all())


async def orders_of(session: AsyncSession, deal_id: uuid.UUID) -> Sequence[PaymentOrder]:
    query = select(PaymentOrder).where(PaymentOrder.deal_id == deal_id).order_by(PaymentOrder.id)
    return (await session.scalars(query)).all()


async def refunds_of(session: AsyncSession, deal_id: uuid.UUID) -> Sequence[Refund]:
    return (await session.scalars(select(Refund).where(Refund.deal_id == deal_id).order_by(Refund.id))).all()


async def disputes_of(session: AsyncSession, deal_id: uuid.UUID) -> Sequence[Dispute]:
    return (await session.scalars(select(Dispute).where(Dispute.deal_id == deal_id).order_by(Dispute.id))).all()


async def claims_of(session: AsyncSession, deal_id: uuid.UUID) -> Sequence[PayeeClaim]:
    return (
        await session.scalars(select(PayeeClaim).where(PayeeClaim.deal_id == deal_id).order_by(PayeeClaim.id))
    ).all()


class Explained(Struct, frozen=True, kw_only=True):
    """Of everything that ever moved in a currency: how much both sides have spoken on."""

    currency: str
    moved_minor: int
    open_minor: int

    @property
    def percent(self) -> float:
        return 100.0 if not self.moved_minor else 100.0 * (self.moved_minor - self.open_minor) / self.moved_minor


class Desk(Struct, frozen=True, kw_only=True):
    """What an operator has to look at: money that is not explained, orders that hang or contradict, open cases."""

    explained: list[Explained]
    clearing: list[OpenClearing]
    overdue: int
    hanging: Sequence[PaymentOrder]
    contradictions: Sequence[PaymentOrder]
    refunds: Sequence[Refund]
    disputes: Sequence[Dispute]
    frozen: Sequence[DealPayment]
    claims: Sequence[PayeeClaim]


_MOVED = text("""
    SELECT t.currency, sum(t.amount_minor)::bigint FROM ledger_transfer t
    JOIN ledger_account c ON c.id = t.credit_account_id
    WHERE t.phase IN ('posted', 'post') AND c.kind = 'clearing' GROUP BY 1 ORDER BY 1
""")


async def desk(session: AsyncSession) -> Desk:
    """The reconciliation desk."""
    waiting, now = await open_clearing(session), now_of(session)
    contradicted = PaymentOrder.problem["code"].astext == "contradiction"
    open_orders = select(PaymentOrder).where(PaymentOrder.state.in_(OPEN_ORDER))
    return Desk(
        explained=await _explained(session),
        clearing=waiting,
        overdue=sum(now - account.since > EXPLAINED_WITHIN for account in waiting),
        hanging=(await session.scalars(open_orders.order_by(PaymentOrder.state_since).limit(200))).all(),
        contradictions=(await session.scalars(select(PaymentOrder).where(contradicted).limit(200))).all(),
        refunds=(await session.scalars(select(Refund).where(Refund.state.in_(OPEN_REFUND)).limit(200))).all(),
        disputes=(await session.scalars(select(Dispute).where(Dispute.state.in_(OPEN_DISPUTE)).limit(200))).all(),
        frozen=(await session.scalars(select(DealPayment).where(DealPayment.frozen_at.is_not(None)))).all(),
        claims=(await session.scalars(select(PayeeClaim).where(PayeeClaim.state.in_(OPEN_CLAIM)).limit(200))).all(),
    )


async def _explained(session: AsyncSession) -> list[Explained]:
    still = select(LedgerAccount.currency, func.sum(func.abs(LedgerAccount.balance_minor))).where(
        LedgerAccount.kind == "clearing"
    )
    waiting = dict((await session.execute(still.group_by(LedgerAccount.currency))).all())
    return [
        Explained(currency=currency, moved_minor=moved, open_minor=int(waiting.get(currency, 0)))
        for currency, moved in (await session.execute(_MOVED)).all()
    ]
