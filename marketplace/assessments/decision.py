"""Deciding: what the panel found, under which conditions and for how long, and what follows for the listing."""

import datetime

import msgspec
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import actor_of
from marketplace.assessments import letters
from marketplace.assessments.feedback import smallest_change
from marketplace.assessments.judging import anonymous, receipt_of
from marketplace.assessments.models import Decision, ListingAssessment
from marketplace.assessments.panel import PanelView, panel_record
from marketplace.assessments.seating import propose
from marketplace.assessments.standing import (
    locked,
    panel_of,
    pending_of,
    ratings_of,
    said_so_far,
    scores_of,
    technology_judged,
)
from marketplace.database import clock_of
from marketplace.errors import Conflict, FieldError, Invalid
from marketplace.listings.service import move_listing, recommend_listing
from marketplace.process import advance
from scoring.technology import Rating, Text

VALID_DAYS_MAX = 5 * 366


class Verdict(Struct, frozen=True, kw_only=True):
    """What the operator decides. A recommendation says until when; a return says why."""

    outcome: str
    conditions: Text = Text()
    valid_until: datetime.date | None = None
    note: str = ""


async def decide(session: AsyncSession, *, assessment: ListingAssessment, verdict: Verdict) -> Decision:
    """End the assessment, publish or return the listing, and keep what the decision rests on."""
    assessment = await locked(session, assessment.id)
    found = await _panel(session, assessment)
    if wrong := _faults(session, verdict):
        raise Invalid(wrong)
    if verdict.outcome == "recommended" and found.level < assessment.bar:
        raise Conflict("below-the-bar", "The panel's level is below the bar.", "专家组评定等级低于门槛。")
    made = await _decision(session, assessment, found, verdict)
    await advance(session, assessment, "decide", note=verdict.note, data={"outcome": verdict.outcome})
    session.add(made)
    await session.flush()
    if verdict.outcome == "recommended":
        listing, until = assessment.listing, verdict.valid_until
        await recommend_listing(session, listing=listing, note=verdict.note, assessed_until=until)
    else:
        await move_listing(session, listing=assessment.listing, transition="return", note=verdict.note)
    await letters.tell_holder(session, "decided", assessment)
    return made


async def _panel(session: AsyncSession, assessment: ListingAssessment) -> PanelView:
    """What the panel says, once it has said enough."""
    found, scored = await panel_of(session, assessment), len(await scores_of(session, assessment))
    if found is None or scored < assessment.assessors_wanted or await pending_of(session, assessment):
        raise Conflict("scores-missing", "Not every score is in.", "尚有评分未提交。")
    if found.crosses_bar and scored < assessment.assessors_max and await propose(session, [assessment]):
        message = "The interval crosses the bar, and a further assessor can be asked."
        raise Conflict("further-review-needed", message, "区间跨越门槛，且仍有可邀请的专家。")
    return found


def _faults(session: AsyncSession, verdict: Verdict) -> list[FieldError]:
    today = clock_of(session).now().date()
    last = today + datetime.timedelta(days=VALID_DAYS_MAX)
    wrong = []
    if verdict.outcome == "recommended":
        if verdict.valid_until is None or not today < verdict.valid_until <= last:
            value = "" if verdict.valid_until is None else verdict.valid_until.isoformat()
            expected, zh = f"a day after {today} and not after {last}", f"须晚于{today}且不晚于{last}"
            wrong.append(FieldError(field="valid_until", value=value, expected=expected, expected_zh=zh))
        if not verdict.conditions:
            expected, zh = "the conditions under which the level holds", "请填写适用条件"
            wrong.append(FieldError(field="conditions", expected=expected, expected_zh=zh))
    else:
        if verdict.valid_until is not None:
            expected = "nothing: what is returned is not valid"
            wrong.append(FieldError(field="valid_until", expected=expected, expected_zh="退回时无有效期"))
        if not verdict.note.strip():
            wrong.append(FieldError(field="note", expected="a reason", expected_zh="请填写理由"))
    return wrong


async def _decision(
    session: AsyncSession, assessment: ListingAssessment, found: PanelView, verdict: Verdict
) -> Decision:
    technology, ratings = technology_judged(assessment), await _all_ratings(session, assessment)
    proof = receipt_of(technology, assessment.framework, ratings, assessment.as_of)
    changes = smallest_change(technology, assessment.framework, ratings, assessment.as_of, assessment.bar)
    said = await said_so_far(session, assessment.framework, assessment)
    return Decision(
        assessment_id=assessment.id,
        outcome=verdict.outcome,
        level=found.level,
        low=found.low,
        high=found.high,
        conditions=verdict.conditions,
        valid_until=verdict.valid_until,
        feedback=[msgspec.to_builtins(change) for change in changes],
        receipt_id=proof.id,
        receipt=proof.to_bytes(),
        panel=panel_record(assessment.framework, assessment.bar, str(assessment.id), said),
        decided_by=actor_of(session).id,
    )


async def _all_ratings(session: AsyncSession, assessment: ListingAssessment) -> list[Rating]:
    """Everybody's ratings under made-up names."""
    scores = await scores_of(session, assessment)
    return [
        rating for number, score in enumerate(scores, start=1) for rating in anonymous(ratings_of(score), f"r{number}")
    ]
