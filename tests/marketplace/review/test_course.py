"""A round from its pool to its last decision, and every way off the path."""

import uuid
from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from marketplace.actors import TIME
from marketplace.applications import service as applications
from marketplace.clock import SetClock
from marketplace.errors import Conflict, Forbidden, Invalid, NotFound
from marketplace.jobs import Context, drain
from marketplace.mail import Mail
from marketplace.people.models import Membership
from marketplace.process import advance
from marketplace.review import deciding, declaring, pack, placing, queries, reviewing, rounds
from marketplace.review.deciding import Verdict
from marketplace.review.declaring import Interest
from marketplace.review.models import Independence, ReviewAssignment
from marketplace.review.rounds import Expertise
from marketplace.review.standing import standing_of
from scoring.technology import Text
from tests.marketplace.review.conftest import WATER, Panel, ratings


async def test_a_round_from_its_pool_to_its_last_decision(panel: Panel) -> None:
    review_round, (good, bad), _ = await panel.under_review(reviewers=4)
    await panel.review_all(review_round, {good.id: 9, bad.id: 0})
    standing = await standing_of(panel.session, review_round)
    assert [one.application.id for one in standing.placed] == [good.id, bad.id]
    assert standing.placed[0].merit.margin.value > 0 > standing.placed[1].merit.margin.value

    await pack.close_round(panel.session, review_round=review_round)
    kept = await pack.pack_of(panel.session, review_round)
    assert kept is not None
    first, second = pack.opened(kept).applications
    assert [len(first.reviews), len(second.reviews)] == [2, 2]
    assert first.ranks.rank == 1
    assert second.feedback.single or second.feedback.together

    accepted = await deciding.decide(
        panel.session, review_round=review_round, application_id=good.id, verdict=Verdict(outcome="accepted")
    )
    assert accepted.pack_sha256 == kept.sha256
    verdict = Verdict(outcome="rejected", reason="below-the-bar")
    await deciding.decide(panel.session, review_round=review_round, application_id=bad.id, verdict=verdict)
    await panel.session.refresh(review_round)
    assert review_round.state == "decided"
    assert (good.state, bad.state) == ("accepted", "rejected")
    told = await queries.decision_about(panel.session, bad)
    assert told is not None
    assert await deciding.advice_about(panel.session, told) == ["Say more.", "Say more."]


async def test_a_further_reviewer_is_asked_only_where_the_interval_crosses_the_bar(panel: Panel) -> None:
    review_round, made, _ = await panel.under_review(applications=3, reviewers=6, reviews_max=3)
    clear, open_one, poor = (one.id for one in made)
    criteria = len((await standing_of(panel.session, review_round)).scales)
    await placing.place(panel.session, review_round=review_round)
    turns = iter((0, 9))
    for assignment in await panel.assignments(review_round):
        height = {clear: 9, poor: 0}.get(assignment.application_id)
        given = ratings(review_round, next(turns) if height is None else height)
        await reviewing.submit(panel.session, assignment=assignment, ratings=given)
    standing = await standing_of(panel.session, review_round)
    following = {one.application.id: one.stand for one in standing.placed}
    assert following[open_one].side == "open"
    assert following[open_one].next == "ask-further"
    split = next(one for one in standing.placed if one.application.id == open_one)
    assert len(split.apart) == criteria
    assert split.opposition == 1.0
    asked = await placing.place(panel.session, review_round=review_round)
    wanting = {name for name, stand in following.items() if stand.next == "ask-further"}
    assert {pair.application.id for pair in asked.pairs} == wanting
    assert all(pair.further for pair in asked.pairs)


async def test_nothing_opens_before_the_declaration(panel: Panel) -> None:
    call, (application, _) = await panel.closed_call()
    review_round = await panel.round(call, reviews_wanted=1)
    reviewer = await panel.reviewer(review_round)
    with pytest.raises(Conflict, match="nothing to declare"):
        await declaring.declare(panel.session, reviewer=reviewer, interests=[])
    await rounds.open_round(panel.session, review_round=review_round)
    with pytest.raises(Forbidden, match="Declare"):
        await reviewing.open_references(panel.session, reviewer)
    with pytest.raises(Invalid) as refusal:
        await placing.propose(panel.session, review_round)
    assert refusal.value.code == "reviewers-short"
    assert f"applications.{application.id}" in [fault.field for fault in refusal.value.fields]


async def test_a_declared_conflict_is_never_assigned(panel: Panel) -> None:
    call, (mine, other) = await panel.closed_call()
    review_round = await panel.round(call, reviews_wanted=1, reviews_max=1)
    partial, free = await panel.reviewer(review_round), await panel.reviewer(review_round)
    await rounds.open_round(panel.session, review_round=review_round)
    interest = Interest(organisation_id=mine.organisation_id, kind="employment", note="until last year")
    await declaring.declare(panel.session, reviewer=partial, interests=[interest])
    await declaring.declare(panel.session, reviewer=free, interests=[])
    proposal = await placing.propose(panel.session, review_round)
    assert {(pair.application.id, pair.reviewer.id) for pair in proposal.pairs} <= {
        (mine.id, free.id),
        (other.id, free.id),
        (other.id, partial.id),
    }
    forced = ReviewAssignment(
        round_id=review_round.id, reviewer_id=partial.id, application_id=mine.id,
        organisation_id=mine.organisation_id, independent=True, due_at=review_round.due_at,
        state="assigned", process_version=1, state_entry=0, state_since=review_round.due_at,
    )  # fmt: skip
    panel.session.add(forced)
    with pytest.raises(IntegrityError, match="fk_review_assignment_independence"):
        await panel.session.flush()


async def test_the_platform_finds_what_a_reviewer_does_not_say(panel: Panel) -> None:
    call, (mine, _) = await panel.closed_call()
    review_round = await panel.round(call)
    reviewer = await panel.reviewer(review_round)
    panel.session.add(Membership(organisation_id=mine.organisation_id, person_id=reviewer.person_id, role="member"))
    await rounds.open_round(panel.session, review_round=review_round)
    await declaring.declare(panel.session, reviewer=reviewer, interests=[])
    rows = {one.organisation_id: one for one in await queries.independence_of(panel.session, [reviewer.id])}
    assert rows[mine.organisation_id].kind == "same-organisation"
    assert len([one for one in rows.values() if one.independent]) == 1


async def test_a_conflict_seen_later_ends_the_assignment(panel: Panel) -> None:
    review_round, made, _ = await panel.under_review(applications=1, reviewers=3)
    await placing.place(panel.session, review_round=review_round)
    first, second = await panel.assignments(review_round)
    interest = Interest(organisation_id=made[0].organisation_id, kind="family", note="my brother's")
    await declaring.recuse(panel.session, assignment=first, interest=interest)
    assert first.state == "recused"
    asked = await placing.place(panel.session, review_round=review_round)
    assert first.reviewer_id not in {pair.reviewer.id for pair in asked.pairs}
    assert len(asked.pairs) == 1
    await reviewing.submit(panel.session, assignment=second, ratings=ratings(review_round, 3))
    with pytest.raises(Conflict, match="submitted a review"):
        await declaring.declare(panel.session, reviewer=second.reviewer, interests=[interest])


async def test_the_first_pass_is_blind_until_the_round_is_closed(panel: Panel) -> None:
    call, made = await panel.closed_call(
        applications=1, blind_fields=("organisation", "technology-name", "answer.problem")
    )
    applicant, technology = made[0].organisation.name.en, made[0].listing.name.en
    review_round = await panel.round(call, reviews_wanted=2)
    for _ in range(2):
        await panel.reviewer(review_round)
    await rounds.open_round(panel.session, review_round=review_round)
    for reviewer in await queries.pool_of(panel.session, review_round):
        await panel.session.refresh(reviewer, ["round"])
        await declaring.declare(panel.session, reviewer=reviewer, interests=[])
    await placing.place(panel.session, review_round=review_round)
    first, second = await panel.assignments(review_round)
    seen = await reviewing.read(panel.session, assignment=first)
    text = msgspec.json.encode(seen).decode()
    assert applicant not in text
    assert f'"{technology}"' not in text
    assert "problem" not in seen["answers"]
    assert seen["answers"]["advantage"]

    with pytest.raises(Forbidden, match="own review first"):
        await reviewing.other_reviews(panel.session, assignment=first)
    for assignment in (first, second):
        await reviewing.submit(panel.session, assignment=assignment, ratings=ratings(review_round, 2))
    assert len(await reviewing.other_reviews(panel.session, assignment=first)) == 1
    await pack.close_round(panel.session, review_round=review_round)
    await panel.session.refresh(first, ["round"])
    seen = await reviewing.read(panel.session, assignment=first)
    assert seen["organisation"]["en"] == applicant
    assert seen["hidden"] == []


async def test_everybody_rates_the_reference_applications_first(panel: Panel) -> None:
    call, _ = await panel.closed_call(applications=1)
    review_round = await panel.round(call, reviews_wanted=2)
    text = Text(zh="样本", en="A sample")
    reference = await rounds.add_reference(panel.session, review_round=review_round, title=text, content=text)
    harsh, mild = await panel.reviewer(review_round), await panel.reviewer(review_round)
    await rounds.open_round(panel.session, review_round=review_round)
    for reviewer in (harsh, mild):
        await declaring.declare(panel.session, reviewer=reviewer, interests=[])
    await placing.place(panel.session, review_round=review_round)
    (first, *_) = await panel.assignments(review_round)
    with pytest.raises(Forbidden, match="reference"):
        await reviewing.read(panel.session, assignment=first)
    for reviewer, place in ((harsh, 0), (mild, 9)):
        await reviewing.rate_reference(
            panel.session, reviewer=reviewer, reference=reference, ratings=ratings(review_round, place)
        )
    assert await reviewing.read(panel.session, assignment=first)
    judged = (await standing_of(panel.session, review_round)).judged
    assert judged is not None
    assert judged.severities[harsh.id].value > 0 > judged.severities[mild.id].value
    with pytest.raises(Conflict):
        await rounds.add_reference(panel.session, review_round=review_round, title=text, content=text)


async def test_a_review_says_everything_at_once_and_only_once(panel: Panel) -> None:
    review_round, _, _ = await panel.under_review(applications=1, reviewers=2)
    await placing.place(panel.session, review_round=review_round)
    (assignment, _) = await panel.assignments(review_round)
    good = ratings(review_round, 2)
    bad = [msgspec.structs.replace(good[0], level=10, rationale=" "), *good[2:], good[2]]
    with pytest.raises(Invalid) as refusal:
        await reviewing.submit(panel.session, assignment=assignment, ratings=bad)
    fields = [fault.field for fault in refusal.value.fields]
    assert fields == ["ratings.0.level", "ratings.0.rationale", f"ratings.{len(bad) - 1}.criterion", "ratings"]
    await reviewing.submit(panel.session, assignment=assignment, ratings=good)
    with pytest.raises(Conflict, match="submitted your review"):
        await reviewing.submit(panel.session, assignment=assignment, ratings=good)


async def test_who_is_short_is_named(panel: Panel) -> None:
    call, made = await panel.closed_call(applications=3)
    review_round = await panel.round(call, reviews_wanted=2)
    small = Expertise(media=("water",), capacity=1)
    pool = [await panel.reviewer(review_round, WATER), await panel.reviewer(review_round, small)]
    await rounds.open_round(panel.session, review_round=review_round)
    for reviewer in pool:
        await declaring.declare(panel.session, reviewer=reviewer, interests=[])
    with pytest.raises(Invalid, match="2 reviews have no reviewer") as refusal:
        await placing.place(panel.session, review_round=review_round)
    named = {fault.field for fault in refusal.value.fields}
    assert {f"applications.{one.id}" for one in made} <= named
    assert f"reviewers.{pool[1].id}" in named
    assert await queries.assignments_in(panel.session, review_round) == []


async def test_what_is_not_submitted_in_time_expires_and_is_asked_of_others(
    panel: Panel, clock: SetClock, context: Context
) -> None:
    review_round, (application,), pool = await panel.under_review(applications=1, reviewers=3)
    await placing.place(panel.session, review_round=review_round)
    await panel.session.commit()
    clock.advance(timedelta(days=20))
    await drain(context)
    kinds = (await panel.session.scalars(select(Mail.kind).where(Mail.kind == "review-remind"))).all()
    assert len(kinds) == 2
    clock.advance(timedelta(days=2))
    await drain(context)
    panel.session.expunge_all()
    review_round = await queries.locked_round(panel.session, review_round.id)
    assert {one.state for one in await queries.assignments_in(panel.session, review_round)} == {"expired"}
    with pytest.raises(Invalid) as refusal:  # one is left, and two are wanted
        await placing.place(panel.session, review_round=review_round)
    assert refusal.value.code == "reviewers-short"
    await panel.reviewer(review_round)
    newcomer = (await queries.pool_of(panel.session, review_round))[-1]
    await panel.session.refresh(newcomer, ["round"])
    await declaring.declare(panel.session, reviewer=newcomer, interests=[])
    asked = await placing.place(panel.session, review_round=review_round)
    assert {pair.reviewer.id for pair in asked.pairs} == {pool[2].id, newcomer.id} or len(asked.pairs) == 2
    assert {pair.application.id for pair in asked.pairs} == {application.id}


async def test_a_withdrawn_application_is_reviewed_no_further(panel: Panel) -> None:
    review_round, (gone, kept), _ = await panel.under_review()
    await placing.place(panel.session, review_round=review_round)
    await applications.withdraw_application(panel.session, application=gone)
    states = {one.application_id: one.state for one in await queries.assignments_in(panel.session, review_round)}
    assert states == {gone.id: "released", kept.id: "assigned"}
    await pack.close_round(panel.session, review_round=review_round)
    await applications.withdraw_application(panel.session, application=kept)
    await panel.session.refresh(review_round)
    assert review_round.state == "decided"


async def test_against_the_reviews_only_with_a_word_of_why(panel: Panel) -> None:
    review_round, (good, bad), _ = await panel.under_review(reviewers=4, reviews_wanted=4)
    await panel.review_all(review_round, {good.id: 9, bad.id: 0})
    with pytest.raises(Conflict, match="once the round is closed"):
        await deciding.decide(
            panel.session, review_round=review_round, application_id=bad.id, verdict=Verdict(outcome="accepted")
        )
    await pack.close_round(panel.session, review_round=review_round)
    with pytest.raises(NotFound):
        await deciding.decide(
            panel.session, review_round=review_round, application_id=uuid.uuid4(), verdict=Verdict(outcome="accepted")
        )
    with pytest.raises(Invalid) as refusal:
        await deciding.decide(
            panel.session, review_round=review_round, application_id=bad.id, verdict=Verdict(outcome="accepted")
        )
    assert [fault.field for fault in refusal.value.fields] == ["note"]
    verdict = Verdict(outcome="accepted", note="The only one for that river.")
    await deciding.decide(panel.session, review_round=review_round, application_id=bad.id, verdict=verdict)
    with pytest.raises(Invalid) as refusal:
        await deciding.decide(
            panel.session, review_round=review_round, application_id=good.id, verdict=Verdict(outcome="rejected")
        )
    assert [fault.field for fault in refusal.value.fields] == ["reason", "note"]


async def test_leaving_and_cancelling_release_what_is_pending(panel: Panel) -> None:
    review_round, _, pool = await panel.under_review(applications=1, reviewers=2)
    await placing.place(panel.session, review_round=review_round)
    await rounds.leave_pool(panel.session, reviewer=pool[0], note="no time")
    states = sorted(one.state for one in await queries.assignments_in(panel.session, review_round))
    assert states == ["assigned", "released"]
    await rounds.cancel_round(panel.session, review_round=review_round, note="a new rubric")
    states = sorted(one.state for one in await queries.assignments_in(panel.session, review_round))
    assert states == ["released", "released"]
    again = await panel.round(review_round.call)
    assert again.state == "setup"
    with pytest.raises(IntegrityError, match="uq_review_round_live"):
        await panel.round(review_round.call)


async def test_a_round_waits_until_the_call_is_closed(panel: Panel) -> None:
    call = await panel.call()
    await panel.submitted(call)
    review_round = await panel.round(call)
    await panel.reviewer(review_round, of=call.organisation_id)
    with pytest.raises(Conflict, match="once the call is closed"):
        await rounds.open_round(panel.session, review_round=review_round)
    await advance(panel.session, call, "close", actor=TIME)
    await rounds.open_round(panel.session, review_round=review_round)
    assert review_round.state == "reviewing"


async def test_strangers_are_no_reviewers(panel: Panel) -> None:
    call, made = await panel.closed_call(applications=1)
    review_round = await panel.round(call)
    stranger = await panel.person(made[0].organisation_id)
    with pytest.raises(Invalid) as refusal:
        await rounds.add_reviewer(panel.session, review_round=review_round, person_id=stranger.id, expertise=WATER)
    assert [fault.field for fault in refusal.value.fields] == ["person_id"]
    assert (await panel.session.scalars(select(Independence))).all() == []
