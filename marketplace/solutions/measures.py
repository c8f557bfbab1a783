"""What could be done at one source: one technology or two in their order, with what each takes of every load."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from marketplace.needs.specification import Climate, Stream
from marketplace.solutions.balance import Balance, Interval, balances
from marketplace.solutions.brief import Source
from marketplace.solutions.candidates import Floats, Stage, pool_of, stages_of
from marketplace.solutions.economics import DAYS_PER_YEAR, Price, throughput_of
from marketplace.solutions.kinds import ALONE
from marketplace.solutions.search import thinned, undominated
from marketplace.solutions.technologies import Solver

# From the order to regular operation: what is proven is built sooner. Months by the least readiness in the chain.
MONTHS_BY_TRL = {9: 12, 8: 18, 7: 24, 6: 36, 5: 48}
MONTHS_OTHERWISE = 60


# Of one place and pollutant so many by each order: pairs of all would be too many to weigh.
KEPT = 3


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
    """Of the likely ones, those beside which no other is as cheap, as soon and takes as much of all that is wanted."""
    stream = Stream(flow=source.flow, pollutants=source.pollutants)
    through = throughput_of(stream)
    if through is None:
        return []
    pool = pool_of(stream, solvers, medium=source.medium.value, climate=Climate(), through=through, currency=currency)
    free = np.full(3, np.inf)
    free[1] = 0.0  # finite: capital counts beside the whole cost
    stages = [thinned(stage, free) for stage in stages_of(pool, "worst")]
    columns = [at for at, pollutant in enumerate(source.pollutants) if pollutant.name in wanted]
    made: list[Option] = []
    for chain in _chains([_likely(stage, columns) for stage in stages]):
        flowing = balances(source.pollutants, source.flow, [row.solver for row in chain])
        if all(
            balance.enters.high <= row.bears[column]
            for row, step in zip(chain, flowing, strict=True)
            for column, balance in enumerate(step)
        ):
            made.append(_option(number, chain, flowing))
    helping = [option for option in made if any(option.removed[name].low > 0 for name in wanted & set(option.removed))]
    return _best(helping, sorted(wanted))


class _Row(NamedTuple):
    kind: str
    solver: Solver
    price: Price
    bears: Floats


def _likely(stage: Stage, columns: Sequence[int]) -> list[_Row]:
    """Of one place, for each wanted pollutant, those that take most, at the least price, and soonest."""
    kept: set[int] = set()
    for column in columns:
        removes = np.maximum(1 - stage.keeps[:, column], 1e-12)
        helping = removes > 1e-6
        price, capital = stage.costs[:, 0] / removes, stage.costs[:, 1] / removes
        soonest = np.lexsort((price, -stage.maturity))
        for best in (np.argsort(-removes), np.argsort(price), np.argsort(capital), soonest):
            kept |= set(best[helping[best]][:KEPT].tolist())
    return [_Row(stage.place.kind, stage.solvers[at], stage.prices[at], stage.bears[at]) for at in sorted(kept)]


def _chains(rows: Sequence[Sequence[_Row]]) -> Iterator[tuple[_Row, ...]]:
    for place in rows:
        yield from ((row,) for row in place)
    for first, second in combinations(rows, 2):
        yield from ((one, other) for one in first for other in second if ALONE not in (one.kind, other.kind))


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
    readiness = min(row.solver.trl or 0 for row in chain)
    return Option(
        number,
        tuple(row.solver for row in chain),
        tuple(row.price for row in chain),
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
