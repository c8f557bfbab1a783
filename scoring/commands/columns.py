"""Columns of a table that a command names: there or not, and the outcome as 0 and 1."""

from difflib import get_close_matches
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.io.problems import Problems
from scoring.io.values import NO, YES


def column_of(table: Any, name: str, file: str) -> list[Any]:
    """The values of a column, or an error that names the columns there are."""
    if name not in table.column_names:
        close = get_close_matches(name, table.column_names, n=1)
        meant = f"; did you mean {close[0]!r}?" if close else ""
        Problems(file).stop(f"a column of the file: {', '.join(table.column_names)}{meant}", column=name)
    values: list[Any] = table.column(name).to_pylist()
    return values


def outcome_of(table: Any, name: str, positive: str | None, file: str) -> NDArray[np.int64]:
    """The outcome of every row: 1 for ``positive``, or for the one of two values that says yes."""
    values = column_of(table, name, file)
    problems = Problems(file)
    for row, value in enumerate(values, start=2):
        if value is None:
            problems.add("an outcome; leave out rows that have none yet", row=row, column=name)
    problems.raise_any()
    kinds = sorted({_text(value) for value in values})
    if len(kinds) != 2:
        shown = ", ".join(kinds[:5]) + (", …" if len(kinds) > 5 else "")
        problems.stop("two different outcomes", column=name, value=f"{len(kinds)}: {shown}")
    chosen = _positive(kinds, positive)
    if chosen is None:
        problems.stop(f"--positive {kinds[0]} or --positive {kinds[1]}", column=name, value=positive)
    return np.array([_text(value) == chosen for value in values], dtype=np.int64)


def _text(value: Any) -> str:
    return (
        str(int(value)) if isinstance(value, bool) or (isinstance(value, float) and value.is_integer()) else str(value)
    )


def _positive(kinds: list[str], asked: str | None) -> str | None:
    if asked is not None:
        wanted = {"true": "1", "false": "0"}.get(asked.lower(), asked)
        return next((kind for kind in kinds if kind in (asked, wanted)), None)
    yes = [kind for kind in kinds if kind.lower() in YES]
    no = [kind for kind in kinds if kind.lower() in NO]
    return yes[0] if len(yes) == 1 and len(no) == 1 else None
