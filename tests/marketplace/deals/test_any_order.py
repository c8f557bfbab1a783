"""A deal whose steps are taken by anybody in any order, with time passing in between."""

import datetime
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

from hypothesis import Phase
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import Actor, system
from marketplace.caps import service as caps
from marketplace.caps.models import Cap
from marketplace.database import transaction
from marketplace.deals import agreement, changes, conditions, negotiation, service, trial
from marketplace.deals.models import Consent, Deal, DealCondition, DealMilestone, Offer
from marketplace.deals.process import AGREED, DEAL, ENDED, SIGNED
from marketplace.errors import MarketplaceError
from marketplace.money import Money
from marketplace.people.models import Person
from marketplace.process import possible
from tests.marketplace import any_order
from tests.marketplace.deals.table import CONDITION, TRIAL, Table, sit_down, terms

EXAMPLES, STEPS = 48, 50
OPERATOR = system("test").acting_as("operator")
BOTH = {"holder", "holder's second", "financier", "financier's second"}
HOLDER, FINANCIER = {"holder", "holder's second"}, {"financier", "financier's second"}
# Who may ever do what, written down once more; whether now, is for the deal to say.
STEPS_OF: dict[str, set[str]] = {
    "offer": BOTH,
    "accept": BOTH,
    "decline": BOTH,
    "retract": BOTH,
    "approve": BOTH,
    "refuse": BOTH,
    "propose": BOTH,
    "accept change": BOTH,
    "keep": BOTH,
    "report change": BOTH | {"operator"},
    "reconfirm": BOTH,
    "report condition": HOLDER,
    "confirm condition": FINANCIER,
    "waive condition": FINANCIER,
    "sign": BOTH,
    "leave": BOTH | {"operator"},
    "end trial": FINANCIER,
    "convert": FINANCIER,
    "return": FINANCIER | {"operator"},
    "end": {"operator"},
}
# Steps that lead on come more often, or few deals would ever be signed.
LEADING = ["offer", "accept", "approve", "sign", "confirm condition", "reconfirm", "accept change", "keep"] * 2 + [
    "propose",
    "report change",
] * 3
ANYBODY = st.sampled_from([*sorted(BOTH), *sorted(BOTH), "stranger", "operator"])


class Ground(any_order.Ground):
    async def prepare(self) -> None:
        async with transaction(self.sessions, OPERATOR) as session:
            self.tables: dict[str, Table] = {
                "co-development": await sit_down(session),
                "trial-first": await sit_down(session, link="trial-first", kind="demand", category=None),
            }
            self.stranger = (await sit_down(session)).holder
            nobody_to_write_to = update(Person).values(disabled_at=any_order.START)  # thousands of letters tell nothing
            await session.execute(nobody_to_write_to)
            await session.execute(text("DELETE FROM jobs.procrastinate_jobs WHERE task_name = 'mail.deliver'"))
            for table in self.tables.values():
                owner, limit = table.financier.organisation.id, Money(10_000_000, "CNY")
                await caps.set_cap(session, organisation_id=owner, kind="fund", limit=limit)
                await caps.set_approval_rule(session, organisation_id=owner, threshold=Money(1_000_000, "CNY"))


ground = any_order.ground_fixture(Ground)


class Seen(NamedTuple):
    """What whoever takes a step has before them."""

    session: AsyncSession
    deal: Deal
    offered: Any
    on_table: bytes
    agreed: bytes
    condition: DealCondition


ACTS: dict[str, Callable[[Seen], Coroutine[Any, Any, Any]]] = {
    "offer": lambda s: negotiation.make_offer(s.session, deal=s.deal, terms=s.offered),
    "accept": lambda s: negotiation.accept_offer(s.session, deal=s.deal, sha256=s.on_table),
    "decline": lambda s: negotiation.decline_offer(s.session, deal=s.deal),
    "retract": lambda s: negotiation.retract_offer(s.session, deal=s.deal),
    "approve": lambda s: agreement.approve(s.session, deal=s.deal, sha256=s.agreed),
    "refuse": lambda s: agreement.refuse_approval(s.session, deal=s.deal, note="No."),
    "propose": lambda s: changes.propose_change(s.session, deal=s.deal, terms=s.offered),
    "accept change": lambda s: changes.accept_change(s.session, deal=s.deal, sha256=s.on_table),
    "keep": lambda s: changes.keep_terms(s.session, deal=s.deal),
    "report change": lambda s: changes.report_change(s.session, deal=s.deal, note="The patent was opposed."),
    "reconfirm": lambda s: changes.reconfirm(s.session, deal=s.deal, sha256=s.agreed),
    "report condition": lambda s: conditions.report_condition(
        s.session, deal=s.deal, condition=s.condition, note="Done."
    ),
    "confirm condition": lambda s: conditions.confirm_condition(s.session, deal=s.deal, condition=s.condition),
    "waive condition": lambda s: conditions.waive_condition(
        s.session, deal=s.deal, condition=s.condition, note="Never mind."
    ),
    "sign": lambda s: agreement.sign(s.session, deal=s.deal, sha256=s.agreed),
    "leave": lambda s: negotiation.leave(s.session, deal=s.deal, note="Enough."),
    "end trial": lambda s: trial.end_trial(s.session, deal=s.deal),
    "convert": lambda s: trial.convert(s.session, deal=s.deal),
    "return": lambda s: trial.return_technology(s.session, deal=s.deal),
    "end": lambda s: service.end_by_operator(s.session, deal=s.deal, note="By the operator."),
}


async def take(session: AsyncSession, deal: Deal, step: str, amount: int) -> None:
    """The step named, with the hash that whoever takes it has read."""
    trial_terms = {"trial": TRIAL} if deal.link == "trial-first" else {}
    wanted = [CONDITION] if amount > 1_000_000 else []
    offered = terms(amount, cooling_off_days=amount // 1_000_000, conditions=wanted, **trial_terms)
    on_table = await session.get(Offer, deal.open_offer_id) if deal.open_offer_id else None
    condition = await session.scalar(select(DealCondition).where(DealCondition.deal_id == deal.id))
    if "condition" in step and condition is None:
        raise MarketplaceError("none", "there is none")
    seen = on_table.sha256 if on_table else b"nothing"
    await ACTS[step](Seen(session, deal, offered, seen, deal.terms_sha256 or b"nothing", condition))


# What usually comes next, so that not every walk ends before anything is signed.
NEXT = {
    "negotiating": ("financier", "offer"),
    "offered": ("holder", "accept"),
    "agreed": ("financier's second", "approve"),
    "cooling-off": ("financier", "confirm condition"),
    "conditions": ("financier", "confirm condition"),
    "amending": ("holder", "accept change"),
    "reconfirming": ("financier", "reconfirm"),
    "signing": ("financier", "sign"),
    "in-trial": ("financier", "end trial"),
    "judging": ("financier", "convert"),
}
EVERYTHING = select(
    Deal,
    select(Cap.committed_minor).where(Cap.organisation_id == Deal.financier_organisation_id).scalar_subquery(),
    select(func.sum(DealMilestone.amount_minor)).where(DealMilestone.deal_id == Deal.id).scalar_subquery(),
    select(func.count(func.distinct(Consent.side)))
    .where(Consent.kind == "signed", Consent.offer_id == Deal.agreed_offer_id, Consent.round == Deal.round)
    .scalar_subquery(),
)


def machine(ground: Ground, reached: Counter[str]) -> type[any_order.Machine]:  # noqa: C901 - its rules are methods
    class Anybody(any_order.Machine):
        deal: Deal

        @initialize(link=st.sampled_from(["co-development", "co-development", "trial-first"]))
        def sit(self, link: str) -> None:
            self.table = ground.tables[link]
            ground.run(self._look())

        def actor(self, who: str) -> Actor:
            if who == "operator":
                return OPERATOR
            party = {"h": self.table.holder, "f": self.table.financier, "s": ground.stranger}[who[0]]
            return party.actor(1 if who.endswith("second") else 0)

        async def _look(self) -> None:
            async with ground.sessions() as session:
                found = await session.execute(EVERYTHING.where(Deal.id == self.table.deal.id))
                self.deal, self.cap, self.milestones, self.signed_by = found.one()
            reached[self.deal.state] += 1

        @rule(seconded=st.booleans(), amount=st.sampled_from([500_000, 500_000, 1_500_000]))
        def what_is_next_is_done(self, seconded: bool, amount: int) -> None:
            who, step = NEXT.get(self.deal.state, ("stranger", "accept"))
            if seconded and self.deal.state in ("signing", "reconfirming"):
                who = "holder"
            self.somebody_does_something(who=who, step=step, amount=amount)

        @rule(
            who=ANYBODY, step=st.sampled_from([*LEADING, *sorted(STEPS_OF)]),
            amount=st.sampled_from([500_000, 1_500_000, 2_500_000]),
        )  # fmt: skip
        def somebody_does_something(self, who: str, step: str, amount: int) -> None:
            before = (self.deal.state, self.deal.state_entry)
            refused = ground.run(self._do(self.actor(who), step, amount))
            ground.run(self._look())
            if who not in STEPS_OF[step]:
                assert refused
            if refused:
                assert (self.deal.state, self.deal.state_entry) == before

        async def _do(self, actor: Actor, step: str, amount: int) -> bool:
            try:
                async with transaction(ground.sessions, actor) as session:
                    await take(session, await session.get_one(Deal, self.deal.id), step, amount)
            except MarketplaceError:
                return True
            return False

        @rule(step=st.sampled_from(["funded", "completed", "terminated"]))
        def payments_tell(self, step: str) -> None:
            before = self.deal.state
            told = ground.run(self._told(step))
            ground.run(self._look())
            assert (
                told
                == {
                    "funded": before == "awaiting-funds",
                    "completed": before == "funded",
                    "terminated": before in SIGNED,
                }[step]
            )

        async def _told(self, step: str) -> bool:
            more = {"note": "Refunded."} if step == "terminated" else {}
            try:
                async with transaction(ground.sessions, system("payments")) as session:
                    deal = await session.get_one(Deal, self.deal.id)
                    await getattr(service, step)(session, deal=deal, **more)
            except MarketplaceError:
                return False
            return True

        @rule(hours=st.sampled_from([1, 24, 24 * 3, 24 * 8, 24 * 35]))
        def time_passes(self, hours: int) -> None:
            ground.let_pass(datetime.timedelta(hours=hours))
            ground.run(self._look())

        @invariant()
        def no_state_outlives_its_time_and_the_operator_can_end_it(self) -> None:
            if self.deal.state in ENDED:
                assert possible(self.deal, OPERATOR) == []
                return
            if self.deal.state != "funded":  # how long that lasts is for the milestones to say
                assert self.deal.due_at is not None
                assert self.deal.due_at > ground.clock.now()
            assert any(DEAL.state(way.target).final for way in possible(self.deal, OPERATOR))

        @invariant()
        def what_is_agreed_is_whole(self) -> None:
            committed = (*AGREED, *SIGNED, "completed")
            assert self.cap == (self.deal.amount_minor if self.deal.state in committed else 0)
            if self.deal.state in committed:
                assert self.milestones == self.deal.amount_minor
            if self.deal.state in (*SIGNED, "completed", "returned"):
                assert self.deal.signed_at is not None
                assert self.signed_by == 2

    return Anybody


def test_whatever_anybody_does_the_deal_keeps_its_rules(ground: Ground) -> None:
    reached: Counter[str] = Counter()
    any_order.walk(
        machine(ground, reached),
        ground,
        examples=EXAMPLES,
        steps=STEPS,
        derandomize=True,  # the same walks each time, so that what they reach does not hang on luck
        phases=(Phase.generate,),  # a walk is read as it is: making it shorter takes minutes
    )
    assert reached.total() >= 2_000
    assert {"offered", "cooling-off", "signing", "awaiting-funds"} <= set(reached)
