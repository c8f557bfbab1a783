"""Who reviews what: proposed for the whole round at once, looked at, then asked."""

import asyncio
import datetime
import uuid
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.applications.models import Application
from marketplace.database import clock_of
from marketplace.errors import Conflict, FieldError, Invalid
from marketplace.process import begin
from marketplace.review import letters
from marketplace.review.affinity import Fields, fits
from marketplace.review.assignment import Short, Wanted, assign
from marketplace.review.jobs import remind
from marketplace.review.models import ReviewAssignment, Reviewer, ReviewRound
from marketplace.review.process import HELD
from marketplace.review.queries import assignments_in, independence_of, locked_round, pool_of
from marketplace.review.standing import Placed, standing_of

# Whoever is asked late still has some time.
TIME_LEAST = datetime.timedelta(days=5)
REMIND_BEFORE = datetime.timedelta(days=2)


class Pair(Struct, frozen=True, kw_only=True):
    """A review to be asked for; `fit` is between 0 and 1."""

    application: Application
    reviewer: Reviewer
    fit: float
    further: bool


class Proposal(Struct, frozen=True, kw_only=True):
    """The reviews to ask for now. No application is served worse than `worst_fit`; none could be above `bound`."""

    pairs: list[Pair]
    mean_fit: float
    worst_fit: float
    bound: float


async def propose(session: AsyncSession, review_round: ReviewRound) -> Proposal:
    """The best reviewers for everything that wants a review now; nobody is asked yet.

    Raises
    ------
    Invalid
        There are not enough reviewers; each application and each reviewer that is short is named.
    """
    if review_round.state != "reviewing":
        raise Conflict("not-reviewing", "This round is not under review.", "该轮次不在评审中。")
    placed = (await standing_of(session, review_round)).placed
    counts = [_wanted(one, review_round.reviews_wanted) for one in placed]
    pool = [one for one in await pool_of(session, review_round) if one.declared_at and one.left_at is None]
    wanted = await _programme(session, review_round, placed, counts, pool)
    found = await asyncio.to_thread(assign, wanted)
    if isinstance(found, Short):
        raise _refusal(found, placed, pool)
    pairs = [
        Pair(
            application=placed[i].application,
            reviewer=pool[r],
            fit=float(wanted.fit[i, r]),
            further=placed[i].stand.next == "ask-further",
        )
        for i, r in found.pairs.tolist()
    ]
    return Proposal(pairs=pairs, mean_fit=found.mean, worst_fit=found.worst, bound=found.bound)


def _wanted(placed: Placed, wanted: int) -> int:
    """The first reviews together, further ones one at a time."""
    if placed.stand.next == "review":
        return wanted - sum(placed.reviews)
    return 1 if placed.stand.next == "ask-further" else 0


async def _programme(
    session: AsyncSession,
    review_round: ReviewRound,
    placed: Sequence[Placed],
    counts: Sequence[int],
    pool: Sequence[Reviewer],
) -> Wanted:
    independent: dict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
    for row in await independence_of(session, [one.id for one in pool]):
        if row.independent:
            independent[row.reviewer_id].add(row.organisation_id)
    taken, load = set(), Counter[uuid.UUID]()
    for assignment in await assignments_in(session, review_round):
        taken.add((assignment.application_id, assignment.reviewer_id))
        load[assignment.reviewer_id] += assignment.state in HELD
    allowed = [
        [
            one.application.organisation_id in independent[them.id] and (one.application.id, them.id) not in taken
            for them in pool
        ]
        for one in placed
    ]
    return Wanted(
        reviews=np.array(counts, dtype=np.int64),
        places=np.array([max(0, them.capacity - load[them.id]) for them in pool], dtype=np.int64),
        fit=fits([_about(one.application) for one in placed], [_knows(them) for them in pool]),
        allowed=np.array(allowed, dtype=bool).reshape(len(placed), len(pool)),
    )


def _about(application: Application) -> Fields:
    said = application.listing_version.technology if application.listing_version else {}
    summary = said.get("summary") or {}
    return Fields(
        media=frozenset(said.get("media", ())),
        pollutants=frozenset(said.get("pollutants", ())),
        languages=frozenset(code for code in ("zh", "en") if summary.get(code)),
    )


def _knows(reviewer: Reviewer) -> Fields:
    return Fields(
        media=frozenset(reviewer.media),
        pollutants=frozenset(reviewer.pollutants),
        languages=frozenset(reviewer.languages),
    )


def _refusal(short: Short, placed: Sequence[Placed], pool: Sequence[Reviewer]) -> Invalid:
    """Every application that is short, with what it lacks, and every reviewer whose places are too few for them."""
    faults = [
        FieldError(
            field=f"applications.{placed[i].application.id}",
            expected="more declared, independent reviewers with room than there are",
            expected_zh="可用的、已声明无利益关系且有余量的评审专家不足",
        )
        for i in short.applications.tolist()
    ]
    faults += [
        FieldError(
            field=f"reviewers.{pool[r].id}",
            value=str(pool[r].capacity),
            expected="more capacity, or somebody beside",
            expected_zh="须提高评审上限或增加专家",
        )
        for r in short.reviewers.tolist()
    ]
    message = f"{short.missing} reviews have no reviewer: add some to the pool, or let those in it take on more."
    return Invalid(
        faults, code="reviewers-short", message=message, message_zh=f"尚缺{short.missing}份评审，请增加专家或提高上限。"
    )


async def place(session: AsyncSession, *, review_round: ReviewRound) -> Proposal:
    """Ask for the reviews that are wanted now, all of them or none."""
    review_round = await locked_round(session, review_round.id)
    proposal = await propose(session, review_round)
    due = max(review_round.due_at, clock_of(session).now() + TIME_LEAST)
    for pair in proposal.pairs:
        made = ReviewAssignment(
            round_id=review_round.id,
            reviewer_id=pair.reviewer.id,
            application_id=pair.application.id,
            organisation_id=pair.application.organisation_id,
            independent=True,
            further=pair.further,
            due_at=due,
        )
        await begin(session, made, due={"expire": due})
    counts = Counter(pair.reviewer.id for pair in proposal.pairs)
    for reviewer in {pair.reviewer.id: pair.reviewer for pair in proposal.pairs}.values():
        await letters.tell_reviewer(session, "assigned", reviewer, due=due, count=counts[reviewer.id])
        await remind.defer(session, at=due - REMIND_BEFORE, reviewer_id=str(reviewer.id), due=due.isoformat())
    return proposal
