"""Any table as plain columns: numbers, dates as days, or codes of categories."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


@dataclass(frozen=True)
class Column:
    """One column: ``values`` are numbers (days since 1970 for a date, codes for text), NaN where missing.

    ``names`` are the texts that the codes stand for.
    """

    name: str
    kind: Literal["number", "date", "text"]
    values: Floats
    names: tuple[str, ...] = ()

    @cached_property
    def missing(self) -> NDArray[np.bool_]:
        return np.isnan(self.values)

    @cached_property
    def codes(self) -> Codes:
        """Each row's distinct value as a code from 0; missing is a value of its own."""
        return np.unique(self.values, return_inverse=True)[1]

    @cached_property
    def counts(self) -> Codes:
        return np.bincount(self.codes)

    @property
    def n_distinct(self) -> int:
        """How many values differ, missing not counted."""
        return len(self.counts) - int(self.missing.any())

    @cached_property
    def is_integer(self) -> bool:
        """Whether every number present is whole."""
        present = self.values[~self.missing]
        return self.kind == "number" and bool(((present == np.floor(present)) & (np.abs(present) < 2**53)).all())


def columns_of(table: Any) -> list[Column]:
    """The columns of a pandas, polars or Arrow table, or of an array of shape (n_rows, n_columns).

    Raises
    ------
    TypeError
        If ``table`` is none of these.
    """
    if isinstance(table, np.ndarray):
        columns = table.reshape(len(table), -1).T
        return [column_of(f"x{i}", values) for i, values in enumerate(columns)]
    try:
        frame = nw.from_native(table, eager_only=True)
    except TypeError as error:
        raise TypeError(f"expected a pandas, polars or Arrow table or an array, got {type(table).__name__}") from error
    return [_from_series(frame[name]) for name in frame.columns]


def column_of(name: str, values: Any) -> Column:
    """A column from an array, a list or a series."""
    series = nw.from_native(values, series_only=True, pass_through=True)
    if isinstance(series, nw.Series):
        return _from_series(series.alias(name))
    array = np.asarray(values)
    if np.issubdtype(array.dtype, np.datetime64):
        return Column(name, "date", _days(array))
    if array.dtype.kind in "fiub":
        return Column(name, "number", _finite(array))
    return _from_objects(name, array.tolist())


def _from_series(series: "nw.Series[Any]") -> Column:
    if series.dtype.is_numeric() or series.dtype == nw.Boolean:
        # A missing truth value or whole number becomes NaN only on the way through floating point.
        return Column(str(series.name), "number", _finite(series.cast(nw.Float64).to_numpy()))
    if series.dtype.is_temporal() and series.dtype not in (nw.Duration, nw.Time):
        return Column(str(series.name), "date", _days(series.to_numpy()))
    return _from_objects(str(series.name), series.to_list())


def _finite(values: NDArray[Any]) -> Floats:
    """An infinite number is a broken one: it counts as missing."""
    numbers = values.astype(np.float64)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _days(values: NDArray[Any]) -> Floats:
    stamps = values.astype("datetime64[us]")
    days = stamps.astype(np.int64) / 86_400_000_000
    return np.where(np.isnat(stamps), np.nan, days)


def _from_objects(name: str, values: Sequence[Any]) -> Column:
    """Dates where every value present is one, numbers likewise, otherwise text."""
    present = [value for value in values if not _is_missing(value)]
    days = [_as_day(value) for value in present[:50]]
    if days and None not in days:
        full = [None if _is_missing(value) else _as_day(value) for value in values]
        if sum(day is not None for day in full) == len(present):
            return Column(name, "date", np.array(full, dtype=np.float64))
    if present and all(isinstance(value, int | float | Decimal) for value in present):
        return Column(name, "number", _finite(np.array([np.nan if _is_missing(v) else float(v) for v in values])))
    names: dict[str, int] = {}
    codes = [np.nan if _is_missing(value) else names.setdefault(str(value), len(names)) for value in values]
    return Column(name, "text", np.array(codes, dtype=np.float64), tuple(names))


def _is_missing(value: Any) -> bool:
    return value is None or value == "" or value != value  # NaN and NaT differ from themselves


def _as_day(value: Any) -> float | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, date):  # a datetime is one
        return float(
            np.datetime64(value.replace(tzinfo=None) if isinstance(value, datetime) else value, "D").astype(int)
        )
    return None


def binary(y: Any) -> Floats:
    """The outcome as 0 and 1: two values in their order, or numbers above and not above their median.

    Raises
    ------
    ValueError
        If there is a missing outcome, or fewer than two different ones.
    """
    column = column_of("y", y)
    if column.missing.any():
        raise ValueError(f"{int(column.missing.sum())} outcomes are missing; leave those rows out")
    if column.n_distinct < 2:
        raise ValueError("every outcome is the same; nothing can be learned or checked")
    if column.n_distinct == 2:
        two: Floats = (column.values == column.values.max()).astype(np.float64)
        return two
    if column.kind == "text":
        raise ValueError(f"the outcome has {column.n_distinct} different texts; expected two values or numbers")
    above = column.values > np.median(column.values)
    return (above if above.any() else column.values >= column.values.max()).astype(np.float64)
