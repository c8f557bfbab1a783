"""Columns of a table as cells: pandas, polars and Arrow through narwhals, or a mapping of arrays and lists."""

from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from typing import Any, Literal, Protocol

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from scoring.io.limits import ERRORS_MAX
from scoring.io.problems import Problems, Unexpected
from scoring.scorecard.buckets import Buckets
from scoring.scorecard.place import NUMBER, category, number, quoted
from scoring.scorecard.plan import Column, place

Cells = NDArray[np.intp]
FIRST_ROW = 2  # the header is row 1


class Source(Protocol):
    """A column that has been read: its cells a part at a time, and its value in one row."""

    def cells(self, part: slice, out: Cells, scratch: Cells) -> bool:
        """Write the cells of ``part`` into ``out``; say whether every number was finite."""
        ...

    def value(self, row: int) -> Any: ...


class Numbers:
    """A numeric column, as an array of any real type; NaN is missing."""

    def __init__(self, values: NDArray[Any], buckets: Buckets) -> None:
        self.values, self._buckets = values, buckets

    def cells(self, part: slice, out: Cells, scratch: Cells) -> bool:
        return self._buckets.cells(self.values[part].astype(np.float64, copy=False), out, scratch)

    def value(self, row: int) -> Any:
        return self.values[row].item()


class Codes:
    """A column of few different values: which one each row has, and the cell of each."""

    def __init__(self, codes: NDArray[Any], names: Sequence[Any], cell_of_code: Cells) -> None:
        self._codes, self._names, self._cell_of_code = codes, names, cell_of_code

    def cells(self, part: slice, out: Cells, scratch: Cells) -> bool:
        np.copyto(scratch, self._codes[part])
        np.take(self._cell_of_code, scratch, out=out, mode="clip")
        return True

    def value(self, row: int) -> Any:
        return self._names[self._codes[row]]


class Placed:
    """A column that was placed value by value."""

    def __init__(self, cells: Cells, values: Sequence[Any]) -> None:
        self._cells, self._values = cells, values

    def cells(self, part: slice, out: Cells, scratch: Cells) -> bool:
        np.copyto(out, self._cells[part])
        return True

    def value(self, row: int) -> Any:
        return self._values[row]


class Absent:
    """A column the table does not have: missing in every row."""

    def __init__(self, column: Column) -> None:
        self._missing = column.missing

    def cells(self, part: slice, out: Cells, scratch: Cells) -> bool:
        out.fill(self._missing)
        return True

    def value(self, row: int) -> Any:
        return None


def read(
    table: Any, columns: Sequence[Column], buckets: Mapping[str, Buckets], absent: Literal["error", "missing"]
) -> tuple[int, list[Source]]:
    """The number of rows and, for each of ``columns``, where its cells come from.

    Raises
    ------
    InputError
        With every column that is absent (unless ``absent`` is ``"missing"``) and every value of the wrong kind.
    TypeError
        Where ``table`` is no table.
    """
    series, rows = _series(table)
    with Problems("table") as problems:
        if absent == "error":
            for column in columns:
                if column.feature not in series:
                    problems.add("this column (nulls in it say that a value is unknown)", column=column.feature)
        elif not any(column.feature in series for column in columns):
            problems.add(f"at least one column of the card, such as {columns[0].feature!r}")
        sources = [_source(series, column, buckets, problems) for column in columns]
    return rows, sources


def _series(table: Any) -> tuple[dict[str, Any], int]:
    """The columns by name (narwhals Series, numpy arrays or lists) and their common length."""
    if not isinstance(table, Mapping):
        frame = nw.from_native(table, eager_only=True)
        return {name: frame[name] for name in frame.columns}, len(frame)
    series = {str(name): _one(values) for name, values in table.items()}
    lengths = {name: len(values) for name, values in series.items()}
    rows = max(lengths.values(), default=0)
    with Problems("table") as problems:
        for name, length in lengths.items():
            if length != rows:
                problems.add(f"{rows} rows, as the longest column has", column=name, value=length)
    return series, rows


def _one(values: Any) -> Any:
    """A column of a mapping: a sequence or an array as it is, any other library's through narwhals."""
    if isinstance(values, list | tuple | np.ndarray):
        return values
    series = nw.from_native(values, series_only=True, pass_through=True)
    return series if isinstance(series, nw.Series) else list(values)


def _source(series: Mapping[str, Any], column: Column, buckets: Mapping[str, Buckets], problems: Problems) -> Source:
    if column.feature not in series:
        return Absent(column)
    values = series[column.feature]
    if isinstance(values, nw.Series):
        values = _from_series(values, column)
    if isinstance(values, Codes):
        return values
    if column.edges is not None:
        return _numbers(values, column, buckets[column.feature], problems)
    return _categories(values, column, problems)


def _from_series(series: "nw.Series[Any]", column: Column) -> Any:
    """A numpy array where the type is a number's, codes where it is a text's and Arrow is there, else a list."""
    kind = series.dtype
    if kind.is_numeric() or (kind == nw.Boolean and column.edges is not None):
        plain = kind.is_float() or (kind.is_integer() and not series.null_count())
        return (series if plain else series.cast(nw.Float64)).to_numpy()
    if kind in (nw.String, nw.Categorical, nw.Enum) and column.edges is None and find_spec("pyarrow"):
        return _codes(series.to_arrow(), column)
    return series.to_list()


def _codes(values: Any, column: Column) -> Any:
    """Arrow's dictionary of a text column; a dictionary of something else is left to be placed value by value."""
    import pyarrow as pa

    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if not pa.types.is_dictionary(values.type):
        values = values.cast(pa.large_string()).dictionary_encode()
    names = [*values.dictionary.to_pylist(), None]
    if not all(name is None or isinstance(name, str) for name in names):
        return values.to_pylist()
    codes = values.indices.cast(pa.int64()).fill_null(len(names) - 1).to_numpy(zero_copy_only=False)
    return Codes(codes, names, np.array([place(column, name)[1] for name in names], dtype=np.intp))


def _numbers(values: Any, column: Column, buckets: Buckets, problems: Problems) -> Source:
    if isinstance(values, np.ndarray) and values.ndim == 1 and values.dtype.kind in "fiub":
        return Numbers(values, buckets)
    items = _items(values)
    array = _plain_numbers(items)
    if array is None:
        array = np.array(_each(items, number, column, problems), dtype=np.float64)
    return Numbers(array, buckets)


def _plain_numbers(items: Sequence[Any]) -> NDArray[np.float64] | None:
    """The items as doubles, if they are floats, integers and None and nothing else."""
    if not {*map(type, items)} <= {float, int, type(None)}:
        return None
    try:
        return np.array(items, dtype=np.float64)
    except OverflowError:
        return None


def _categories(values: Any, column: Column, problems: Problems) -> Source:
    if isinstance(values, np.ndarray) and values.ndim == 1 and values.dtype.kind in "fiub":
        return _few_values(values, column, problems)
    items = _items(values)
    codes = _codes_of_texts(items, column)
    if codes is not None:
        return codes
    try:
        cells = np.fromiter(map(_CellOf(column).__getitem__, items), dtype=np.intp, count=len(items))
    except (Unexpected, TypeError):
        names = _each(items, category, column, problems)
        cells = np.array([place(column, name)[1] for name in names], dtype=np.intp)
    return Placed(cells, items)


def _codes_of_texts(items: Sequence[Any], column: Column) -> Codes | None:
    """The codes of a list of texts, if that is what it is and Arrow is there."""
    if not (find_spec("pyarrow") and {*map(type, items)} <= {str, type(None)}):
        return None
    import pyarrow as pa

    codes = _codes(pa.array(items, type=pa.large_string()), column)
    return codes if isinstance(codes, Codes) else None


def _few_values(values: NDArray[Any], column: Column, problems: Problems) -> Source:
    distinct, codes = np.unique(values, return_inverse=True)
    names = _each(distinct.tolist(), category, column, problems)
    return Codes(codes, names, np.array([place(column, name)[1] for name in names], dtype=np.intp))


class _CellOf(dict[Any, int]):
    """From a category to its cell, without a call for those the card knows."""

    def __init__(self, column: Column) -> None:
        super().__init__({name: cell for cell, name in enumerate(column.categories)})
        self._column = column

    def __missing__(self, value: Any) -> int:
        cell = place(self._column, value)[1]
        if type(value) is str:  # nothing else: 1 and True are equal, but not the same category
            self[value] = cell
        return cell


def _items(values: Any) -> Sequence[Any]:
    if not isinstance(values, np.ndarray):
        return values  # type: ignore[no-any-return]
    items: list[Any] = list(values) if values.ndim > 1 or values.dtype.kind in "mM" else values.tolist()
    return items


def _each(items: Sequence[Any], convert: Callable[[Any], Any], column: Column, problems: Problems) -> list[Any]:
    """Every item converted; one that cannot be is reported, and None stands in for it."""
    result = []
    for row, item in enumerate(items, FIRST_ROW):
        try:
            result.append(convert(item))
        except Unexpected as error:
            problems.add(str(error), row=row, column=column.feature, value=quoted(item))
            result.append(None)
    return result


def report_infinite(columns: Sequence[Column], sources: Sequence[Source]) -> None:
    """Raise with every infinite number."""
    with Problems("table") as problems:
        for column, source in zip(columns, sources, strict=True):
            if isinstance(source, Numbers):
                for row in np.flatnonzero(np.isinf(source.values.astype(np.float64)))[: ERRORS_MAX + 1]:
                    value = quoted(source.value(int(row)))
                    problems.add(NUMBER, row=int(row) + FIRST_ROW, column=column.feature, value=value)
