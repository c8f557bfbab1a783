"""Venn–ABERS: two probabilities for a score, one of which is calibrated whatever the model.

Source: Vovk, Petej and Fedorova (2015), "Large-scale probabilistic predictors with and without guarantees of
validity". The isotonic fit is repeated with the new score labelled 0 and labelled 1. Pooling adjacent violators is
associative, so what lies left and right of the new score is pooled once and the two halves are joined for each query.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
# A block of pooled scores: the weight and the weighted sum of its labels.
Block = tuple[float, float]


def venn_abers(
    scores: ArrayLike, y: ArrayLike, at: ArrayLike, *, sample_weight: ArrayLike | None = None
) -> tuple[Floats, Floats]:
    """The probabilities of label 1 at new scores if their own label were 0, and if it were 1.

    Parameters
    ----------
    scores : array of shape (n_samples,)
        Scores of rows that the model did not learn from; any increasing scale.
    y : array of shape (n_samples,)
        Their labels, 0 or 1.
    at : array of shape (n_queries,)
        New scores, each treated as one further row of weight 1.
    sample_weight : array of shape (n_samples,), optional

    Returns
    -------
    p0, p1 : arrays of shape (n_queries,)
        ``p0 <= p1``; both rise with the score.

    Examples
    --------
    >>> p0, p1 = venn_abers([1, 2, 3, 4], [0, 0, 1, 1], [2.5])
    >>> p0.tolist(), p1.tolist()
    ([0.0], [1.0])
    """
    (weight0, positive0), (weight1, positive1) = pooled_blocks(scores, y, at, sample_weight=sample_weight)
    return positive0 / weight0, positive1 / weight1


def pooled_blocks(
    scores: ArrayLike, y: ArrayLike, at: ArrayLike, *, sample_weight: ArrayLike | None = None
) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    """Weight and positives of the rows pooled with each query, labelled 0 and then 1; the query is one of them."""
    weights = np.ones(np.size(scores)) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    knots, index = np.unique(np.asarray(scores, dtype=np.float64), return_inverse=True)
    weight = np.bincount(index, weights, minlength=len(knots))
    positive = np.bincount(index, weights * np.asarray(y, dtype=np.float64), minlength=len(knots))
    queries, back = np.unique(np.asarray(at, dtype=np.float64), return_inverse=True)
    left, right = np.searchsorted(knots, queries, side="left"), np.searchsorted(knots, queries, side="right")
    rising = list(zip(weight.tolist(), positive.tolist(), strict=True))
    prefixes = _snapshots(rising, left, rising=True)
    suffixes = _snapshots(reversed(rising), len(knots) - right, rising=False)
    pooled = np.empty((2, 2, len(queries)))
    for i, (before, after) in enumerate(zip(prefixes, suffixes, strict=True)):
        tied_weight, tied_positive = weight[left[i] : right[i]].sum(), positive[left[i] : right[i]].sum()
        for label in (0, 1):
            pooled[label, :, i] = _pool_between(before, (tied_weight + 1.0, tied_positive + label), after)
    return (pooled[0, 0][back], pooled[0, 1][back]), (pooled[1, 0][back], pooled[1, 1][back])


def _push(stack: list[Block], block: Block, *, rising: bool) -> None:
    """Append a block and pool it with its neighbours until the means are in order."""
    weight, positive = block
    while stack:
        mean, previous = positive / weight, stack[-1][1] / stack[-1][0]
        if previous < mean if rising else previous > mean:
            break
        last = stack.pop()
        weight, positive = weight + last[0], positive + last[1]
    stack.append((weight, positive))


def _snapshots(blocks: Iterable[Block], counts: NDArray[np.intp], *, rising: bool) -> list[list[Block]]:
    """The pooled blocks of the first ``count`` blocks, for every count, in one pass."""
    wanted, stack = set(counts.tolist()), list[Block]()
    kept = {0: list[Block]()}
    for seen, block in enumerate(blocks, start=1):
        if block[0] > 0:
            _push(stack, block, rising=rising)
        if seen in wanted:
            kept[seen] = stack.copy()
    return [kept[count] for count in counts.tolist()]


def _pool_between(before: list[Block], own: Block, after: list[Block]) -> Block:
    """The block of the new score, between the pooled blocks left of it and (nearest last) right of it."""
    (weight, positive), lower, upper = own, before.copy(), after.copy()
    while True:
        if lower and lower[-1][1] / lower[-1][0] >= positive / weight:
            block = lower.pop()
        elif upper and upper[-1][1] / upper[-1][0] <= positive / weight:
            block = upper.pop()
        else:
            return weight, positive
        weight, positive = weight + block[0], positive + block[1]


def monotone(values: Floats, weight: Floats) -> Floats:
    """The rising sequence nearest to ``values`` in weighted squares."""
    stack: list[Block] = []
    ends: list[int] = []
    for i, (value, mass) in enumerate(zip(values.tolist(), weight.tolist(), strict=True)):
        stack.append((mass, mass * value))
        ends.append(i + 1)
        while len(stack) > 1 and stack[-2][1] / stack[-2][0] >= stack[-1][1] / stack[-1][0]:
            last = stack.pop()
            stack[-1] = (stack[-1][0] + last[0], stack[-1][1] + last[1])
            ends[-2:] = ends[-1:]
    return np.repeat([total / mass for mass, total in stack], np.diff([0, *ends]))
