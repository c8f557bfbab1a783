"""What is shown of a deal's money as a whole, and on the operator's desk."""

import datetime
import uuid

from msgspec import Struct

from api.payments.claim_schemas import ClaimOut
from api.payments.schemas import DisputeOut, OrderOut, PaymentOut, RefundOut, StageOut
from marketplace.ledger.statements import OpenClearing
from marketplace.payments.queries import Desk, Moment


class DealMoneyOut(Struct, frozen=True, kw_only=True):
    """All about a deal's money: where each milestone stands, what was ordered, and everything that happened."""

    payment: PaymentOut
    stages: list[StageOut]
    orders: list[OrderOut]
    refunds: list[RefundOut]
    disputes: list[DisputeOut]
    claims: list[ClaimOut]
    timeline: list[Moment]


class ExplainedOut(Struct, frozen=True, kw_only=True):
    currency: str
    moved_minor: int
    open_minor: int
    percent: float


class FrozenOut(Struct, frozen=True, kw_only=True):
    deal_id: uuid.UUID
    since: datetime.datetime | None
    reason: str


class DeskOut(Struct, frozen=True, kw_only=True):
    """The reconciliation desk. `overdue` counts clearing accounts that are open for more than five minutes."""

    explained: list[ExplainedOut]
    clearing: list[OpenClearing]
    overdue: int
    hanging: list[OrderOut]
    contradictions: list[OrderOut]
    refunds: list[RefundOut]
    disputes: list[DisputeOut]
    frozen: list[FrozenOut]
    claims: list[ClaimOut]

    @classmethod
    def of(cls, found: Desk) -> "DeskOut":
        return cls(
            explained=[
                ExplainedOut(
                    currency=one.currency,
                    moved_minor=one.moved_minor,
                    open_minor=one.open_minor,
                    percent=round(one.percent, 4),
                )
                for one in found.explained
            ],
            clearing=found.clearing,
            overdue=found.overdue,
            hanging=[OrderOut.of(order) for order in found.hanging],
            contradictions=[OrderOut.of(order) for order in found.contradictions],
            refunds=[RefundOut.of(refund) for refund in found.refunds],
            disputes=[DisputeOut.of(dispute) for dispute in found.disputes],
            claims=[ClaimOut.of(claim) for claim in found.claims],
            frozen=[
                FrozenOut(deal_id=one.deal_id, since=one.frozen_at, reason=one.frozen_reason) for one in found.frozen
            ],
        )
