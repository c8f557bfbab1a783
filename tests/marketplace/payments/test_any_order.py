"""Everything in any order, with a bank that loses questions and answers and a worker that dies: no cent goes astray."""

import os
import uuid
from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

import pytest
from hypothesis import Phase
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule
from sqlalchemy import select, text

from marketplace.database import transaction
from marketplace.errors import MarketplaceError
from marketplace.jobs import Context
from marketplace.ledger.checks import faults
from marketplace.ledger.statements import trial_balance
from marketplace.monitoring import reports
from marketplace.payments import disputes, endings, funding, milestones, refunds
from marketplace.payments.holdbacks import awaited
from marketplace.payments.holding import Absent, Confirmed, Found, HoldProviders, Instruction, Outcome, Refused, Unknown
from marketplace.payments.models import DealPayment, Dispute, MilestonePayment, PaymentOrder, Refund
from marketplace.payments.orders import execute
from marketplace.payments.process import OPEN_DISPUTE, OPEN_ORDER
from marketplace.payments.refunds import RefundWish
from tests.marketplace import any_order
from tests.marketplace.payments.making import EVERYBODY, Stage, payable, signer

# A short run by default; `GREENHATCH_MONEY_STEPS=5000` makes it a long one. Some walks end early.
STEPS_LEAST = int(os.environ.get("GREENHATCH_MONEY_STEPS", "750"))
WALKS, WALK_STEPS, ROUNDS_MOST = 5, 200, max(10, STEPS_LEAST // 100)
PATIENCE_STEPS = 60
STAGES = (Stage(100_000), Stage(70_000, holdback_minor=7_000), Stage(31, silence_rule="escalated"))


class Crash(BaseException):
    """The worker is killed."""


KINDS = {"fund", "release", "refund", "reverse"}


class Bank:
    """Moves real money, once a key, and answers as badly as it is told to."""

    name = "stripe"

    def __init__(self) -> None:
        self.moved: dict[str, Instruction] = {}
        self.refused: dict[str, Refused] = {}
        self.fault = "none"

    async def instruct(self, order: Instruction) -> Outcome:
        if self.fault == "lost":
            return Unknown(reason="timeout")
        if self.fault == "refused" and order.key not in self.moved:
            self.refused.setdefault(order.key, Refused(code="no", message="no", again=True))
        if order.key in self.refused:
            return self.refused[order.key]
        self.moved.setdefault(order.key, order)
        if self.fault == "crash":
            raise Crash
        return Unknown(reason="answer lost") if self.fault == "lost-after" else Confirmed(reference=order.key)

    async def look_up(self, order: Instruction) -> Found:
        return Confirmed(reference=order.key) if order.key in self.moved else Absent()

    def sums(self) -> dict[str, int]:
        sums = dict.fromkeys(KINDS, 0)
        for order in self.moved.values():
            sums[order.kind] += order.amount.amount_minor
        return sums


class World(any_order.Ground):
    steps = 0

    async def prepare(self) -> None:
        """Each example makes a deal of its own."""
        self.kinds_moved: set[str] = set()


ground = any_order.ground_fixture(World)
PICK = st.integers(0, len(STAGES) - 1)
SHARE = st.integers(1, 100)
FAULTS = st.sampled_from(("none", "none", "none", "lost", "lost-after", "refused", "crash"))


class AnyOrder(any_order.Machine):
    """One deal of three milestones."""

    ground: ClassVar[World]

    @initialize(by_stage=st.booleans(), fee=st.sampled_from((0, 250)), patient=st.booleans())
    def begin(self, by_stage: bool, fee: int, patient: bool) -> None:
        """After an early end there is little left to do: half of the deals are given some time."""
        self.bank, self.ends_from = Bank(), self.ground.steps + patient * PATIENCE_STEPS
        self.sessions = self.ground.sessions
        tools = {HoldProviders: HoldProviders(self.bank)}
        self.context = Context(sessions=self.sessions, clock=self.ground.clock, tools=tools)
        self.ground.run(self._set_up(by_stage, fee))

    async def _set_up(self, by_stage: bool, fee: int) -> None:
        async with transaction(self.sessions, EVERYBODY) as session:
            payment = await payable(session, *STAGES, provider="stripe", by_stage=by_stage, fee_basis_points=fee)
            await session.execute(text("DELETE FROM membership"))  # nobody to write letters to
            self.payment_id, self.deal_id = payment.id, payment.deal_id

    def _do(self, step: Callable[[Any, DealPayment], Coroutine[Any, Any, Any]]) -> None:
        """One step in its own transaction; a refusal is an answer, too, and keeps nothing."""
        self.ground.steps += 1

        async def work() -> None:
            try:
                async with transaction(self.sessions, EVERYBODY) as session:
                    await step(session, await session.get_one(DealPayment, self.payment_id))
                    await self._check(session)
            except MarketplaceError:
                return

        self.ground.run(work())

    def _on(self, number: int, step: Callable[[Any, DealPayment, MilestonePayment], Any]) -> None:
        async def with_milestone(session: Any, payment: DealPayment) -> None:
            query = select(MilestonePayment).where(MilestonePayment.deal_id == self.deal_id)
            paid = (await session.scalars(query.order_by(MilestonePayment.id))).all()[number]
            await step(session, payment, paid)

        self._do(with_milestone)

    @rule()
    def fund(self) -> None:
        self._do(lambda session, payment: funding.fund(session, payment=payment))

    @rule(number=PICK)
    def submit(self, number: int) -> None:
        self._on(number, lambda session, _, paid: milestones.submit(session, paid=paid, evidence=[]))

    @rule(number=PICK, percent=SHARE)
    def accept(self, number: int, percent: int) -> None:
        async def step(session: Any, payment: DealPayment, paid: MilestonePayment) -> None:
            minor = None if percent > 50 else STAGES[number].amount_minor * percent // 100
            by = signer(session, payment)
            await milestones.accept(session, paid=paid, signer=by, amount_minor=minor)

        self._on(number, step)

    @rule(number=PICK)
    def request_changes(self, number: int) -> None:
        self._on(number, lambda s, _, paid: milestones.request_changes(s, paid=paid, note="more"))

    @rule(number=PICK, percent=SHARE, released=st.booleans())
    def propose_refund(self, number: int, percent: int, released: bool) -> None:
        minor = STAGES[number].amount_minor * percent // 100
        wish = RefundWish(amount_minor=minor, released_minor=minor if released else 0, reason="r")
        self._on(number, lambda session, _, paid: refunds.propose(session, paid=paid, wish=wish))

    @rule(yes=st.booleans())
    def answer_refund(self, yes: bool) -> None:
        async def step(session: Any, payment: DealPayment) -> None:
            open_ones = select(Refund).where(Refund.deal_id == self.deal_id, Refund.state == "proposed")
            for refund in (await session.scalars(open_ones)).all():
                if yes:
                    await refunds.approve(session, refund=refund, signer=signer(session, payment, side="payee"))
                else:
                    await refunds.reject(session, refund=refund)

        self._do(step)

    @rule(number=PICK)
    def do_without_the_report(self, number: int) -> None:
        async def step(session: Any, payment: DealPayment, paid: MilestonePayment) -> None:
            if (report := await awaited(session, paid)) is not None:
                await reports.waive_report(session, report=report, note="seen")

        self._on(number, step)

    @rule(number=PICK)
    def dispute(self, number: int) -> None:
        self._on(number, lambda s, _, paid: disputes.open_dispute(s, paid=paid, side="payer", reason="late"))

    @rule(percent=st.integers(0, 100))
    def decide(self, percent: int) -> None:
        async def step(session: Any, payment: DealPayment) -> None:
            query = select(Dispute).where(Dispute.deal_id == self.deal_id, Dispute.state.in_(OPEN_DISPUTE))
            for found in (await session.scalars(query)).all():
                minor = found.held_minor * percent // 100
                by = signer(session, payment)
                await disputes.decide(session, dispute=found, release_minor=minor, note="so", signer=by)

        self._do(step)

    @precondition(lambda self: self.ground.steps >= self.ends_from)
    @rule()
    def cancel(self) -> None:
        self._do(lambda session, payment: endings.cancel(session, payment=payment, reason="over"))

    @rule()
    def freeze(self) -> None:
        self._do(lambda session, payment: endings.freeze(session, payment=payment, reason="chargeback"))

    @rule()
    def unfreeze(self) -> None:
        self._do(lambda session, payment: endings.unfreeze(session, payment=payment))

    @rule(number=PICK)
    def as_usual(self, number: int) -> None:
        """What would come next if nothing went wrong: few walks would get far without it."""
        self.fund()
        self.work("none")
        self.submit(number)
        self.accept(number, 100)
        self.work("none")

    @rule(number=PICK, percent=SHARE)
    def take_back(self, number: int, percent: int) -> None:
        """What was paid out already, by agreement."""
        self.propose_refund(number, percent, released=True)
        self.answer_refund(yes=True)
        self.work("none")

    @rule(fault=FAULTS)
    def work(self, fault: str) -> None:
        self.ground.steps += 1
        self.ground.run(self._work(fault))

    async def _work(self, fault: str) -> None:
        async with transaction(self.sessions, EVERYBODY) as session:
            query = select(PaymentOrder.id).where(PaymentOrder.state.in_(OPEN_ORDER))
            orders = (await session.scalars(query)).all()
            await self._check(session)
        self.bank.fault = fault
        for order_id in orders:
            await self._execute(order_id)

    async def _execute(self, order_id: uuid.UUID) -> None:
        try:
            await execute(self.context, order_id=str(order_id))
        except Crash:
            return

    async def _check(self, session: Any) -> None:
        await session.flush()
        sums = text(
            "SELECT coalesce(sum(balance_minor), 0)::bigint, "
            "count(*) FILTER (WHERE kind NOT IN ('outside', 'clearing') AND balance_minor < reserved_minor) "
            "FROM ledger_account"
        )
        assert tuple((await session.execute(sums)).one()) == (0, 0)

    def teardown(self) -> None:
        if hasattr(self, "sessions"):
            try:
                self.ground.run(self._end())
            finally:
                super().teardown()

    async def _end(self) -> None:
        """The bank answers again: then the ledger says exactly what the bank has done."""
        for _ in range(6):
            await self._work("none")
        async with transaction(self.sessions, EVERYBODY) as session:
            assert await faults(session) == []
            found: dict[str, int] = {}
            for row in (await trial_balance(session)).rows:
                name = row.code.split(":")[2]
                found[name] = found.get(name, 0) + row.balance_minor
            expected = await self._expected(session)
        assert {name: found.get(name, 0) for name in expected} == expected

    async def _expected(self, session: Any) -> dict[str, int]:
        """Accounts by the last part of their names, by what the bank did."""
        moved = self.bank.sums()
        self.ground.kinds_moved |= {kind for kind, minor in moved.items() if minor}
        return {
            "clearing": 0,
            "payer": moved["refund"] - moved["fund"],
            "payee": moved["release"] - moved["reverse"],
        }


def test_any_order(ground: World) -> None:
    for _ in range(ROUNDS_MOST):
        any_order.walk(AnyOrder, ground, examples=WALKS, steps=WALK_STEPS, database=None, phases=(Phase.generate,))
        if ground.steps >= STEPS_LEAST and ground.kinds_moved == KINDS:
            return
    pytest.fail(f"{ground.steps} steps, in which {ground.kinds_moved} were moved")
