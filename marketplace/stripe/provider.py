"""Stripe as a holder of money: the payer pays the platform's account, and each release is one transfer.

Separate charges and transfers, as Stripe has it for money that is held and released: every movement of a deal bears
the deal's transfer group, a transfer names the charge it draws on, and the platform's fee is what is not transferred.
"""

import datetime

import stripe
from sqlalchemy import select

from marketplace.actors import system
from marketplace.clock import Clock, SystemClock
from marketplace.database import Sessions, transaction
from marketplace.payments.holding import Absent, Accepted, Confirmed, Found, Instruction, Outcome, Refused, Unknown
from marketplace.stripe import lookup, requests
from marketplace.stripe.accounts import transfers_of
from marketplace.stripe.chargebacks import HARMLESS
from marketplace.stripe.gate import StripeGate, is_kept_failure, outcome_of
from marketplace.stripe.models import StripeAccount, StripeChargeback

# Stripe forgets keys from 24 hours on; asked again later, the same key would pay again.
KEYS_HOLD = datetime.timedelta(hours=20)
# A kept failure may still be put right by Stripe itself; after this it is not.
SETTLED_AFTER = datetime.timedelta(hours=1)
OUR_READING = system("stripe")

FROZEN = Refused(code="charged-back", message="the payer's bank took this payment back", again=True)


class StripeProvider:
    """`payments.holding.HoldProvider` over Stripe. It reads which account a payee has, and writes nothing."""

    name = "stripe"

    def __init__(self, gate: StripeGate, sessions: Sessions, *, public_url: str, clock: Clock | None = None) -> None:
        self._gate, self._sessions, self._public_url = gate, sessions, public_url
        self._clock = clock or SystemClock()

    async def instruct(self, order: Instruction) -> Outcome:
        try:
            if self._key_is_old(order):
                found = await lookup.find(self._gate, order)
                if not isinstance(found, Absent):
                    return found
            return await self._send(order)
        except stripe.StripeError as error:
            return await self._after(error, order)

    async def look_up(self, order: Instruction) -> Found:
        try:
            return await lookup.find(self._gate, order)
        except stripe.StripeError as error:
            return Unknown(reason=f"not looked up: {type(error).__name__}")

    async def _send(self, order: Instruction) -> Outcome:
        if order.kind == "fund":
            return await self._collect(order)
        if order.source_reference is None:
            return Refused(code="no-source", message=f"a {order.kind} draws on another order that Stripe confirmed")
        if order.kind == "release":
            return await self._release(order, order.source_reference)
        if order.kind == "refund":
            given = requests.refund(order, order.source_reference)
            return lookup.of_refund(await self._gate.v1.refunds.create_async(given, requests.options(order)))
        transfer, reversal = order.source_reference, requests.reversal(order)
        made = await self._gate.v1.transfers.reversals.create_async(transfer, reversal, requests.options(order))
        return Confirmed(reference=made.id)

    async def _collect(self, order: Instruction) -> Outcome:
        given = requests.checkout(order, self._public_url)
        made = await self._gate.v1.checkout.sessions.create_async(given, requests.options(order))
        return Accepted(reference=made.id, pay_url=made.url)

    async def _release(self, order: Instruction, charge: str) -> Outcome:
        account, frozen = await self._standing(order, charge)
        if frozen:
            return await self._unless_sent(order, FROZEN)
        if account is None:
            message = "the payee has no account at Stripe yet"
            return await self._unless_sent(order, Refused(code="no-account", message=message, again=True))
        # Asked each time: what we last heard may be out of date, and money that cannot arrive is not sent.
        if (standing := await self._transfers_of(account)) != "active":
            message = f"the payee's account is {standing}"
            return await self._unless_sent(order, Refused(code="account-not-ready", message=message, again=True))
        given = requests.transfer(order, charge, account)
        return Confirmed(reference=(await self._gate.v1.transfers.create_async(given, requests.options(order))).id)

    async def _transfers_of(self, account: str) -> str:
        try:
            return await transfers_of(self._gate, account)
        except stripe.InvalidRequestError:
            return "closed"

    async def _unless_sent(self, order: Instruction, refusal: Refused) -> Outcome:
        """Our own no, before anything is sent. Where something was sent before and no answer came, it may be done."""
        now, sent = self._clock.now(), order.first_sent_at
        if sent is None or sent >= now:
            return refusal
        found = await self.look_up(order)
        if not isinstance(found, Absent):
            return found
        if now - sent > SETTLED_AFTER:
            return refusal
        return Unknown(reason=f"asked before, not found yet, and now: {refusal.message}")

    async def _standing(self, order: Instruction, charge: str) -> tuple[str | None, bool]:
        """The payee's account, and whether the payment it would draw on was charged back."""
        account = select(StripeAccount.account_id).where(StripeAccount.organisation_id == order.payee_id)
        harmful = (StripeChargeback.charge_id == charge, StripeChargeback.status.not_in(HARMLESS))
        async with transaction(self._sessions, OUR_READING) as session:
            back = await session.scalar(select(StripeChargeback.id).where(*harmful).limit(1))
            return await session.scalar(account), back is not None

    def _key_is_old(self, order: Instruction) -> bool:
        return order.first_sent_at is not None and self._clock.now() - order.first_sent_at > KEYS_HOLD

    async def _after(self, error: stripe.StripeError, order: Instruction) -> Outcome:
        outcome = outcome_of(error)
        if not is_kept_failure(error):
            return outcome
        # The key answers the same for good: only a look tells whether it was done.
        found = await self.look_up(order)
        if not isinstance(found, Absent):
            return found
        sent = order.first_sent_at
        if sent is not None and self._clock.now() - sent > SETTLED_AFTER:
            return Refused(code="stripe-failed", message="Stripe failed under this key and did nothing", again=True)
        return outcome
