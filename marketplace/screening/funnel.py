"""How many get from a need to money, and how long each step takes.

Read from the events of processes. A step counts what reached it, once; a step whose process does not exist yet counts
nothing. Later things name the need they come from in their events (`data.need_id`): days are counted from need to
need between the first times of two steps, and their median is a number of days that occurred.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Float,
    ScalarSelect,
    Select,
    Text,
    cast,
    distinct,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import INTERVAL
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.process import ProcessEvent
from scoring.technology import Text as Bilingual

DAY_S = 86_400


class Step(NamedTuple):
    """Something of one of these kinds enters one of these states."""

    name: str
    label: Bilingual
    subjects: tuple[str, ...]
    states: tuple[str, ...]


FUNNEL = (
    Step("need", Bilingual(zh="发布需求", en="Need published"), ("need",), ("published",)),
    Step("match", Bilingual(zh="提出方案", en="Solution proposed"), ("solution", "match"), ("proposed", "matched")),
    Step(
        "contact",
        Bilingual(zh="取得联系", en="In contact"),
        ("solution", "introduction"),
        ("shortlisted", "opened"),
    ),
    Step("deal", Bilingual(zh="签署交易", en="Deal signed"), ("deal",), ("awaiting-funds", "in-trial")),
    Step("paid", Bilingual(zh="放款", en="Paid"), ("milestone_payment",), ("released",)),
)


class StepCount(Struct, frozen=True, kw_only=True):
    """`days_median` is from the step before, over the `timed` needs for which both times are known."""

    name: str
    label: Bilingual
    count: int
    timed: int
    days_median: float | None


async def funnel(session: AsyncSession, steps: Sequence[Step] = FUNNEL) -> list[StepCount]:
    """All steps in order, in one query."""
    rows = await session.execute(_query(tuple(steps)))
    return [
        StepCount(name=step.name, label=step.label, count=count, timed=timed, days_median=days)
        for step, (_, count, timed, days) in zip(steps, rows, strict=True)
    ]


@cache
def _query(steps: tuple[Step, ...]) -> CompoundSelect[Any]:
    """Always the same for the same steps, and building it takes longer than the database does."""
    first = select(literal(0).label("number"), _count(steps[0]), literal(0), cast(null(), Float))
    others = (_since(steps[number - 1], step, number) for number, step in enumerate(steps[1:], start=1))
    return union_all(first, *others).order_by("number")


_NEED = func.coalesce(ProcessEvent.data["need_id"].astext, cast(ProcessEvent.subject_id, Text))


def _count(step: Step) -> ScalarSelect[int]:
    return select(func.count(distinct(ProcessEvent.subject_id))).where(*_entering(step)).scalar_subquery()


def _since(before: Step, step: Step, number: int) -> Select[Any]:
    """The step's number and count, how many needs have both times, and their median days."""
    first, then = (
        select(_NEED.label("need"), func.min(ProcessEvent.at).label("at"))
        .where(*_entering(one), or_(ProcessEvent.subject_type == "need", ProcessEvent.data.has_key("need_id")))
        .group_by(_NEED)
        .subquery()
        for one in (before, step)
    )
    taken = cast(func.extract("epoch", cast(then.c.at - first.c.at, INTERVAL)), Float) / DAY_S
    median = func.percentile_disc(0.5).within_group(taken)
    joined = select(literal(number), _count(step), func.count(), median)
    return joined.select_from(first.join(then, first.c.need == then.c.need)).where(then.c.at >= first.c.at)


def _entering(step: Step) -> tuple[ColumnElement[bool], ...]:
    return ProcessEvent.subject_type.in_(step.subjects), ProcessEvent.to_state.in_(step.states)
