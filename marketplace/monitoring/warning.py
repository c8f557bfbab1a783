"""Whether a milestone is about to slip, from the stage hazards of the scoring library and what was reported so far."""

import datetime
import itertools
import math
from collections.abc import Sequence

from msgspec import Struct

from scoring.errors import Refusal
from scoring.portfolio.deal import Estimate, Hazard
from scoring.portfolio.priors import prior_hazard

REVIEW_MONTHS = 3
DAYS_A_MONTH = 30.4375
MONTHS_MAX = 120.0
# Ranges of the share of work done in which its own pace says something.
PACE_FROM, PACE_TO = 0.1, 0.99


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
    reasons: list[str]
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
    needed = took * (1 - progress.done) / progress.done
    return progress.reported_on + datetime.timedelta(days=math.ceil(max(needed, 0)))


def warn(progress: Progress, *, at_entry: float | None, off_plan: Sequence[str], overdue: int) -> Warning:
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
    reasons = [f"{key} is off its plan" for key in off_plan]
    reasons += [f"{overdue} reports have not come"] if overdue else []
    state = "behind" if reasons else "on-track"
    if finish is not None and finish > progress.due_on:
        late = (finish - progress.due_on).days
        state, reasons = "likely-late", [*reasons, f"at the pace so far it is reached {late} days late"]
    if on_time is not None and at_entry is not None and on_time.high < at_entry:
        state = "likely-late"
        reasons.append(f"the hazard model gives {on_time.value:.0%}, at entry it gave {at_entry:.0%}")
    if progress.today > progress.due_on:
        state, reasons = "late", [*reasons, f"it was due on {progress.due_on}"]
    basis = found.message if isinstance(found, Refusal) else "stage hazards, expert prior"
    return Warning(state=state, reasons=reasons, on_time=on_time, basis=basis, expected_on=finish)
