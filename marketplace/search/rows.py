"""Numbers of every document, beside tantivy's files: one array that is only ever added to.

A document says in tantivy which row is its own. Reading 200 rows of an array takes microseconds, where 200 values each
of some thirty columns of tantivy take a millisecond. A document that is written anew gets a new row; the one before is
left behind until the index is built anew.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from marketplace.search.meaning import DIMENSIONS

FILE = "rows"
ROW = np.dtype([("meaning", "i1", (DIMENSIONS,)), ("tie", "<u8"), ("at", "<i8"), ("risk", "<f8"), ("maturity", "u1")])
Table = NDArray[np.void]


class Rows:
    """The rows of one index: in a file of its folder, or in memory where it has none."""

    def __init__(self, folder: Path | None) -> None:
        self._path = folder / FILE if folder else None
        self._kept: list[Table] = []
        if self._path is not None and not self._path.exists():
            self._path.touch()

    def __len__(self) -> int:
        if self._path is not None:
            return self._path.stat().st_size // ROW.itemsize
        return sum(map(len, self._kept))

    def add(self, rows: Table) -> int:
        """The number of the first of them."""
        first = len(self)
        if self._path is None:
            self._kept.append(rows)
            return first
        with self._path.open("r+b") as file:
            # Whatever a crash has left of half a row is written over.
            file.seek(first * ROW.itemsize)
            file.write(rows.tobytes())
        return first

    def settle(self) -> None:
        """What was added survives a loss of power: before tantivy commits to it."""
        if self._path is not None:
            with self._path.open("rb") as file:
                os.fsync(file.fileno())

    def read(self) -> Table:
        """All that is there by now; of a file, nothing is loaded before it is looked at."""
        if self._path is not None:
            return np.asarray(np.memmap(self._path, ROW, "r", shape=(len(self),))) if len(self) else np.empty(0, ROW)
        self._kept = [np.concatenate(self._kept)] if self._kept else []
        return self._kept[0] if self._kept else np.empty(0, ROW)


def rows_of(meanings: NDArray[np.int8], numbers: Sequence[tuple[int, int, float, int]]) -> Table:
    """One row a document: its meaning, and its tie, time, risk and maturity."""
    made = np.empty(len(numbers), ROW)
    made["meaning"] = meanings
    for name, values in zip(("tie", "at", "risk", "maturity"), zip(*numbers, strict=True), strict=True):
        made[name] = values
    return made
