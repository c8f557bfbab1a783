"""What goes in and out."""

import datetime
import uuid
from typing import Literal

from msgspec import Struct

from marketplace.money import Money
from marketplace.stripe.models import StripeChargeback, StripeInvoice, StripeLink, StripeSubscription
from marketplace.stripe.reconciliation import Report


class Received(Struct, frozen=True, kw_only=True):
    """`new` is false for an event that was here before."""

    new: bool


class LinkIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`onboarding` completes a payee's account, `plan` takes a plan, `portal` changes or ends one."""

    kind: Literal["onboarding", "plan", "portal"]
    plan: Literal["investor-basic", "investor-team", "investor-api"] | None = None


class LinkOut(Struct, frozen=True, kw_only=True):
    """`url` is null until the page is prepared, a moment later; after `expires_at` ask for another."""

    id: uuid.UUID
    kind: str
    plan: str | None
    url: str | None
    expires_at: datetime.datetime | None
    problem: str

    @classmethod
    def of(cls, link: StripeLink) -> "LinkOut":
        return cls(**{name: getattr(link, name) for name in cls.__struct_fields__})


class SubscriptionOut(Struct, frozen=True, kw_only=True):
    plan: str
    status: str
    ends_at: datetime.datetime | None

    @classmethod
    def of(cls, found: StripeSubscription) -> "SubscriptionOut":
        return cls(**{name: getattr(found, name) for name in cls.__struct_fields__})


class InvoiceOut(Struct, frozen=True, kw_only=True):
    number: str
    total: Money
    tax: Money
    status: str
    issued_at: datetime.datetime
    url: str | None

    @classmethod
    def of(cls, found: StripeInvoice) -> "InvoiceOut":
        return cls(
            number=found.number,
            total=Money(found.total_minor, found.currency),
            tax=Money(found.tax_minor, found.currency),
            status=found.status,
            issued_at=found.issued_at,
            url=found.url,
        )


class StandingOut(Struct, frozen=True, kw_only=True):
    """How an organisation stands at Stripe. `transfers` is null without an account, and `active` if it can be paid."""

    transfers: str | None
    checked_at: datetime.datetime | None
    features: list[str]
    subscriptions: list[SubscriptionOut]
    invoices: list[InvoiceOut]


class ExplainedOut(Struct, frozen=True, kw_only=True):
    """One currency: what moved (both ways together), how much of it an order explains, what Stripe kept and holds."""

    movements: int
    moved: Money
    explained: Money
    share: float
    fees: Money
    balance: Money


class OpenOut(Struct, frozen=True, kw_only=True):
    """Money that nothing explains yet, and since when."""

    what: str
    since: datetime.datetime
    amount: Money
    why: str


class ReconciliationOut(Struct, frozen=True, kw_only=True):
    at: datetime.datetime
    complete: bool
    currencies: list[ExplainedOut]
    open: list[OpenOut]

    @classmethod
    def of(cls, report: Report) -> "ReconciliationOut":
        currencies = [
            ExplainedOut(
                movements=found.movements,
                moved=Money(found.moved_minor, found.currency),
                explained=Money(found.explained_minor, found.currency),
                share=found.share,
                fees=Money(found.fees_minor, found.currency),
                balance=Money(found.balance_minor, found.currency),
            )
            for found in report.currencies
        ]
        open_ = [
            OpenOut(what=one.what, since=one.since, amount=Money(one.amount_minor, one.currency), why=one.why)
            for one in report.open
        ]
        return cls(at=report.at, complete=report.is_complete, currencies=currencies, open=open_)


class ChargebackOut(Struct, frozen=True, kw_only=True):
    """Money that a payer's bank took back; `answer_by` is when evidence has to be there, `fee` is the dispute's own."""

    id: uuid.UUID
    dispute_id: str
    order_id: uuid.UUID | None
    amount: Money
    fee: Money
    status: str
    reason: str
    answer_by: datetime.datetime | None
    closed_at: datetime.datetime | None

    @classmethod
    def of(cls, found: StripeChargeback) -> "ChargebackOut":
        same = {name: getattr(found, name) for name in cls.__struct_fields__ if name not in ("amount", "fee")}
        amount, fee = Money(found.amount_minor, found.currency), Money(found.fee_minor, found.currency)
        return cls(amount=amount, fee=fee, **same)
