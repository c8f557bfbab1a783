"""How stable a ranking is: rank intervals, chances of being among the best, and groups that cannot be told apart."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, ndtr, ndtri
from scipy.stats import rankdata

from scoring.portfolio.checks import Findings, check_unique, is_between

Floats = NDArray[np.float64]

_CELLS_MIN, _CELLS_MAX, _CELLS_ALL = 32, 256, 60_000  # equally likely parts that an item's own score is cut into
_GRID = 4096  # points at which the others' chances are tabulated
_MANY = 30.0  # a count of this variance is as good as normal
_Z90 = float(ndtri(0.95))


class RankInterval(Struct, frozen=True, kw_only=True):
    """Where one item may stand; rank 1 is the best.

    ``low`` to ``high`` holds its rank with at least the asked probability, split evenly. ``top`` holds
    (k, probability of a rank of at most k). Items of one ``tier`` are an honest tie: none of them is better than
    another with the asked probability of the tier's best.
    """

    id: str
    low: int
    median: int
    high: int
    top: tuple[tuple[int, float], ...]
    tier: int


def rank_intervals(
    ids: Sequence[str],
    value: ArrayLike | None = None,
    low: ArrayLike | None = None,
    high: ArrayLike | None = None,
    *,
    draws: ArrayLike | None = None,
    level: float = 0.9,
    top: Sequence[int] = (10,),
) -> list[RankInterval]:
    """Rank intervals of items whose scores are uncertain; the highest score is rank 1.

    Parameters
    ----------
    ids : sequence of n str
    value, low, high : array-like of shape (n,)
        Each score and its 90 % interval. Scores are taken as independent, each half of the interval as normal.
    draws : array-like of shape (draws, n), instead
        Joint draws of all scores, from any model, dependence included.
    level : float
        Probability that a rank interval holds, 0.5 to 0.999.
    top : sequence of int
        For which k to give the probability of being among the k best.

    Returns
    -------
    list of RankInterval
        In the order of ``ids``.

    Raises
    ------
    InputError
        With every invalid input at once.

    Notes
    -----
    No random numbers are used. Given an item's own score, the number of items above it is a sum of independent
    yes-or-no events; its law is matched by a shifted binomial with the same first three cumulants, and averaged over
    equally likely parts of the own score (256 for a few items, 32 for thousands). With draws, ranks are counted, and
    equal scores share the middle rank.

    Examples
    --------
    >>> import scoring
    >>> a, b, c = scoring.rank_intervals(["a", "b", "c"], [9.0, 5.0, 4.9], [8.5, 4.0, 4.0], [9.5, 6.0, 6.0], top=(1,))
    >>> (a.low, a.high, a.tier), (b.low, b.high, b.tier), c.tier
    ((1, 1, 1), (2, 3, 2), 2)
    """
    found = Findings("rank_intervals")
    check_unique(found, "ids", ids)
    found.require(len(ids) > 0, "ids", "", "at least one item")
    found.require(is_between(level, 0.5, 0.999), "level", level, "0.5 to 0.999")
    for k in top:
        found.require(type(k) is int and k >= 1, "top", k, "whole numbers from 1")
    if draws is None:
        scores = _check_scores(found, ids, value, low, high)
        found.raise_all()
        return _by_law(ids, scores, level, top)
    table = _check_draws(found, ids, draws)
    found.raise_all()
    return _by_counting(ids, table, level, top)


def _check_scores(
    found: Findings, ids: Sequence[str], value: ArrayLike | None, low: ArrayLike | None, high: ArrayLike | None
) -> Floats:
    columns = {"value": value, "low": low, "high": high}
    arrays = {}
    for name, column in columns.items():
        array = np.asarray(np.nan if column is None else column, dtype=np.float64)
        found.require(array.shape == (len(ids),), name, array.shape, f"an array of {len(ids)} numbers")
        arrays[name] = array if array.shape == (len(ids),) else np.zeros(len(ids))
    for name, array in arrays.items():
        for i in np.flatnonzero(~np.isfinite(array)).tolist():
            found.add(f"{name}[{ids[i]}]", array[i], "a finite number")
    for i in np.flatnonzero((arrays["low"] > arrays["value"]) | (arrays["value"] > arrays["high"])).tolist():
        seen = tuple(float(arrays[name][i]) for name in ("low", "value", "high"))
        found.add(f"interval[{ids[i]}]", seen, "low <= value <= high")
    return np.stack([arrays["value"], arrays["low"], arrays["high"]])


def _check_draws(found: Findings, ids: Sequence[str], draws: ArrayLike) -> Floats:
    table = np.asarray(draws, dtype=np.float64)
    in_shape = table.ndim == 2 and table.shape[1] == len(ids) and len(table) >= 1
    found.require(in_shape, "draws", table.shape, f"an array of shape (draws, {len(ids)})")
    found.require(bool(np.isfinite(table).all()), "draws", "", "finite numbers")
    return table


def _by_counting(ids: Sequence[str], draws: Floats, level: float, top: Sequence[int]) -> list[RankInterval]:
    ranks = rankdata(-draws, axis=1)
    tail = (1 - level) / 2
    ends = np.quantile(ranks, [tail, 0.5, 1 - tail], axis=0, method="inverted_cdf")
    chances = np.array([(ranks <= k).mean(axis=0) for k in top]).reshape(len(top), len(ids))

    def beats(a: int, others: NDArray[np.intp]) -> Floats:
        above, equal = draws[:, [a]] > draws[:, others], draws[:, [a]] == draws[:, others]
        return np.asarray(above.mean(axis=0) + 0.5 * equal.mean(axis=0))

    tiers = _tiers(np.argsort(ranks.mean(axis=0), kind="stable"), beats, level)
    return _intervals(ids, ends, chances, top, tiers)


def _by_law(ids: Sequence[str], scores: Floats, level: float, top: Sequence[int]) -> list[RankInterval]:
    law = _Scores(scores)
    above = law.above()
    tail = (1 - level) / 2
    ends = 1.0 + np.array([above.quantile(q, len(ids) - 1) for q in (tail, 0.5, 1 - tail)])
    chances = np.array([above.at_most(np.full(len(ids), k - 1.0)) for k in top]).reshape(len(top), len(ids))
    order = np.argsort(-scores[0], kind="stable")
    return _intervals(ids, ends, chances, top, _tiers(order, law.beats, level))


class _Above(NamedTuple):
    """The number of items above each item, given its own score: cumulants ``(n, nodes)`` and the nodes' weights."""

    mean: Floats
    variance: Floats
    third: Floats
    weight: Floats

    def at_most(self, count: Floats) -> Floats:
        """Probability that at most ``count`` (n,) items are above, for each item."""
        k = np.broadcast_to(count[:, None], self.mean.shape)
        # Cumulants match to 1e-9, so a count that is all but certain must not fall on the wrong side of k.
        chance = (self.mean <= k + 0.5).astype(np.float64)
        few, many = (self.variance > 1e-9) & (self.variance < _MANY), self.variance >= _MANY
        chance[few] = _binomial(k[few], self.mean[few], self.variance[few], self.third[few])
        chance[many] = _normal(k[many], self.mean[many], self.variance[many], self.third[many])
        at_most: Floats = chance @ self.weight
        return at_most

    def quantile(self, level: float, largest: int) -> Floats:
        """The smallest count not exceeded with probability ``level``, for each item, by bisection."""
        low, high = np.full(len(self.mean), -1.0), np.full(len(self.mean), float(largest))
        while len(open_ := np.flatnonzero(high - low > 1)):
            middle = np.floor((low[open_] + high[open_]) / 2)
            rows = _Above(self.mean[open_], self.variance[open_], self.third[open_], self.weight)
            enough = rows.at_most(middle) >= level - 1e-12
            high[open_], low[open_] = np.where(enough, middle, high[open_]), np.where(enough, low[open_], middle)
        return high


def _binomial(k: Floats, mean: Floats, variance: Floats, third: Floats) -> Floats:
    """A shifted binomial of real size with three given cumulants: P(X <= k)."""
    p = np.clip((1 - third / variance) / 2, 1e-6, 1 - 1e-6)
    size = variance / (p * (1 - p))
    successes = k - (mean - size * p)
    inside = np.clip(successes, -1 + 1e-12, size - 1e-12)
    chance = betainc(size - inside, inside + 1, 1 - p)
    return np.where(successes >= size, 1.0, np.where(successes <= -1, 0.0, chance))


def _normal(k: Floats, mean: Floats, variance: Floats, third: Floats) -> Floats:
    """The normal law with its correction for skewness, for counts with a large variance."""
    sd = np.sqrt(variance)
    x = (k + 0.5 - mean) / sd
    skew = third / sd**3
    chance: Floats = np.clip(ndtr(x) + skew * (1 - x * x) * np.exp(-x * x / 2) / (6 * np.sqrt(2 * np.pi)), 0, 1)
    return chance


class _Scores:
    """Independent scores whose halves are normal; an interval of no width is an exact score."""

    def __init__(self, scores: Floats) -> None:
        self.value, low, high = scores
        self.left, self.right = (self.value - low) / _Z90, (high - self.value) / _Z90
        self.exact = (self.left == 0) & (self.right == 0)
        cells = int(np.clip(_CELLS_ALL // len(self.value), _CELLS_MIN, _CELLS_MAX))
        self.level, self.weight = (np.arange(cells) + 0.5) / cells, np.full(cells, 1 / cells)
        self.own = self.quantiles(self.level)

    def quantiles(self, level: Floats) -> Floats:
        z = ndtri(level)
        scores: Floats = self.value[:, None] + np.where(z < 0, self.left[:, None], self.right[:, None]) * z
        return scores

    def below(self, rows: NDArray[np.intp], score: Floats) -> Floats:
        """P(score of each row <= each score), counting half of an exact hit."""
        gap = score - self.value[rows, None]
        sd = np.where(gap < 0, self.left[rows, None], self.right[rows, None])
        chance = ndtr(gap / np.where(sd > 0, sd, 1.0))
        return np.asarray(np.where(sd > 0, chance, 0.5 + 0.5 * np.sign(gap)))

    def beats(self, a: int, others: NDArray[np.intp]) -> Floats:
        """P(a's score is above each other's)."""
        chance: Floats = self.below(others, self.own[a][None, :]) @ self.weight
        return chance

    def above(self) -> _Above:
        """Cumulants of how many others are above each item, for each cell of its own score's probability."""
        tables = self._tables()
        mean, variance, third = self._cumulants(tables, self.own, self.level)
        ends = np.clip(np.linspace(0, 1, len(self.level) + 1), 5e-4, 1 - 5e-4)
        edge_mean, edge_variance, _ = self._cumulants(tables, self.quantiles(ends), ends)
        # Within a cell the mean moves on: a law as wide as that step, not a spike in its middle.
        step, drift = np.diff(edge_mean, axis=1), np.diff(edge_variance, axis=1)
        return _Above(mean, variance + step**2 / 12, third + step * drift / 4, self.weight)

    def _cumulants(self, tables: Floats, own: Floats, level: Floats) -> tuple[Floats, Floats, Floats]:
        """Mean, variance and third cumulant of the number of others above each item at its scores ``own``."""
        total = [np.interp(own, self._grid, table) for table in tables]
        p = np.where(self.exact[:, None], 0.0, 1 - level)  # an item is not above itself
        fixed = np.sort(self.value[self.exact])
        up_to, below = np.searchsorted(fixed, own, side="right"), np.searchsorted(fixed, own, side="left")
        ties = np.maximum(up_to - below - self.exact[:, None], 0)
        mean = total[0] - p + len(fixed) - up_to + ties / 2
        spread = p * (1 - p)
        return mean, np.maximum(total[1] - spread, 0), total[2] - spread * (1 - 2 * p)

    def _tables(self) -> Floats:
        """Sums of p, p(1-p) and p(1-p)(1-2p) over all uncertain items on a grid of scores."""
        uncertain = np.flatnonzero(~self.exact)
        marks = np.sort(self.quantiles(ndtr(np.linspace(-3, 3, 13)))[uncertain].ravel())
        ends = np.sort(self.own.ravel())[[0, -1]]
        every = max(1, len(marks) // _GRID)
        self._grid = np.unique(np.concatenate([ends, marks[::every]]))
        sums = np.zeros((3, len(self._grid)))
        for start in range(0, len(uncertain), 256):
            p = 1 - self.below(uncertain[start : start + 256], self._grid[None, :])
            spread = p * (1 - p)
            sums += np.stack([p.sum(axis=0), spread.sum(axis=0), (spread * (1 - 2 * p)).sum(axis=0)])
        return sums


def _tiers(order: NDArray[np.intp], beats: Callable[[int, NDArray[np.intp]], Floats], level: float) -> NDArray[np.intp]:
    """Cut the ranking where the best of a tier is better than the next item with the asked probability."""
    tier = np.zeros(len(order), dtype=np.intp)
    start, number = 0, 0
    while start < len(order):
        number += 1
        end = _tier_end(order, beats, level, start)
        tier[order[start:end]] = number
        start = end
    return tier


def _tier_end(
    order: NDArray[np.intp], beats: Callable[[int, NDArray[np.intp]], Floats], level: float, start: int
) -> int:
    position, size = start + 1, 32
    while position < len(order):
        apart = np.flatnonzero(beats(int(order[start]), order[position : position + size]) >= level)
        if len(apart):
            return position + int(apart[0])
        position, size = position + size, size * 2
    return len(order)


def _intervals(
    ids: Sequence[str], ends: Floats, chances: Floats, top: Sequence[int], tiers: NDArray[np.intp]
) -> list[RankInterval]:
    low, median, high = np.floor(ends[0]), np.floor(ends[1] + 0.5), np.ceil(ends[2])
    return [
        RankInterval(
            id=name,
            low=int(low[i]),
            median=int(median[i]),
            high=int(high[i]),
            top=tuple((k, float(np.clip(chances[row, i], 0, 1))) for row, k in enumerate(top)),
            tier=int(tiers[i]),
        )
        for i, name in enumerate(ids)
    ]
