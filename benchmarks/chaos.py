"""Releases of milestones while answers get lost and processes are killed: none twice, none lost, no cent astray.

    python -m benchmarks.chaos --releases 10000

The API and the workers are processes of their own and get kill -9 every thirty releases; the fake Stripe loses, fails,
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
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Select, func, select, text

from benchmarks.chaos_deals import US, Course, confirmed, how_they_stand
from benchmarks.chaos_platform import SECRET, Place, Victims, Wish, own_home, platform, say
from marketplace.capabilities import import_capabilities
from marketplace.database import transaction
from marketplace.jobs import Context
from marketplace.ledger.models import LedgerAccount
from marketplace.stripe import reconciliation
from marketplace.stripe.gate import StripeGate
from marketplace.stripe.jobs import reconcile

TELL_EVERY_S = 20
LAST_ONES_WITHIN_S = 600


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


async def tell(place: Place) -> None:
    while True:
        await asyncio.sleep(TELL_EVERY_S)
        say(", ".join(f"{count} {state}" for state, count in sorted((await how_they_stand(place)).items())))


async def all_confirmed(place: Place, releases: int) -> None:
    """Nothing is left to be done; what hangs for good is told by the verdict."""
    until = time.monotonic() + LAST_ONES_WITHIN_S
    while time.monotonic() < until:
        if await confirmed(place) >= releases:
            return
        await asyncio.sleep(1)
    say("time is up")


async def hurry(place: Place, every_s: float) -> None:
    """Who waits for another try (half an hour, in the end) has it within seconds: nothing else is spared."""
    now = text(
        "UPDATE jobs.procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo' AND scheduled_at > now() "
        "AND task_name IN ('payments.execute', 'payments.proceed', 'stripe.apply')"
    )
    while True:
        await asyncio.sleep(every_s)
        async with transaction(place.sessions, US) as session:
            await session.execute(now)


async def judge(place: Place, gate: StripeGate, releases: int, kills: int, seconds: float) -> Verdict:
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
        releases=releases,
        transfers=sum(per_milestone.values()),
        doubled=sum(count - 1 for count in per_milestone.values()),
        lost=releases - len(per_milestone),
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
    course = Course(place, gate, wish)
    place.fake.set(webhooks=storm)
    await course.prepare()
    place.fake.set(faults={"rate": wish.faults, "slow_s": 0.3})
    victims.start()
    say(f"{wish.faults:.0%} of requests fail, and a process is killed every {wish.kill_every:.0f} releases")
    began = time.monotonic()
    besides = [victims.kill_again_and_again(lambda: confirmed(place)), hurry(place, wish.hurry_every_s), tell(place)]
    tasks = [asyncio.create_task(one) for one in besides]
    await course.run()
    await all_confirmed(place, course.made)
    seconds = time.monotonic() - began
    for task in tasks:
        task.cancel()
    place.fake.set(faults={})
    return await judge(place, gate, course.made, victims.kills, seconds)


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.chaos", description=__doc__)
    parser.add_argument("--releases", type=int, default=10_000)
    parser.add_argument("--faults", type=float, default=0.35, help="the share of requests that go wrong")
    parser.add_argument("--kill-every", type=float, default=30.0, help="releases between two kills, on average")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--jobs", type=int, default=10, help="how many a worker does at the same time")
    parser.add_argument("--hurry-every", type=float, default=5.0, help="seconds after which one who waits tries again")
    parser.add_argument("--within", type=float, default=7_200, help="seconds after which no more are begun")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    wish = Wish(
        releases=chosen.releases, faults=chosen.faults, kill_every=chosen.kill_every, workers=chosen.workers,
        jobs=chosen.jobs, hurry_every_s=chosen.hurry_every, within_s=chosen.within, seed=chosen.seed,
    )  # fmt: skip
    verdict = asyncio.run(run(wish))
    for name, value in verdict._asdict().items():
        print(f"{name:<16}{value:,.0f}")
    print(f"{'per second':<16}{verdict.transfers / verdict.seconds:,.1f}")
    print("holds" if verdict.holds else "DOES NOT HOLD")
    return 0 if verdict.holds else 1


if __name__ == "__main__":
    sys.exit(main())
