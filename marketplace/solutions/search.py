"""The cheapest train that keeps all limits: labels along the places, cut by dominance and by a bound. Exact.

A label is what a stream has become and what that has cost. One that is no dirtier in any pollutant, no dearer and no
longer than another at the same place makes the other needless: every step keeps the order of concentrations (see
`candidates`). A label is dropped, too, when even the cheapest way of bringing one pollutant alone below its limit,
which is a lower bound for all of them together, would make it dearer than the best train that is known.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from marketplace.solutions.candidates import Floats, Stage
from marketplace.solutions.kinds import ALONE

STEPS_MAX = 4
BEAM = 64
_BINS = 64
_CHUNK = 400_000


class Target(NamedTuple):
    """What comes in, how much may be left (infinite where nothing is asked), and the most of each cost."""

    start: Floats
    limits: Floats
    caps: Floats  # annual, capex, opex
    steps_max: int = STEPS_MAX


class Chosen(NamedTuple):
    """Place and row of each step, in order, and the annual cost."""

    steps: tuple[tuple[int, int], ...]
    annual: float


class _Labels(NamedTuple):
    water: Floats
    costs: Floats
    parents: tuple[tuple[tuple[int, int], ...], ...]

    def only(self, rows: NDArray[np.int64]) -> "_Labels":
        return _Labels(self.water[rows], self.costs[rows], tuple(self.parents[row] for row in rows.tolist()))


def thinned(stage: Stage, caps: Floats) -> Stage:
    """Without those beside which another of the same place is as good in everything and as cheap.

    Of the costs the whole counts, and those that are capped.
    """
    counts = np.isfinite(caps)
    counts[0] = True
    stage = stage._replace(costs=np.where(counts, stage.costs, 0.0))
    worse = np.hstack([stage.keeps, stage.floors, -stage.bears, stage.costs, -stage.maturity[:, None]])
    chosen = np.zeros(len(worse), bool)
    chosen[undominated(worse)] = True
    return stage.only(chosen)


def at_least(stage: Stage, maturity: int) -> Stage:
    """The same rows, of which the less mature take in nothing."""
    return stage._replace(bears=np.where(stage.maturity[:, None] >= maturity, stage.bears, -1.0))


def undominated(rows: Floats, block: int = 256) -> NDArray[np.int64]:
    """The rows beside which no other is at most as large in every column; of equal rows the first."""
    order = np.lexsort((np.arange(len(rows)), rows.sum(axis=1, where=np.isfinite(rows))))
    kept = np.empty(0, np.int64)
    for start in range(0, len(order), block):
        some = order[start : start + block]
        some = some[~_covered(rows[kept], rows[some])]
        inner = _covers(rows[some], rows[some])
        earlier = np.tri(len(some), k=-1, dtype=bool).T
        # A row is covered by another, or by an equal one that comes before it.
        inner &= earlier | ~inner.T
        kept = np.concatenate([kept[~_covered(rows[some], rows[kept], strictly=True)], some[~inner.any(axis=0)]])
    return np.sort(kept)


def _covers(better: Floats, worse: Floats) -> NDArray[np.bool_]:
    found = np.ones((len(better), len(worse)), bool)
    for column in range(better.shape[1]):
        found &= better[:, column, None] <= worse[None, :, column]
    return found


def _covered(better: Floats, worse: Floats, *, strictly: bool = False) -> NDArray[np.bool_]:
    found = _covers(better, worse)
    if strictly:
        found &= ~_covers(worse, better).T
    return np.asarray(found.any(axis=0))


def cheapest(stages: Sequence[Stage], target: Target) -> Chosen | None:
    """The train of least annual cost; of several such the first found. None where there is none."""
    if bool((target.start <= target.limits).all()):
        return Chosen((), 0.0)
    trains = [stage for stage in stages if stage.place.kind != ALONE]
    bounds = _bounds(trains, target)
    best = _single(stages, target)
    for beam in (BEAM, None):
        best = _pass(trains, target, bounds, best, beam)
    return best


def _single(stages: Sequence[Stage], target: Target) -> Chosen | None:
    """The cheapest of one step; those of no known kind only stand so."""
    best: Chosen | None = None
    for at, stage in enumerate(stages):
        left = np.maximum(target.start * stage.keeps, np.minimum(target.start, stage.floors))
        good = (target.start <= stage.bears).all(axis=1) & (left <= target.limits).all(axis=1)
        good &= (stage.costs <= target.caps).all(axis=1)
        if good.any():
            row = int(np.argmin(np.where(good, stage.costs[:, 0], np.inf)))
            if best is None or stage.costs[row, 0] < best.annual:
                best = Chosen(((at, row),), float(stage.costs[row, 0]))
    return best


def _bounds(stages: Sequence[Stage], target: Target) -> list[tuple[Floats, Floats]]:
    """For each place the least cost, by pollutant and share of its whole reduction, of what comes from there on.

    Reductions are logarithms in bins, each technology's rounded up: it may only look too cheap, never too dear.
    """
    asked = target.limits < target.start
    with np.errstate(divide="ignore", invalid="ignore"):
        width = np.where(asked, np.log(target.start / target.limits), 1.0) / _BINS
    table = np.full((len(target.start), _BINS + 1), np.inf)
    table[:, 0] = 0.0
    found = [(table, width)]
    for stage in reversed(stages):
        table = table.copy()
        with np.errstate(divide="ignore"):
            bins = np.minimum(_BINS, np.ceil(-np.log(stage.keeps) / width))
        for pollutant in np.flatnonzero(asked).tolist():
            table[pollutant] = _one_more(found[0][0][pollutant], bins[:, pollutant].astype(int), stage.costs[:, 0])
        found.insert(0, (table, width))
    return found


def _one_more(before: Floats, bins: NDArray[np.int64], costs: Floats) -> Floats:
    best = np.full(_BINS + 1, np.inf)
    np.minimum.at(best, bins, costs)
    after = before.copy()
    for count in np.flatnonzero(np.isfinite(best)).tolist():
        helped = np.concatenate([np.full(count, before[0]), before[: _BINS + 1 - count]])
        after = np.minimum(after, best[count] + helped)
    return after


def _still(labels_water: Floats, bound: tuple[Floats, Floats], target: Target) -> Floats:
    """The least that each label still has to pay."""
    table, width = bound
    with np.errstate(divide="ignore", invalid="ignore"):
        needed = np.floor(np.log(labels_water / target.limits) / width - 1e-9)
    bins = np.clip(np.nan_to_num(needed, nan=0.0, neginf=0.0, posinf=_BINS), 0, _BINS).astype(int)
    least: Floats = table[np.arange(table.shape[0]), bins].max(axis=1)
    return least


def _pass(
    stages: Sequence[Stage],
    target: Target,
    bounds: Sequence[tuple[Floats, Floats]],
    best: Chosen | None,
    beam: int | None,
) -> Chosen | None:
    labels = _Labels(target.start[None, :].copy(), np.zeros((1, 4)), ((),))
    lowest = _lowest_that_matters(stages, target)
    for at, stage in enumerate(stages):
        if not len(labels.water):
            break
        made, best = _extended(labels, at, stage, target, bounds[at + 1], best)
        water = np.maximum(np.vstack([labels.water, made.water]), lowest)
        both = _Labels(water, np.vstack([labels.costs, made.costs]), labels.parents + made.parents)
        dear = both.costs[:, 0] + _still(both.water, bounds[at + 1], target)
        keep = np.flatnonzero(dear < (np.inf if best is None else best.annual))
        if beam is not None:
            keep = np.sort(keep[np.argsort(dear[keep], kind="stable")[:beam]])
        both = both.only(keep)
        labels = both.only(undominated(np.hstack([both.water, both.costs])))
    return best


def _lowest_that_matters(stages: Sequence[Stage], target: Target) -> Floats:
    """Below the limit and below what every technology bears, cleaner is no better."""
    bears = [np.where(stage.bears < 0, np.inf, stage.bears).min(axis=0) for stage in stages if len(stage.solvers)]
    return np.minimum(target.limits, np.min(bears, axis=0) if bears else np.inf)


def _extended(
    labels: _Labels, at: int, stage: Stage, target: Target, bound: tuple[Floats, Floats], best: Chosen | None
) -> tuple[_Labels, Chosen | None]:
    """Each label with each technology of the place; one that keeps all limits is finished, and may be the best."""
    made: list[_Labels] = []
    block = max(1, _CHUNK // max(1, stage.keeps.size))
    for start in range(0, len(labels.water), block):
        some = labels.only(np.arange(start, min(start + block, len(labels.water))))
        rows, columns = np.nonzero(_possible(some, stage, target, best))
        before = some.water[rows]
        water = np.maximum(before * stage.keeps[columns], np.minimum(before, stage.floors[columns]))
        costs = some.costs[rows] + np.hstack([stage.costs[columns], np.ones((len(columns), 1))])
        done = (water <= target.limits).all(axis=1)
        if done.any():
            first = int(np.argmin(np.where(done, costs[:, 0], np.inf)))
            if best is None or costs[first, 0] < best.annual:
                steps = (*some.parents[rows[first]], (at, int(columns[first])))
                best = Chosen(steps, float(costs[first, 0]))
        dear = costs[:, 0] + _still(water, bound, target)
        keep = ~done & (dear < (np.inf if best is None else best.annual))
        keep &= (water < before).any(axis=1) & (costs[:, 3] < target.steps_max)
        parents = [
            (*some.parents[row], (at, int(column))) for row, column in zip(rows[keep], columns[keep], strict=True)
        ]
        made.append(_Labels(water[keep], costs[keep], tuple(parents)))
    return (
        _Labels(
            np.vstack([part.water for part in made]),
            np.vstack([part.costs for part in made]),
            tuple(parent for part in made for parent in part.parents),
        ),
        best,
    )


def _possible(labels: _Labels, stage: Stage, target: Target, best: Chosen | None) -> NDArray[np.bool_]:
    """Which technology each label may go through, and still afford."""
    good = labels.costs[:, 3, None] < target.steps_max
    good = np.repeat(good, len(stage.solvers), axis=1)
    for pollutant in range(labels.water.shape[1]):
        good &= labels.water[:, pollutant, None] <= stage.bears[None, :, pollutant]
    for column in range(3):
        good &= labels.costs[:, column, None] + stage.costs[None, :, column] <= target.caps[column]
    if best is not None:
        good &= labels.costs[:, 0, None] + stage.costs[None, :, 0] < best.annual
    return good
