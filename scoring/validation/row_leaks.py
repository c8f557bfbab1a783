"""Leaks that lie between rows: copies, synthetic rows, groups, and tests that come before their training."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.validation import lexicon
from scoring.validation.column_leaks import is_identifier
from scoring.validation.columns import Codes, Column, column_of
from scoring.validation.findings import Finding, finding

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Rows = NDArray[np.intp]
# Pairs of row sets that must not share anything.
Folds = Sequence[tuple[Rows, Rows]]

INTERPOLATED_SHARE = 0.05
GROUP_KAPPA, GROUP_Z = 0.15, 5.0
SAMPLED = 400
NEIGHBOURS = 20


def folds_of(folds: Any, n_rows: int) -> Folds:
    """Pairs of training and test rows, from such pairs, a fold number for each row, or nothing."""
    if folds is None:
        return []
    listed = list(folds)
    if listed and isinstance(listed[0], tuple | list) and len(listed[0]) == 2 and np.ndim(listed[0][0]) == 1:
        return [(np.asarray(train, dtype=np.intp), np.asarray(test, dtype=np.intp)) for train, test in listed]
    if len(listed) != n_rows:
        raise ValueError(f"folds has {len(listed)} entries; expected a number for each of {n_rows} rows, or pairs")
    codes = column_of("folds", folds).codes
    return [(np.flatnonzero(codes != fold), np.flatnonzero(codes == fold)) for fold in range(int(codes.max()) + 1)]


def duplicate_findings(columns: Sequence[Column], y: Floats, folds: Folds) -> Iterator[Finding]:
    """Rows that occur more than once where independent rows would not."""
    useful = [column for column in columns if not is_identifier(column) and column.n_distinct > 1]
    if not useful or _expected_copies(useful) > 0.01 * len(y):
        return
    keys = _row_keys(useful)
    counts = np.bincount(keys)[keys]
    copies = counts > 1
    surplus = len(y) - len(np.unique(keys))
    resampled = _copied_outcome(copies, counts, y)
    if resampled is not None:
        yield resampled
    elif folds:
        straddling = max(int(np.isin(keys[test], np.unique(keys[train])).sum()) for train, test in folds)
        if straddling:
            severity = "error" if straddling >= 3 else "warning"
            yield finding("duplicates", (), severity, test_rows_also_trained_on=straddling, surplus_rows=surplus)  # type: ignore[arg-type]
    elif surplus >= max(3, 0.001 * len(y)):
        yield finding("duplicates", (), "error", surplus_rows=surplus, rows=len(y), share=surplus / len(y))


def _copied_outcome(copies: Mask, counts: Codes, y: Floats) -> Finding | None:
    """Copies that only one outcome's rows have: it was oversampled."""
    rates = [float(copies[y == outcome].mean()) for outcome in (0, 1)]
    copied = int(np.argmax(rates))
    if rates[copied] < 0.2 or rates[1 - copied] > 0.1 * rates[copied]:
        return None
    most = int(counts[y == copied].max())
    return finding(
        "resampled",
        (),
        "error",
        copied_outcome=copied,
        share_copied=rates[copied],
        share_copied_of_other=min(rates),
        most_copies=most,
    )


def _row_keys(columns: Sequence[Column]) -> Codes:
    rng = np.random.default_rng(0)
    key = np.zeros(len(columns[0].values), dtype=np.uint64)
    for column in columns:
        key += column.codes.astype(np.uint64) * rng.integers(1, 2**63, dtype=np.uint64)
    return np.unique(key, return_inverse=True)[1]


def _expected_copies(columns: Sequence[Column]) -> float:
    """How many rows would equal another one if the columns were independent; the finest ones are trusted to be."""
    n = len(columns[0].values)
    agreement = sorted(float(((column.counts / n) ** 2).sum()) for column in columns)
    return float(n * (n - 1) / 2 * np.prod(agreement[:8]))


def interpolation_findings(columns: Sequence[Column], y: Floats) -> Iterator[Finding]:
    """Rows that lie exactly between two others of their outcome (SMOTE and its kin), in one outcome only."""
    for column in columns:
        shares = [_share_fractional(column, y == outcome) for outcome in (0, 1)]
        if column.kind == "number" and np.min(shares) == 0 and np.max(shares) >= INTERPOLATED_SHARE:
            made = int(np.argmax(shares))
            evidence = {"interpolated_outcome": made, "share_fractional": shares[made], "share_of_other": 0.0}
            yield finding("resampled", (column.name,), "error", **evidence)
            return
    points = _continuous(columns, y)
    if points is None or len(y) < 50:
        return
    shares = [_share_between_others(points[y == outcome]) for outcome in (0, 1)]
    made = int(np.argmax(shares))
    if shares[made] >= INTERPOLATED_SHARE and shares[1 - made] <= 0.25 * shares[made]:
        yield finding(
            "resampled",
            (),
            "error",
            interpolated_outcome=made,
            share_between_two_others=shares[made],
            share_of_other=min(shares),
        )


def _continuous(columns: Sequence[Column], y: Floats) -> Floats | None:
    """The columns in which values hardly repeat with either outcome, scaled; fewer than two cannot show a line."""
    fine = [
        column.values
        for column in columns
        if column.kind == "number" and all(_hardly_repeats(column.values[y == outcome]) for outcome in (0, 1))
    ]
    if len(fine) < 2:
        return None
    points = np.column_stack(fine[:12])
    points = points[:, np.isfinite(points).mean(axis=0) > 0.5]
    with np.errstate(over="ignore"):  # numbers near the largest double have no spread that fits one
        scale = np.nanstd(points, axis=0)
    usable = (scale > 0) & np.isfinite(scale)
    scaled: Floats = points[:, usable] / scale[usable]
    return scaled if scaled.shape[1] >= 2 else None


def _share_fractional(column: Column, rows: Mask) -> float:
    """How often a number is not whole; NaN where too few are present, or too much alike, to tell."""
    present = column.values[rows & ~column.missing]
    if len(present) < 50 or len(np.unique(present)) < 3:
        return np.nan
    return float(np.mean(present != np.floor(present)))


def _hardly_repeats(values: Floats) -> bool:
    return len(np.unique(values[~np.isnan(values)])) >= 0.5 * len(values)


def _share_between_others(points: Floats) -> float:
    points = points[np.isfinite(points).all(axis=1)]
    if len(points) < 20:
        return 0.0
    rng = np.random.default_rng(0)
    sample = points[rng.permutation(len(points))[:SAMPLED]]
    pool = points[rng.permutation(len(points))[:20_000]]
    return float(np.mean([_lies_between(point, pool) for point in sample]))


def _lies_between(point: Floats, pool: Floats) -> bool:
    """Whether two of the nearest neighbours lie in exactly opposite directions."""
    away = pool - point
    distance = np.sqrt(np.einsum("ij,ij->i", away, away))
    distance[distance < 1e-9] = np.inf
    nearest = np.argpartition(distance, min(NEIGHBOURS, len(pool) - 1))[:NEIGHBOURS]
    nearest = nearest[np.isfinite(distance[nearest])]
    unit = away[nearest] / distance[nearest, None]
    # Two columns alone leave room for chance: there the angle has to fit a thousand times better.
    return bool(len(unit) and (unit @ unit.T).min() < -1 + (1e-13 if pool.shape[1] == 2 else 1e-10))


def group_findings(columns: Sequence[Column], y: Floats, groups: ArrayLike | None, folds: Folds) -> Iterator[Finding]:
    """Groups on both sides of a split; or, where no split is given, columns that name groups."""
    if groups is not None:
        column = column_of("groups", groups)
        straddling = [len(np.intersect1d(column.codes[train], column.codes[test])) for train, test in folds]
        if any(straddling):
            yield finding("group", (), "error", groups_on_both_sides=max(straddling), groups=column.n_distinct)
        elif not folds:
            yield from _shared_outcome(column, y, ())
        return
    for column in columns:
        if _may_name_groups(column):
            yield from _shared_outcome(column, y, (column.name,))


def _may_name_groups(column: Column) -> bool:
    """Codes or texts of which each stands on a few rows; on many only where the name says whom they are about."""
    if column.kind == "date" or not (column.kind == "text" or column.is_integer) or column.n_distinct < 20:
        return False
    n_rows = len(column.values)
    most = 200 if lexicon.is_entity(column.name) else 10
    return 1.1 <= n_rows / column.n_distinct <= most and int(column.counts.max()) <= max(2 * most, 0.02 * n_rows)


def _shared_outcome(column: Column, y: Floats, names: tuple[str, ...]) -> Iterator[Finding]:
    """Whether two rows of one group agree in outcome far more often than any two rows do."""
    codes = column.codes[~column.missing]
    own = y[~column.missing]
    size, positive = np.bincount(codes), np.bincount(codes, own)
    pairs = size * (size - 1) / 2
    agreeing = (positive * (positive - 1) + (size - positive) * (size - positive - 1)) / 2
    if not pairs.sum():
        return
    chance = own.mean() ** 2 + (1 - own.mean()) ** 2
    kappa = (agreeing.sum() / pairs.sum() - chance) / (1 - chance)
    z = kappa * np.sqrt(pairs.sum() ** 2 / (pairs**2 / np.maximum(size, 2) * 2).sum())
    if kappa >= GROUP_KAPPA and z >= GROUP_Z:
        yield finding("group", names, "warning", agreement_beyond_chance=float(kappa), z=float(z), groups=len(size))


def time_travel_findings(as_of: Floats | None, folds: Folds) -> Iterator[Finding]:
    """Training rows later than the earliest row tested on."""
    if as_of is None or not folds:
        return
    later = [int((as_of[train] > as_of[test].min()).sum()) for train, test in folds if len(test)]
    if any(later):
        yield finding(
            "time-travel", (), "error", training_rows_later=max(later), folds_affected=sum(n > 0 for n in later)
        )
