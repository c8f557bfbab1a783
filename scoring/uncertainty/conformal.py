"""Sets of outcomes that hold the true one as often as promised, in every segment and for either outcome.

Split conformal prediction (Vovk, Gammerman and Shafer 2005), Mondrian: rows are compared only with rows of their own
segment and outcome. The promise is finite-sample and needs no assumption on the model, only that new rows come as the
old ones did; :func:`scoring.validation.drift.coverage_drift` tests whether they still do.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class Segment(Struct, frozen=True, kw_only=True):
    """Outcome 0, and outcome 1, belongs to the set where its own probability is at least this."""

    name: str
    for_zero: float
    for_one: float
    n: int


class ConformalSets(Struct, frozen=True, kw_only=True):
    """Which outcomes cannot be ruled out at a level: ``{0}``, ``{1}``, both, or neither.

    Both means that the score does not decide the case. Neither means that the row would be unusual with either
    outcome; with a good model it is rare, and it is what keeps the coverage at the level rather than above it.

    Attributes
    ----------
    level : float
        The share of rows whose set holds their outcome.
    by_outcome : bool
        Whether that holds among the rows of either outcome apart, too. Without it a rare outcome may be covered
        hardly ever while the whole is covered as promised.
    segments : tuple of Segment
        A segment met for the first time is treated as the most careful of these.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> probability = rng.random(4000)
    >>> outcome = rng.random(4000) < probability
    >>> sets = ConformalSets.fit(probability[:2000], outcome[:2000])
    >>> sets.contains([0.02, 0.5, 0.98]).tolist()
    [[True, False], [True, True], [False, True]]
    >>> 0.88 < sets.coverage(probability[2000:], outcome[2000:]) < 0.92
    True
    """

    level: float
    by_outcome: bool
    segments: tuple[Segment, ...]

    @classmethod
    def fit(
        cls,
        probability: ArrayLike,
        y: ArrayLike,
        segments: Sequence[Any] | NDArray[Any] | None = None,
        *,
        level: float = 0.9,
        by_outcome: bool = True,
    ) -> "ConformalSets":
        """Learn the thresholds from rows that the model did not learn from.

        Parameters
        ----------
        probability : array of shape (n_samples,)
            The probability of outcome 1; any increasing function of it gives the same sets.
        y : array of shape (n_samples,)
        segments : sequence of shape (n_samples,), optional
            The segment of each row; a segment of fewer than ``level / (1 - level)`` rows of an outcome
            (9 at 90 %) never rules that outcome out.
        level : float
        by_outcome : bool

        Raises
        ------
        ValueError
            If the arrays are empty or differ in length, or a probability is not between 0 and 1.
        """
        p, label, names = _checked(probability, y, segments)
        learned = []
        for name in np.unique(names):
            own = names == name
            learned.append(_segment(str(name), p[own], label[own], level, by_outcome))
        return cls(level=level, by_outcome=by_outcome, segments=tuple(learned))

    def contains(
        self, probability: ArrayLike, segments: Sequence[Any] | NDArray[Any] | None = None
    ) -> NDArray[np.bool_]:
        """Whether the set of each row holds outcome 0 and outcome 1: shape (n_samples, 2)."""
        p = np.asarray(probability, dtype=np.float64)
        names = _names(segments, len(p))
        careful = (min(s.for_zero for s in self.segments), min(s.for_one for s in self.segments))
        floor = np.full((len(p), 2), careful)
        for segment in self.segments:
            floor[names == segment.name] = (segment.for_zero, segment.for_one)
        held: NDArray[np.bool_] = np.column_stack([1 - p, p]) >= floor
        return held

    def coverage(
        self, probability: ArrayLike, y: ArrayLike, segments: Sequence[Any] | NDArray[Any] | None = None
    ) -> float:
        """The share of rows whose set holds their outcome."""
        p, label, names = _checked(probability, y, segments)
        return float(self.contains(p, names)[np.arange(len(p)), label].mean())


def _checked(
    probability: ArrayLike, y: ArrayLike, segments: Sequence[Any] | NDArray[Any] | None
) -> tuple[Floats, NDArray[np.intp], NDArray[np.str_]]:
    p, label = np.asarray(probability, dtype=np.float64), np.asarray(y)
    names = _names(segments, len(p))
    if not len(p) or not len(p) == len(label) == len(names):
        raise ValueError(f"expected arrays of one length, got {len(p)}, {len(label)} and {len(names)} rows")
    if not ((p >= 0) & (p <= 1)).all() or not np.isin(label, (0, 1)).all():
        raise ValueError("expected probabilities between 0 and 1 and outcomes that are 0 or 1")
    return p, label.astype(np.intp), names


def _names(segments: Sequence[Any] | NDArray[Any] | None, n_rows: int) -> NDArray[np.str_]:
    return np.full(n_rows, "all") if segments is None else np.asarray([str(segment) for segment in segments])


def _segment(name: str, p: Floats, label: NDArray[np.intp], level: float, by_outcome: bool) -> Segment:
    of_own = np.where(label == 1, p, 1 - p)
    zero = one = _floor(of_own, level)
    if by_outcome:
        zero, one = _floor(of_own[label == 0], level), _floor(of_own[label == 1], level)
    return Segment(name=name, for_zero=zero, for_one=one, n=len(p))


def _floor(of_own: Floats, level: float) -> float:
    """The probability of the true outcome that a new row reaches ``level`` of the time; 0 where too few to tell."""
    rank = int(np.ceil((len(of_own) + 1) * level))
    return 0.0 if rank > len(of_own) else float(np.sort(of_own)[::-1][rank - 1])
