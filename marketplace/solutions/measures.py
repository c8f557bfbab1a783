"""What could be done at one source: one technology or two in their order, with what each takes of every load."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from marketplace.needs.specification import Climate, Stream
from marketplace.solutions.balance import Balance, Interval, balances
from marketplace.solutions.brief import Source
from marketplace.solutions.candidates import pool_of, stages_of
from marketplace.solutions.economics import DAYS_PER_YEAR, Price, throughput_of
from marketplace.solutions.kinds import ALONE
from marketplace.solutions.search import thinned, undominated
from marketplace.solutions.technologies import Solver

# From the order to regular operation: what is proven is built sooner. Months by the least readiness in the chain.
MONTHS_BY_TRL = {9: 12, 8: 18, 7: 24, 6: 36, 5: 48}
MONTHS_OTHERWISE = 60


class Option(NamedTuple):
    """`removed` is kg a year by pollutant: surely, typically, at best."""

    source: int
    solvers: tuple[Solver, ...]
    prices: tuple[Price, ...]
    removed: dict[str, Interval]
    months: int

    @property
    def capex_minor(self) -> int:
        return sum(price.capex_minor for price in self.prices)

    @property
    def annual_minor(self) -> int:
        return sum(price.annual_minor for price in self.prices)


def options(number: int, source: Source, solvers: Sequence[Solver], *, wanted: set[str], currency: str) -> list[Option]:
    """Those beside which no other is as cheap, as soon and takes as much of all that is wanted."""
    stream = Stream(flow=source.flow, pollutants=source.pollutants)
    through = throughput_of(source.flow)
    if through is None:
        return []
    pool = pool_of(stream, solvers, medium=source.medium.value, climate=Climate(), through=through, currency=currency)
    free = np.full(3, np.inf)
    free[1] = 0.0  # finite: capital counts beside the whole cost
    stages = [thinned(stage, free) for stage in stages_of(pool, "worst")]
    rows = [
        [(stage.place.kind, solver, price) for solver, price in zip(stage.solvers, stage.prices, strict=True)]
        for stage in stages
    ]
    bears = {id(solver): stage.bears[row] for stage in stages for row, solver in enumerate(stage.solvers)}
    made: list[Option] = []
    for chain in _chains(rows):
        flowing = balances(source.pollutants, source.flow, [solver for _, solver, _ in chain])
        if all(
            step_balance.enters.high <= bears[id(solver)][column]
            for (_, solver, _), step in zip(chain, flowing, strict=True)
            for column, step_balance in enumerate(step)
        ):
            made.append(_option(number, chain, flowing))
    helping = [option for option in made if any(option.removed[name].low > 0 for name in wanted & set(option.removed))]
    return _best(helping, sorted(wanted))


_Row = tuple[str, Solver, Price]


def _chains(rows: Sequence[Sequence[_Row]]) -> Iterator[tuple[_Row, ...]]:
    for place in rows:
        yield from ((row,) for row in place)
    for first, second in combinations(rows, 2):
        yield from ((one, other) for one in first for other in second if ALONE not in (one[0], other[0]))


def _option(number: int, chain: Sequence[_Row], flowing: Sequence[Sequence[Balance]]) -> Option:
    removed = {}
    for first, last in zip(flowing[0], flowing[-1], strict=True):
        if first.mass_kg_per_day is not None and last.mass_kg_per_day is not None:
            # All three of the load at its highest: what is removed of it surely, typically and at best.
            enters = first.mass_kg_per_day.enters.high
            shares = [
                1 - after / before if before > 0 else 0.0
                for before, after in zip(first.enters, last.leaves, strict=True)
            ]
            ends = sorted(share * enters * DAYS_PER_YEAR for share in shares)
            removed[first.pollutant] = Interval(*ends)
    readiness = min(solver.trl or 0 for _, solver, _ in chain)
    return Option(
        number,
        tuple(solver for _, solver, _ in chain),
        tuple(price for _, _, price in chain),
        removed,
        MONTHS_BY_TRL.get(readiness, MONTHS_OTHERWISE),
    )


def _best(made: Sequence[Option], wanted: Sequence[str]) -> list[Option]:
    if not made:
        return []
    nothing = Interval(0.0, 0.0, 0.0)
    worse = np.array([
        [option.annual_minor, option.capex_minor, option.months]
        + [-option.removed.get(name, nothing).low for name in wanted]
        for option in made
    ], float)  # fmt: skip
    return [made[row] for row in undominated(worse).tolist()]
