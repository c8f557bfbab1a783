"""Money orders, what proves them, and how each deal and each milestone is paid."""

import datetime
import uuid
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import CHAR
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.base import Record, secret, unique, unique_where
from marketplace.money import Money
from marketplace.payments.claim_models import PayeeClaim
from marketplace.payments.holding import KINDS, Instruction
from marketplace.payments.invoice_models import FeeInvoice
from marketplace.payments.process import MILESTONE_PAYMENT, OPEN_ORDER, PAYMENT_ORDER
from marketplace.payments.remedy_models import Dispute, Refund
from marketplace.process import InProcess

__all__ = [
    "DealPayment",
    "Dispute",
    "FeeInvoice",
    "MilestonePayment",
    "PayeeClaim",
    "PaymentApproval",
    "PaymentOrder",
    "PaymentProof",
    "PayoutAccount",
    "Refund",
]

PROVIDERS = ("record-only", "stripe")


def one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(value) for value in values)})", name=f"{column}_is_known")


class PaymentOrder(Record, InProcess):
    """One movement of money to be had done by a provider; the row exists before anybody outside is asked.

    `subject` is what is paid (a milestone, its holdback, a deal); `key` is the kind, the subject and the attempt, and
    the idempotency key at the provider. A pay-in for a whole deal names no milestone. `source_order_id` is the order
    that this one draws on: for a release or a refund the pay-in, for a reversal the release. `netted_minor` of a
    release is kept for what the payee owes (`claim_id`), beside the amount and the fee.
    """

    __tablename__ = "payment_order"
    __process__ = PAYMENT_ORDER.name
    __audience__ = ("payer_id", "payee_id")

    kind: Mapped[str]
    provider: Mapped[str]
    deal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("deal.id"))
    milestone_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("deal_milestone.id"))
    payer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    payee_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    subject: Mapped[str]
    attempt: Mapped[int]
    key: Mapped[str]
    amount_minor: Mapped[int]
    fee_minor: Mapped[int] = mapped_column(server_default="0")
    netted_minor: Mapped[int] = mapped_column(server_default="0")
    claim_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("payee_claim.id", use_alter=True))
    currency: Mapped[str] = mapped_column(CHAR(3))
    source_order_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("payment_order.id"))
    reference: Mapped[str | None]
    pay_url: Mapped[str | None]
    first_sent_at: Mapped[datetime.datetime | None]
    asked: Mapped[int] = mapped_column(server_default="0")
    problem: Mapped[dict[str, Any] | None]

    __table_args__ = (
        one_of("kind", KINDS),
        one_of("provider", PROVIDERS),
        CheckConstraint("amount_minor > 0 AND fee_minor >= 0", name="moves_something"),
        CheckConstraint("netted_minor >= 0 AND (netted_minor > 0) = (claim_id IS NOT NULL)", name="netted_for_a_claim"),
        CheckConstraint("attempt > 0", name="attempts_are_counted"),
        CheckConstraint("key = concat_ws(':', kind, subject, 'a' || attempt)", name="key_names_it"),
        unique("key", code="ordered-already", message="This was ordered already.", message_zh="该款项已下达指令。"),
        unique_where(
            "uq_payment_order_live",
            "kind",
            "subject",
            where=text("state <> 'refused'"),
            code="ordered-already",
            message="This was ordered already.",
            message_zh="该款项已下达指令。",
        ),
        Index("ix_payment_order_deal_id", "deal_id"),
        Index("ix_payment_order_milestone_id", "milestone_id"),
        Index("ix_payment_order_payer_id", "payer_id", "id"),
        Index("ix_payment_order_payee_id", "payee_id", "id"),
        Index("ix_payment_order_claim_id", "claim_id", postgresql_where=text("claim_id IS NOT NULL")),
        Index("ix_payment_order_reference", "provider", "reference"),
        Index("ix_payment_order_open", "state_since", postgresql_where=text(f"state IN {OPEN_ORDER}")),
    )

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def fee(self) -> Money:
        return Money(self.fee_minor, self.currency)

    @property
    def netted(self) -> Money:
        return Money(self.netted_minor, self.currency)

    def instruction(self, source_reference: str | None) -> Instruction:
        return Instruction(
            order_id=self.id,
            kind=self.kind,
            key=self.key,
            attempt=self.attempt,
            deal_id=self.deal_id,
            milestone_id=self.milestone_id,
            payer_id=self.payer_id,
            payee_id=self.payee_id,
            amount=self.amount,
            fee=self.fee,
            reference=self.reference,
            source_reference=source_reference,
            first_sent_at=self.first_sent_at,
        )


class PaymentProof(Record):
    """What one side says of an order, with the document that shows it (append-only): sent, received or denied."""

    __tablename__ = "payment_proof"

    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("payment_order.id"))
    said: Mapped[str]
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    person_id: Mapped[uuid.UUID | None]
    bank_reference: Mapped[str] = mapped_column(server_default="")
    document_sha256: Mapped[str | None]
    note: Mapped[str] = mapped_column(server_default="")
    at: Mapped[datetime.datetime]

    __table_args__ = (
        one_of("said", ("sent", "received", "not-received")),
        Index("ix_payment_proof_order_id", "order_id"),
    )


class DealPayment(Record):
    """How one deal is paid. `frozen_at` stops further releases (a chargeback, a court)."""

    __tablename__ = "deal_payment"
    __audience__ = ("payer_id", "payee_id")

    deal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("deal.id"))
    provider: Mapped[str]
    payer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    payee_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    currency: Mapped[str] = mapped_column(CHAR(3))
    by_stage: Mapped[bool]
    fee_basis_points: Mapped[int] = mapped_column(server_default="0")
    # Included in the fee; what it is depends on where the platform is registered.
    fee_tax_basis_points: Mapped[int] = mapped_column(server_default="0")
    four_eyes_from_minor: Mapped[int]
    frozen_at: Mapped[datetime.datetime | None]
    frozen_reason: Mapped[str] = mapped_column(server_default="")

    __table_args__ = (
        one_of("provider", PROVIDERS),
        unique(
            "deal_id",
            code="paid-already",
            message="Payment of this deal is set up.",
            message_zh="该交易已设定支付方式。",
        ),
        CheckConstraint("fee_basis_points BETWEEN 0 AND 3000", name="fee_is_possible"),
        CheckConstraint("four_eyes_from_minor > 0", name="limit_is_positive"),
    )


class MilestonePayment(Record, InProcess):
    """How far the payment of one milestone has come. What is held for it stands in the ledger.

    `release_minor` is what was accepted to be released next; `submission` counts what was handed in and what was
    disputed since: a yes is to what was there when it was said.
    """

    __tablename__ = "milestone_payment"
    __process__ = MILESTONE_PAYMENT.name
    __audience__ = ("payer_id", "payee_id")

    milestone_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("deal_milestone.id"))
    deal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("deal.id"))
    payer_id: Mapped[uuid.UUID]
    payee_id: Mapped[uuid.UUID]
    fund_order_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("payment_order.id"))
    held_account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("ledger_account.id"))
    release_minor: Mapped[int | None]
    releases: Mapped[int] = mapped_column(server_default="0")
    submission: Mapped[int] = mapped_column(server_default="0")
    inspection_ends_at: Mapped[datetime.datetime | None]
    evidence: Mapped[list[str]] = mapped_column(server_default="[]")

    __table_args__ = (
        unique("milestone_id", code="paid-already", message="It is set up.", message_zh="该里程碑已设定支付。"),
        CheckConstraint("release_minor > 0", name="releases_something"),
        Index("ix_milestone_payment_deal_id", "deal_id"),
    )


class PaymentApproval(Record):
    """One person's yes to one payment (append-only); large ones want two different people."""

    __tablename__ = "payment_approval"

    subject: Mapped[str]
    person_id: Mapped[uuid.UUID]
    organisation_id: Mapped[uuid.UUID]
    amount_minor: Mapped[int]
    at: Mapped[datetime.datetime]

    __table_args__ = (
        unique(
            "subject",
            "person_id",
            code="four-eyes",
            message="You have approved this already: a second person has to.",
            message_zh="您已批准，须由另一人复核。",
        ),
    )


class PayoutAccount(Record):
    """Where a payee is paid outside; a new one counts only after a cool-off. The number is never logged."""

    __tablename__ = "payout_account"

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    holder_name: Mapped[str]
    bank: Mapped[str]
    number: Mapped[str] = mapped_column(info=secret())
    stated_by: Mapped[uuid.UUID | None]
    effective_at: Mapped[datetime.datetime]

    __table_args__ = (Index("ix_payout_account_organisation_id", "organisation_id", "id"),)
