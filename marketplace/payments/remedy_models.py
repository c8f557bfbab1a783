"""What happens when things go wrong: money that goes back, and quarrels."""

import uuid

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.base import Record, check, unique_where
from marketplace.payments.process import DISPUTE, OPEN_DISPUTE, OPEN_REFUND, REFUND
from marketplace.process import InProcess

REFUND_KINDS = ("agreed", "cancelled", "abandoned", "dispute", "chargeback")


class Refund(Record, InProcess):
    """Money to go back to the payer: a record that the other side (or a mediator) approves before anything moves.

    `released_minor` of the amount has reached the payee and is taken back first. Silence means yes where the work was
    abandoned, and no elsewhere.
    """

    __tablename__ = "refund"
    __process__ = REFUND.name
    __audience__ = ("payer_id", "payee_id")

    deal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("deal.id"))
    milestone_payment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("milestone_payment.id"))
    payer_id: Mapped[uuid.UUID]
    payee_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    amount_minor: Mapped[int]
    released_minor: Mapped[int] = mapped_column(server_default="0")
    reason: Mapped[str]
    proposed_by: Mapped[uuid.UUID | None]
    reverse_order_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("payment_order.id"))
    refund_order_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("payment_order.id"))

    __table_args__ = (
        CheckConstraint("amount_minor > 0 AND released_minor BETWEEN 0 AND amount_minor", name="amounts_are_possible"),
        CheckConstraint(f"kind IN {REFUND_KINDS}", name="kind_is_known"),
        unique_where(
            "uq_refund_open",
            "milestone_payment_id",
            where=text(f"state IN {OPEN_REFUND}"),
            code="refund-open",
            message="There is an open refund for this milestone.",
            message_zh="该里程碑已有未完成的退款。",
        ),
        Index("ix_refund_deal_id", "deal_id"),
    )


class Dispute(Record, InProcess):
    """A quarrel about one milestone: the sides negotiate, a mediator proposes, the operator decides in the end.

    `cost_minor` is what mediation has cost so far, never above `cost_cap_minor`. `split` is the open proposal, or what
    was settled: how much of what is held goes to the payee; the rest goes back.
    """

    __tablename__ = "dispute"
    __process__ = DISPUTE.name
    __audience__ = ("payer_id", "payee_id")

    deal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("deal.id"))
    milestone_payment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("milestone_payment.id"))
    payer_id: Mapped[uuid.UUID]
    payee_id: Mapped[uuid.UUID]
    opened_by: Mapped[uuid.UUID | None]
    reason: Mapped[str]
    held_minor: Mapped[int]
    release_minor: Mapped[int | None]
    agreed_by: Mapped[list[str]] = mapped_column(server_default="[]")
    cost_minor: Mapped[int] = mapped_column(server_default="0")
    cost_cap_minor: Mapped[int]

    __table_args__ = (
        CheckConstraint("release_minor BETWEEN 0 AND held_minor", name="split_is_possible"),
        check(
            "costs_are_capped",
            "cost_minor BETWEEN 0 AND cost_cap_minor",
            field="cost",
            code="dispute-cost-cap",
            message="no more than the cap agreed on the costs of a dispute",
            message_zh="不得超过约定的争议费用上限",
        ),
        unique_where(
            "uq_dispute_open",
            "milestone_payment_id",
            where=text(f"state IN {OPEN_DISPUTE}"),
            code="disputed-already",
            message="This milestone is in dispute already.",
            message_zh="该里程碑已在争议中。",
        ),
        Index("ix_dispute_deal_id", "deal_id"),
    )
