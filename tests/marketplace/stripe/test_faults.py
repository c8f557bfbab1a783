"""Answers get lost, servers fail, keys grow old: each release is paid once all the same."""

import datetime
from dataclasses import replace

import pytest
import stripe
from sqlalchemy import text

from marketplace.jobs import drain
from marketplace.payments.holding import Absent, Confirmed, HoldProviders, Refused, Unknown
from marketplace.payments.orders import look_after
from marketplace.stripe import requests
from marketplace.stripe.gate import StripeGate
from marketplace.stripe.provider import StripeProvider

FAULTS = {"rate": 0.35, "slow_s": 0.25}
RELEASES = 60


async def transfers(desk, group):
    listed = await desk.gate.v1.transfers.list_async({"transfer_group": group, "limit": 100})
    return [transfer async for transfer in listed.auto_paging_iter()]


@pytest.fixture
async def impatient(fake):
    """No second try by the library, and no patience: most of what goes wrong reaches us."""
    gate = StripeGate("sk_test_fake", url=fake.url, timeout_s=0.2, retries=0)
    yield gate
    await gate.close()


@pytest.fixture
async def instruction(desk):
    """A release that is ordered and not yet sent."""
    fund = await desk.fund()
    await desk.accept(0)
    order = await desk.order("release")
    order.first_sent_at = desk.context.clock.now()
    return order.instruction(fund.reference)


@pytest.fixture
def provider(desk, impatient):
    return StripeProvider(impatient, desk.context.sessions, public_url="https://x.example", clock=desk.context.clock)


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "error_after", "conflict", "too_many", "slow"])
async def test_no_answer_is_unknown_and_the_next_one_tells(desk, provider, instruction, kind):
    desk.fake.set(faults={"rate": 1.0, "kinds": [kind], "slow_s": 0.4})
    assert isinstance(await provider.instruct(instruction), Unknown)
    desk.fake.set(faults={})
    assert isinstance(await provider.instruct(instruction), Confirmed)
    assert len(await transfers(desk, instruction.transfer_group)) == 1


async def test_it_is_looked_up_by_its_order(desk, provider, instruction):
    assert isinstance(await provider.look_up(instruction), Absent)
    done = await provider.instruct(instruction)
    assert await provider.look_up(instruction) == done


async def test_an_old_key_is_looked_up_before_it_pays_again(desk, provider, instruction):
    done = await provider.instruct(instruction)
    desk.fake.control("clock", seconds=25 * 3600)
    desk.context.clock.advance(datetime.timedelta(hours=25))
    assert await provider.instruct(instruction) == done
    assert len(await transfers(desk, instruction.transfer_group)) == 1


async def test_an_old_key_that_did_nothing_is_sent(desk, provider, instruction):
    desk.fake.set(faults={"rate": 1.0, "kinds": ["drop_before"]})
    await provider.instruct(instruction)
    desk.fake.set(faults={})
    desk.context.clock.advance(datetime.timedelta(hours=25))
    assert isinstance(await provider.instruct(instruction), Confirmed)


@pytest.mark.parametrize("since", ["restricted", "charged-back"])
async def test_what_was_sent_and_not_heard_of_is_not_refused_and_paid_again(desk, since):
    """The answer is lost; then the account is restricted, or the payment charged back, for a while."""
    fund = await desk.fund()
    await desk.accept(0)
    desk.fake.set(faults={"rate": 1.0, "kinds": ["drop_after"], "posts_only": True})
    await desk.work()
    assert (await desk.order("release")).state == "unknown"
    desk.fake.set(faults={})
    if since == "restricted":
        desk.fake.control(f"accounts/{desk.account}", status="restricted")
    else:
        dispute = desk.fake.control(f"charges/{fund.reference}/dispute", amount=300_000)
        told = [event for event in desk.deliveries() if "charge.dispute" in event["body"]]
        await desk.hear(told)
    desk.context.clock.advance(datetime.timedelta(minutes=10))
    await desk.work()
    assert (await desk.order("release")).state == "confirmed"
    if since == "charged-back":
        desk.fake.control(f"disputes/{dispute['id']}/close", status="won")
    desk.fake.control(f"accounts/{desk.account}", status="active")
    await desk.hear()
    desk.context.clock.advance(datetime.timedelta(hours=2))
    await desk.work()
    assert len(await transfers(desk, f"deal:{desk.payment.deal_id}")) == 1


async def test_a_refusal_under_a_key_stays_and_another_attempt_goes_through(desk):
    await desk.fund()
    desk.fake.control(f"accounts/{desk.account}", status="restricted")
    await desk.accept(0)
    await desk.work()
    refused = await desk.order("release")
    assert (refused.state, refused.problem["code"], refused.problem["again"]) == ("refused", "account-not-ready", True)
    desk.fake.control(f"accounts/{desk.account}", status="active")
    desk.context.clock.advance(datetime.timedelta(hours=1))
    await desk.work()
    again = await desk.order("release")
    assert (again.state, again.attempt) == ("confirmed", 2)
    assert again.key.endswith(":a2")


class Killed(BaseException):
    """The worker, between noting that it asks and asking."""


class Deadly:
    name = "stripe"

    async def instruct(self, order):
        raise Killed

    look_up = instruct


async def test_what_a_dying_worker_was_about_to_ask_is_asked_by_another(desk):
    await desk.fund()
    await desk.accept(0)
    order = await desk.order("release")
    deadly = replace(desk.context, tools={**desk.context.tools, HoldProviders: HoldProviders(Deadly())})
    with pytest.raises(Killed):
        await drain(deadly)
    assert (await desk.order("release")).state == "sent"
    async with desk.context.transaction() as session:  # its job is given up in the end
        await session.execute(text("UPDATE jobs.procrastinate_jobs SET status = 'failed' WHERE status = 'doing'"))
    desk.context.clock.advance(datetime.timedelta(minutes=15))
    await look_after(desk.context)
    await desk.work()
    done = await desk.order("release")
    assert (done.id, done.state, done.attempt) == (order.id, "confirmed", 1)
    assert len(await transfers(desk, f"deal:{desk.payment.deal_id}")) == 1


async def test_a_payee_who_is_not_ready_is_tried_ever_more_rarely(desk):
    await desk.fund()
    desk.fake.control(f"accounts/{desk.account}", status="restricted")
    await desk.accept(0)
    for _ in range(12):
        await desk.work()
        desk.context.clock.advance(datetime.timedelta(hours=2))
    assert 4 < (await desk.order("release")).attempt < 10


async def test_a_kept_failure_that_did_nothing_wants_another_attempt(desk, provider, instruction):
    """Stripe failed, did nothing, and says so forever under this key: only then, and not at once, a new one."""
    desk.fake.control(f"accounts/{desk.account}", status="restricted")
    desk.fake.set(faults={"rate": 1.0, "kinds": ["error_after"]})
    given = requests.transfer(instruction, instruction.source_reference, desk.account)
    with pytest.raises(stripe.APIError):
        await desk.gate.v1.transfers.create_async(given, requests.options(instruction))
    desk.fake.set(faults={})
    desk.fake.control(f"accounts/{desk.account}", status="active")
    assert isinstance(await provider.instruct(instruction), Unknown)
    desk.context.clock.advance(datetime.timedelta(hours=2))
    outcome = await provider.instruct(instruction)
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.again) == ("stripe-failed", True)
    assert await transfers(desk, instruction.transfer_group) == []


async def test_another_amount_under_a_key_is_looked_into_and_never_done_twice(desk, provider, instruction):
    done = await provider.instruct(instruction)
    other = type(instruction)(
        **{name: getattr(instruction, name) for name in instruction.__struct_fields__}
        | {"amount": instruction.amount + instruction.fee}
    )
    outcome = await provider.instruct(other)
    assert isinstance(outcome, Unknown)
    assert await provider.look_up(other) == done


async def test_a_payee_without_an_account_is_refused_for_now(desk, provider, instruction):
    stranger = type(instruction)(
        **{name: getattr(instruction, name) for name in instruction.__struct_fields__}
        | {"payee_id": instruction.payer_id}
    )
    outcome = await provider.instruct(stranger)
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.again) == ("no-account", True)


class TestMany:
    @pytest.fixture
    def milestones_wanted(self):
        return RELEASES

    async def test_releases_with_a_third_of_faults_are_each_paid_once(self, desk, impatient, clock):
        """Each fault of the list, at random; what hears nothing asks again with the same key."""
        await desk.fund()
        await desk.accept_all()
        faulty = StripeProvider(impatient, desk.context.sessions, public_url="https://x.example", clock=clock)
        context = replace(desk.context, tools={**desk.context.tools, HoldProviders: HoldProviders(faulty)})
        desk.fake.set(faults=FAULTS)
        for _ in range(40):
            await drain(context)
            clock.advance(datetime.timedelta(minutes=5))
        desk.fake.set(faults={})
        clock.advance(datetime.timedelta(hours=2))
        await desk.work()
        await desk.hear()
        balances = await desk.balances()
        assert (balances["held"], balances["clearing"]) == (0, 0)
        assert balances["payee"] == desk.fake.truth()["accounts"][desk.account]["eur"] == RELEASES * 97_500
        assert len(await transfers(desk, f"deal:{desk.payment.deal_id}")) == RELEASES
        assert (await desk.explained()).is_complete
