"""Is this input like those the card learned from?

The novelty of a row is the sum over its features of ``-ln(share of the rows learned from that lie in its cell)``.
The threshold is conformal: a row drawn as the others were lies above it with probability ``level`` at most, whatever
their distribution. A number far outside everything seen is flagged by itself, since the outermost cells have no end.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.scorecard.card import Applicability, Axis, Novelty, Range

Floats = NDArray[np.float64]
# A cell in which nothing was seen counts as half a row (Krichevsky and Trofimov).
PSEUDO_ROWS = 0.5


def applicability(
    axes: Sequence[Axis],
    cells: ArrayLike,
    *,
    numbers: Mapping[str, ArrayLike] | None = None,
    level: float = 0.01,
) -> Applicability:
    """Learn which rows are usual.

    Parameters
    ----------
    axes : sequence of Axis
        One axis a feature.
    cells : integer array of shape (n_samples, n_axes)
        Each row's cell of each axis; the last one of an axis is the missing value's.
    numbers : mapping of str to array of shape (n_samples,), optional
        The numbers of numeric features, NaN where missing; they give the ranges.
    level : float
        The share of rows like these that is flagged all the same.

    Returns
    -------
    Applicability

    Raises
    ------
    ValueError
        If there is no row, or a cell lies outside its axis.

    Examples
    --------
    >>> from scoring.scorecard.card import NumericAxis
    >>> axis = NumericAxis("trl", (3.0, 6.0))
    >>> usual = applicability([axis], [[0]] * 500 + [[1]] * 490 + [[2]] * 10)
    >>> [round(value, 1) for value in usual.tables[0].novelty]
    [0.7, 0.7, 4.6, 7.6]
    >>> unusual_features(usual, [3])
    ('trl',)
    """
    index = np.asarray(cells, dtype=np.intp)
    if index.ndim != 2 or not len(index) or index.shape[1] != len(axes):
        raise ValueError(f"cells needs at least one row and {len(axes)} columns, got the shape {index.shape}")
    tables, novelty = [], np.zeros(len(index))
    for axis, column in zip(axes, index.T, strict=True):
        if column.min() < 0 or column.max() >= axis.size:
            raise ValueError(f"a cell of {axis.feature!r} lies outside its {axis.size} cells")
        counts = np.bincount(column, minlength=axis.size)
        tables.append(Novelty(axis=axis, novelty=tuple(np.round(_novelty(counts, len(index)), 4).tolist())))
        # As the row would look had it not been counted itself: a new row is not.
        novelty += _novelty(counts - 1, len(index) - 1)[column]
    return Applicability(
        tables=tuple(tables),
        threshold=_threshold(novelty, tables, level),
        level=level,
        ranges=tuple(_range(feature, values) for feature, values in (numbers or {}).items() if _any_finite(values)),
    )


def unusual_features(rule: Applicability, cells: Sequence[int], *, out_of_range: Sequence[str] = ()) -> tuple[str, ...]:
    """The features that make a row unusual; none for a row like those learned from.

    Parameters
    ----------
    rule : Applicability
    cells : sequence of int
        The row's cell of each of the rule's tables.
    out_of_range : sequence of str
        Features whose number lies outside its range; they are named first.

    Returns
    -------
    tuple of str
        As few features as would make the row usual if they had their average novelty, the most novel first.
    """
    values = [table.novelty[cell] for table, cell in zip(rule.tables, cells, strict=True)]
    excess, total = [], sum(values)
    for table, value in zip(rule.tables, values, strict=True):
        excess.append((value - sum(np.exp(-n) * n for n in table.novelty), table.axis.feature))
    named = list(dict.fromkeys(out_of_range))
    for more, feature in sorted(excess, key=lambda pair: -pair[0]):
        if total <= rule.threshold or more <= 0:
            break
        total -= more
        if feature not in named:
            named.append(feature)
    return tuple(named)


def _novelty(counts: NDArray[np.intp], n_rows: int) -> Floats:
    share = (np.maximum(counts, 0) + PSEUDO_ROWS) / (n_rows + PSEUDO_ROWS * len(counts))
    novelty: Floats = -np.log(share)
    return novelty


def _threshold(novelty: Floats, tables: Sequence[Novelty], level: float) -> float:
    rank = int(np.ceil((len(novelty) + 1) * (1 - level)))
    if rank > len(novelty):
        # Too few rows to call any sum unusual at this level.
        return float(sum(max(table.novelty) for table in tables))
    return float(np.round(np.partition(novelty, rank - 1)[rank - 1], 4))


def _any_finite(values: ArrayLike) -> bool:
    return bool(np.isfinite(np.asarray(values, dtype=np.float64)).any())


def _range(feature: str, values: ArrayLike) -> Range:
    """What was seen and as far again as the central 98 % reach; what was never negative stays so."""
    numbers = np.asarray(values, dtype=np.float64)
    numbers = numbers[np.isfinite(numbers)]
    low, high = float(numbers.min()), float(numbers.max())
    margin = float(np.subtract(*np.quantile(numbers, [0.99, 0.01])))
    floor = 0.0 if low >= 0 else -np.inf
    return Range(feature=feature, low=max(low - margin, floor), high=high + margin)
