"""The decision pack: everything a committee needs to decide about a round, as one JSON document.

It is made once, when the round closes, and kept as bytes; decisions name its hash. Reviewers stand in it under
made-up names.
"""

import asyncio
import datetime
import hashlib
import uuid
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.calls.content import Rubric
from marketplace.database import clock_of
from marketplace.process import ProcessEvent, advance
from marketplace.review.agreement import Apart
from marketplace.review.counterfactual import Feedback, feedback
from marketplace.review.decision_models import DecisionPack
from marketplace.review.merits import CriterionMerit, Margin, Severity
from marketplace.review.models import ReviewAssignment, ReviewRound, SubmittedReview
from marketplace.review.queries import locked_round
from marketplace.review.rounds import organising, release_all
from marketplace.review.rubric import rubric_of
from marketplace.review.standing import Placed, Standing, standing_of
from marketplace.review.stopping import Saving, Side
from scoring.portfolio.ranks import rank_intervals
from scoring.receipts.canonical import canonical_bytes
from scoring.technology import Text

FORMAT = "greenhatch-review-pack/1"
MEANING = Text(
    zh="得分为与门槛的距离（加权），已扣除专家宽严差异：0表示典型专家给出达到门槛与未达门槛的可能各半；每增加1，达到门槛的优势比"
    "乘以e（约2.7）。区间为90%。等级为有序等级，未作相加或平均。",
    en="The score is a weighted distance from the bar, allowing for how severe each reviewer is: at 0 a typical "
    "reviewer is as likely to rate it at or above the bar as below; each unit multiplies those odds by e (about 2.7). "
    "Intervals are 90 %. Levels are ordinal and were neither added nor averaged.",
)
Suggestion = Literal["accept", "waitlist", "reject", "discuss"]


class PackedReview(Struct, frozen=True, kw_only=True):
    """One review, under a made-up name."""

    reviewer: str
    further: bool
    ratings: list[dict[str, Any]]
    comment: str
    advice: str


class Ranks(Struct, frozen=True, kw_only=True):
    """Where it stands among all, how far down or up that may be (90 %), and its chance to be among the seats."""

    rank: int
    low: int
    high: int
    chance_of_seat: float


class PackedApplication(Struct, frozen=True, kw_only=True):
    """One application; `suggestion` follows from its numbers alone, for the reasons given."""

    application_id: uuid.UUID
    organisation: Text
    technology: Text
    amount: dict[str, Any] | None
    side: Side
    margin: Margin | None
    ranks: Ranks | None
    criteria: dict[str, CriterionMerit]
    apart: list[Apart]
    opposition: float
    reviews: list[PackedReview]
    suggestion: Suggestion
    reasons: list[Text]
    feedback: Feedback | None


class Pack(Struct, frozen=True, kw_only=True):
    """The whole round. `severities` are by the made-up names of reviewers."""

    format: str
    round_id: uuid.UUID
    call_id: uuid.UUID
    call: Text
    stage: str
    closed_at: datetime.datetime
    seats_free: int
    rubric: Rubric
    meaning: Text
    applications: list[PackedApplication]
    severities: dict[str, Severity]
    agreement: dict[str, float | None]
    saving: Saving


async def close_round(session: AsyncSession, *, review_round: ReviewRound) -> ProcessEvent:
    """End the blind pass: what was not submitted is given up, and the pack for the committee is made."""
    review_round = await locked_round(session, review_round.id)
    event = await advance(session, review_round, "close", actor=organising(session))
    await release_all(session, review_round)
    content = await asyncio.to_thread(canonical_bytes, await _pack(session, review_round))
    session.add(DecisionPack(round_id=review_round.id, sha256=hashlib.sha256(content).hexdigest(), content=content))
    await session.flush()
    return event


async def pack_of(session: AsyncSession, review_round: ReviewRound) -> DecisionPack | None:
    found: DecisionPack | None = await session.scalar(
        select(DecisionPack).where(DecisionPack.round_id == review_round.id)
    )
    return found


def opened(pack: DecisionPack) -> Pack:
    return msgspec.json.decode(pack.content, type=Pack)


async def _pack(session: AsyncSession, review_round: ReviewRound) -> Pack:
    standing, call = await standing_of(session, review_round), review_round.call
    reviews, names = await _packed_reviews(session, review_round)
    judged = standing.judged
    # Other requests go on meanwhile.
    ranks = await asyncio.to_thread(_ranks, standing, call.seats - call.seats_taken)
    told = await asyncio.to_thread(_told, standing)
    return Pack(
        format=FORMAT,
        round_id=review_round.id,
        call_id=call.id,
        call=call.title,
        stage=review_round.stage,
        closed_at=clock_of(session).now(),
        seats_free=call.seats - call.seats_taken,
        rubric=rubric_of(review_round.rubric),
        meaning=MEANING,
        applications=[
            _packed(one, reviews[one.application.id], ranks, call.seats - call.seats_taken, told)
            for one in standing.placed
        ],
        severities={names[who]: found for who, found in judged.severities.items() if who in names} if judged else {},
        agreement=standing.agreement,
        saving=standing.saving,
    )


async def _packed_reviews(
    session: AsyncSession, review_round: ReviewRound
) -> tuple[Mapping[uuid.UUID, list[PackedReview]], dict[Any, str]]:
    """By application, and the made-up names: by order of ids that say nothing, not of who was asked or sat first."""
    query = (
        select(SubmittedReview, ReviewAssignment.further)
        .join(ReviewAssignment, ReviewAssignment.id == SubmittedReview.assignment_id)
        .where(ReviewAssignment.round_id == review_round.id)
        .order_by(SubmittedReview.id)
    )
    rows = (await session.execute(query)).all()
    known = sorted({review.reviewer_id for review, _ in rows}, key=lambda who: hashlib.sha256(who.bytes).digest())
    names = {who: f"r{number}" for number, who in enumerate(known, start=1)}
    found: dict[uuid.UUID, list[PackedReview]] = defaultdict(list)
    for review, further in rows:
        found[review.application_id].append(
            PackedReview(
                reviewer=names[review.reviewer_id],
                further=further,
                ratings=review.ratings,
                comment=review.comment,
                advice=review.advice,
            )
        )
    return found, names


def _ranks(standing: Standing, seats: int) -> dict[uuid.UUID, Ranks]:
    judged = [(one.application.id, one.merit.margin) for one in standing.placed if one.merit]
    if not judged:
        return {}
    ids, margins = [str(name) for name, _ in judged], [margin for _, margin in judged]
    top = min(max(seats, 1), len(ids))
    found = rank_intervals(
        ids, [m.value for m in margins], [m.low for m in margins], [m.high for m in margins], top=(top,)
    )
    return {
        name: Ranks(rank=place, low=one.low, high=one.high, chance_of_seat=dict(one.top)[top] if seats > 0 else 0.0)
        for place, ((name, _), one) in enumerate(zip(judged, found, strict=True), start=1)
    }


def _told(standing: Standing) -> dict[uuid.UUID, Feedback]:
    """What each applicant would be told."""
    judged = standing.judged
    found = [(one.application.id, one.merit) for one in standing.placed if one.merit]
    return {name: feedback(judged, merit, standing.by_application.get(name, [])) for name, merit in found if judged}


def _packed(
    placed: Placed,
    reviews: list[PackedReview],
    ranks: Mapping[uuid.UUID, Ranks],
    seats: int,
    told: Mapping[uuid.UUID, Feedback],
) -> PackedApplication:
    application, merit = placed.application, placed.merit
    ranked, amount = ranks.get(application.id), application.amount
    suggestion, reasons = _suggested(placed, ranked, seats)
    return PackedApplication(
        application_id=application.id,
        organisation=application.organisation.name,
        technology=application.listing.name,
        amount=None if amount is None else {"amount_minor": amount.amount_minor, "currency": amount.currency},
        side=placed.stand.side,
        margin=merit.margin if merit else None,
        ranks=ranked,
        criteria=merit.criteria if merit else {},
        apart=placed.apart,
        opposition=placed.opposition,
        reviews=reviews,
        suggestion=suggestion,
        reasons=reasons,
        feedback=told.get(application.id),
    )


def _suggested(placed: Placed, ranks: Ranks | None, seats: int) -> tuple[Suggestion, list[Text]]:
    merit, reasons = placed.merit, []
    if merit is None or ranks is None:
        return "discuss", [Text(zh="没有评审意见", en="nobody has reviewed it")]
    margin = merit.margin
    span = f"{margin.low:+.2f} … {margin.high:+.2f}"
    if placed.stand.next == "review":
        reasons.append(Text(zh="评审数不足", en="it has fewer reviews than were wanted"))
    if placed.stand.side == "open" or reasons:
        zh, en = f"区间{span}跨越门槛", f"its interval {span} crosses the bar"
        return "discuss", [*reasons, *([Text(zh=zh, en=en)] if placed.stand.side == "open" else [])]
    if placed.stand.side == "below":
        return "reject", [Text(zh=f"区间{span}低于门槛", en=f"its interval {span} lies below the bar")]
    reasons = [Text(zh=f"区间{span}高于门槛", en=f"its interval {span} lies above the bar")]
    if ranks.rank > seats:
        zh, en = f"排名第{ranks.rank}，名额{seats}个", f"it ranks {ranks.rank}, and {seats} seats are free"
        return "waitlist", [*reasons, Text(zh=zh, en=en)]
    return "accept", reasons
