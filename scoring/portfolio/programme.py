"""The mixed-integer programme behind a selection, its linear relaxation, and the search for contradictions."""

from collections.abc import Sequence
from time import monotonic

import numpy as np
import scipy  # its parts are loaded when they are first used: most processes never need them
from msgspec import Struct
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_TRIES = 4
_DOUBTFUL = 20


class Candidate(Struct, frozen=True, kw_only=True):
    """Something that may be funded: its cost, its value, its part in a risk, and the groups it belongs to.

    Groups are free names, such as ``"medium:water"`` or ``"holder:university-a"``.
    """

    id: str
    cost_minor: int
    value: float
    currency: str = "CNY"
    risk_minor: int = 0
    groups: tuple[str, ...] = ()


class Quota(Struct, frozen=True, kw_only=True):
    """Limits on the members of one group: how many, for how much, and how much risk together."""

    group: str
    min_count: int | None = None
    max_count: int | None = None
    max_amount_minor: int | None = None
    max_risk_minor: int | None = None


class Solution(Struct, frozen=True):
    """A feasible set, its value, and what no set exceeds."""

    chosen: Flags
    value: float
    bound: float


class Relaxation(Struct, frozen=True):
    """The programme with fractions allowed: its value, its solution, and what moving each candidate costs at least."""

    bound: float
    share: Floats
    reduced: Floats


class Programme(Struct, frozen=True, kw_only=True):
    """Maximise ``gain @ x`` with ``below <= rows @ x <= above``, ``lower_bound <= x <= upper_bound``, x whole."""

    candidates: list[Candidate]
    gain: Floats
    rows: Floats  # (limits, candidates)
    below: Floats
    above: Floats
    names: tuple[str, ...]
    lower_bound: Floats
    upper_bound: Floats
    required: frozenset[str]

    def holds(self, used: Floats) -> Flags:
        """Whether each column of ``used``, ``(limits, sets)``, keeps every limit."""
        # Every row counts whole things, so half of one is the right tolerance for sums of floats.
        kept = (used >= self.below[:, None] - 0.5) & (used <= self.above[:, None] + 0.5)
        return np.asarray(kept.all(axis=0))


def build(
    candidates: list[Candidate],
    budget: int,
    seats: int | None,
    quotas: Sequence[Quota],
    risk_limit: int | None,
    required: Sequence[str],
    excluded: Sequence[str],
    objective: str,
) -> Programme:
    """Turn limits into rows, each with a name a person recognises."""
    cost = np.array([c.cost_minor for c in candidates], dtype=np.float64)
    risk = np.array([c.risk_minor for c in candidates], dtype=np.float64)
    ones = np.ones(len(candidates))
    limits: list[tuple[str, Floats, float, float]] = [("budget", cost, 0.0, float(budget))]
    if seats is not None:
        limits.append(("seats", ones, 0.0, float(seats)))
    if risk_limit is not None:
        limits.append(("risk limit", risk, 0.0, float(risk_limit)))
    for quota in quotas:
        inside = np.array([float(quota.group in c.groups) for c in candidates])
        limits += _quota_limits(quota, inside, cost, risk)
    return Programme(
        candidates=candidates,
        gain=np.array([c.value for c in candidates], dtype=np.float64) if objective == "value" else ones,
        rows=np.array([row for _, row, _, _ in limits]),
        below=np.array([low for _, _, low, _ in limits]),
        above=np.array([high for _, _, _, high in limits]),
        names=tuple(name for name, _, _, _ in limits),
        lower_bound=np.array([float(c.id in required) for c in candidates]),
        upper_bound=np.array([float(c.id not in excluded) for c in candidates]),
        required=frozenset(required),
    )


def _quota_limits(quota: Quota, inside: Floats, cost: Floats, risk: Floats) -> list[tuple[str, Floats, float, float]]:
    limits = []
    if quota.min_count is not None:
        limits.append((f"at least {quota.min_count} of {quota.group}", inside, float(quota.min_count), np.inf))
    for row, limit, what in (
        (inside, quota.max_count, "of"),
        (inside * cost, quota.max_amount_minor, "minor units for"),
        (inside * risk, quota.max_risk_minor, "minor units of risk in"),
    ):
        if limit is not None:
            limits.append((f"at most {limit} {what} {quota.group}", row, 0.0, float(limit)))
    return limits


def solve(programme: Programme, deadline: float) -> Solution | None:
    """The best set, or None where there is none."""
    return _search(programme, programme.lower_bound, programme.upper_bound, deadline)


def solve_without(
    programme: Programme, relaxation: Relaxation, chosen: Flags, out: int, floor: float, deadline: float
) -> Solution | None:
    """The best set without one member of the best set ``chosen``; some feasible set is known to reach ``floor``.

    First only the candidates that the relaxation is least sure of may move, which is quick and nearly always finds
    the answer. Then every candidate whose move would cost more than what is left to gain is settled, and the rest
    is searched: that proves it.
    """
    doubt = np.argsort(np.abs(relaxation.reduced), kind="stable")[:_DOUBTFUL]
    movable = np.isin(np.arange(len(chosen)), doubt)
    low, high = programme.lower_bound.copy(), programme.upper_bound.copy()
    low[out] = high[out] = 0.0
    near = _search(
        programme, np.where(movable, low, chosen & (high > 0)), np.where(movable, high, chosen * high), deadline
    )
    floor = max(floor, near.value if near else -np.inf)
    if np.isfinite(floor):
        room = relaxation.bound - abs(float(relaxation.reduced[out])) - floor
        settled = np.abs(relaxation.reduced) > max(room, 0.0) + 1e-9 * max(1.0, abs(floor))
        low = np.where(settled & (relaxation.share > 0.5), high, low)
        high = np.where(settled & (relaxation.share < 0.5), low, high)
    best = _search(programme, low, high, deadline)
    if best is None or near is None:
        return best or near
    return Solution(best.chosen, max(best.value, near.value), max(best.bound, near.value))


def _search(programme: Programme, low: Floats, high: Floats, deadline: float) -> Solution | None:
    """Branch and bound over the candidates that are still open, checked in whole minor units.

    The solver's tolerance could let a set overspend by a hair of a very large budget: then the broken limits are
    drawn in by that much and the search is repeated.
    """
    above = programme.above.copy()
    for _ in range(_TRIES):
        best = _branch_and_bound(programme, low, high, above, deadline)
        if best is None:
            return None
        used = programme.rows @ best.chosen
        if bool(programme.holds(used[:, None])[0]):
            return best
        above = np.where(used > programme.above, above - 2 * np.maximum(used - programme.above, 0.5), above)
    return None


def _branch_and_bound(
    programme: Programme, low: Floats, high: Floats, above: Floats, deadline: float
) -> Solution | None:
    open_ = high > low
    held = programme.rows @ np.where(open_, 0.0, low)
    if not open_.any():
        chosen = low > 0.5
        value = float(programme.gain @ chosen)
        return Solution(chosen, value, value) if bool(programme.holds(held[:, None])[0]) else None
    scale = _row_scale(programme)
    answer = scipy.optimize.milp(
        -programme.gain[open_],
        integrality=np.ones(int(open_.sum())),
        bounds=scipy.optimize.Bounds(0, 1),
        constraints=scipy.optimize.LinearConstraint(
            programme.rows[:, open_] / scale[:, None],
            (programme.below - held) / scale,
            (above - held) / scale,
        ),
        options={"mip_rel_gap": 0.0, "time_limit": max(deadline - monotonic(), 0.05)},
    )
    if answer.x is None:
        return None
    chosen = low > 0.5
    chosen[open_] = answer.x > 0.5
    value, fixed = float(programme.gain @ chosen), float(programme.gain @ np.where(open_, 0.0, low))
    bound = fixed - float(answer.mip_dual_bound) if answer.status != 0 else value
    return Solution(chosen, value, max(value, bound))


def _row_scale(programme: Programme) -> Floats:
    """Amounts in fen beside counts would be badly scaled: every row's largest entry becomes a thousand."""
    largest: Floats = np.abs(programme.rows).max(axis=1)
    return np.where(largest > 0, largest, 1.0) / 1000.0


def relax(programme: Programme) -> Relaxation:
    """Solve the programme with fractions allowed."""
    scale = _row_scale(programme)
    rows = programme.rows / scale[:, None]
    finite_above, positive_below = np.isfinite(programme.above), programme.below > 0
    answer = scipy.optimize.linprog(
        -programme.gain,
        A_ub=np.vstack([rows[finite_above], -rows[positive_below]]),
        b_ub=np.concatenate([(programme.above / scale)[finite_above], -(programme.below / scale)[positive_below]]),
        bounds=np.column_stack([programme.lower_bound, programme.upper_bound]),
        method="highs",
    )
    reduced = -(np.asarray(answer.lower.marginals) + np.asarray(answer.upper.marginals))
    return Relaxation(-float(answer.fun), np.asarray(answer.x), reduced)


def conflict(programme: Programme) -> tuple[str, ...]:
    """A smallest set of limits and requirements that cannot hold together: none of them can be left out of it."""
    kept = [*programme.names, *(f"required: {name}" for name in sorted(programme.required))]
    for name in list(kept):
        fewer = [other for other in kept if other != name]
        if not _feasible(programme, fewer):
            kept = fewer
    return tuple(kept)


def _feasible(programme: Programme, names: list[str]) -> bool:
    rows = np.array([name in names for name in programme.names])
    needed = np.array([f"required: {c.id}" in names for c in programme.candidates])
    answer = scipy.optimize.milp(
        np.zeros(len(programme.gain)),
        integrality=np.ones(len(programme.gain)),
        bounds=scipy.optimize.Bounds(
            np.minimum(needed * programme.lower_bound, programme.upper_bound), programme.upper_bound
        ),
        constraints=scipy.optimize.LinearConstraint(
            programme.rows[rows] / _row_scale(programme)[rows, None],
            programme.below[rows] / _row_scale(programme)[rows],
            programme.above[rows] / _row_scale(programme)[rows],
        )
        if rows.any()
        else None,
        options={"time_limit": 10.0},
    )
    return int(answer.status) == 0
