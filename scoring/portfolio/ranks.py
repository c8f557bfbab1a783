"""How stable a ranking is: rank intervals, chances of being among the best, and groups that cannot be told apart."""

from collections.abc import Callable, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike, NDArray

from scoring.portfolio.checks import Findings, check_unique, is_between
from scoring.portfolio.rank_laws import UncertainScores

Floats = NDArray[np.float64]


class RankInterval(Struct, frozen=True, kw_only=True, gc=False):
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
    yes-or-no events. For up to 100 items its law is exact, for more it is matched by a shifted binomial or a skewed
    normal law with the same first three cumulants; either is averaged over equally likely parts of the own score.
    With draws, ranks are counted. Equal scores take their places by lot.

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
    from scipy.stats import rankdata  # half a second to import, and only joint draws need it

    first, last = rankdata(-draws, "min", axis=1), rankdata(-draws, "max", axis=1)
    middle, tail = (first + last) / 2, (1 - level) / 2
    ends = np.stack(
        [
            np.quantile(places, q, axis=0, method="inverted_cdf")
            for places, q in ((first, tail), (middle, 0.5), (last, 1 - tail))
        ]
    )
    below = [np.clip((k - first + 1) / (last - first + 1), 0, 1).mean(axis=0) for k in top]
    chances = np.array(below).reshape(len(top), len(ids))

    def beats(a: int, others: NDArray[np.intp]) -> Floats:
        above, equal = draws[:, [a]] > draws[:, others], draws[:, [a]] == draws[:, others]
        return np.asarray(above.mean(axis=0) + 0.5 * equal.mean(axis=0))

    tiers = _tiers(np.argsort(middle.mean(axis=0), kind="stable"), beats, level)
    return _intervals(ids, ends, chances, top, tiers)


def _by_law(ids: Sequence[str], scores: Floats, level: float, top: Sequence[int]) -> list[RankInterval]:
    law = UncertainScores(scores)
    # Equal scores have equal laws, and there are many: what has been seen of a technology is known in few levels.
    _, first, alike = np.unique(scores, axis=1, return_index=True, return_inverse=True)
    above = law.above().of(first)
    tail = (1 - level) / 2
    ends = 1.0 + np.array([above.quantile(q) for q in (tail, 0.5, 1 - tail)])[:, alike]
    chances = np.array([above.at_most(np.full(len(first), k - 1.0)) for k in top]).reshape(len(top), len(first))
    order = np.argsort(-scores[0], kind="stable")
    return _intervals(ids, ends, chances[:, alike], top, _tiers(order, law.beats, level))


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
    places = np.stack([np.floor(ends[0]), np.floor(ends[1] + 0.5), np.ceil(ends[2])]).astype(np.intp).T.tolist()
    likely = np.clip(chances, 0, 1).T.tolist()
    return [
        RankInterval(
            id=name, low=low, median=median, high=high, top=tuple(zip(top, chance, strict=True)), tier=int(tier)
        )
        for name, (low, median, high), chance, tier in zip(ids, places, likely, tiers, strict=True)
    ]
