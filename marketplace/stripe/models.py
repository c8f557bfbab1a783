"""What we know of Stripe: what it told us, whom it knows, what it moved, and which of it we can explain."""

import datetime
import uuid
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import CHAR
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.base import Record, secret, unique

LINK_KINDS = ("onboarding", "plan", "portal")


class StripeEvent(Record):
    """One event, stored once by Stripe's id and applied once, whichever way and however often it came."""

    __tablename__ = "stripe_event"
    __audited__: ClassVar[bool] = False

    event_id: Mapped[str]
    type: Mapped[str]
    occurred_at: Mapped[datetime.datetime]
    body: Mapped[dict[str, Any]]
    # "webhook", or "list" if a webhook never came and we asked.
    source: Mapped[str]
    applied_at: Mapped[datetime.datetime | None]
    tries: Mapped[int] = mapped_column(server_default="0")
    problem: Mapped[str] = mapped_column(server_default="")

    __table_args__ = (
        UniqueConstraint("event_id"),
        Index("ix_stripe_event_waiting", "id", postgresql_where=text("applied_at IS NULL")),
    )


class StripeAccount(Record):
    """A payee's account at Stripe. `transfers` is the capability that is looked at before each release."""

    __tablename__ = "stripe_account"
    __audience__ = ("organisation_id",)

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    account_id: Mapped[str]
    transfers: Mapped[str]
    checked_at: Mapped[datetime.datetime]

    __table_args__ = (
        unique("organisation_id", code="stripe-account", message="There is an account.", message_zh="已有账户。"),
        UniqueConstraint("account_id"),
    )


class StripeLink(Record):
    """A page at Stripe that somebody asked for: made by a job, and good for a while only."""

    __tablename__ = "stripe_link"

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    kind: Mapped[str]
    plan: Mapped[str | None]
    url: Mapped[str | None] = mapped_column(info=secret())
    expires_at: Mapped[datetime.datetime | None]
    problem: Mapped[str] = mapped_column(server_default="")

    __table_args__ = (
        CheckConstraint(f"kind IN {LINK_KINDS}", name="kind_is_known"),
        CheckConstraint("(kind = 'plan') = (plan IS NOT NULL)", name="plan_is_named"),
        Index("ix_stripe_link_organisation_id", "organisation_id", "id"),
    )


class StripeChargeback(Record):
    """A payer's bank took money back. It freezes the deal's releases until it is closed in our favour.

    `fee_minor` is what Stripe takes for the dispute itself, whoever wins.
    """

    __tablename__ = "stripe_chargeback"

    dispute_id: Mapped[str]
    charge_id: Mapped[str]
    order_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("payment_order.id"))
    amount_minor: Mapped[int]
    fee_minor: Mapped[int] = mapped_column(server_default="0")
    currency: Mapped[str] = mapped_column(CHAR(3))
    status: Mapped[str]
    reason: Mapped[str]
    answer_by: Mapped[datetime.datetime | None]
    closed_at: Mapped[datetime.datetime | None]

    __table_args__ = (UniqueConstraint("dispute_id"), Index("ix_stripe_chargeback_charge_id", "charge_id"))


class StripeMovement(Record):
    """One line of the platform's own account at Stripe, and what it is for. What nothing explains stays open."""

    __tablename__ = "stripe_movement"
    __audited__: ClassVar[bool] = False

    line_id: Mapped[str]
    type: Mapped[str]
    source_id: Mapped[str]
    amount_minor: Mapped[int]
    fee_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(CHAR(3))
    occurred_at: Mapped[datetime.datetime]
    order_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("payment_order.id"))
    explanation: Mapped[str | None]
    explained_at: Mapped[datetime.datetime | None]

    __table_args__ = (
        UniqueConstraint("line_id"),
        CheckConstraint("(explanation IS NULL) = (explained_at IS NULL)", name="explained_at_some_time"),
        Index("ix_stripe_movement_open", "occurred_at", postgresql_where=text("explanation IS NULL")),
        Index("ix_stripe_movement_order_id", "order_id"),
        Index("ix_stripe_movement_occurred_at", "occurred_at"),
    )


class StripeCustomer(Record):
    """An organisation that pays for a plan. `features` is what Stripe last said it is entitled to."""

    __tablename__ = "stripe_customer"
    __audience__ = ("organisation_id",)

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    customer_id: Mapped[str]
    features: Mapped[list[str]] = mapped_column(server_default="[]")
    features_at: Mapped[datetime.datetime | None]

    __table_args__ = (
        unique("organisation_id", code="stripe-customer", message="There is a customer.", message_zh="已有客户。"),
        UniqueConstraint("customer_id"),
    )


class StripeSubscription(Record):
    """A plan that runs or ran; `told_at` is the time of the event it is known from: an older one changes nothing."""

    __tablename__ = "stripe_subscription"
    __audience__ = ("organisation_id",)

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    subscription_id: Mapped[str]
    plan: Mapped[str]
    status: Mapped[str]
    ends_at: Mapped[datetime.datetime | None]
    told_at: Mapped[datetime.datetime]

    __table_args__ = (
        UniqueConstraint("subscription_id"),
        Index("ix_stripe_subscription_organisation_id", "organisation_id"),
    )


class StripeInvoice(Record):
    """An invoice of the platform for a plan, with its tax, as Stripe issued it."""

    __tablename__ = "stripe_invoice"
    __audience__ = ("organisation_id",)

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    invoice_id: Mapped[str]
    number: Mapped[str]
    total_minor: Mapped[int]
    tax_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(CHAR(3))
    status: Mapped[str]
    issued_at: Mapped[datetime.datetime]
    url: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("invoice_id"),
        Index("ix_stripe_invoice_organisation_id", "organisation_id", "id"),
    )
