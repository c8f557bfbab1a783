"""The same walk after money was paid out: chargebacks lost and won, claims on the payee, and every way they end."""

import os
import uuid
from typing import Any

import pytest
from hypothesis import Phase
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule
from sqlalchemy import select, text

from marketplace.database import transaction
from marketplace.errors import MarketplaceError
from marketplace.jobs import Context
from marketplace.payments import claims, endings, funding, milestones, queries, repayments
from marketplace.payments.claims import ClaimWish
from marketplace.payments.holding import HoldProviders
from marketplace.payments.models import DealPayment, PayeeClaim, PaymentOrder
from marketplace.payments.process import OPEN_CLAIM
from marketplace.payments.setup import Arrangement, set_up_payment, stages_of
from marketplace.people.models import Organisation
from marketplace.stripe import chargebacks
from marketplace.stripe.models import StripeChargeback
from tests.marketplace import any_order
from tests.marketplace.payments.making import EVERYBODY, Stage, signed_deal, signer
from tests.marketplace.payments.test_any_order import AnyOrder, Bank, World

# A short run by default; `GREENHATCH_MONEY_STEPS=5000` makes it a long one. Some walks end early.
STEPS_LEAST = int(os.environ.get("GREENHATCH_MONEY_STEPS", "480"))
WALKS, WALK_STEPS, ROUNDS_MOST = 4, 140, max(10, STEPS_LEAST // 100)
STAGES = (Stage(100_000), Stage(70_000), Stage(31_000))
PAID_OUT = 2
TO_COME = tuple(Stage(60_000) for _ in range(6))
WAYS = ("repay", "answer", "doubt", "keep", "write-off", "pay-back", "answer-back", "close")

ground = any_order.ground_fixture(World)


class ClaimsInAnyOrder(AnyOrder):
    """One deal that was paid out and is charged back, and another of the same payee with milestones to come."""

    # Work goes on elsewhere; the walk is about what was paid out.
    fund = submit = accept = request_changes = do_without_the_report = dispute = decide = cancel = as_usual = None  # type: ignore[assignment]

    @initialize(by_stage=st.booleans(), fee=st.sampled_from((0, 250)))
    def begin(self, by_stage: bool, fee: int) -> None:
        self.bank, self.sessions = Bank(), self.ground.sessions
        self.repaid = 0  # by the payee to the platform, outside of releases, less what came back
        tools = {HoldProviders: HoldProviders(self.bank)}
        self.context = Context(sessions=self.sessions, clock=self.ground.clock, tools=tools)
        self.ground.run(self._paid_out(fee))

    async def _paid_out(self, fee: int) -> None:
        arrangement = Arrangement(provider="stripe", fee_basis_points=fee)
        async with transaction(self.sessions, EVERYBODY) as session:
            deal = await signed_deal(session, *STAGES)
            holder = await session.get_one(Organisation, deal.holder_organisation_id)
            payments = [
                await set_up_payment(session, deal=one, arrangement=arrangement)
                for one in (deal, await signed_deal(session, *TO_COME, holder=holder))
            ]
            await session.execute(text("DELETE FROM membership"))  # nobody to write letters to
            for payment in payments:
                await funding.fund(session, payment=payment)
        self.payment_id, self.deal_id = payments[0].id, payments[0].deal_id
        self.next_id = payments[1].id
        await self._work("none")
        for number in range(PAID_OUT):
            await self._accept(self.payment_id, number)
        await self._work("none")

    async def _accept(self, payment_id: uuid.UUID, number: int) -> None:
        async with transaction(self.sessions, EVERYBODY) as session:
            payment = await session.get_one(DealPayment, payment_id)
            paid = (await stages_of(session, payment.deal_id))[number][0]
            if paid.state == "funded":
                await milestones.submit(session, paid=paid, evidence=[])
                await milestones.accept(session, paid=paid, signer=signer(session, payment))

    @rule(number=st.integers(0, len(TO_COME) - 1))
    def release_elsewhere(self, number: int) -> None:
        self.ground.steps += 1
        self.ground.run(self._accept(self.next_id, number))

    @rule(percent=st.integers(30, 100), status=st.sampled_from(("lost", "lost", "won")))
    def charge_back(self, percent: int, status: str) -> None:
        """Decided once; but what was lost may be won yet."""

        async def step(session: Any, payment: DealPayment) -> None:
            mine = (PaymentOrder.deal_id == self.deal_id, PaymentOrder.kind == "fund")
            order = (await session.scalars(select(PaymentOrder).where(*mine).limit(1))).one()
            dispute = {
                "id": f"dp_{order.id}", "charge": order.reference, "amount": order.amount_minor * percent // 100,
                "currency": order.currency.lower(), "status": status, "reason": "fraudulent",
            }  # fmt: skip
            await chargebacks.keep(session, dispute)
            await endings.unfreeze(session, payment=payment)

        self._do(step)

    @rule(percent=st.integers(1, 100), basis=st.sampled_from(("", "clause 9")))
    def claim(self, percent: int, basis: str) -> None:
        async def step(session: Any, payment: DealPayment) -> None:
            minor = await claims.claimable_of(session, payment) * percent // 100
            wish = ClaimWish(amount_minor=minor, reason="paid out before", netting_basis=basis)
            await claims.propose(session, payment=payment, wish=wish, signer=signer(session, payment))

        self._do(step)

    @rule(yes=st.sampled_from((True, True, False)))
    def answer_claims(self, yes: bool) -> None:
        async def step(session: Any, payment: DealPayment) -> None:
            for claim in await self._claims(session, "proposed"):
                if yes:
                    await claims.approve(session, claim=claim, signer=signer(session, payment))
                else:
                    await claims.drop(session, claim=claim)

        self._do(step)

    @rule(way=st.sampled_from(WAYS), place=st.integers(0, 3), percent=st.integers(1, 100), yes=st.booleans())
    def settle(self, way: str, place: int, percent: int, yes: bool) -> None:
        async def step(session: Any, payment: DealPayment) -> None:
            found = await self._claims(session)
            if found:
                await self._take(session, payment, found[place % len(found)], way, percent, yes)

        self._do(step)

    async def _claims(self, session: Any, *states: str) -> list[PayeeClaim]:
        return [one for one in await queries.claims_of(session, self.deal_id) if not states or one.state in states]

    async def _take(
        self, session: Any, payment: DealPayment, claim: PayeeClaim, way: str, percent: int, yes: bool
    ) -> None:
        by, said = signer(session, payment), claim.said_minor or 0
        if way == "repay":
            minor = max(1, claim.outstanding_minor * percent // 100)
            await repayments.say_repaid(session, claim=claim, amount_minor=minor, reference="B1")
        elif way == "answer":
            await repayments.answer_repaid(session, claim=claim, received=yes)
            self.repaid += said if yes else 0
        elif way == "doubt":
            await claims.doubt(session, claim=claim, note="bankrupt", signer=by)
        elif way == "keep":
            await claims.keep(session, claim=claim)
        elif way == "write-off":
            await claims.write_off(session, claim=claim, signer=by)
        elif way == "pay-back":
            await repayments.say_paid_back(session, claim=claim, reference="B2")
        elif way == "answer-back":
            await repayments.answer_paid_back(session, claim=claim, received=yes)
            self.repaid -= said if yes else 0
        else:
            await repayments.close(session, claim=claim, note="even")

    async def _end(self) -> None:
        """Who was told of money answers, and then the ledger says exactly what was done."""
        for way in ("answer", "answer-back"):
            for claim_id in await self._open_claims():
                await self._answered(claim_id, way)
        await super()._end()

    async def _open_claims(self) -> list[uuid.UUID]:
        async with transaction(self.sessions, EVERYBODY) as session:
            return [claim.id for claim in await self._claims(session, *OPEN_CLAIM)]

    async def _answered(self, claim_id: uuid.UUID, way: str) -> None:
        try:
            async with transaction(self.sessions, EVERYBODY) as session:
                payment = await session.get_one(DealPayment, self.payment_id)
                await self._take(session, payment, await session.get_one(PayeeClaim, claim_id), way, 100, True)
        except MarketplaceError:
            return

    async def _expected(self, session: Any) -> dict[str, int]:
        """Beside what the bank did: what was charged back, what was repaid by hand, and what is owed still."""
        expected, found = await super()._expected(session), await self._claims(session)
        lost = await session.scalars(select(StripeChargeback.amount_minor).where(StripeChargeback.status == "lost"))
        expected["payer"] += sum(lost.all())
        expected["payee"] -= self.repaid
        expected["receivable"] = -sum(_owed_minor(claim) for claim in found)
        return expected


def _owed_minor(claim: PayeeClaim) -> int:
    """What the payee owes; below zero what it is owed back."""
    if claim.state in ("proposed", "dropped", "closed"):
        return 0
    return -claim.settled_minor if claim.state in ("owed-back", "paying-back") else claim.outstanding_minor


def test_claims_in_any_order(ground: World) -> None:
    for _ in range(ROUNDS_MOST):
        any_order.walk(
            ClaimsInAnyOrder, ground, examples=WALKS, steps=WALK_STEPS, database=None, phases=(Phase.generate,)
        )
        if ground.steps >= STEPS_LEAST:
            return
    pytest.fail(f"only {ground.steps} steps")
