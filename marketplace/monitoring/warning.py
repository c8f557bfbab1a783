"""Whether a milestone is about to slip, from the stage hazards of the scoring library and what was reported so far."""

import datetime
import itertools
import math
from collections.abc import Sequence

from msgspec import Struct

from scoring.errors import Refusal
from scoring.portfolio.deal import Estimate, Hazard
from scoring.portfolio.priors import prior_hazard
from scoring.technology import Text

REVIEW_MONTHS = 3
DAYS_A_MONTH = 30.4375
MONTHS_MAX = 120.0
# Ranges of the share of work done in which its own pace says something.
PACE_FROM, PACE_TO = 0.1, 0.99
# A first report of the first days says more about writing reports than about the work.
PACE_DAYS_MIN = 14


class PlanPoint(Struct, frozen=True):
    """A value that is planned for a day."""

    on: datetime.date
    value: float


class Variance(Struct, frozen=True, kw_only=True):
    """A measured value beside its plan. `off_by` is positive where it is worse than planned, in the measure's unit."""

    planned: float
    measured: float
    off_by: float
    within_tolerance: bool


class Progress(Struct, frozen=True, kw_only=True):
    """Where a milestone stands: readiness at entry with its interval, its days, and the share reported done."""

    level: int | None
    level_low: int | None
    level_high: int | None
    began_on: datetime.date
    due_on: datetime.date
    today: datetime.date
    done: float | None = None
    reported_on: datetime.date | None = None


class Warning(Struct, frozen=True, kw_only=True):
    """`state` is on-track, behind, likely-late or late. `on_time` is the chance to be reported reached by its day."""

    state: str
    reasons: list[Text]
    on_time: Estimate | None
    basis: str
    expected_on: datetime.date | None


def planned_for(plan: Sequence[PlanPoint], on: datetime.date) -> float | None:
    """The plan's value for a day, on the straight line between its points; none before the first or after the last."""
    points = sorted(plan, key=lambda point: point.on)
    if not points or not points[0].on <= on <= points[-1].on:
        return None
    for before, after in itertools.pairwise(points):
        if before.on <= on <= after.on:
            share = (on - before.on).days / max(1, (after.on - before.on).days)
            return before.value + share * (after.value - before.value)
    return points[0].value


def variance(
    plan: Sequence[PlanPoint], on: datetime.date, measured: float, *, direction: str, tolerance: float
) -> Variance | None:
    """How far a measured value is from its plan; None on days the plan says nothing about."""
    planned = planned_for(plan, on)
    if planned is None:
        return None
    off_by = measured - planned if direction == "at-most" else planned - measured
    return Variance(planned=planned, measured=measured, off_by=off_by, within_tolerance=off_by <= tolerance)


def chance_on_time(progress: Progress) -> Estimate | Refusal:
    """The chance that the running stage advances at its first review when due, given that it runs today.

    The stage survives every review until then, at the library's hazards for its readiness and its whole length.
    """
    if progress.level is None:
        return Refusal(reason="no-level", missing=("trl",), message="The technology's readiness is not known.")
    months = min(max((progress.due_on - progress.began_on).days / DAYS_A_MONTH, 0.5), MONTHS_MAX)
    hazard = prior_hazard(
        progress.level, months, level_low=progress.level_low, level_high=progress.level_high,
        review_months=REVIEW_MONTHS,
    )  # fmt: skip
    left = max((progress.due_on - progress.today).days, 0) / DAYS_A_MONTH
    reviews = max(math.ceil(left / REVIEW_MONTHS) - 1, 0)
    survive = _survival(hazard.before_due)
    advance = hazard.when_due.advance
    return Estimate(
        survive.value**reviews * advance.value, survive.low**reviews * advance.low, survive.high**reviews * advance.high
    )


def _survival(hazard: Hazard) -> Estimate:
    return Estimate(
        1 - hazard.abandon.value - hazard.default.value,
        max(0.0, 1 - hazard.abandon.high - hazard.default.high),
        1 - hazard.abandon.low - hazard.default.low,
    )


def expected_on(progress: Progress) -> datetime.date | None:
    """When the milestone is reached if the rest goes at the pace so far; None where the pace says nothing yet."""
    if progress.done is None or progress.reported_on is None or not PACE_FROM <= progress.done <= PACE_TO:
        return None
    took = (progress.reported_on - progress.began_on).days
    if took < PACE_DAYS_MIN:
        return None
    needed = took * (1 - progress.done) / progress.done
    return progress.reported_on + datetime.timedelta(days=math.ceil(max(needed, 0)))


def warn(progress: Progress, *, at_entry: float | None, off_plan: Sequence[Text], overdue: int) -> Warning:
    """What to tell both sides, with every reason.

    Parameters
    ----------
    at_entry
        The chance that the library gave when the deal began.
    off_plan
        Measures that are worse than planned by more than their tolerance.
    overdue
        Reports that have not come in time.
    """
    found = chance_on_time(progress)
    on_time = None if isinstance(found, Refusal) else found
    finish = expected_on(progress)
    reasons = [
        _text(f"{name.in_language('zh')}偏离计划", f"{name.in_language('en')} is off its plan") for name in off_plan
    ]
    reasons += [_text(f"{overdue}份报告逾期未交", f"{overdue} reports have not come")] if overdue else []
    state = "behind" if reasons else "on-track"
    if finish is not None and finish > progress.due_on:
        late = (finish - progress.due_on).days
        said = _text(f"按目前进度将推迟{late}天达成", f"at the pace so far it is reached {late} days late")
        state, reasons = "likely-late", [*reasons, said]
    if on_time is not None and at_entry is not None and on_time.high < at_entry:
        state = "likely-late"
        now, then = f"{on_time.value:.0%}", f"{at_entry:.0%}"
        reasons.append(
            _text(
                f"模型给出的按期概率为{now}，签约时为{then}", f"the hazard model gives {now}, at entry it gave {then}"
            )
        )
    if progress.today > progress.due_on:
        due = progress.due_on
        state, reasons = "late", [*reasons, _text(f"已过截止日{due:%Y年%-m月%-d日}", f"it was due on {due}")]
    basis = found.message if isinstance(found, Refusal) else "stage hazards, expert prior"
    return Warning(state=state, reasons=reasons, on_time=on_time, basis=basis, expected_on=finish)


def _text(zh: str, en: str) -> Text:
    return Text(zh=zh, en=en)
