"""Look for leaks before a figure is believed."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.validation import lexicon
from scoring.validation.column_leaks import column_findings
from scoring.validation.columns import Column, binary, column_of, columns_of
from scoring.validation.findings import Finding, finding
from scoring.validation.row_leaks import (
    duplicate_findings,
    folds_of,
    group_findings,
    interpolation_findings,
    time_travel_findings,
)

Floats = NDArray[np.float64]


def lint(
    X: Any,
    y: Any,
    *,
    as_of: Any = None,
    groups: ArrayLike | str | None = None,
    folds: Any = None,
) -> list[Finding]:
    """Find what gives the outcome away: eight kinds of leak, with the figures and what to do.

    Parameters
    ----------
    X : pandas, polars or Arrow table, or array of shape (n_samples, n_features)
    y : array of shape (n_samples,) or str
        The outcome, or the name of its column in X. Numbers of more than two values are cut at their median.
    as_of : str, date, year or array of shape (n_samples,), optional
        The day (or year) on which each row was to be scored, or the column of X that holds it. Without it, dates in
        the future cannot be told.
    groups : str or array of shape (n_samples,), optional
        Who each row is about, or the column of X that says so.
    folds : iterable of (train, test) or array of shape (n_samples,), optional
        The split that is to be checked: pairs of row numbers, or a fold number for each row.

    Returns
    -------
    list of Finding
        Errors first. Empty where nothing was found, which is no proof that nothing is there.

    Raises
    ------
    TypeError
        If X is no table.
    ValueError
        If outcomes are missing or all alike, a column is not there, or lengths differ.

    Notes
    -----
    The kinds follow Kapoor and Narayanan (2023), "Leakage and the reproducibility crisis in machine-learning-based
    science". Missingness may be honestly informative: it is reported only where it nearly decides the outcome.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> import pandas as pd
    >>> outcome = rng.integers(0, 2, 500)
    >>> table = pd.DataFrame({"revenue": rng.lognormal(size=500), "ChgOffPrinGr": outcome * rng.lognormal(size=500)})
    >>> [(found.kind, found.columns) for found in lint(table, outcome)]
    [('post-outcome', ('ChgOffPrinGr',))]
    """
    columns = columns_of(X)
    columns, y = _taken_out(columns, y)
    outcome = binary(y)
    if columns and len(columns[0].values) != len(outcome):
        raise ValueError(f"X has {len(columns[0].values)} rows, y {len(outcome)}")
    columns, when = _as_of(columns, as_of, len(outcome))
    columns, members = _taken_out(columns, groups)
    pairs = folds_of(folds, len(outcome))
    found: list[Finding] = []
    for column in columns:
        found.extend(column_findings(column, outcome))
        found.extend(_future(column, when))
    found.extend(duplicate_findings(columns, outcome, pairs))
    found.extend(interpolation_findings(columns, outcome))
    found.extend(group_findings(columns, outcome, members, pairs))
    found.extend(time_travel_findings(None if when is None else when.values, pairs))
    return sorted(found, key=lambda one: one.severity)


def _taken_out(columns: Sequence[Column], given: Any) -> tuple[list[Column], Any]:
    """Values given by the name of their column leave the table."""
    if not isinstance(given, str):
        return list(columns), given
    for column in columns:
        if column.name == given:
            return [other for other in columns if other is not column], column.values
    raise ValueError(f"X has no column {given!r}; it has {', '.join(column.name for column in columns)}")


def _as_of(columns: list[Column], as_of: Any, n_rows: int) -> tuple[list[Column], Column | None]:
    if as_of is None:
        return columns, None
    for column in columns:
        if isinstance(as_of, str) and column.name == as_of:
            return [other for other in columns if other is not column], column
    one_for_all = isinstance(as_of, str) or np.ndim(as_of) == 0
    when = column_of("as_of", [as_of] * n_rows if one_for_all else as_of)
    if when.kind == "text":
        raise ValueError(f"as_of={as_of!r} is neither a column of X nor a date (YYYY-MM-DD) nor a year")
    if len(when.values) != n_rows:
        raise ValueError(f"as_of has {len(when.values)} values for {n_rows} rows")
    return columns, when


def _future(column: Column, when: Column | None) -> Iterator[Finding]:
    """Dates, or years, after the as-of date; a plan or a term may lie ahead."""
    if when is None or lexicon.is_planned(column.name):
        return
    if column.kind == "date":
        later = column.values > (when.values if when.kind == "date" else _last_day_of_year(when.values))
    elif column.is_integer and lexicon.is_year(column.name) and column.n_distinct:
        later = column.values > (_year(when.values) if when.kind == "date" else when.values)
    else:
        return
    if later.any():
        severity = "error" if later.mean() >= 0.01 else "warning"
        yield finding("future-date", (column.name,), severity, rows_later=int(later.sum()), share=float(later.mean()))  # type: ignore[arg-type]


def _year(days: Floats) -> Floats:
    stamps = np.where(np.isnan(days), 0, days).astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    return np.where(np.isnan(days), np.nan, stamps)


def _last_day_of_year(years: Floats) -> Floats:
    whole = np.where(np.isnan(years), 1970, years).astype(np.int64) - 1970
    days = (whole + 1).astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64)
    # Anything before the first moment of the next year still lies in this one.
    return np.where(np.isnan(years), np.nan, np.nextafter(days.astype(np.float64), -np.inf))
