"""Parquet: judged by its footer first, then read as one Arrow table."""

import io
from datetime import UTC, datetime
from typing import Any

from scoring.errors import InputError
from scoring.io.grid import Grid
from scoring.io.limits import (
    CELL_CHARS_MAX,
    CELLS_MAX,
    COLUMNS_MAX,
    PARQUET_BYTES_MAX,
    PARQUET_METADATA_ITEMS_MAX,
    ROWS_MAX,
)
from scoring.io.optional import MissingExtra, needed
from scoring.io.problems import Problems
from scoring.io.values import A_DATE_IN_RANGE, A_FINITE_NUMBER, FIRST_YEAR, LAST_YEAR

EARLIEST, LATEST = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp() * 1e6) for year in (FIRST_YEAR, LAST_YEAR + 1))
READABLE = "a Parquet file that can be read"


def read_parquet(data: bytes, problems: Problems) -> Any:
    """The file as a ``pyarrow.Table`` of plain columns: text, whole and decimal numbers, booleans, dates."""
    parquet = needed("pyarrow.parquet", "to read Parquet")
    try:
        file = _opened(parquet, data)
        _check_footer(file.metadata, problems)
        texts = _checked_schema(file.schema_arrow, problems)
        # Text stays a dictionary: what repeats is held once, however often a few bytes claim it.
        return _read(_opened(parquet, data, read_dictionary=texts), problems)
    except (InputError, MissingExtra):
        raise
    # Damage shows as one of Arrow's errors, as bytes that are no text, or as a size that cannot be allocated.
    except (needed("pyarrow", "to read Parquet").ArrowException, OSError, ValueError, MemoryError) as error:
        problems.stop(READABLE, value=f"{type(error).__name__}: {error}")


def _opened(parquet: Any, data: bytes, **options: Any) -> Any:
    return parquet.ParquetFile(
        io.BytesIO(data),
        thrift_string_size_limit=len(data),
        thrift_container_size_limit=PARQUET_METADATA_ITEMS_MAX,
        **options,
    )


def grid_of(table: Any, problems: Problems) -> Grid:
    """The table's cells as Python objects; row 1 is the header, as if it were a spreadsheet."""
    if table.num_rows * table.num_columns > CELLS_MAX:
        problems.stop(f"at most {CELLS_MAX:,} cells", value=table.num_rows * table.num_columns)
    return Grid(
        file=problems.file,
        header=tuple(table.column_names),
        columns=tuple([_plain(cell) for cell in column.to_pylist()] for column in table.columns),
        row_numbers=tuple(range(2, table.num_rows + 2)),
    )


def _plain(cell: Any) -> Any:
    """Midnight is a date; blank text is nothing."""
    if isinstance(cell, datetime):
        return cell.date() if cell.time() == datetime.min.time() else cell
    return (cell.strip() or None) if isinstance(cell, str) else cell


def _check_footer(footer: Any, problems: Problems) -> None:
    if footer.num_rows > ROWS_MAX:
        problems.stop(f"at most {ROWS_MAX:,} rows", value=footer.num_rows)
    if footer.num_columns > COLUMNS_MAX:
        problems.stop(f"at most {COLUMNS_MAX:,} columns", value=footer.num_columns)
    if footer.num_rows < 1 or footer.num_columns < 1:
        problems.stop("at least one column and one row")
    claims = [footer.row_group(index).total_byte_size for index in range(footer.num_row_groups)]
    if min(claims, default=0) < 0 or sum(claims) > PARQUET_BYTES_MAX:
        problems.stop(f"at most {PARQUET_BYTES_MAX // 2**30} GiB when unpacked", value=f"claims {sum(claims)} bytes")


def _checked_schema(schema: Any, problems: Problems) -> list[str]:
    """The names of the text columns; nested columns, and names that are blank or repeat, are refused."""
    types = needed("pyarrow.types", "to read Parquet")
    texts = []
    for position, name in enumerate(schema.names):
        kind = schema.field(position).type
        if not name.strip():
            problems.add(f"a header for column {position + 1}", row=1)
        elif name in schema.names[:position]:
            problems.add("each column header once", row=1, column=name, value=name)
        if not _is_plain(types, kind):
            problems.add("plain values: text, numbers, dates, yes or no", row=1, column=name, value=kind)
        if _is_text(types, kind):
            texts.append(name)
    problems.raise_any()
    return texts


def _is_text(types: Any, kind: Any) -> bool:
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def _is_plain(types: Any, kind: Any) -> bool:
    if types.is_dictionary(kind):
        return _is_text(types, kind.value_type)
    tests = (types.is_boolean, types.is_integer, types.is_floating, types.is_decimal)
    dates = (types.is_date, types.is_timestamp, types.is_null)
    return _is_text(types, kind) or any(test(kind) for test in tests + dates)


def _read(file: Any, problems: Problems) -> Any:
    arrow = needed("pyarrow", "to read Parquet")
    rows, batches = 0, []
    for batch in file.iter_batches(batch_size=65_536):
        rows += batch.num_rows
        if rows > ROWS_MAX:
            problems.stop(f"at most {ROWS_MAX:,} rows", value=rows)
        batches.append(batch)
    if not rows:
        problems.stop("at least one column and one row")
    table = arrow.Table.from_batches(batches)
    columns = {name: _plain_column(arrow, name, table.column(name), problems) for name in table.column_names}
    problems.raise_any()
    return arrow.table(columns)


def _plain_column(arrow: Any, name: str, column: Any, problems: Problems) -> Any:
    """The column as text, int64, float64, boolean or timestamp, every bad cell of it noted."""
    types = arrow.types
    kind = column.type
    if types.is_dictionary(kind):
        return _text_column(arrow, name, column, problems)
    if types.is_null(kind):
        return column.cast(arrow.string())
    if types.is_floating(kind) or types.is_decimal(kind):
        return _float_column(name, column.cast(arrow.float64()), problems)
    if types.is_integer(kind):
        return column.cast(arrow.int64())
    if types.is_date(kind) or types.is_timestamp(kind):
        return _date_column(arrow, name, column.cast(arrow.timestamp("us"), safe=False), problems)
    return column


def _float_column(name: str, column: Any, problems: Problems) -> Any:
    compute = needed("pyarrow.compute", "to read Parquet")
    finite = compute.is_finite(column).fill_null(True).to_numpy()
    for index in (~finite).nonzero()[0].tolist():
        problems.add(A_FINITE_NUMBER, row=index + 2, column=name, value=column[index].as_py())
    return column


def _date_column(arrow: Any, name: str, column: Any, problems: Problems) -> Any:
    """Dates, none of them outside what a calendar of technologies holds (nor what Python can)."""
    stamps = column.cast(arrow.int64()).fill_null(0).to_numpy()
    for index in ((stamps < EARLIEST) | (stamps > LATEST)).nonzero()[0].tolist():
        problems.add(A_DATE_IN_RANGE, row=index + 2, column=name, value=f"{stamps[index]} µs")
    return column


def _text_column(arrow: Any, name: str, column: Any, problems: Problems) -> Any:
    compute = needed("pyarrow.compute", "to read Parquet")
    column = column.unify_dictionaries().combine_chunks()
    column = column.chunk(0) if isinstance(column, arrow.ChunkedArray) else column
    lengths = compute.utf8_length(column.dictionary)
    if (compute.max(lengths).as_py() or 0) > CELL_CHARS_MAX:
        problems.add(f"at most {CELL_CHARS_MAX:,} characters in a cell", column=name)
        return column
    characters = compute.sum(lengths.take(column.indices)).as_py() or 0
    if characters > PARQUET_BYTES_MAX:
        problems.stop(f"at most {PARQUET_BYTES_MAX // 2**30} GiB of text", column=name, value=characters)
    texts = compute.utf8_trim_whitespace(column.cast(arrow.large_string()))
    return compute.if_else(compute.equal(texts, ""), arrow.scalar(None, texts.type), texts)
