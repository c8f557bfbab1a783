"""Opening an assessment and filling its seats: the platform proposes, the operator confirms."""

import uuid
from collections.abc import Sequence

import msgspec
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from marketplace.actors import actor_of
from marketplace.assessments import letters, roster
from marketplace.assessments.independence import worded
from marketplace.assessments.jobs import remind_in_time
from marketplace.assessments.judging import scale_ends, scales_to_judge
from marketplace.assessments.matching import Candidate, Seats, place
from marketplace.assessments.models import Assessor, Assignment, ListingAssessment
from marketplace.assessments.process import ANSWER_WITHIN, LIVE
from marketplace.assessments.standing import locked, pending_of, technology_judged
from marketplace.database import clock_of
from marketplace.errors import Conflict, FieldError, Invalid
from marketplace.listings.models import Listing, ListingVersion
from marketplace.process import ProcessEvent, advance, begin
from scoring.readiness.framework import FRAMEWORKS
from scoring.technology import Technology


class Plan(Struct, frozen=True, kw_only=True):
    """By what an assessment judges, and how many judge: further ones come only while the interval crosses the bar."""

    framework: str
    bar: int
    assessors_wanted: int = 2
    assessors_max: int = 4


class Proposal(Struct, frozen=True, kw_only=True):
    """An assessor proposed for a seat; `fit` is between 0 and 1."""

    assessment_id: uuid.UUID
    assessor: Assessor
    fit: float
    load: int


async def open_assessment(session: AsyncSession, *, listing: Listing, plan: Plan) -> ListingAssessment:
    """Begin to assess what a listing says today, under one framework and one bar."""
    if listing.state != "assessment":
        raise Conflict("not-to-be-assessed", "Only a listing in assessment is assessed.", "该条目不在专家评估状态。")
    version = await _latest_version(session, listing)
    if wrong := _faults_of_plan(plan, msgspec.convert(version.technology, Technology)):
        raise Invalid(wrong)
    made = ListingAssessment(
        listing=listing,
        listing_version=version,
        framework=plan.framework,
        bar=plan.bar,
        as_of=clock_of(session).now().date(),
        assessors_wanted=plan.assessors_wanted,
        assessors_max=plan.assessors_max,
    )
    await begin(session, made)
    return made


async def _latest_version(session: AsyncSession, listing: Listing) -> ListingVersion:
    query = select(ListingVersion).where(ListingVersion.listing_id == listing.id)
    return (await session.scalars(query.order_by(ListingVersion.version.desc()).limit(1))).one()


def _faults_of_plan(plan: Plan, technology: Technology) -> list[FieldError]:
    if plan.framework not in FRAMEWORKS:
        expected = f"one of {', '.join(FRAMEWORKS)}"
        return [
            FieldError(field="framework", value=plan.framework, expected=expected, expected_zh="须为已有的评价框架")
        ]
    framework, faults = FRAMEWORKS[plan.framework], []
    floor, top = scale_ends(framework)
    if not floor < plan.bar <= top:
        expected, zh = f"a level from {floor + 1} to {top}", f"须为{floor + 1}至{top}级"
        faults.append(FieldError(field="bar", value=str(plan.bar), expected=expected, expected_zh=zh))
    if plan.assessors_max < plan.assessors_wanted:
        expected, zh = f"at least {plan.assessors_wanted}", f"不得少于{plan.assessors_wanted}"
        faults.append(
            FieldError(field="assessors_max", value=str(plan.assessors_max), expected=expected, expected_zh=zh)
        )
    if not scales_to_judge(framework, technology) or (framework.chosen_by and technology.technology_class is None):
        expected = f"a framework that fits: the listing does not say its {framework.chosen_by}"
        faults.append(
            FieldError(field="framework", value=plan.framework, expected=expected, expected_zh="条目缺少技术类别")
        )
    return faults


async def propose(session: AsyncSession, assessments: Sequence[ListingAssessment]) -> list[Proposal]:
    """The best assessors for all open seats of these assessments together."""
    known = await roster.known_assessors(session)
    by_id = {them.assessor.id: them for them in known}
    taken = await roster.taken_seats(session, assessments)
    seats = [await _seats(session, assessment, taken) for assessment in assessments]
    barred = {
        them.assessor.id: {seat.assessment_id for seat in taken if seat.assessor_id == them.assessor.id}
        for them in known
    }
    for assessment in assessments:
        judged = await roster.judged_side(session, assessment.listing, technology_judged(assessment))
        for them in known:
            if roster.conflicts_of(session, them, judged):
                barred[them.assessor.id].add(assessment.id)
    candidates = [_candidate(them, barred[them.assessor.id]) for them in known]
    return [
        Proposal(
            assessment_id=found.assessment,  # type: ignore[arg-type]
            assessor=by_id[found.assessor].assessor,  # type: ignore[index]
            fit=found.fit,
            load=by_id[found.assessor].load,  # type: ignore[index]
        )
        for found in place([seat for seat in seats if seat.count > 0], candidates)
    ]


async def _seats(session: AsyncSession, assessment: ListingAssessment, taken: Sequence[Assignment]) -> Seats:
    technology = technology_judged(assessment)
    sitting = [seat for seat in taken if seat.assessment_id == assessment.id]
    live = [seat for seat in sitting if seat.state in ("invited", "declared", "scored")]
    missing = assessment.assessors_wanted - len(live)
    if assessment.state == "further-review" and not any(seat.state in ("invited", "declared") for seat in live):
        missing = max(missing, 1)
    return Seats(
        assessment=assessment.id,
        count=max(0, min(missing, assessment.assessors_max - len(live))),
        media=frozenset(medium.value for medium in technology.media),
        pollutants=frozenset(technology.pollutants),
        languages=frozenset(code for code in ("zh", "en") if getattr(technology.summary, code)),
        organisations=frozenset(seat.assessor.organisation_id for seat in live),
    )


def _candidate(known: roster.Known, barred: set[uuid.UUID]) -> Candidate:
    assessor = known.assessor
    return Candidate(
        assessor=assessor.id,
        organisation=assessor.organisation_id,
        media=frozenset(assessor.media),
        pollutants=frozenset(assessor.pollutants),
        languages=frozenset(assessor.languages),
        capacity=assessor.capacity,
        load=known.load,
        barred=frozenset(barred),
    )


async def live_assessments(session: AsyncSession, ids: Sequence[uuid.UUID] | None = None) -> list[ListingAssessment]:
    """What is being assessed now, the oldest first."""
    query = (
        select(ListingAssessment)
        .where(ListingAssessment.state.in_(LIVE))
        .options(joinedload(ListingAssessment.listing), joinedload(ListingAssessment.listing_version))
        .order_by(ListingAssessment.id)
    )
    if ids is not None:
        query = query.where(ListingAssessment.id.in_(list(ids)))
    return list(await session.scalars(query))


async def assign(
    session: AsyncSession, *, assessment: ListingAssessment, assessor_ids: Sequence[uuid.UUID]
) -> list[Assignment]:
    """Invite these assessors, all of them or none; each hindrance is named."""
    assessment = await locked(session, assessment.id)
    if assessment.state not in LIVE:
        raise Conflict("not-live", "This assessment is over.", "该评估已结束。")
    # Locked, so that two operators cannot fill one assessor's last free place.
    query = select(Assessor).where(Assessor.id.in_(assessor_ids)).order_by(Assessor.id).with_for_update()
    await session.execute(query)
    known = {them.assessor.id: them for them in await roster.known_assessors(session, assessor_ids)}
    if wrong := await _hindrances(session, assessment, assessor_ids, known):
        raise Invalid(wrong, code="cannot-assign", message="Nobody was assigned.", message_zh="未指派任何专家。")
    made = [await _invite(session, assessment, known[assessor_id].assessor) for assessor_id in assessor_ids]
    if assessment.state == "open":
        await advance(session, assessment, "assign")
    return made


async def _hindrances(
    session: AsyncSession,
    assessment: ListingAssessment,
    ids: Sequence[uuid.UUID],
    known: dict[uuid.UUID, roster.Known],
) -> list[FieldError]:
    taken = await roster.taken_seats(session, [assessment])
    live = [seat for seat in taken if seat.state in ("invited", "declared", "scored")]
    judged = await roster.judged_side(session, assessment.listing, technology_judged(assessment))
    sitting = {seat.assessor.organisation_id for seat in live}
    asked = {seat.assessor_id for seat in taken}
    wrong = []
    if len(live) + len(ids) > assessment.assessors_max:
        wrong.append(
            _hindrance("assessor_ids", "", f"at most {assessment.assessors_max} assessors", "专家人数超过上限")
        )
    for number, assessor_id in enumerate(ids):
        field, them = f"assessor_ids.{number}", known.get(assessor_id)
        if them is None:
            wrong.append(_hindrance(field, assessor_id, "an available assessor", "须为可指派的专家"))
            continue
        if assessor_id in asked or assessor_id in ids[:number]:
            wrong.append(_hindrance(field, assessor_id, "an assessor not asked before", "该专家已被邀请过"))
        elif them.assessor.organisation_id in sitting:
            wrong.append(_hindrance(field, assessor_id, "one assessor an organisation", "同一机构只能有一位专家"))
        if them.load >= them.assessor.capacity:
            wrong.append(_hindrance(field, assessor_id, "an assessor with room for one more", "该专家已满负荷"))
        if found := roster.conflicts_of(session, them, judged):
            said = worded(found)
            wrong.append(_hindrance(field, assessor_id, f"no conflict of interest: {said.en}", f"利益冲突：{said.zh}"))
        sitting.add(them.assessor.organisation_id)
    return wrong


def _hindrance(field: str, value: object, expected: str, expected_zh: str) -> FieldError:
    return FieldError(field=field, value=str(value), expected=expected, expected_zh=expected_zh)


async def _invite(session: AsyncSession, assessment: ListingAssessment, assessor: Assessor) -> Assignment:
    made = Assignment(
        assessment_id=assessment.id, assessor_id=assessor.id, further=assessment.state == "further-review"
    )
    await begin(session, made)
    due = made.state_since + ANSWER_WITHIN
    await letters.tell_assessor(session, "invited", made, assessor, due)
    await remind_in_time(session, made, due)
    return made


async def cancel(session: AsyncSession, *, assessment: ListingAssessment, note: str) -> ProcessEvent:
    """End an assessment without a decision; who has not scored need not."""
    pending = await pending_of(session, assessment)
    assessment = await locked(session, assessment.id)
    event = await advance(session, assessment, "cancel", note=note)
    for assignment in pending:
        await advance(session, assignment, "release", actor=actor_of(session).acting_as("panel"))
    return event
