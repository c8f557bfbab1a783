"""An assessment from its opening to its decision."""

import datetime
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import act_as
from marketplace.assessments import decision, panel, queries, roster, seating, standing, work
from marketplace.assessments.decision import Verdict
from marketplace.assessments.models import Decision, Score
from marketplace.clock import SetClock
from marketplace.deals.models import DealMilestone
from marketplace.errors import Conflict, Invalid
from marketplace.jobs import Context, drain
from marketplace.listings.service import move_listing, recommend_listing
from marketplace.mail import Mail
from marketplace.monitoring.forecasting import HALF_TRUST
from marketplace.monitoring.models import MilestoneForecast, MilestoneOutcome
from marketplace.people.models import Organisation
from marketplace.process import history
from scoring.receipts import Receipt
from scoring.technology import Text
from tests.api.monitoring.things import running_deal
from tests.marketplace.assessments.conftest import HOLDING, OPERATOR, Town, technology

GOOD = Verdict(
    outcome="recommended",
    conditions=Text(zh="进水COD不超过500 mg/L", en="influent COD up to 500 mg/L"),
    valid_until=datetime.date(2027, 3, 1),
)
BACK = Verdict(outcome="returned", note="the level is not shown")


async def states(session: AsyncSession, subject: Any) -> list[str]:
    return [event.to_state for event in await history(session, subject)]


async def test_two_who_agree_decide_without_a_third(town: Town, session: AsyncSession) -> None:
    assessment = await town.assessment()
    seats = await town.seat(assessment, await town.assessor(), await town.assessor())
    for seat in seats:
        await town.score(seat, 8)
    act_as(session, OPERATOR)
    made = await decision.decide(session, assessment=assessment, verdict=GOOD)
    assert await states(session, assessment) == ["open", "assigned", "scoring", "decided"]
    assert (made.level, made.low >= 6, assessment.listing.state) == (8, True, "recommended")
    found = await queries.published_decision(session, assessment.listing_id)
    assert found is not None
    assert found.id == made.id


async def test_only_an_interval_across_the_bar_asks_a_further_assessor(town: Town, session: AsyncSession) -> None:
    assessment = await town.assessment()
    for seat, level in zip(
        await town.seat(assessment, await town.assessor(), await town.assessor()), (5, 7), strict=True
    ):
        await town.score(seat, level)
    assert assessment.state == "further-review"
    third = await town.assessor()
    act_as(session, OPERATOR)
    with pytest.raises(Conflict) as refused:
        await decision.decide(session, assessment=assessment, verdict=GOOD)
    assert refused.value.code == "further-review-needed"
    (proposal,) = await seating.propose(session, [assessment])
    assert proposal.assessor.id == third.id
    (seat,) = await town.seat(assessment, third)
    assert seat.further
    await town.score(seat, 8)
    assert await standing.panel_of(session, assessment) is not None


async def test_what_is_published_can_be_computed_again(town: Town, session: AsyncSession) -> None:
    assessment = await town.assessment()
    for seat in await town.seat(assessment, await town.assessor(), await town.assessor()):
        await town.score(seat, 8)
    act_as(session, OPERATOR)
    made = await decision.decide(session, assessment=assessment, verdict=GOOD)
    receipt = Receipt.from_bytes(made.receipt)
    assert receipt.verify().ok
    assert (receipt.id, receipt.to_bytes()) == (made.receipt_id, made.receipt)
    assert panel.recomputed(made.panel) == made.panel
    for score in await standing.scores_of(session, assessment):
        assert Receipt.from_bytes(score.receipt).verify().ok
    names = [seat.assessor.person.name for seat in await roster.taken_seats(session, [assessment])]
    for published in (made.receipt, made.panel):
        assert not [name for name in [*names, "seen on site"] if name.encode() in published]


async def test_a_return_says_what_would_have_passed(town: Town, session: AsyncSession) -> None:
    assessment = await town.assessment()
    for seat in await town.seat(assessment, await town.assessor(), await town.assessor()):
        await town.score(seat, 3)
    act_as(session, OPERATOR)
    with pytest.raises(Conflict) as refused:
        await decision.decide(session, assessment=assessment, verdict=GOOD)
    assert refused.value.code == "below-the-bar"
    made = await decision.decide(session, assessment=assessment, verdict=BACK)
    assert assessment.listing.state == "draft"
    assert {change["code"] for change in made.feedback} == {"not-met"}
    assert {change["level"] for change in made.feedback} == {4, 5, 6}
    assert await queries.published_decision(session, assessment.listing_id) is None


async def test_all_that_is_wrong_with_a_decision_is_said_at_once(town: Town, session: AsyncSession) -> None:
    assessment = await town.assessment()
    for seat in await town.seat(assessment, await town.assessor(), await town.assessor()):
        await town.score(seat, 8)
    act_as(session, OPERATOR)
    bad = Verdict(outcome="recommended", valid_until=datetime.date(2020, 1, 1))
    with pytest.raises(Invalid) as refused:
        await decision.decide(session, assessment=assessment, verdict=bad)
    assert [fault.field for fault in refused.value.fields] == ["valid_until", "conditions"]
    bad = Verdict(outcome="returned", valid_until=datetime.date(2027, 1, 1))
    with pytest.raises(Invalid) as refused:
        await decision.decide(session, assessment=assessment, verdict=bad)
    assert [fault.field for fault in refused.value.fields] == ["valid_until", "note"]
    assert assessment.state == "scoring"


async def test_hindrances_to_an_assignment_are_named_together(town: Town, session: AsyncSession) -> None:
    listing = await town.listing()
    assessment = await town.assessment(listing)
    full, free = await town.assessor(capacity=0), await town.assessor()
    holder = await session.get_one(Organisation, listing.organisation_id)
    colleague = await town.assessor(domain=f"lab.{holder.email_domain}")
    related = await town.assessor()
    await roster.state_relation(session, assessor=related, organisation_id=listing.organisation_id, kind="co-author")
    with pytest.raises(Invalid) as refused:
        await town.seat(assessment, full, free, colleague, related, free)
    assert [fault.field for fault in refused.value.fields] == [
        "assessor_ids",
        "assessor_ids.0",
        "assessor_ids.2",
        "assessor_ids.3",
        "assessor_ids.4",
    ]
    assert assessment.state == "open"
    assert [found.assessor.id for found in await seating.propose(session, [assessment])] == [free.id]


async def test_a_declared_conflict_gives_the_seat_up(town: Town, session: AsyncSession) -> None:
    assessment = await town.assessment()
    (seat, _) = await town.seat(assessment, await town.assessor(), await town.assessor())
    declared = work.Declared(kind="family", note="my sister works there")
    await work.declare(session, assignment=seat, conflicts=[declared])
    assert (seat.state, seat.conflicts) == ("declined", [{"kind": "family", "note": "my sister works there"}])
    assert assessment.state == "assigned"


async def test_a_conflict_that_came_up_meanwhile_stops_the_declaration(town: Town, session: AsyncSession) -> None:
    assessment = await town.assessment()
    assessor = await town.assessor()
    (seat,) = await town.seat(assessment, assessor)
    await roster.state_relation(
        session, assessor=assessor, organisation_id=assessment.listing.organisation_id, kind="employment"
    )
    await town.declare(seat)
    assert seat.state == "declined"


async def test_who_does_not_answer_is_reminded_and_then_dropped(
    town: Town, session: AsyncSession, clock: SetClock, context: Context
) -> None:
    assessment = await town.assessment()
    quiet, busy = await town.assessor(), await town.assessor()
    silent, seat = await town.seat(assessment, quiet, busy)
    await town.declare(seat)
    await session.commit()
    clock.advance(timedelta(days=5))
    await drain(context)
    kinds = (await session.scalars(select(Mail.kind).where(Mail.to == quiet.person.email).order_by(Mail.id))).all()
    assert kinds == ["assessment-invited", "assessment-remind-invited"]
    clock.advance(timedelta(days=2))
    await drain(context)
    await session.refresh(silent)
    assert silent.state == "expired"
    assert not (await session.scalars(select(Mail).where(Mail.kind == "assessment-remind-declared"))).all()


async def test_a_listing_that_leaves_ends_its_assessment(town: Town, session: AsyncSession) -> None:
    assessment = await town.assessment()
    (seat,) = await town.seat(assessment, await town.assessor())
    act_as(session, HOLDING)
    await move_listing(session, listing=assessment.listing, transition="withdraw")
    await session.refresh(assessment)
    await session.refresh(seat)
    assert (assessment.state, seat.state) == ("cancelled", "released")


async def test_nothing_is_recommended_past_its_assessment(town: Town, session: AsyncSession) -> None:
    assessment = await town.assessment()
    with pytest.raises(Conflict) as refused:
        await recommend_listing(session, listing=assessment.listing)
    assert refused.value.code == "needs-assessment"


async def test_a_cancelled_assessment_makes_room_for_another(town: Town, session: AsyncSession) -> None:
    assessment = await town.assessment()
    (seat,) = await town.seat(assessment, await town.assessor())
    await seating.cancel(session, assessment=assessment, note="wrong framework")
    assert (assessment.state, seat.state) == ("cancelled", "released")
    again = await town.assessment(assessment.listing, framework="neett-entry", bar=2)
    assert again.state == "open"


async def test_a_plan_that_cannot_be_is_refused_with_all_reasons(town: Town) -> None:
    listing = await town.listing()
    with pytest.raises(Invalid) as refused:
        await town.assessment(listing, framework="water-trl", bar=12, assessors_wanted=3, assessors_max=2)
    assert [fault.field for fault in refused.value.fields] == ["bar", "assessors_max", "framework"]
    with pytest.raises(Invalid) as refused:
        await town.assessment(listing, framework="astrology")
    assert [fault.field for fault in refused.value.fields] == ["framework"]


async def test_scores_and_decisions_are_never_changed(town: Town, session: AsyncSession) -> None:
    assessment = await town.assessment()
    (seat,) = await town.seat(assessment, await town.assessor())
    await town.score(seat, 6)
    for statement in (update(Score).values(low=1), delete(Score), update(Decision).values(low=1)):
        with pytest.raises(DBAPIError):
            async with session.begin_nested():
                await session.execute(statement)


async def test_forecasts_that_came_true_give_a_score_its_weight(town: Town, session: AsyncSession) -> None:
    seer, other = await town.assessor(), await town.assessor()
    assessment = await town.assessment()
    for seat in await town.seat(assessment, seer, other):
        await town.score(seat, 7)
    deal = await running_deal(session, milestones=2)
    milestones = (await session.scalars(select(DealMilestone.id).where(DealMilestone.deal_id == deal.id))).all()
    for milestone_id, in_time in zip(milestones, (True, False), strict=True):
        day, of = datetime.date(2026, 1, 1), {"milestone_id": milestone_id}
        session.add(MilestoneForecast(assessor_id=seer.id, probability=float(in_time), made_on=day, **of))
        session.add(MilestoneOutcome(in_time=in_time, known_on=day, **of))
    await session.flush()
    weights = {score.rater: score.weight for score in await standing.said_so_far(session, "trl", assessment)}
    assert weights == {str(seer.id): round(1 + 2 / (2 + HALF_TRUST), 3), str(other.id): 1.0}


async def test_past_scores_teach_how_harsh_somebody_is(town: Town, session: AsyncSession) -> None:
    harsh, fair = await town.assessor(capacity=50), await town.assessor(capacity=50)
    for number in range(6):
        assessment = await town.assessment(await town.listing(technology(f"No. {number}")), bar=2)
        for seat, level in zip(await town.seat(assessment, harsh, fair), (5, 7), strict=True):
            await town.score(seat, level)
        act_as(session, OPERATOR)
        await decision.decide(session, assessment=assessment, verdict=GOOD)
    found = await queries.all_severities(session, "trl")
    assert found[str(harsh.id)] < -0.3 < 0.3 < found[str(fair.id)]
