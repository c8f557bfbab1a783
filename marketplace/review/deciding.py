"""The committee decides on its pack, one application after the other, and applicants hear why and what was missing."""

import uuid
from collections.abc import Sequence

import msgspec
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from marketplace.actors import actor_of
from marketplace.applications import decisions
from marketplace.applications.models import Application
from marketplace.calls.service import content_of
from marketplace.errors import Conflict, FieldError, Invalid, only
from marketplace.review.decision_models import OUTCOMES, DecisionPack, ReviewDecision
from marketplace.review.models import ReviewRound
from marketplace.review.pack import PackedApplication, opened, pack_of
from marketplace.review.queries import locked_round

# What these outcomes pass over needs a word of why.
_AGAINST = {"accepted": ("below", "unknown"), "invited": ("below", "unknown"), "rejected": ("above", "unknown")}


class Verdict(Struct, frozen=True, kw_only=True):
    """`reason` is one of the application's coded reasons, for a rejection; `note` is told to the applicant."""

    outcome: str
    reason: str | None = None
    note: str = ""


async def decide(
    session: AsyncSession, *, review_round: ReviewRound, application_id: uuid.UUID, verdict: Verdict
) -> ReviewDecision:
    """Record one decision, and let the application go its way; the last one ends the round."""
    review_round = await locked_round(session, review_round.id)
    pack = await pack_of(session, review_round)
    if review_round.state != "committee" or pack is None:
        raise Conflict("not-deciding", "Decisions are made once the round is closed.", "评审截止后方可作出决定。")
    packed = next((one for one in opened(pack).applications if one.application_id == application_id), None)
    packed = only(packed, "application")
    if faults := _faults(review_round, packed, verdict):
        raise Invalid(faults)
    application = await _application(session, application_id)
    made = _decision(session, review_round, pack, packed, verdict)
    session.add(made)
    await session.flush()
    await _carry_out(session, application, verdict)
    return made


def _faults(review_round: ReviewRound, packed: PackedApplication, verdict: Verdict) -> list[FieldError]:
    faults = []
    if verdict.outcome not in OUTCOMES:
        faults.append(_fault("outcome", verdict.outcome, f"one of {', '.join(OUTCOMES)}", "须为列出的结果之一"))
    if verdict.outcome == "rejected" and verdict.reason is None:
        faults.append(_fault("reason", "", "why it was not chosen", "请选择未入选理由"))
    if verdict.outcome != "rejected" and verdict.reason is not None:
        faults.append(_fault("reason", verdict.reason, "nothing: it was not rejected", "仅未入选时填写理由"))
    if packed.side in _AGAINST.get(verdict.outcome, ()) and not verdict.note.strip():
        expected = f"why, against reviews that put it {packed.side} the bar"
        faults.append(_fault("note", "", expected, "决定与评审结果不一致，请说明理由"))
    if verdict.outcome == "invited" and content_of(review_round.call).stages[-1] == review_round.stage:
        faults.append(_fault("outcome", "invited", "a final outcome: this was the last stage", "已是最后阶段"))
    return faults


def _fault(field: str, value: str, expected: str, expected_zh: str) -> FieldError:
    return FieldError(field=field, value=value, expected=expected, expected_zh=expected_zh)


async def _application(session: AsyncSession, application_id: uuid.UUID) -> Application:
    query = (
        select(Application)
        .where(Application.id == application_id)
        .options(joinedload(Application.call), joinedload(Application.organisation), joinedload(Application.listing))
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(query)).one()


def _decision(
    session: AsyncSession,
    review_round: ReviewRound,
    pack: DecisionPack,
    packed: PackedApplication,
    verdict: Verdict,
) -> ReviewDecision:
    told = packed.feedback
    return ReviewDecision(
        round_id=review_round.id,
        application_id=packed.application_id,
        outcome=verdict.outcome,
        reason=verdict.reason,
        note=verdict.note,
        pack_sha256=pack.sha256,
        standing={
            "side": packed.side,
            "margin": msgspec.to_builtins(packed.margin),
            "ranks": msgspec.to_builtins(packed.ranks),
            "suggestion": packed.suggestion,
        },
        feedback=[] if told is None else [msgspec.to_builtins(told)],
        decided_by=actor_of(session).id,
    )


async def _carry_out(session: AsyncSession, application: Application, verdict: Verdict) -> None:
    match verdict.outcome:
        case "accepted":
            await decisions.accept_application(session, application=application)
        case "waitlisted":
            await decisions.waitlist_application(session, application=application)
        case "invited":
            await decisions.invite_application(session, application=application)
        case _:
            reason, note = verdict.reason or "", verdict.note
            await decisions.reject_application(session, application=application, reason=reason, note=note)


async def decisions_in(session: AsyncSession, review_round: ReviewRound) -> Sequence[ReviewDecision]:
    query = select(ReviewDecision).where(ReviewDecision.round_id == review_round.id)
    return (await session.scalars(query.order_by(ReviewDecision.id))).all()


async def advice_about(session: AsyncSession, decision: ReviewDecision) -> list[str]:
    """What reviewers wrote for the applicant, in an order that says nothing about who wrote it."""
    query = select(DecisionPack).where(DecisionPack.round_id == decision.round_id)
    pack = opened((await session.scalars(query)).one())
    packed = next(one for one in pack.applications if one.application_id == decision.application_id)
    return sorted(review.advice for review in packed.reviews if review.advice.strip())
