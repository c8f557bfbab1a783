"""A plan for a city or a park (一市一策): which measures, what each does for every target, and what stays uncovered.

An integer programme: at each source at most one measure, all within the budget. First the largest shortfall of any
target is made as small as it can be, then the sum of the shortfalls, then the annual cost; each step keeps what the
ones before have reached. Targets are judged by what measures surely remove.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import scipy  # its parts are loaded when they are first used: most processes never need them
from numpy.typing import NDArray

from marketplace.errors import Invalid
from marketplace.solutions.balance import kg_per_day
from marketplace.solutions.brief import Brief, Goal, Source, faults
from marketplace.solutions.candidates import Floats
from marketplace.solutions.economics import DAYS_PER_YEAR
from marketplace.solutions.measures import Option, options
from marketplace.solutions.reporting import Needed, Plan, report
from marketplace.solutions.technologies import Solver

SECONDS_MAX = 5.0
_SLACK = 1e-7
# The solver may overspend by its tolerance; then it is asked again with a little less.
_ROOMS = (1.0, 1 - 1e-5)


class _Programme(NamedTuple):
    """Columns: one a choice, then one shortfall a goal (share of what is needed), then the largest of them."""

    removed: Floats  # goals × options, as shares of what is needed
    source: Floats  # sources × options
    capex: Floats  # as shares of the budget
    annual: Floats


def plan(brief: Brief, solvers: Sequence[Solver]) -> Plan:
    """The best set of measures out of these technologies.

    Raises
    ------
    Invalid
        If the brief contradicts itself or lacks something: all of it at once.
    """
    if found := list(faults(brief)):
        raise Invalid(found)
    needed = [_needed(goal, brief.sources) for goal in brief.goals]
    wanted = {goal.pollutant for goal in brief.goals}
    offered = [
        option
        for number, source in enumerate(brief.sources)
        for option in options(number, source, solvers, wanted=wanted, currency=brief.currency)
    ]
    chosen, proved = _chosen(brief, needed, offered)
    return report(brief, needed, chosen, considered=len(offered), proved=proved)


def _needed(goal: Goal, sources: Sequence[Source]) -> Needed:
    """Of the load as it is at its highest, kg a year."""
    emitting = [(source, entry) for source in sources for entry in source.pollutants if entry.name == goal.pollutant]
    days = DAYS_PER_YEAR
    load = sum(
        (kg_per_day(entry.high if entry.high is not None else entry.low or 0.0, entry.unit, source.flow) or 0.0) * days
        for source, entry in emitting
    )
    if goal.reduction_share is not None:
        return Needed(load, load * goal.reduction_share)
    allowed = sum(
        (kg_per_day(goal.concentration or 0.0, goal.unit or "", source.flow) or 0.0) for source, _ in emitting
    )
    return Needed(load, max(0.0, load - allowed * days))


def in_time(option: Option, goal: Goal, brief: Brief) -> bool:
    """In operation by the end of the goal's year."""
    return option.months <= 12 * (goal.year - brief.from_year + 1)


def _chosen(brief: Brief, needed: Sequence[Needed], offered: Sequence[Option]) -> tuple[list[Option], bool]:
    """The measures, and whether they are proved to be the best; the budget is checked in whole units."""
    if not offered:
        return [], True
    programme = _programme(brief, needed, offered)
    for room in _ROOMS:
        picked, proved = _solved(programme, room)
        chosen = [offered[at] for at in np.flatnonzero(picked).tolist()]
        spent = sum(option.capex_minor for option in chosen)
        if brief.capex_budget_minor is None or spent <= brief.capex_budget_minor:
            return chosen, proved and room == 1.0
    return [], False


def _solved(programme: _Programme, room: float) -> tuple[NDArray[np.bool_], bool]:
    shortfalls, size = programme.removed.shape
    columns = size + shortfalls + 1
    largest, total, cost = np.zeros(columns), np.zeros(columns), np.zeros(columns)
    largest[-1] = 1.0
    total[size:-1] = 1.0
    cost[:size] = programme.annual / max(1.0, programme.annual.max())
    rows, picked, proved = [*_rows(programme, room)], np.zeros(columns), True
    for aim in (largest, total, cost):
        found = scipy.optimize.milp(
            aim,
            constraints=rows,
            integrality=np.concatenate([np.ones(size), np.zeros(shortfalls + 1)]),
            bounds=scipy.optimize.Bounds(0, 1),
            options={"time_limit": SECONDS_MAX, "mip_rel_gap": 0.0},
        )
        if found.x is None:
            return picked[:size] > 0.5, False
        proved, picked = proved and found.status == 0, found.x
        rows.append(scipy.optimize.LinearConstraint(aim[None, :], ub=float(aim @ picked) + _SLACK))
    return picked[:size] > 0.5, proved


def _programme(brief: Brief, needed: Sequence[Needed], offered: Sequence[Option]) -> _Programme:
    removed = np.array([
        [_surely(option, goal, brief) / need.reduction if need.reduction > 0 else 0.0 for option in offered]
        for goal, need in zip(brief.goals, needed, strict=True)
    ])  # fmt: skip
    source = np.array([[float(option.source == at) for option in offered] for at in range(len(brief.sources))])
    budget = brief.capex_budget_minor
    spent = np.array([option.capex_minor for option in offered], float)
    shares = np.zeros(len(offered)) if budget is None else spent / max(1, budget)
    return _Programme(removed, source, shares, np.array([option.annual_minor for option in offered], float))


def _surely(option: Option, goal: Goal, brief: Brief) -> float:
    return (
        option.removed[goal.pollutant].low if goal.pollutant in option.removed and in_time(option, goal, brief) else 0
    )


def _rows(programme: _Programme, room: float) -> Iterator["scipy.optimize.LinearConstraint"]:
    sources, size = programme.source.shape
    shortfalls = len(programme.removed)
    yield scipy.optimize.LinearConstraint(np.hstack([programme.source, np.zeros((sources, shortfalls + 1))]), ub=1.0)
    yield scipy.optimize.LinearConstraint(np.concatenate([programme.capex, np.zeros(shortfalls + 1)])[None, :], ub=room)
    # A target that nothing helps would hide the others: its shortfall is no choice and does not count.
    asked = [float((row > 0).any()) for row in programme.removed]
    reached = np.hstack([programme.removed, np.eye(shortfalls), np.zeros((shortfalls, 1))])
    yield scipy.optimize.LinearConstraint(reached, lb=asked)
    most = np.hstack([np.zeros((shortfalls, size)), np.eye(shortfalls), -np.ones((shortfalls, 1))])
    yield scipy.optimize.LinearConstraint(most, ub=0.0)
