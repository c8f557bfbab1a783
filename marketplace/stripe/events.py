"""What each kind of event means for us. All of it may come twice, late, and before what it follows from.

An event about money tells of something that has happened and stays so; it settles the order it belongs to, and settling
twice does nothing. Where the last state counts (an account, a plan), the event's own time decides, or Stripe is asked.
"""

import datetime
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.money import Money
from marketplace.payments.holding import Accepted, Confirmed, Outcome, Refused
from marketplace.stripe import chargebacks, plans
from marketplace.stripe.accounts import keep_standing, transfers_of
from marketplace.stripe.gate import StripeGate
from marketplace.stripe.requests import ORDER
from marketplace.stripe.settling import settle_order

Body = Mapping[str, Any]


class Told(Struct, frozen=True, kw_only=True):
    """An event, and what Stripe was asked about it before it is applied."""

    type: str
    at: datetime.datetime
    body: Body
    answer: str | None = None

    @property
    def about(self) -> Body:
        return self.body["data"]["object"]  # type: ignore[no-any-return]


Handler = Callable[[AsyncSession, Told], Awaitable[None]]
_HANDLERS: dict[str, Handler] = {}
ACCOUNT = "v2.core.account"


def _on(*types: str) -> Callable[[Handler], Handler]:
    def register(handler: Handler) -> Handler:
        _HANDLERS.update(dict.fromkeys(types, handler))
        return handler

    return register


async def ask(gate: StripeGate, event_type: str, body: Body) -> str | None:
    """What an event leaves open: the charge behind a paid page, the standing of an account. Outside any transaction."""
    if event_type.startswith(ACCOUNT):
        return await transfers_of(gate, body["related_object"]["id"])
    if event_type in PAID_PAGE and (intent := body["data"]["object"].get("payment_intent")):
        paid = await gate.v1.payment_intents.retrieve_async(intent)
        return None if paid.latest_charge is None else str(paid.latest_charge)
    return None


async def apply(session: AsyncSession, told: Told) -> None:
    """Do what an event means; most kinds mean nothing to us."""
    if told.type.startswith(ACCOUNT):
        account_id = told.body["related_object"]["id"]
        await keep_standing(session, account_id=account_id, transfers=told.answer or "missing")
    elif handler := _HANDLERS.get(told.type):
        await handler(session, told)


def order_in(about: Body) -> uuid.UUID | None:
    try:
        return uuid.UUID((about.get("metadata") or {})[ORDER])
    except (KeyError, ValueError, TypeError):
        return None


async def _settle(session: AsyncSession, about: Body, outcome: Outcome, *, amount: str | None = "amount") -> None:
    """`amount` names the field that must agree with the order before money counts as moved."""
    if (order_id := order_in(about)) is not None:
        moved = None if amount is None else Money(about[amount], about["currency"].upper())
        await settle_order(session, order_id, outcome, moved=moved)


PAID_PAGE = ("checkout.session.completed", "checkout.session.async_payment_succeeded")


@_on(*PAID_PAGE)
async def _page_paid(session: AsyncSession, told: Told) -> None:
    """Completed is not paid: some ways to pay tell later."""
    if told.about["mode"] == "payment" and told.about["payment_status"] != "unpaid" and told.answer:
        await _settle(session, told.about, Confirmed(reference=told.answer), amount="amount_total")
        await chargebacks.attach(session, charge_id=told.answer)


@_on("charge.succeeded")
async def _charged(session: AsyncSession, told: Told) -> None:
    await _settle(session, told.about, Confirmed(reference=told.about["id"]))
    await chargebacks.attach(session, charge_id=told.about["id"])


@_on("checkout.session.expired", "checkout.session.async_payment_failed")
async def _not_paid(session: AsyncSession, told: Told) -> None:
    message = "the time to pay ran out" if told.type.endswith("expired") else "the payment did not go through"
    await _settle(session, told.about, Refused(code="not-paid", message=message, again=True), amount=None)


@_on("transfer.created")
async def _transferred(session: AsyncSession, told: Told) -> None:
    await _settle(session, told.about, Confirmed(reference=told.about["id"]))


@_on("transfer.reversed")
async def _reversed(session: AsyncSession, told: Told) -> None:
    """The transfer is told of with its reversals: those of ours are known by their orders."""
    for reversal in told.about["reversals"]["data"]:
        await _settle(session, reversal, Confirmed(reference=reversal["id"]))


@_on("refund.created", "refund.updated", "refund.failed", "charge.refund.updated")
async def _refunded(session: AsyncSession, told: Told) -> None:
    refund = told.about
    if refund["status"] == "succeeded":
        outcome: Outcome = Confirmed(reference=refund["id"])
    elif refund["status"] in ("failed", "canceled"):
        outcome = Refused(code="refund-failed", message=str(refund.get("failure_reason")), again=True)
    else:
        outcome = Accepted(reference=refund["id"])
    await _settle(session, refund, outcome)


@_on(
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
)
async def _charged_back(session: AsyncSession, told: Told) -> None:
    await chargebacks.keep(session, told.about)


@_on("customer.subscription.created", "customer.subscription.updated", "customer.subscription.deleted")
async def _subscribed(session: AsyncSession, told: Told) -> None:
    await plans.keep_subscription(session, told.about, at=told.at)


@_on("invoice.finalized", "invoice.paid", "invoice.payment_failed", "invoice.voided")
async def _invoiced(session: AsyncSession, told: Told) -> None:
    await plans.keep_invoice(session, told.about)


@_on("entitlements.active_entitlement_summary.updated")
async def _entitled(session: AsyncSession, told: Told) -> None:
    await plans.keep_features(session, told.about, at=told.at)
