"""Releases of milestones while answers get lost and processes are killed: none twice, none lost, no cent astray.

    python -m benchmarks.chaos --releases 10000

The API and the workers are processes of their own and get kill -9 every few seconds; the fake Stripe loses, fails,
delays and refuses a third of all requests, and sends its events twice, shuffled, eight at a time, with forgeries.
Afterwards what Stripe did, what the ledger says and what was ordered are compared. Ends with 1 if they differ.
"""

import argparse
import asyncio
import contextlib
import json
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from sqlalchemy import Select, func, select, text

from benchmarks.chaos_platform import AT_A_TIME, SECRET, Place, Victims, Wish, own_home, platform, say
from fixtures.paid_deals import Sides, make_paid_deal, make_sides, signer_of
from marketplace.actors import system
from marketplace.capabilities import import_capabilities
from marketplace.database import transaction
from marketplace.jobs import Context
from marketplace.ledger.models import LedgerAccount
from marketplace.payments import funding, milestones
from marketplace.payments.approvals import Signer
from marketplace.payments.models import DealPayment, PaymentOrder
from marketplace.payments.setup import stages_of
from marketplace.stripe import reconciliation
from marketplace.stripe.accounts import account_wanted, keep_account
from marketplace.stripe.gate import StripeGate
from marketplace.stripe.jobs import reconcile

US = system("chaos")
Thing = TypeVar("Thing")
Made = TypeVar("Made")
PER_DEAL = 20
AMOUNT_MINOR = 100_000


class Verdict(NamedTuple):
    releases: int
    transfers: int
    doubled: int
    lost: int
    drift_minor: int
    clearing_minor: int
    unexplained: int
    kills: int
    seconds: float

    @property
    def holds(self) -> bool:
        wrong = (self.doubled, self.lost, self.drift_minor, self.clearing_minor, self.unexplained)
        return not any(wrong) and self.transfers == self.releases


async def set_up(place: Place, gate: StripeGate, wish: Wish) -> list[DealPayment]:
    """Deals that wait for their funds; all of one payee, whose account is ready."""
    async with transaction(place.sessions, US) as session:
        sides = await make_sides(session, role="member")
    made = await gate.v2.core.accounts.create_async(account_wanted(sides.payee, "payee@holder1.example"))
    place.fake.control(f"accounts/{made.id}", status="active")
    async with transaction(place.sessions, US) as session:
        await keep_account(session, organisation_id=sides.payee.id, account_id=made.id, transfers="active")
    sizes = [PER_DEAL] * (wish.releases // PER_DEAL) + ([wish.releases % PER_DEAL] if wish.releases % PER_DEAL else [])
    return await _few_at_a_time(sizes, lambda size: _deal(place, sides, size))


async def _deal(place: Place, sides: Sides, size: int) -> DealPayment:
    async with transaction(place.sessions, US) as session:
        payment = await make_paid_deal(session, sides=sides, milestones=size, amount_minor=AMOUNT_MINOR)
        await funding.fund(session, payment=payment)
    return payment


async def _few_at_a_time(things: Sequence[Thing], run: Callable[[Thing], Awaitable[Made]]) -> list[Made]:
    gate = asyncio.Semaphore(AT_A_TIME)

    async def one(thing: Thing) -> Made:
        async with gate:
            return await run(thing)

    return await asyncio.gather(*map(one, things))


async def pay_in(place: Place, deals: Sequence[DealPayment], within_s: float) -> None:
    """The payer pays each page as soon as it is there."""
    paid: set[str] = set()
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        async with transaction(place.sessions, US) as session:
            orders = (await session.scalars(select(PaymentOrder).where(PaymentOrder.kind == "fund"))).all()
        if all(order.state == "confirmed" for order in orders) and len(orders) == len(deals):
            return
        for order in orders:
            if order.state == "sent" and order.reference and order.reference not in paid:
                await asyncio.to_thread(place.fake.control, f"checkout/{order.reference}/pay")
                paid.add(order.reference)
        await asyncio.sleep(0.5)
    raise RuntimeError("the deals were not funded in time")


async def accept(place: Place, payment: DealPayment) -> None:
    async with transaction(place.sessions, US) as session:
        person = await signer_of(session, payment.payer_id)
        signer = Signer(person_id=person, organisation_id=payment.payer_id)
        for paid, _ in await stages_of(session, payment.deal_id):
            await milestones.submit(session, paid=paid, evidence=["report"])
            await milestones.accept(session, paid=paid, signer=signer)


async def wait_for_releases(place: Place, wish: Wish) -> None:
    until, told = time.monotonic() + wish.within_s, time.monotonic()
    while time.monotonic() < until:
        query = select(PaymentOrder.state, func.count()).where(PaymentOrder.kind == "release")
        async with transaction(place.sessions, US) as session:
            states = dict((await session.execute(query.group_by(PaymentOrder.state))).all())
        if states.get("confirmed", 0) == wish.releases:
            return
        if time.monotonic() - told > 20:
            told = time.monotonic()
            await hurry(place)
            say(", ".join(f"{count} {state}" for state, count in sorted(states.items())))
        await asyncio.sleep(1)
    say("time is up")


async def hurry(place: Place) -> None:
    """Who waits for another try (half an hour, in the end) has it now: nothing else is spared."""
    now = text("UPDATE jobs.procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo' AND scheduled_at > now()")
    async with transaction(place.sessions, US) as session:
        await session.execute(now)


async def judge(place: Place, gate: StripeGate, wish: Wish, kills: int, seconds: float) -> Verdict:
    """Three accounts of the same thing: the fake's own memory, the ledger, and what reconciliation can explain."""
    context = Context(sessions=place.sessions, settings=place.settings, tools={StripeGate: gate})
    await reconcile(context)
    async with transaction(place.sessions, US) as session:
        report = await reconciliation.report(session)
        held = dict((await session.execute(_by_kind())).all())
        payee = await session.scalar(_sum(":payee"))
    per_milestone = transfers_of(place.home / "stripe.sqlite")
    truth = place.fake.truth()["accounts"]
    at_stripe = sum(found["eur"] for name, found in truth.items() if name.startswith("acct_"))
    return Verdict(
        releases=wish.releases,
        transfers=sum(per_milestone.values()),
        doubled=sum(count - 1 for count in per_milestone.values()),
        lost=wish.releases - len(per_milestone),
        drift_minor=int(payee or 0) - at_stripe,
        clearing_minor=int(held.get("clearing", 0)),
        unexplained=len(report.open),
        kills=kills,
        seconds=seconds,
    )


def _by_kind() -> Select[str, int]:
    return select(LedgerAccount.kind, func.sum(func.abs(LedgerAccount.balance_minor))).group_by(LedgerAccount.kind)


def _sum(ending: str) -> Select[int]:
    return select(func.sum(LedgerAccount.balance_minor)).where(LedgerAccount.code.endswith(ending))


def transfers_of(state: Path) -> Counter[str]:
    """How many transfers each milestone got, by the fake's own memory."""
    with contextlib.closing(sqlite3.connect(f"file:{state}?mode=ro", uri=True)) as memory:
        bodies = memory.execute("SELECT body FROM object WHERE kind = 'transfer'").fetchall()
    return Counter(json.loads(body)["metadata"]["milestone"] for (body,) in bodies)


async def run(wish: Wish) -> Verdict:
    import_capabilities("models")
    import_capabilities("jobs")
    with own_home() as home:
        async with platform(home, wish) as place:
            gate = StripeGate("sk_test_chaos", url=place.fake.url)
            victims = Victims(place, wish)
            try:
                return await _run(place, gate, victims, wish)
            finally:
                victims.stop()
                await gate.close()


async def _run(place: Place, gate: StripeGate, victims: Victims, wish: Wish) -> Verdict:
    door = f"http://127.0.0.1:{place.port}/api/v1/stripe/webhooks"
    storm = {"url": door, "secret": SECRET, "duplicates": 0.6, "shuffled": True, "at_a_time": 8, "forged": 0.02}
    place.fake.set(webhooks=storm)
    say(f"setting up {wish.releases} milestones")
    deals = await set_up(place, gate, wish)
    victims.start()
    await pay_in(place, deals, wish.within_s)
    say(f"{len(deals)} deals are funded; from here on {wish.faults:.0%} of requests fail and processes are killed")
    place.fake.set(faults={"rate": wish.faults, "slow_s": 0.3})
    began, killing = time.monotonic(), asyncio.create_task(victims.kill_again_and_again())
    await _few_at_a_time(deals, lambda payment: accept(place, payment))
    say("all milestones are accepted")
    await wait_for_releases(place, wish)
    killing.cancel()
    seconds = time.monotonic() - began
    place.fake.set(faults={})
    return await judge(place, gate, wish, victims.kills, seconds)


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.chaos", description=__doc__)
    parser.add_argument("--releases", type=int, default=10_000)
    parser.add_argument("--faults", type=float, default=0.35, help="the share of requests that go wrong")
    parser.add_argument("--kill-every", type=float, default=12.0, help="seconds between two kills, on average")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--within", type=float, default=7_200, help="seconds until it is given up")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    wish = Wish(chosen.releases, chosen.faults, chosen.kill_every, chosen.workers, chosen.within, chosen.seed)
    verdict = asyncio.run(run(wish))
    for name, value in verdict._asdict().items():
        print(f"{name:<16}{value:,.0f}")
    print("holds" if verdict.holds else "DOES NOT HOLD")
    return 0 if verdict.holds else 1


if __name__ == "__main__":
    sys.exit(main())
