"""The technologies that may treat one stream, place by place, as arrays; with how many were left out, and why.

Where less comes in than the holder's range begins at, no more is credited than at its beginning: the effluent is
``max(c · (1 − removal), min(c, low · (1 − removal)))``. That grows with what comes in, so that a cleaner stream stays
a cleaner one through every later step; the search leans on it.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from marketplace.needs.envelopes import Range
from marketplace.needs.quantities import converted
from marketplace.needs.sizes import size_in, unsaid
from marketplace.needs.specification import Climate, Pollutant, Stream
from marketplace.solutions.economics import Price, Throughput, price_of
from marketplace.solutions.kinds import ALONE, Place, places
from marketplace.solutions.technologies import Solver
from scoring.technology import Text

Basis = Literal["worst", "typical", "best"]
Floats = NDArray[np.float64]


class Effect(NamedTuple):
    """What a technology does to one pollutant, in the need's unit."""

    keeps: float
    floor: float

    def after(self, concentration: float) -> float:
        return max(concentration * self.keeps, min(concentration, self.floor))


class Stage(NamedTuple):
    """One place and its technologies; rows are technologies, columns the stream's pollutants."""

    place: Place
    solvers: tuple[Solver, ...]
    prices: tuple[Price, ...]
    keeps: Floats
    floors: Floats
    bears: Floats
    costs: Floats  # columns: annual, capex, opex
    maturity: NDArray[np.int64]

    def only(self, chosen: NDArray[np.bool_]) -> "Stage":
        rows = np.flatnonzero(chosen).tolist()
        return Stage(
            self.place,
            tuple(self.solvers[row] for row in rows),
            tuple(self.prices[row] for row in rows),
            self.keeps[chosen],
            self.floors[chosen],
            self.bears[chosen],
            self.costs[chosen],
            self.maturity[chosen],
        )


class Pool(NamedTuple):
    """Those that may stand in a train of the stream, by place; of `considered` some were `left_out`, by reason."""

    stream: Stream
    places: tuple[tuple[Place, tuple[tuple[Solver, Price], ...]], ...]
    left_out: dict[str, int]
    considered: int


def concentration(pollutant: Pollutant, basis: Basis) -> float | None:
    """What comes in: only the best case may count on the lowest concentration."""
    ends = (pollutant.low, pollutant.high) if basis == "best" else (pollutant.high, pollutant.low)
    return next((end for end in ends if end is not None), None)


def effect_of(solver: Solver, pollutant: Pollutant, basis: Basis) -> Effect:
    """Nothing is credited for what the technology does not say."""
    removal = solver.envelope.removal.get(pollutant.name)
    if removal is None:
        return Effect(1.0, 0.0)
    share = {"worst": removal.low, "typical": removal.typical, "best": removal.high}[basis]
    keeps = min(1.0, max(0.0, 1 - share))
    low = _end(solver.envelope.influent.get(pollutant.name), "low", pollutant.unit)
    return Effect(keeps, 0.0 if low is None else low * keeps)


def bearable(solver: Solver, place: Place, pollutant: Pollutant) -> float:
    """The highest concentration that may come in: by its holder's range, and by what its kind bears."""
    ends = [_end(solver.envelope.influent.get(pollutant.name), "high", pollutant.unit)]
    ends += [
        converted(rule.at_most, rule.unit, pollutant.unit) for rule in place.bears if rule.pollutant == pollutant.name
    ]
    return min((end for end in ends if end is not None), default=float("inf"))


def _end(allowed: Range | None, which: Literal["low", "high"], unit: str) -> float | None:
    end = None if allowed is None else getattr(allowed, which)
    return None if allowed is None or end is None else converted(end, allowed.unit, unit)


def pool_of(
    stream: Stream, solvers: Sequence[Solver], *, medium: str, climate: Climate, through: Throughput, currency: str
) -> Pool:
    """Those for the medium that take some pollutant of the stream, at this flow, in this climate, at a known price."""
    left: Counter[str] = Counter()
    fit: list[tuple[Solver, Price]] = []
    concerned = [entry for entry in solvers if _concerns(entry, stream, medium)]
    for entry in concerned:
        reason = _unfit(entry, stream, climate)
        price = None if reason else price_of(entry, through, currency)
        if price is None:
            left[reason or "price-unknown"] += 1
        else:
            fit.append((entry, price))
    return Pool(stream, tuple(_grouped(fit, places(medium))), dict(left), len(concerned))


def _grouped(
    fit: Sequence[tuple[Solver, Price]], order: Sequence[Place]
) -> Iterator[tuple[Place, tuple[tuple[Solver, Price], ...]]]:
    for place in (*order, Place(ALONE, ALONE, Text(), Text(), ())):
        if found := tuple(pair for pair in fit if pair[0].kind == place.kind):
            yield place, found


def stages_of(pool: Pool, basis: Basis) -> list[Stage]:
    """The places as arrays, for one case."""
    return [_stage(place, pairs, pool.stream.pollutants, basis) for place, pairs in pool.places]


def _concerns(solver: Solver, stream: Stream, medium: str) -> bool:
    removes = solver.envelope.removal
    return medium in solver.envelope.media and any(pollutant.name in removes for pollutant in stream.pollutants)


def _unfit(solver: Solver, stream: Stream, climate: Climate) -> str | None:
    """The first reason why a technology cannot stand in the train; None if it can."""
    scale = solver.envelope.scale
    if not solver.possible:
        return "impossible"
    if scale is None or (scale.low is None and scale.high is None):
        return "scale-unknown"
    size = size_in(stream, scale.unit)
    if size is None:
        lacking = unsaid(stream, scale.unit)
        return f"{lacking}-unsaid" if lacking else "scale-unknown"
    # All of it, from its least to its most, has to be within.
    if (scale.low is not None and size.low < scale.low) or (scale.high is not None and size.high > scale.high):
        return "scale"
    return "climate" if _too_cold_or_hot(climate, solver.envelope.temperature) else None


def _too_cold_or_hot(climate: Climate, works: Range | None) -> bool:
    """Known to be outside; what is not said leaves nobody out."""
    if works is None:
        return False
    cold, hot = climate.temperature_low_c, climate.temperature_high_c
    too_cold = cold is not None and works.low is not None and cold < works.low
    return too_cold or (hot is not None and works.high is not None and hot > works.high)


def _stage(place: Place, pairs: Sequence[tuple[Solver, Price]], pollutants: Sequence[Pollutant], basis: Basis) -> Stage:
    effects = [[effect_of(solver, pollutant, basis) for pollutant in pollutants] for solver, _ in pairs]
    shape = (len(pairs), len(pollutants))
    return Stage(
        place,
        tuple(solver for solver, _ in pairs),
        tuple(price for _, price in pairs),
        np.array([[effect.keeps for effect in row] for row in effects], float).reshape(shape),
        np.array([[effect.floor for effect in row] for row in effects], float).reshape(shape),
        np.array([[bearable(solver, place, one) for one in pollutants] for solver, _ in pairs], float).reshape(shape),
        np.array([[price.annual_minor, price.capex_minor, price.opex_minor_per_year] for _, price in pairs], float),
        np.array([solver.trl or 0 for solver, _ in pairs], np.int64),
    )
