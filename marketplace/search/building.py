"""A whole index written in one go: analysed by several processes where there is enough of it, committed once."""

import gc
import multiprocessing
import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager

import msgspec
import numpy as np
import tantivy

from marketplace.search.analysis import warm
from marketplace.search.index import BATCH, WRITER_BYTES, Document, Index, Prepared, add, commit, prepared
from marketplace.search.rows import ROW

MANY = 200_000
"""From so many documents on, starting processes and their reading of the dictionary pays."""
AHEAD = 3
"""So many batches a process are under way at most, so that memory stays what it is however many there are."""


def processes_for(documents: int) -> int:
    return len(os.sched_getaffinity(0)) if documents >= MANY else 1


class Builder:
    """Takes documents for an index that has none; nobody sees them before they are committed."""

    def __init__(self, index: Index, writer: tantivy.IndexWriter, executor: Executor | None, ahead: int) -> None:
        self._index, self._writer, self._executor, self._ahead = index, writer, executor, ahead
        self._under_way: deque[Future[tuple[bytes, bytes]]] = deque()
        self.count = 0

    def add(self, documents: Sequence[Document]) -> None:
        """Each key only once in the life of a builder."""
        for start in range(0, len(documents), BATCH):
            batch = documents[start : start + BATCH]
            self.count += len(batch)
            if self._executor is None:
                add(self._writer, self._index, prepared(batch))
                continue
            self._under_way.append(self._executor.submit(prepared_elsewhere, msgspec.msgpack.encode(batch)))
            self._take(self._ahead)

    def finish(self) -> None:
        """Commit what was added; without this nothing was."""
        self._take(0)
        commit(self._writer, self._index)

    def _take(self, left: int) -> None:
        while len(self._under_way) > left:
            fields, rows = self._under_way.popleft().result()
            add(self._writer, self._index, Prepared(msgspec.msgpack.decode(fields), np.frombuffer(rows, ROW)))


def prepared_elsewhere(batch: bytes) -> tuple[bytes, bytes]:
    """What a process does for another: documents in, what is written for them out."""
    made = prepared(msgspec.msgpack.decode(batch, type=list[Document]))
    return msgspec.msgpack.encode(made.fields), made.rows.tobytes()


@contextmanager
def building(index: Index, processes: int = 1) -> Iterator[Builder]:
    """The processes last as long as this, so that none is left where something fails."""
    with ExitStack() as stack:
        executor = None
        if processes > 1:
            # Spawned, not forked: this process has threads and connections.
            spawned = multiprocessing.get_context("spawn")
            executor = stack.enter_context(ProcessPoolExecutor(processes, mp_context=spawned, initializer=warm))
        stack.enter_context(_without_collection())
        writer = index.tantivy.writer(WRITER_BYTES * processes, processes)
        yield Builder(index, writer, executor, AHEAD * processes)


@contextmanager
def _without_collection() -> Iterator[None]:
    """Analysis makes millions of short-lived objects and no cycles: looking for cycles would take half the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
