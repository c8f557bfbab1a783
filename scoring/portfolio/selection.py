"""Which technologies to fund: the best set under a budget, seats, quotas and limits on risks that hang together."""

from collections.abc import Iterable, Sequence
from time import monotonic
from typing import Literal, Protocol

import numpy as np
from msgspec import Struct

from scoring.errors import Refusal
from scoring.portfolio.checks import Findings, check_unique, is_between
from scoring.portfolio.programme import (
    Candidate,
    Flags,
    Programme,
    Quota,
    Relaxation,
    build,
    conflict,
    relax,
    solve,
    solve_without,
)
from scoring.portfolio.swaps import Swap, cheapest_swaps

_TIE = 1e-9


class HasCandidates(Protocol):
    """Anything that can name its candidates, such as a screening."""

    def candidates(self) -> Sequence[Candidate]:
        """What may be selected."""
        ...


class MarginalValue(Struct, frozen=True, kw_only=True):
    """What the best set loses without this member.

    ``value`` is exact where ``low == high``; where the time ran out it lies between them. None: no feasible set
    does without it. 0: another set is just as good, so this one is a tie.
    """

    id: str
    value: float | None
    low: float | None
    high: float | None


class Selection(Struct, frozen=True, kw_only=True, tag="selection"):
    """The best set and how firmly each member stands in it.

    ``bound`` is what no set can exceed: where ``optimal`` is true it equals ``value``. ``marginal_values`` has one
    entry for each member, ``swaps`` one for each candidate left out. ``binding`` names the limits that leave less
    room than the cheapest candidate left out would need.
    """

    chosen: tuple[str, ...]
    value: float
    bound: float
    optimal: bool
    cost_minor: int
    budget_minor: int
    currency: str
    marginal_values: tuple[MarginalValue, ...]
    swaps: tuple[Swap, ...]
    binding: tuple[str, ...]


def select(
    candidates: Sequence[Candidate] | HasCandidates,
    *,
    budget: int,
    currency: str | None = None,
    seats: int | None = None,
    quotas: Sequence[Quota] = (),
    risk_limit: int | None = None,
    required: Iterable[str] = (),
    excluded: Iterable[str] = (),
    objective: Literal["value", "count"] = "value",
    seconds: float = 10.0,
    marginal_seconds: float = 5.0,
) -> Selection | Refusal:
    """Choose the set of greatest total value.

    Parameters
    ----------
    candidates : sequence of Candidate, or anything with a method ``candidates()``
    budget : int
        Minor units of the candidates' currency.
    currency : str, optional
        Currency of the budget; that of the candidates by default. Two currencies are an error.
    seats : int, optional
        The largest number of members.
    quotas : sequence of Quota
        Limits on groups: counts, and amounts or risks that hang together.
    risk_limit : int, optional
        The largest sum of ``risk_minor``, for instance of shares of an expected shortfall.
    required, excluded : iterables of str
        Identifiers that must, or must not, be chosen.
    objective : "value" or "count"
        The sum of values, or the number of members.
    seconds, marginal_seconds : float
        Time for the set, and for the marginal values of its members; where it runs out, bounds are given.

    Returns
    -------
    Selection or Refusal
        The refusal, with reason "infeasible", names a smallest set of limits that contradict one another.

    Raises
    ------
    InputError
        With every invalid input at once.

    Notes
    -----
    A mixed-integer programme solved by HiGHS to a gap of zero. The candidates are put into one order first, so the
    answer does not depend on theirs. A marginal value is the loss on solving again without the member; candidates
    that its linear relaxation proves fixed are left out of that, so it is exact and quick.

    Examples
    --------
    >>> import scoring
    >>> offers = [("a", 6, 9.0), ("b", 5, 6.0), ("c", 5, 5.0)]
    >>> pool = [scoring.Candidate(id=i, cost_minor=c, value=v) for i, c, v in offers]
    >>> best = scoring.select(pool, budget=10)
    >>> best.chosen, best.value
    (('b', 'c'), 11.0)
    >>> [(m.id, m.value) for m in best.marginal_values]
    [('b', 2.0), ('c', 2.0)]
    >>> best.swaps[0].leave, best.swaps[0].loss
    (('b', 'c'), 2.0)
    """
    pool = list(candidates) if isinstance(candidates, Sequence) else list(candidates.candidates())
    required, excluded = sorted(set(required)), sorted(set(excluded))
    times = (seconds, marginal_seconds)
    currency = _check(pool, budget, currency, seats, quotas, risk_limit, required, excluded, objective, times)
    pool.sort(key=lambda c: (-c.value, c.cost_minor, c.id))
    programme = build(pool, budget, seats, quotas, risk_limit, required, excluded, objective)
    deadline = monotonic() + seconds
    best = solve(programme, deadline)
    if best is None:
        return _infeasible(programme)
    members = [pool[i].id for i in np.flatnonzero(best.chosen)]
    return Selection(
        chosen=tuple(members),
        value=best.value,
        bound=best.bound,
        optimal=best.bound - best.value <= _TIE * max(1.0, abs(best.value)),
        cost_minor=sum(c.cost_minor for c, take in zip(pool, best.chosen, strict=True) if take),
        budget_minor=budget,
        currency=currency,
        marginal_values=_marginal_values(programme, best.chosen, best.value, monotonic() + marginal_seconds),
        swaps=cheapest_swaps(programme, best.chosen),
        binding=_binding(programme, best.chosen),
    )


def _check(
    pool: list[Candidate],
    budget: int,
    currency: str | None,
    seats: int | None,
    quotas: Sequence[Quota],
    risk_limit: int | None,
    required: list[str],
    excluded: list[str],
    objective: str,
    times: tuple[float, float],
) -> str:
    found = Findings("select")
    found.amount("budget", budget)
    found.require(len(pool) > 0, "candidates", "", "at least one candidate")
    found.require(objective in ("value", "count"), "objective", objective, '"value" or "count"')
    for place, time in zip(("seconds", "marginal_seconds"), times, strict=True):
        found.require(is_between(time, 0.01, 3600), place, time, "0.01 to 3600")
    for place, limit in (("seats", seats), ("risk_limit", risk_limit)):
        if limit is not None:
            found.amount(place, limit)
    check_unique(found, "id", [c.id for c in pool])
    _check_candidates(found, pool)
    _check_quotas(found, quotas, {group for c in pool for group in c.groups})
    _check_named(found, {c.id for c in pool}, required, excluded)
    seen = sorted({c.currency for c in pool} | ({currency} if currency else set()))
    found.require(len(seen) <= 1, "currency", ", ".join(seen), "one currency for budget and candidates")
    found.raise_all()
    return seen[0]


def _check_candidates(found: Findings, pool: list[Candidate]) -> None:
    for candidate in pool:
        found.amount(f"{candidate.id}.cost_minor", candidate.cost_minor)
        found.amount(f"{candidate.id}.risk_minor", candidate.risk_minor)
        finite = is_between(candidate.value, -1e15, 1e15)
        found.require(finite, f"{candidate.id}.value", candidate.value, "a finite number")


def _check_quotas(found: Findings, quotas: Sequence[Quota], groups: set[str]) -> None:
    for quota in quotas:
        known = quota.group in groups or not quota.min_count
        found.require(known, "quotas", quota.group, "a group that some candidate belongs to")
        limits = ("min_count", "max_count", "max_amount_minor", "max_risk_minor")
        given = {name: getattr(quota, name) for name in limits if getattr(quota, name) is not None}
        found.require(bool(given), f"quotas[{quota.group}]", "", "at least one limit")
        for name, limit in given.items():
            found.amount(f"quotas[{quota.group}].{name}", limit)


def _check_named(found: Findings, known: set[str], required: list[str], excluded: list[str]) -> None:
    for place, names in (("required", required), ("excluded", excluded)):
        for name in names:
            found.require(name in known, place, name, "an identifier of a candidate")
    for name in sorted(set(required) & set(excluded)):
        found.add("required", name, "an identifier that is not excluded too")


def _infeasible(programme: Programme) -> Refusal:
    names = conflict(programme)
    return Refusal(
        reason="infeasible",
        missing=names,
        message=f"No set meets all limits; these contradict one another: {', '.join(names)}.",
        message_zh=f"没有任何组合能同时满足全部约束;相互矛盾的是:{'、'.join(names)}。",
    )


def _marginal_values(programme: Programme, chosen: Flags, value: float, deadline: float) -> tuple[MarginalValue, ...]:
    relaxation = relax(programme)
    return tuple(
        _marginal_value(programme, relaxation, chosen, value, int(i), deadline) for i in np.flatnonzero(chosen)
    )


def _marginal_value(
    programme: Programme, relaxation: Relaxation, chosen: Flags, value: float, i: int, deadline: float
) -> MarginalValue:
    name = programme.candidates[i].id
    if name in programme.required:
        return MarginalValue(id=name, value=None, low=None, high=None)
    floor = _repair(programme, chosen, i)
    ceiling = min(value, relaxation.bound - abs(float(relaxation.reduced[i])))
    if monotonic() < deadline:
        without = solve_without(programme, relaxation, chosen, i, floor, deadline)
        if without is None:
            return MarginalValue(id=name, value=None, low=None, high=None)
        floor, ceiling = max(floor, without.value), min(ceiling, without.bound)
    low, high = max(value - ceiling, 0.0), max(value - floor, 0.0)
    low = high if high - low <= _TIE * max(1.0, abs(value)) else low
    return MarginalValue(id=name, value=round(high, 12), low=round(low, 12), high=round(high, 12))


def _repair(programme: Programme, chosen: Flags, i: int) -> float:
    """The value of a feasible set without ``i``: the others, and perhaps the best one that then fits in."""
    rest = chosen.copy()
    rest[i] = False
    used = programme.rows @ rest
    value = float(programme.gain @ rest)
    free = ~chosen & (programme.upper_bound > 0)
    after = used[:, None] + programme.rows
    fits = free & programme.holds(after)
    best = max(float(programme.gain[fits].max(initial=-np.inf)) + value, -np.inf)
    return max(best, value) if bool(programme.holds(used[:, None])[0]) else best


def _binding(programme: Programme, chosen: Flags) -> tuple[str, ...]:
    """The limits that some candidate left out would break."""
    after = (programme.rows @ chosen)[:, None] + programme.rows[:, ~chosen]
    broken = np.flatnonzero((after > programme.above[:, None] + 0.5).any(axis=1))
    return tuple(programme.names[i] for i in broken)
