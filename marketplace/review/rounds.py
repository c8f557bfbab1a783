"""Making a round, filling its pool, beginning, closing and ending it."""

import datetime
import uuid

from msgspec import Struct, to_builtins
from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import Actor, actor_of
from marketplace.assessments.models import Assessor
from marketplace.calls.models import Call
from marketplace.calls.service import content_of
from marketplace.database import clock_of
from marketplace.errors import Conflict, FieldError, Invalid
from marketplace.people.models import Membership, Organisation, Person
from marketplace.process import ProcessEvent, advance, begin
from marketplace.review import letters
from marketplace.review.models import ReferenceApplication, ReviewAssignment, Reviewer, ReviewRound
from marketplace.review.queries import applicants_in, locked_round, pool_of
from scoring.technology import Text


class Plan(Struct, frozen=True, kw_only=True):
    """How many reviews everybody gets, how many at most while it stays open, and by when they are due."""

    stage: str
    due_at: datetime.datetime
    reviews_wanted: int = 2
    reviews_max: int = 4


class Expertise(Struct, frozen=True, kw_only=True):
    """What a reviewer knows, and how many reviews they take on."""

    media: tuple[str, ...]
    pollutants: tuple[str, ...] = ()
    languages: tuple[str, ...] = ("zh",)
    capacity: int = 10


async def make_round(session: AsyncSession, *, call: Call, plan: Plan) -> ReviewRound:
    """Set up the reviews of one stage, by the call's rubric as it stands now."""
    content = content_of(call)
    faults = []
    if plan.stage not in content.stages:
        known = ", ".join(content.stages)
        faults.append(_fault("stage", plan.stage, f"a stage of this call ({known})", "须为该征集的阶段"))
    if plan.due_at <= clock_of(session).now():
        faults.append(_fault("due_at", plan.due_at.isoformat(), "a time in the future", "截止时间须晚于当前时间"))
    if plan.reviews_max < plan.reviews_wanted:
        expected, zh = f"at least {plan.reviews_wanted}", f"不得少于{plan.reviews_wanted}"
        faults.append(_fault("reviews_max", plan.reviews_max, expected, zh))
    if faults:
        raise Invalid(faults)
    if call.state not in ("published", "closed"):
        raise Conflict("call-not-open", "Only a published call has reviews.", "仅已发布的征集可设置评审。")
    made = ReviewRound(
        call_id=call.id,
        stage=plan.stage,
        rubric=to_builtins(content.rubric),
        blind_fields=list(content.blind_fields),
        reviews_wanted=plan.reviews_wanted,
        reviews_max=plan.reviews_max,
        due_at=plan.due_at,
    )
    await begin(session, made)
    made.call = call
    return made


async def add_reviewer(
    session: AsyncSession, *, review_round: ReviewRound, person_id: uuid.UUID, expertise: Expertise
) -> Reviewer:
    """Put a member of the organiser, or an available assessor, into the pool."""
    _require_live(review_round)
    person = await session.get(Person, person_id)
    if person is None or person.disabled_at is not None or not await _may_review(session, review_round, person_id):
        expected, zh = "a member of your organisation, or an available assessor", "须为本机构成员或可指派的评估专家"
        raise Invalid([_fault("person_id", person_id, expected, zh)])
    made = Reviewer(
        round_id=review_round.id,
        person_id=person_id,
        capacity=expertise.capacity,
        media=list(expertise.media),
        pollutants=list(expertise.pollutants),
        languages=list(expertise.languages),
    )
    session.add(made)
    await session.flush()
    made.person, made.round = person, review_round
    await letters.tell_reviewer(
        session, "asked" if review_round.state == "setup" else "declare", made, due=review_round.due_at
    )
    return made


async def _may_review(session: AsyncSession, review_round: ReviewRound, person_id: uuid.UUID) -> bool:
    member = exists().where(
        Membership.person_id == person_id, Membership.organisation_id == review_round.call.organisation_id
    )
    assessing = exists().where(
        Assessor.person_id == person_id,
        Assessor.available,
        Organisation.id == Assessor.organisation_id,
        Organisation.state == "verified",
    )
    return bool(await session.scalar(select(member | assessing)))


async def leave_pool(session: AsyncSession, *, reviewer: Reviewer, note: str) -> None:
    """Decline, or be taken out: what was not submitted is given up, what was submitted stays."""
    if reviewer.left_at is not None:
        raise Conflict("left-already", "This reviewer has left the pool.", "该专家已退出。")
    reviewer.left_at = clock_of(session).now()
    query = select(ReviewAssignment).where(
        ReviewAssignment.reviewer_id == reviewer.id, ReviewAssignment.state == "assigned"
    )
    for assignment in (await session.scalars(query)).all():
        await release(session, assignment, note=note)


async def release(session: AsyncSession, assignment: ReviewAssignment, *, note: str = "") -> None:
    """End an assignment without its review."""
    await advance(session, assignment, "release", actor=actor_of(session).acting_as("round"), note=note)
    assignment.independent = None
    await session.flush()


async def add_reference(
    session: AsyncSession, *, review_round: ReviewRound, title: Text, content: Text
) -> ReferenceApplication:
    """Something that everybody rates first; only before the round opens, so that everybody rates the same."""
    if review_round.state != "setup":
        raise Conflict("round-open", "The round has begun.", "评审已开始。")
    made = ReferenceApplication(round_id=review_round.id, title=title, content=content)
    session.add(made)
    await session.flush()
    return made


async def open_round(session: AsyncSession, *, review_round: ReviewRound) -> ProcessEvent:
    """Begin: the call takes no more applications, and reviewers are asked to declare their interests."""
    review_round = await locked_round(session, review_round.id)
    if review_round.call.state != "closed":
        message = "Reviews begin once the call is closed, so that everybody declares about all applicants."
        raise Conflict("call-not-closed", message, "征集截止后方可开始评审。")
    pool = [reviewer for reviewer in await pool_of(session, review_round) if reviewer.left_at is None]
    if not pool:
        raise Conflict("pool-empty", "There is nobody in the pool.", "评审专家库为空。")
    if not await applicants_in(session, review_round):
        raise Conflict("nothing-to-review", "Nobody applied to this stage.", "该阶段没有申请。")
    event = await advance(session, review_round, "open", actor=organising(session))
    for reviewer in pool:
        await letters.tell_reviewer(session, "declare", reviewer, due=review_round.due_at)
    return event


async def cancel_round(session: AsyncSession, *, review_round: ReviewRound, note: str) -> ProcessEvent:
    """End it without decisions; the stage can have another round."""
    review_round = await locked_round(session, review_round.id)
    event = await advance(session, review_round, "cancel", actor=organising(session), note=note)
    await release_all(session, review_round)
    return event


async def release_all(session: AsyncSession, review_round: ReviewRound) -> None:
    query = select(ReviewAssignment).where(
        ReviewAssignment.round_id == review_round.id, ReviewAssignment.state == "assigned"
    )
    for assignment in (await session.scalars(query)).all():
        await release(session, assignment)


def organising(session: AsyncSession) -> Actor:
    """Whoever acts was let through as an organiser, or an operator, where the round was loaded."""
    actor = actor_of(session)
    return actor if "operator" in actor.roles else actor.acting_as("organiser")


def _require_live(review_round: ReviewRound) -> None:
    if review_round.state not in ("setup", "reviewing"):
        raise Conflict("round-over", "No more reviews are made in this round.", "该轮评审已结束。")


def _fault(field: str, value: object, expected: str, expected_zh: str) -> FieldError:
    return FieldError(field=field, value=str(value), expected=expected, expected_zh=expected_zh)
