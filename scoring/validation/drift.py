"""Has the world moved since the card was made? Tests that know how many rows they look at.

The population stability index is usually read against 0.10 and 0.25 whatever the sample, which is a false alarm
every time on a hundred rows and blindness on a million. Under no change it is distributed as
``(1 / n + 1 / m) * chi²`` with one degree of freedom fewer than cells (Yurdakul and Naranjo 2020), so that is what it
is compared with here.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike, NDArray

from scoring.uncertainty.conformal import ConformalSets
from scoring.validation.columns import Column, column_of, columns_of
from scoring.validation.metrics import logistic_fit

Floats = NDArray[np.float64]
EXPECTED_AT_LEAST = 5


class Shift(Struct, frozen=True, kw_only=True):
    """How far a distribution has moved.

    Attributes
    ----------
    what : str
        The feature, or ``"score"``.
    psi : float
        The population stability index.
    critical : float
        What it exceeds with probability ``alpha`` where nothing has changed.
    p_value : float
        The probability of so high an index where nothing has changed.
    significant : bool
        Whether the change is beyond chance; in a report on many features, after Holm's correction for their number.
    size : str
        ``"small"`` (below 0.10), ``"medium"`` or ``"large"`` (above 0.25): whether it matters is another question.
    n, m : int
        Rows compared.
    """

    what: str
    psi: float
    critical: float
    p_value: float
    significant: bool
    size: str
    n: int
    m: int


class DriftTest(Struct, frozen=True, kw_only=True):
    """A test of one promise: the statistic, its p-value, and the figures behind it."""

    what: str
    statistic: float
    p_value: float
    lost: bool
    evidence: dict[str, float]


def population_shift(reference: ArrayLike, current: ArrayLike, *, what: str = "score", alpha: float = 0.05) -> Shift:
    """The population stability index of two samples, with its critical value.

    Parameters
    ----------
    reference, current : arrays of shape (n_samples,) and (m_samples,)
        Numbers (cut at the deciles of both samples together, missing apart) or texts (one cell each).
    what : str
        The name to report.
    alpha : float
        How often a change may be reported where there is none.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> population_shift(rng.normal(size=500), rng.normal(size=400)).significant
    False
    >>> population_shift(rng.normal(size=500), rng.normal(0.5, size=400)).significant
    True
    """
    return _shift(column_of(what, _joined(reference, current)), len(np.asarray(reference)), alpha)


def covariate_drift(reference: Any, current: Any, *, alpha: float = 0.05) -> list[Shift]:
    """The stability of every column of two tables, the least stable first (the characteristic stability index).

    Raises
    ------
    ValueError
        If the tables do not have the same columns.
    """
    before, after = columns_of(reference), columns_of(current)
    names = [column.name for column in before]
    if names != [column.name for column in after]:
        raise ValueError(f"the tables differ in columns: {names} and {[column.name for column in after]}")
    shifts = [
        _shift(column_of(old.name, _joined(_shown(old), _shown(new))), len(old.values), alpha)
        for old, new in zip(before, after, strict=True)
    ]
    return _holm(sorted(shifts, key=lambda shift: (shift.p_value, -shift.psi)), alpha)


def calibration_drift(
    probability: ArrayLike,
    y: ArrayLike,
    *,
    reference: tuple[ArrayLike, ArrayLike] | None = None,
    alpha: float = 0.05,
) -> DriftTest:
    """Whether probabilities still say how often the outcome happens.

    Parameters
    ----------
    probability, y : arrays of shape (n_samples,)
        What was predicted and what came.
    reference : pair of arrays, optional
        The same from the time the card was made. The card is then compared with itself at that time, so that a
        blemish it always had is no drift; without it, with perfect calibration.
    alpha : float

    Returns
    -------
    DriftTest
        Two degrees of freedom: the level, and the slope on the log-odds (Cox 1958). ``evidence`` holds both, with
        0 and 1 for perfect calibration.
    """
    estimate, covariance = _calibration(probability, y)
    expected, noise = np.array([0.0, 0.0]), np.zeros((2, 2))
    if reference is not None:
        expected, noise = _calibration(*reference)
    apart = estimate - expected
    statistic = float(apart @ np.linalg.solve(covariance + noise, apart))
    p_value = float(np.exp(-statistic / 2))  # the upper tail of chi² with two degrees of freedom
    evidence = {"level": float(estimate[0]), "slope": float(1 + estimate[1]), "n": float(len(np.asarray(y)))}
    return DriftTest(what="calibration", statistic=statistic, p_value=p_value, lost=p_value < alpha, evidence=evidence)


def coverage_drift(
    sets: ConformalSets,
    probability: ArrayLike,
    y: ArrayLike,
    segments: Sequence[Any] | NDArray[Any] | None = None,
    *,
    alpha: float = 0.05,
) -> DriftTest:
    """Whether sets of outcomes still hold the true one as often as promised.

    The rows the thresholds were learned from are a sample, too; their number enters the error.
    """
    p = np.asarray(probability, dtype=np.float64)
    covered = sets.coverage(p, y, segments)
    learned = sum(segment.n for segment in sets.segments)
    error = np.sqrt(sets.level * (1 - sets.level) * (1 / len(p) + 1 / learned))
    statistic = float((covered - sets.level) / error)
    p_value = _normal_tail(-statistic)
    evidence = {"coverage": covered, "promised": sets.level, "n": float(len(p))}
    return DriftTest(what="coverage", statistic=statistic, p_value=p_value, lost=p_value < alpha, evidence=evidence)


def _joined(reference: ArrayLike, current: ArrayLike) -> Any:
    old, new = np.asarray(reference), np.asarray(current)
    if not len(old) or not len(new):
        raise ValueError("both samples need at least one row")
    if old.dtype.kind in "fiub" and new.dtype.kind in "fiub":
        return np.concatenate([old.astype(np.float64), new.astype(np.float64)])
    return [*old.tolist(), *new.tolist()]


def _shown(column: Column) -> NDArray[Any]:
    """Texts instead of their codes, which differ from table to table."""
    if column.kind != "text":
        return column.values
    return np.array([None if np.isnan(code) else column.names[int(code)] for code in column.values], dtype=object)


def _shift(both: Column, n: int, alpha: float) -> Shift:
    # scipy comes with scikit-learn; scoring a row never gets here.
    from scipy.stats import chi2

    before, after = _cells(both, n)
    m = len(both.values) - n
    old, new = (before + 0.5) / (n + 0.5 * len(before)), (after + 0.5) / (m + 0.5 * len(after))
    psi = float(((new - old) * np.log(new / old)).sum())
    scale, freedom = 1 / n + 1 / m, max(1, len(before) - 1)
    p_value = float(chi2.sf(psi / scale, freedom)) if len(before) > 1 else 1.0
    return Shift(
        what=both.name,
        psi=psi,
        critical=float(chi2.isf(alpha, freedom) * scale),
        p_value=p_value,
        significant=p_value < alpha,
        size="small" if psi < 0.1 else "medium" if psi <= 0.25 else "large",
        n=n,
        m=m,
    )


def _cells(both: Column, n: int) -> tuple[Floats, Floats]:
    """Counts by cell in both samples; cells too thin for the chi² are put together."""
    codes = both.codes
    if both.kind != "text" and both.n_distinct > 10:
        edges = np.unique(np.quantile(both.values[~both.missing], np.arange(1, 10) / 10))
        codes = np.where(both.missing, len(edges) + 1, np.searchsorted(edges, both.values, side="left"))
    size = int(codes.max()) + 1
    before, after = np.bincount(codes[:n], minlength=size), np.bincount(codes[n:], minlength=size)
    total = before + after
    thin = total * min(n, len(codes) - n) / len(codes) < EXPECTED_AT_LEAST
    cells = [(before[~thin], after[~thin]), (before[thin].sum(keepdims=True), after[thin].sum(keepdims=True))]
    kept = cells if thin.any() and total[thin].sum() else cells[:1]
    return tuple(np.concatenate(part).astype(np.float64) for part in zip(*kept, strict=True))  # type: ignore[return-value]


def _holm(shifts: list[Shift], alpha: float) -> list[Shift]:
    """Holm's step-down: of k features, the i-th smallest p-value is held against alpha / (k - i)."""
    judged, still = [], True
    for rank, shift in enumerate(shifts):
        still = still and shift.p_value < alpha / (len(shifts) - rank)
        judged.append(
            Shift(**{name: getattr(shift, name) for name in Shift.__struct_fields__} | {"significant": still})
        )
    return judged


def _calibration(probability: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
    """Correction to the log-odds (level and slope beyond 1) and its covariance."""
    p = np.clip(np.asarray(probability, dtype=np.float64), 1e-9, 1 - 1e-9)
    label = np.asarray(y, dtype=np.float64)
    if len(p) != len(label) or not len(p) or not np.isin(label, (0, 1)).all() or not np.isfinite(p).all():
        raise ValueError("expected as many finite probabilities as outcomes, and outcomes that are 0 or 1")
    log_odds = np.log(p / (1 - p))
    coefficients, covariance = logistic_fit(np.column_stack([np.ones_like(p), log_odds]), label)
    return coefficients - np.array([0.0, 1.0]), covariance


def _normal_tail(z: float) -> float:
    from statistics import NormalDist

    return 1 - NormalDist().cdf(z)
