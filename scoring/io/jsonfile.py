"""JSON and JSON lines: objects with their places, read without trusting their depth, their numbers or their keys."""

import json
import math
from typing import Any

from msgspec import Struct

from scoring.io.limits import DEPTH_MAX, ROWS_MAX
from scoring.io.problems import Problems, Unexpected
from scoring.io.source import decoded

LIST_KEYS = ("technologies", "items", "rows", "data", "技术")


class Record(Struct, frozen=True):
    """An object and its place: its line in JSON lines, its position from 1 in a JSON list."""

    row: int
    fields: dict[str, Any]


def read_json(data: bytes, problems: Problems) -> list[Record]:
    """The objects of a JSON list, of the list under one of `LIST_KEYS`, or the one object of the file."""
    value = parsed(decoded(data, problems), problems, None)
    problems.raise_any()
    if isinstance(value, dict):
        value = next((value[key] for key in LIST_KEYS if isinstance(value.get(key), list)), [value])
    if not isinstance(value, list):
        problems.stop("a list of objects", value=value)
    return _records(enumerate(value, start=1), problems)


def read_json_lines(data: bytes, problems: Problems) -> list[Record]:
    """The objects of a file with one on each line; blank lines are skipped."""
    lines = enumerate(decoded(data, problems).split("\n"), start=1)
    return _records([(row, parsed(line, problems, row)) for row, line in lines if line.strip()], problems)


def _records(values: Any, problems: Problems) -> list[Record]:
    records = []
    for row, value in values:
        if isinstance(value, dict):
            records.append(Record(row, value))
        elif value is not UNREADABLE:
            problems.add("an object", row=row, value=value)
        if len(records) > ROWS_MAX:
            problems.stop(f"at most {ROWS_MAX:,} objects", row=row)
    problems.raise_any()
    if not records:
        problems.stop("at least one object")
    return records


UNREADABLE = object()
"""Stands for JSON that was noted as a problem."""


def parsed(text: str, problems: Problems, row: int | None, column: str | None = None) -> Any:
    """The value, or `UNREADABLE` and a note of why."""
    try:
        value = json.loads(
            text,
            parse_constant=_constant,
            parse_int=_integer,
            object_pairs_hook=_object,
        )
        _check_depth(value)
    except json.JSONDecodeError as error:
        line = error.lineno if row is None else row
        problems.add(f"valid JSON ({error.msg} at column {error.colno})", row=line, column=column)
    except Unexpected as error:
        problems.add(str(error), row=row, column=column)
    except RecursionError:
        problems.add(f"at most {DEPTH_MAX} levels of nesting", row=row, column=column)
    else:
        return value
    return UNREADABLE


def _constant(name: str) -> float:
    """NaN and the infinities as they are: the field in whose place they stand refuses them."""
    return float(name.replace("Infinity", "inf"))


def _integer(text: str) -> int | float:
    """An integer, or infinity for one that no field could hold."""
    return int(text) if len(text) <= 40 else math.inf


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Unexpected(f"each field once; {twice!r} is there twice")
    return fields


def _check_depth(value: Any) -> None:
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > DEPTH_MAX:
            raise Unexpected(f"at most {DEPTH_MAX} levels of nesting")
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
