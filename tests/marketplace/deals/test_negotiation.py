import hashlib
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.clock import SetClock
from marketplace.deals import agreement, changes, conditions, negotiation, service, trial
from marketplace.deals.models import Consent, DealCondition, DealMilestone
from marketplace.deals.terms import Terms
from marketplace.errors import Conflict, Forbidden, Invalid
from marketplace.jobs import Context, drain
from marketplace.mail import Mail
from marketplace.money import Money
from tests.marketplace.deals.table import CONDITION, TRIAL, Table, acting, sit_down, terms

NOW = terms(cooling_off_days=0)


async def test_offers_go_to_and_fro_until_one_is_accepted(session: AsyncSession) -> None:
    table = await sit_down(session)
    await table.offer(terms(900_000))
    with table.as_holder():
        counter = await negotiation.make_offer(session, deal=table.deal, terms=terms(1_100_000))
    with pytest.raises(Forbidden), table.as_holder():
        await negotiation.accept_offer(session, deal=table.deal, sha256=counter.sha256)
    with table.as_financier():
        await negotiation.accept_offer(session, deal=table.deal, sha256=counter.sha256)
    assert (table.deal.state, table.deal.amount_minor) == ("cooling-off", 1_100_000)
    amounts = (await session.scalars(select(DealMilestone.amount_minor).order_by(DealMilestone.position))).all()
    assert amounts == [550_000, 550_000]


async def test_a_yes_is_a_persons_and_to_the_document_with_the_hash_they_name(session: AsyncSession) -> None:
    table = await sit_down(session)
    offer = await table.offer()
    program = msgspec.structs.replace(table.holder.actor(), kind="key")
    with pytest.raises(Forbidden, match="person"), acting(session, program):
        async with session.begin_nested():
            await negotiation.accept_offer(session, deal=table.deal, sha256=offer.sha256)
    with pytest.raises(Conflict, match="hash"), table.as_holder():
        await negotiation.accept_offer(session, deal=table.deal, sha256=hashlib.sha256(b"other terms").digest())


async def test_consents_keep_who_when_and_what(session: AsyncSession, clock: SetClock) -> None:
    table = await sit_down(session)
    offer = await table.agree()
    given = (await session.scalars(select(Consent).order_by(Consent.side))).all()
    assert [(found.side, found.kind, found.person_id) for found in given] == [
        ("financier", "accepted", table.financier.people[0].id),
        ("holder", "accepted", table.holder.people[0].id),
    ]
    assert {found.sha256 for found in given} == {hashlib.sha256(offer.document).digest()}
    assert {found.given_at for found in given} == {clock.now()}
    content = msgspec.json.decode(offer.document)
    assert content["parties"]["holder"]["id"] == str(table.holder.organisation.id)
    assert content["terms"]["amount"] == {"amount_minor": 1_000_000, "currency": "CNY"}


async def test_an_offer_expires_and_another_can_be_made(
    session: AsyncSession, clock: SetClock, context: Context
) -> None:
    table = await sit_down(session)
    await table.offer()
    await session.commit()
    clock.advance(negotiation.OPEN_FOR + timedelta(hours=1))
    await drain(context)
    await session.refresh(table.deal)
    assert (table.deal.state, table.deal.open_offer_id) == ("negotiating", None)
    await table.offer()
    assert table.deal.state == "offered"


async def test_a_retail_investor_sleeps_on_it_and_cools_off_for_four_days(
    session: AsyncSession, clock: SetClock
) -> None:
    table = await sit_down(session, category=None)
    with table.as_holder(), pytest.raises(Invalid, match="protection"):
        await negotiation.make_offer(session, deal=table.deal, terms=terms(cooling_off_days=3))
    with table.as_holder():
        offer = await negotiation.make_offer(session, deal=table.deal, terms=terms(cooling_off_days=4))
    with table.as_financier(), pytest.raises(Conflict, match="Reflect"):
        async with session.begin_nested():
            await negotiation.accept_offer(session, deal=table.deal, sha256=offer.sha256)
    await session.refresh(table.deal)
    clock.advance(timedelta(hours=24))
    with table.as_financier():
        await negotiation.accept_offer(session, deal=table.deal, sha256=offer.sha256)
    assert table.deal.cooling_off_until == clock.now() + timedelta(days=4)
    with table.as_financier():
        await negotiation.leave(session, deal=table.deal)  # without a reason
    assert table.deal.state == "withdrawn"


async def test_above_the_threshold_a_second_person_approves(session: AsyncSession) -> None:
    table = await sit_down(session)
    await agreement.limits.set_approval_rule(
        session, organisation_id=table.holder.organisation.id, threshold=Money(1_000_000, "CNY")
    )
    offer = await table.agree(NOW)
    assert (table.deal.state, table.deal.approvals_needed) == ("agreed", ["holder"])
    with pytest.raises(DBAPIError, match="four_eyes"), table.as_holder(0):  # the one who accepted
        async with session.begin_nested():
            await agreement.approve(session, deal=table.deal, sha256=offer.sha256)
    await session.refresh(table.deal)
    with pytest.raises(Forbidden), table.as_holder(2):  # no administrator
        await agreement.approve(session, deal=table.deal, sha256=offer.sha256)
    with table.as_holder(1):
        await agreement.approve(session, deal=table.deal, sha256=offer.sha256)
    assert table.deal.state == "signing"


async def test_who_refuses_approval_leaves_nothing_agreed(session: AsyncSession) -> None:
    table = await sit_down(session)
    await agreement.limits.set_approval_rule(
        session, organisation_id=table.holder.organisation.id, threshold=Money(1, "CNY")
    )
    await table.agree(NOW)
    with table.as_holder(1):
        await agreement.refuse_approval(session, deal=table.deal, note="Not at this price.")
    assert (table.deal.state, table.deal.amount_minor) == ("negotiating", None)
    assert not (await session.scalars(select(DealMilestone))).all()
    await table.agree(NOW)
    assert table.deal.state == "agreed"


async def condition_of(table: Table) -> DealCondition:
    return (await table.session.scalars(select(DealCondition).where(DealCondition.deal_id == table.deal.id))).one()


async def test_conditions_are_settled_by_the_side_they_protect_before_anybody_signs(session: AsyncSession) -> None:
    table = await sit_down(session)
    await table.agree(terms(cooling_off_days=0, conditions=[CONDITION]))
    found = await condition_of(table)
    assert table.deal.state == "conditions"
    with pytest.raises(Conflict):
        await table.sign()
    with table.as_holder():
        with pytest.raises(Forbidden):
            await conditions.confirm_condition(session, deal=table.deal, condition=found)
        with pytest.raises(Forbidden):
            await conditions.waive_condition(session, deal=table.deal, condition=found, note="We do not need it.")
        await conditions.report_condition(session, deal=table.deal, condition=found, note="Permit no. 7")
    with table.as_financier():
        await conditions.dispute_condition(session, deal=table.deal, condition=found, note="It is for another site.")
        await conditions.waive_condition(session, deal=table.deal, condition=found, note="We take the risk.")
    assert (found.state, table.deal.state) == ("waived", "signing")
    await table.sign()
    assert table.deal.state == "awaiting-funds"


async def test_payments_take_a_signed_deal_to_its_end(session: AsyncSession) -> None:
    table = await sit_down(session)
    await table.agree(NOW)
    with pytest.raises(Conflict):
        await service.funded(session, deal=table.deal)
    await table.sign()
    await service.funded(session, deal=table.deal)
    await service.completed(session, deal=table.deal)
    assert table.deal.state == "completed"


async def test_a_material_change_cools_off_again_and_wording_does_not(session: AsyncSession, clock: SetClock) -> None:
    table = await sit_down(session)
    await table.agree(terms(cooling_off_days=2))
    first = table.deal.cooling_off_until
    clock.advance(timedelta(hours=12))
    with table.as_holder():
        worded = await changes.propose_change(
            session, deal=table.deal, terms=terms(cooling_off_days=2, notes={"en": "As discussed."})
        )
    with table.as_financier():
        await changes.accept_change(session, deal=table.deal, sha256=worded.sha256)
    assert (table.deal.state, table.deal.cooling_off_until) == ("cooling-off", first)
    with table.as_holder():
        material = await changes.propose_change(session, deal=table.deal, terms=terms(1_200_000, cooling_off_days=2))
    with table.as_financier():
        await changes.accept_change(session, deal=table.deal, sha256=material.sha256)
    assert table.deal.cooling_off_until == clock.now() + timedelta(days=2)
    assert table.deal.amount_minor == 1_200_000


async def test_silence_on_a_proposed_change_keeps_the_terms(
    session: AsyncSession, clock: SetClock, context: Context
) -> None:
    table = await sit_down(session)
    agreed = await table.agree(NOW)
    with table.as_holder():
        await changes.propose_change(session, deal=table.deal, terms=terms(2_000_000))
    await session.commit()
    clock.advance(timedelta(days=8))
    await drain(context)
    await session.refresh(table.deal)
    assert (table.deal.state, table.deal.agreed_offer_id) == ("signing", agreed.id)


async def test_a_reported_change_is_reconfirmed_by_both_and_old_signatures_do_not_count(
    session: AsyncSession, clock: SetClock
) -> None:
    table = await sit_down(session)
    offer = await table.agree(NOW)
    with table.as_holder():
        await agreement.sign(session, deal=table.deal, sha256=offer.sha256)
    with table.as_financier():
        await changes.report_change(session, deal=table.deal, note="The patent was opposed.")
        await changes.reconfirm(session, deal=table.deal, sha256=offer.sha256)
    assert table.deal.state == "reconfirming"
    with table.as_holder():
        await changes.reconfirm(session, deal=table.deal, sha256=offer.sha256)
    assert table.deal.state == "signing"
    with table.as_financier():
        await agreement.sign(session, deal=table.deal, sha256=offer.sha256)
    assert table.deal.state == "signing"
    with table.as_holder():
        await agreement.sign(session, deal=table.deal, sha256=offer.sha256)
    assert table.deal.state == "awaiting-funds"


async def test_nobody_reconfirming_ends_the_deal(session: AsyncSession, clock: SetClock, context: Context) -> None:
    table = await sit_down(session)
    await table.agree(NOW)
    with table.as_financier():
        await changes.report_change(session, deal=table.deal, note="The patent was opposed.")
    await session.commit()
    clock.advance(timedelta(days=8))
    await drain(context)
    await session.refresh(table.deal)
    assert table.deal.state == "lapsed"


async def test_the_long_stop_date_of_the_terms_ends_the_wait(
    session: AsyncSession, clock: SetClock, context: Context
) -> None:
    table = await sit_down(session)
    await table.agree(terms(cooling_off_days=0, conditions=[CONDITION], long_stop_on="2026-04-01"))
    await session.commit()
    assert table.deal.due_at is not None
    clock.advance(table.deal.due_at - clock.now())
    await drain(context)
    await session.refresh(table.deal)
    assert (table.deal.state, str(clock.now().date())) == ("lapsed", "2026-04-01")


BUYER: dict[str, Any] = {"link": "trial-first", "kind": "demand", "category": None}


async def test_trial_first_is_judged_by_its_kpis_and_silence_returns_it(
    session: AsyncSession, clock: SetClock, context: Context
) -> None:
    table = await sit_down(session, **BUYER)
    await table.agree(terms(cooling_off_days=0, trial=TRIAL))
    await table.sign()
    assert table.deal.state == "in-trial"
    with table.as_holder():
        await trial.report_result(session, deal=table.deal, kpi="tn", value=8.0, measured_on=clock.now().date())
        with pytest.raises(Invalid):
            await trial.report_result(session, deal=table.deal, kpi="cod", value=8.0, measured_on=clock.now().date())
    (seen,) = await trial.standing_of(session, table.deal)
    assert (seen.holder, seen.financier, seen.met) == (8.0, None, None)
    with table.as_financier():
        await trial.report_result(session, deal=table.deal, kpi="tn", value=9.5, measured_on=clock.now().date())
    (seen,) = await trial.standing_of(session, table.deal)
    assert seen.met is True
    await session.commit()
    clock.advance(timedelta(days=31))
    await drain(context)
    await session.refresh(table.deal)
    assert table.deal.state == "judging"
    clock.advance(timedelta(days=31))
    await drain(context)
    await session.refresh(table.deal)
    assert table.deal.state == "returned"


async def test_trial_first_converts_to_a_deal_that_awaits_funds(session: AsyncSession) -> None:
    table = await sit_down(session, **BUYER)
    await table.agree(terms(cooling_off_days=0, trial=TRIAL))
    await table.sign()
    with table.as_financier():
        await trial.end_trial(session, deal=table.deal)
        await trial.convert(session, deal=table.deal)
    assert table.deal.state == "awaiting-funds"


async def test_the_database_refuses_a_signature_that_does_not_hold(session: AsyncSession) -> None:
    table = await sit_down(session)
    await table.agree(NOW)
    statement = text("UPDATE deal SET signed_at = now() WHERE id = :id")
    with pytest.raises(DBAPIError, match="both sides have to sign"):
        async with session.begin_nested():
            await session.execute(statement, {"id": table.deal.id})
    await session.execute(text("DELETE FROM deal_milestone WHERE position = 2"))
    with pytest.raises(DBAPIError, match="do not make up the amount"):
        async with session.begin_nested():
            await session.execute(statement, {"id": table.deal.id})


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE deal SET amount_minor = 1",
        "UPDATE deal SET signed_at = NULL",
        "UPDATE deal_milestone SET amount_minor = amount_minor + 1",
        "DELETE FROM deal_milestone",
        "UPDATE deal_offer SET message = 'another'",
        "DELETE FROM deal_consent",
    ],
)
async def test_what_is_signed_stays(statement: str, session: AsyncSession) -> None:
    table = await sit_down(session)
    await table.agree(NOW)
    await table.sign()
    with pytest.raises(DBAPIError):
        async with session.begin_nested():
            await session.execute(text(statement))


async def test_letters_go_to_the_other_side_and_say_nothing_of_the_matter(session: AsyncSession) -> None:
    table = await sit_down(session)
    await table.offer()
    letters = (await session.scalars(select(Mail).where(Mail.kind == "deal-step"))).all()
    assert {letter.to for letter in letters} == {person.email for person in table.holder.people}
    assert not any("Anaerobic" in letter.text or "1000000" in letter.text for letter in letters)


async def test_everything_wrong_with_terms_is_said_at_once(session: AsyncSession) -> None:
    table = await sit_down(session, category=None)
    wrong: Terms = terms(
        1_000, instrument="equity", cooling_off_days=1, conditions=[CONDITION, {**CONDITION, "beneficiary": "holder"}],
        trial=TRIAL, long_stop_on="2020-01-01",
    )  # fmt: skip
    wrong = msgspec.structs.replace(wrong, amount=Money(999, "CNY"))
    with pytest.raises(Invalid) as caught:
        await table.offer(wrong)
    fields = {fault.field.removeprefix("terms.") for fault in caught.value.fields}
    assert fields == {
        "milestones", "equity", "trial", "conditions", "conditions.1.beneficiary", "cooling_off_days", "long_stop_on"
    }  # fmt: skip
    assert table.deal.state == "negotiating"
