"""How many items stand above each one when all scores are uncertain: exactly for some, by cumulants for many."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, ndtr, ndtri

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

EXACT_MAX = 100  # items for which the law of the count is worked out exactly
# Equally likely parts that an item's own score is cut into: as many as the work allows.
_CELLS_MIN, _CELLS_MAX, _CELLS_ALL, _CELLS_CUBED = 32, 512, 60_000, 64_000_000
_GRID = 4096  # points at which the others' chances are tabulated
_MANY = 30.0  # a count of this variance is as good as normal
_Z90 = float(ndtri(0.95))


class ExactCounts(NamedTuple):
    """The law of the number of items above each item, ``(n, n)``: column k is the probability of k items above."""

    law: Floats

    def of(self, items: Indices) -> "ExactCounts":
        """For these items only."""
        return ExactCounts(self.law[items])

    def at_most(self, count: Floats) -> Floats:
        """Probability that at most ``count`` (n,) items are above, for each item."""
        k = np.clip(count, 0, self.law.shape[1] - 1).astype(np.intp)
        return np.minimum(np.cumsum(self.law, axis=1)[np.arange(len(k)), k], 1.0)

    def quantile(self, level: float) -> Floats:
        """The smallest count not exceeded with probability ``level``, for each item."""
        return np.asarray((np.cumsum(self.law, axis=1) < level - 1e-9).sum(axis=1), dtype=np.float64)


class MatchedCounts(NamedTuple):
    """The number of items above each item, given its own score: cumulants ``(n, nodes)`` and the nodes' weights.

    At most ``most`` items can be above one.
    """

    mean: Floats
    variance: Floats
    third: Floats
    weight: Floats
    most: int

    def of(self, items: Indices) -> "MatchedCounts":
        """For these items only."""
        return self._replace(mean=self.mean[items], variance=self.variance[items], third=self.third[items])

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

    def quantile(self, level: float) -> Floats:
        """The smallest count not exceeded with probability ``level``, for each item, by bisection."""
        low, high = np.full(len(self.mean), -1.0), np.full(len(self.mean), float(self.most))
        while len(open_ := np.flatnonzero(high - low > 1)):
            middle = np.floor((low[open_] + high[open_]) / 2)
            enough = self.of(open_).at_most(middle) >= level - 1e-12
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


class UncertainScores:
    """Independent scores whose halves are normal; an interval of no width is an exact score."""

    def __init__(self, scores: Floats) -> None:
        self.value, low, high = scores
        self.left, self.right = (self.value - low) / _Z90, (high - self.value) / _Z90
        self.exact = (self.left == 0) & (self.right == 0)
        n = len(self.value)
        room = _CELLS_CUBED // n**3 if n <= EXACT_MAX else _CELLS_ALL // n
        cells = int(np.clip(room, _CELLS_MIN, _CELLS_MAX))
        self.level, self.weight = (np.arange(cells) + 0.5) / cells, np.full(cells, 1 / cells)
        self.own = self.quantiles(self.level)

    def quantiles(self, level: Floats) -> Floats:
        z = ndtri(level)
        scores: Floats = self.value[:, None] + np.where(z < 0, self.left[:, None], self.right[:, None]) * z
        return scores

    def below(self, rows: Indices, score: Floats) -> Floats:
        """P(score of each row <= each score), counting half of an exact hit."""
        gap = score - self.value[rows, None]
        sd = np.where(gap < 0, self.left[rows, None], self.right[rows, None])
        chance = ndtr(gap / np.where(sd > 0, sd, 1.0))
        return np.asarray(np.where(sd > 0, chance, 0.5 + 0.5 * np.sign(gap)))

    def beats(self, a: int, others: Indices) -> Floats:
        """P(a's score is above each other's)."""
        chance: Floats = self.below(others, self.own[a][None, :]) @ self.weight
        return chance

    def above(self) -> ExactCounts | MatchedCounts:
        """The law of how many others are above each item; equal exact scores take their places by lot."""
        return self._exactly() if len(self.value) <= EXACT_MAX else self._by_cumulants()

    def _exactly(self) -> ExactCounts:
        """Add one yes-or-no event after the other, for each part of each item's own score."""
        n, cells = self.own.shape
        law = np.zeros((n, cells, n))
        law[:, :, 0] = 1.0
        for j in range(n):
            p = 1 - self.below(np.array([j]), self.own.reshape(1, -1)).reshape(n, cells, 1)
            p[self._tied(j)] = 0.0
            law[:, :, 1:] = law[:, :, 1:] * (1 - p) + law[:, :, :-1] * p
            law[:, :, 0] *= 1 - p[:, :, 0]
        mean = law.mean(axis=1)
        for i in np.flatnonzero(self.exact):
            ties = sum(int(self._tied(j)[i]) for j in range(n)) - 1
            mean[i] = np.convolve(mean[i], np.full(ties + 1, 1 / (ties + 1)))[:n]
        return ExactCounts(mean)

    def _tied(self, j: int) -> NDArray[np.bool_]:
        """Which items' places against item ``j`` are not a matter of chance events: itself, and exact equals."""
        same: NDArray[np.bool_] = self.exact & self.exact[j] & (self.value == self.value[j])
        same[j] = True
        return same

    def _by_cumulants(self) -> MatchedCounts:
        tables = self._tables()
        mean, variance, third = self._cumulants(tables, self.own, self.level)
        ends = np.clip(np.linspace(0, 1, len(self.level) + 1), 5e-4, 1 - 5e-4)
        edge_mean, edge_variance, _ = self._cumulants(tables, self.quantiles(ends), ends)
        # Within a cell the mean moves on: a law as wide as that step, not a spike in its middle.
        step, drift = np.diff(edge_mean, axis=1), np.diff(edge_variance, axis=1)
        return MatchedCounts(mean, variance + step**2 / 12, third + step * drift / 4, self.weight, len(self.value) - 1)

    def _cumulants(self, tables: Floats, own: Floats, level: Floats) -> tuple[Floats, Floats, Floats]:
        """Mean, variance and third cumulant of the number of others above each item at its scores ``own``."""
        total = [np.interp(own, self._grid, table) for table in tables]
        p = np.where(self.exact[:, None], 0.0, 1 - level)  # an item is not above itself
        fixed = np.sort(self.value[self.exact])
        up_to, below = np.searchsorted(fixed, own, side="right"), np.searchsorted(fixed, own, side="left")
        ties = np.maximum(up_to - below - self.exact[:, None], 0)
        mean = total[0] - p + len(fixed) - up_to + ties / 2
        spread = p * (1 - p)
        by_lot = ties * (ties + 2) / 12
        return mean, np.maximum(total[1] - spread, 0) + by_lot, total[2] - spread * (1 - 2 * p)

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
