"""How the provider speaks to Stripe, tried at Stripe's own sandbox: only with a key, else skipped, not passed."""

import os
import time
import uuid

import pytest

from marketplace.money import Money
from marketplace.payments.holding import Absent, Accepted, Instruction
from marketplace.stripe import lookup, requests
from marketplace.stripe.gate import StripeGate

KEY = os.environ.get("STRIPE_TEST_KEY", "")
pytestmark = pytest.mark.skipif(
    not KEY.startswith(("sk_test_", "rk_test_")), reason="NOT TRIED at Stripe's sandbox: STRIPE_TEST_KEY is not set"
)


@pytest.fixture
async def gate():
    made = StripeGate(KEY)
    yield made
    await made.close()


def instruction(kind="fund", *, source=None, amount=5_000):
    order = uuid.uuid4()
    return Instruction(
        order_id=order, kind=kind, key=f"{kind}:{order}:a1", attempt=1, deal_id=uuid.uuid4(), milestone_id=uuid.uuid4(),
        payer_id=uuid.uuid4(), payee_id=uuid.uuid4(), amount=Money(amount, "EUR"), fee=Money(0, "EUR"),
        reference=None, source_reference=source, first_sent_at=None,
    )  # fmt: skip


async def charged(gate):
    paid = await gate.v1.payment_intents.create_async(
        {
            "amount": 10_000,
            "currency": "eur",
            "confirm": True,
            "payment_method": "pm_card_bypassPending",
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        }
    )
    return str(paid.latest_charge)


async def test_a_page_is_made_once_and_found_again(gate):
    order = instruction()
    given, options = requests.checkout(order, "https://greenhatch.example"), requests.options(order)
    first = await gate.v1.checkout.sessions.create_async(given, options)
    again = await gate.v1.checkout.sessions.create_async(given, options)
    assert first.id == again.id
    assert isinstance(lookup.of_session(first), Accepted)


async def test_a_refund_is_made_once_and_found_by_its_order(gate):
    charge = await charged(gate)
    order = instruction("refund", source=charge)
    assert isinstance(await lookup.find(gate, order), Absent)
    first = await gate.v1.refunds.create_async(requests.refund(order, charge), requests.options(order))
    again = await gate.v1.refunds.create_async(requests.refund(order, charge), requests.options(order))
    assert first.id == again.id
    assert await lookup.find(gate, order) == lookup.of_refund(first)


async def test_events_tell_of_it(gate):
    charge = await charged(gate)
    for _ in range(10):
        listed = await gate.v1.events.list_async({"type": "charge.succeeded", "limit": 20})
        if charge in {event.data.object["id"] for event in listed.data}:
            return
        time.sleep(1)  # noqa: ASYNC251  Stripe lists it a moment later
    pytest.fail("the charge's event is not listed")
