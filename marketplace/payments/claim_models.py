"""What a payee owes the platform, after a payment was taken back that had been paid out already."""

import uuid

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.dialects.postgresql import CHAR
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.base import Record
from marketplace.payments.process import CLAIM
from marketplace.process import InProcess


class PayeeClaim(Record, InProcess):
    """A claim on the payee for what the platform put in; two operators make it, and two write it off.

    `settled_minor` was kept from releases (also of those under way) or repaid, `lost_minor` written off. With a
    `netting_basis`, the clause or law that allows it, a share of the payee's next releases is kept. `said_minor` is
    what one side says it has sent, until the other has answered.
    """

    __tablename__ = "payee_claim"
    __process__ = CLAIM.name
    __audience__ = ("payer_id", "payee_id")

    deal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("deal.id"))
    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("payment_order.id"))
    payer_id: Mapped[uuid.UUID]
    payee_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(CHAR(3))
    reason: Mapped[str]
    netting_basis: Mapped[str] = mapped_column(server_default="")
    settled_minor: Mapped[int] = mapped_column(server_default="0")
    lost_minor: Mapped[int] = mapped_column(server_default="0")
    said_minor: Mapped[int | None]
    said_reference: Mapped[str] = mapped_column(server_default="")

    __table_args__ = (
        CheckConstraint("amount_minor > 0 AND said_minor > 0", name="claims_something"),
        CheckConstraint(
            "settled_minor >= 0 AND lost_minor >= 0 AND settled_minor + lost_minor <= amount_minor",
            name="never_paid_twice",
        ),
        Index("ix_payee_claim_deal_id", "deal_id"),
        Index("ix_payee_claim_order_id", "order_id"),
        Index("ix_payee_claim_payee_id", "payee_id", "id"),
    )

    @property
    def outstanding_minor(self) -> int:
        return self.amount_minor - self.settled_minor - self.lost_minor
