"""Lists of introductions, contact data of those that are open, and how fast an organisation answers."""

import datetime
import math
import uuid
from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, and_, false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from marketplace.actors import Actor
from marketplace.database import clock_of
from marketplace.introductions.models import Introduction, IntroductionContact
from marketplace.introductions.process import ANSWER_WITHIN
from scoring.errors import Refusal

SEEN_OVER = datetime.timedelta(days=365)
# From five on, the smallest and the largest enclose the median with more than 90 %: 1 - 2/2^5.
COUNT_MIN = 5
CONFIDENCE = 0.9
SECONDS_PER_DAY = 86_400
_OPEN = ("opened", "concluded")


class ResponseTime(Struct, frozen=True, kw_only=True):
    """Days until an organisation answers, in the middle of all that it was asked within a year.

    What expired without an answer took longer than `expires_days`; a value of None is such a one. `low_days` and
    `high_days` enclose the median with 90 % probability.
    """

    asked: int
    answered: int
    median_days: float | None
    low_days: float
    high_days: float | None
    expires_days: int = ANSWER_WITHIN.days


def introductions_of(actor: Actor, *, side: str | None = None, state: str | None = None) -> Select[Any]:
    """Those the actor's organisation takes part in; operators get everybody's."""
    query = select(Introduction).where(visible_to(actor, side=side))
    if state is not None:
        query = query.where(Introduction.state == state)
    return query.options(
        joinedload(Introduction.initiator), joinedload(Introduction.recipient), joinedload(Introduction.listing)
    )


def visible_to(actor: Actor, *, side: str | None = None) -> ColumnElement[bool]:
    """The two sides and the operator."""
    if "operator" in actor.roles and side is None:
        return Introduction.id.is_not(None)
    if actor.organisation_id is None:
        return false()
    sides = {
        "initiator": Introduction.initiator_id == actor.organisation_id,
        "recipient": Introduction.recipient_id == actor.organisation_id,
    }
    return sides[side] if side else or_(*sides.values())


async def introduction_visible(
    session: AsyncSession, *, introduction_id: uuid.UUID, actor: Actor
) -> Introduction | None:
    found: Introduction | None = await session.scalar(introductions_of(actor).where(Introduction.id == introduction_id))
    return found


async def contacts_of(
    session: AsyncSession, *, introduction_id: uuid.UUID, actor: Actor
) -> Sequence[IntroductionContact]:
    """Contact data for the two sides alone, while the introduction is open: not for the operator, and not before."""
    theirs = or_(Introduction.initiator_id == actor.organisation_id, Introduction.recipient_id == actor.organisation_id)
    query = (
        select(IntroductionContact)
        .join(Introduction, Introduction.id == IntroductionContact.introduction_id)
        .where(Introduction.id == introduction_id, Introduction.state.in_(_OPEN), Introduction.contacts_open, theirs)
        .order_by(IntroductionContact.side)
    )
    return (await session.scalars(query)).all()


async def response_time(session: AsyncSession, organisation_id: uuid.UUID) -> ResponseTime | Refusal:
    """How long somebody who writes to this organisation waits; silence counts, and a few answers are no number."""
    since = clock_of(session).now() - SEEN_OVER
    silent = and_(Introduction.state == "expired", Introduction.answered_at.is_(None))
    query = select(Introduction.expressed_at, Introduction.answered_at).where(
        Introduction.recipient_id == organisation_id,
        Introduction.state_since >= since,
        or_(Introduction.answered_at.is_not(None), silent),
    )
    rows = (await session.execute(query)).all()
    return response_time_of([None if end is None else _days(end - begun) for begun, end in rows])


def _days(waited: datetime.timedelta) -> float:
    return waited.total_seconds() / SECONDS_PER_DAY


def response_time_of(days: Sequence[float | None]) -> ResponseTime | Refusal:
    """The median with its interval; None stands for silence until the end."""
    if len(days) < COUNT_MIN:
        return Refusal(
            reason="too-few",
            missing=("answers",),
            message=f"There have been {len(days)} answers within a year; from {COUNT_MIN} on a median is shown.",
            message_zh=f"一年内共{len(days)}次答复，满{COUNT_MIN}次后显示中位数。",
        )
    waits = sorted(float("inf") if entry is None else entry for entry in days)
    place = _lower_place(len(waits))
    return ResponseTime(
        asked=len(waits),
        answered=sum(entry is not None for entry in days),
        median_days=_known(waits[len(waits) // 2]),  # of an even number the slower one in the middle
        low_days=min(waits[place], float(ANSWER_WITHIN.days)),
        high_days=_known(waits[-1 - place]),
    )


def _lower_place(count: int) -> int:
    """The order statistic from below that, with its mirror image, encloses the median (the sign test's interval)."""
    tail = Fraction((1 - CONFIDENCE) / 2) * 2**count
    ways_below = accumulate(math.comb(count, place) for place in range(count + 1))
    return max(0, next(place for place, ways in enumerate(ways_below) if ways >= tail) - 1)


def _known(days: float) -> float | None:
    return None if days == float("inf") else days
