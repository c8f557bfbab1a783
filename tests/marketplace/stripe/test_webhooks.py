"""Events come twice, in no order, several at a time and now and then from somebody else: they count once."""

import asyncio
import json
import random
import time
from dataclasses import replace
from datetime import timedelta

import pytest
import stripe
from sqlalchemy import func, select, text

from marketplace.database import transaction
from marketplace.errors import Forbidden, Invalid
from marketplace.jobs import drain
from marketplace.payments import funding
from marketplace.payments.holding import HoldProviders
from marketplace.payments.models import DealPayment
from marketplace.stripe import inbox
from marketplace.stripe.gate import StripeGate
from marketplace.stripe.jobs import catch_up, fill_gaps
from marketplace.stripe.models import StripeChargeback, StripeEvent
from marketplace.stripe.provider import StripeProvider

AT_A_TIME = 8
SECRET = "whsec_of_these_tests"


def signed(body, *, secret=SECRET, at=None):
    return stripe.WebhookSignature.generate_signature_header(body, secret, at)


def event(**fields):
    given = {
        "id": "evt_1",
        "object": "event",
        "type": "charge.succeeded",
        "created": 1,
        "data": {"object": {"id": "x"}},
    }
    return json.dumps(given | fields)


class TestSignature:
    @pytest.mark.parametrize(
        "header",
        [
            None,
            "",
            "nonsense",
            "t=1,v1=00",
            lambda body: signed(body, secret="whsec_other"),
            lambda body: signed(body + " "),
            lambda body: signed(body, at=int(time.time()) - 301),
            lambda body: signed(body, at=int(time.time()) + 86_400),
            lambda body: signed(body).replace("v1=", "v0="),
            lambda body: signed(body) + f",t={int(time.time())}",
        ],
    )
    async def test_what_stripe_did_not_sign_now_is_refused(self, session, header):
        body = event()
        given = header(body) if callable(header) else header
        with pytest.raises(Forbidden):
            await inbox.receive(session, body=body.encode(), signature=given, keys=(SECRET,))
        assert await session.scalar(select(func.count()).select_from(StripeEvent)) == 0

    async def test_without_a_secret_nothing_is_believed(self, session):
        body = event()
        with pytest.raises(Forbidden):
            await inbox.receive(session, body=body.encode(), signature=signed(body, secret=""), keys=())

    async def test_either_secret_counts_while_one_replaces_the_other(self, session):
        for number, secret in enumerate(("whsec_old", "whsec_new")):
            body = event(id=f"evt_{number}")
            header = signed(body, secret=secret)
            assert await inbox.receive(session, body=body.encode(), signature=header, keys=("whsec_new", "whsec_old"))

    @pytest.mark.parametrize("body", ["[]", "{}", "not json", '{"id": 5}', "[" * 5_000])
    async def test_signed_nonsense_is_no_event(self, session, body):
        with pytest.raises(Invalid):
            await inbox.receive(session, body=body.encode(), signature=signed(body), keys=(SECRET,))

    async def test_the_same_event_is_stored_once(self, session):
        body = event()
        given = {"body": body.encode(), "signature": signed(body), "keys": (SECRET,)}
        assert await inbox.receive(session, **given)
        assert not await inbox.receive(session, **given)


async def test_unknown_kinds_and_orders_of_others_change_nothing(desk):
    ours = {"greenhatch_order": "00000000-0000-0000-0000-000000000001"}
    about = {"id": "ch_other", "amount": 5, "currency": "eur", "metadata": ours}
    for number, fields in enumerate(({"type": "coupon.created"}, {"data": {"object": about}})):
        body = event(id=f"evt_other_{number}", **fields)
        await desk.hear([{"body": body, "signature": signed(body)}])
    async with desk.context.transaction() as session:
        assert await session.scalar(select(func.count()).where(StripeEvent.applied_at.is_(None))) == 0


async def test_another_amount_than_ordered_is_not_taken_for_the_payment(desk):
    fund = await ordered(desk)
    about = {"id": "ch_less", "amount": 5, "currency": "eur", "metadata": {"greenhatch_order": str(fund.id)}}
    body = event(id="evt_less", data={"object": about})
    await desk.hear([{"body": body, "signature": signed(body)}])
    fund = await desk.order("fund")
    assert (fund.state, fund.problem["code"]) == ("sent", "another-amount")


async def ordered(desk):
    async with desk.context.transaction() as session:
        await funding.fund(session, payment=await session.get_one(DealPayment, desk.payment.id))
    await desk.work()
    return await desk.order("fund")


class TestStorm:
    """With connections of their own, as in earnest."""

    @pytest.fixture
    def sessions(self, committed):
        return committed

    @pytest.fixture
    def milestones_wanted(self):
        return 12

    async def storm(self, desk, seed):
        """60 % of what Stripe sends twice, shuffled, eight at a time, with forgeries among it."""
        chance = random.Random(seed)
        sent = desk.deliveries()
        sent += [one for one in sent if chance.random() < 0.6]
        forged = [one | {"signature": signed(one["body"], secret="whsec_guessed")} for one in sent[:3]]
        forged += [{"body": event(id=f"evt_forged_{seed}"), "signature": "t=1,v1=beef"}]
        every = sent + forged
        chance.shuffle(every)
        gate = asyncio.Semaphore(AT_A_TIME)

        async def post(one):
            async with gate, transaction(desk.context.sessions, desk.context.actor) as session:
                body, signature = one["body"].encode(), one["signature"]
                await inbox.receive(session, body=body, signature=signature, keys=(SECRET,))

        refused = [e for e in await asyncio.gather(*map(post, every), return_exceptions=True) if e is not None]
        assert [type(error) for error in refused] == [Forbidden] * len(forged)
        await asyncio.gather(*[drain(desk.context) for _ in range(4)])
        return len(every)

    async def test_the_ledger_is_exact(self, desk, fake):
        gate = StripeGate("sk_test_fake", url=fake.url, timeout_s=5, retries=0)
        deaf = StripeProvider(gate, desk.context.sessions, public_url="https://x.example", clock=desk.context.clock)
        context = replace(desk.context, tools={**desk.context.tools, HoldProviders: HoldProviders(deaf)})
        desk = replace(desk, context=context)
        fund = await ordered(desk)
        fake.control(f"checkout/{fund.reference}/pay")
        posted = await self.storm(desk, 1)

        # From here on no answer arrives: only events tell what was done.
        fake.set(faults={"rate": 1.0, "kinds": ["drop_after"], "posts_only": True})
        for number in range(8):
            await desk.accept(number)
        await desk.work()
        for number in range(8, 12):
            await desk.refund(number, 100_000)
        await desk.work()
        assert (await desk.order("release")).state == (await desk.order("refund")).state == "unknown"
        posted += await self.storm(desk, 2)

        balances = await desk.balances()
        assert balances == {"payer": -800_000, "payee": 780_000, "fees": 20_000, "held": 0, "clearing": 0}
        assert fake.truth()["accounts"][desk.account]["eur"] == 780_000
        assert posted > 30
        fake.set(faults={})
        assert (await desk.explained()).is_complete
        await gate.close()


async def test_what_no_webhook_brought_is_asked_for(desk):
    fund = await ordered(desk)
    desk.fake.control(f"checkout/{fund.reference}/pay")
    desk.deliveries()
    await fill_gaps(desk.context)
    await desk.work()
    assert (await desk.order("fund")).state == "confirmed"
    async with desk.context.transaction() as session:
        assert set(await session.scalars(select(StripeEvent.source))) == {"list"}
    await fill_gaps(desk.context)
    assert await drain(desk.context) == 0


async def test_an_event_whose_job_was_lost_is_caught_up_with(desk, clock):
    body = event(id="evt_lost", type="coupon.created")
    async with desk.context.transaction() as session:
        await inbox.receive(session, body=body.encode(), signature=signed(body), keys=(SECRET,))
        await session.execute(text("DELETE FROM jobs.procrastinate_jobs"))
    clock.advance(timedelta(hours=1))
    await catch_up(desk.context)
    await desk.work()
    async with desk.context.transaction() as session:
        assert (await session.scalars(select(StripeEvent.applied_at))).one() is not None


class TestChargebacks:
    async def test_a_chargeback_freezes_and_a_won_one_lets_go_on(self, desk):
        fund = await desk.fund()
        dispute = desk.fake.control(f"charges/{fund.reference}/dispute", amount=300_000)
        await desk.hear()
        assert (await self.payment(desk)).frozen_at is not None
        await desk.accept(0)
        await desk.work()
        desk.fake.control(f"disputes/{dispute['id']}/close", status="won")
        await desk.hear()
        assert (await self.payment(desk)).frozen_at is None
        await desk.hear()
        assert (await desk.order("release")).state == "confirmed"
        assert (await desk.explained()).is_complete

    @pytest.mark.parametrize("turn", [1, -1])
    async def test_it_stays_closed_whatever_comes_after(self, desk, turn):
        fund = await desk.fund()
        dispute = desk.fake.control(f"charges/{fund.reference}/dispute", amount=300_000)
        desk.fake.control(f"disputes/{dispute['id']}/close", status="lost")
        await desk.hear(desk.deliveries()[::turn])
        async with desk.context.transaction() as session:
            row = (await session.scalars(select(StripeChargeback))).one()
        assert (row.status, row.closed_at is None) == ("lost", False)
        assert (await self.payment(desk)).frozen_at is not None

    async def test_a_chargeback_that_is_heard_of_before_its_charge(self, desk):
        fund = await ordered(desk)
        desk.fake.control(f"checkout/{fund.reference}/pay")
        charge = (await desk.gate.v1.charges.list_async({"transfer_group": f"deal:{desk.payment.deal_id}"})).data[0]
        desk.fake.control(f"charges/{charge.id}/dispute", amount=300_000)
        await desk.hear(desk.deliveries()[::-1])
        assert (await self.payment(desk)).frozen_at is not None

    async def payment(self, desk):
        async with desk.context.transaction() as session:
            return await session.get_one(DealPayment, desk.payment.id)
