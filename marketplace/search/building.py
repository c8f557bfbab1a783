"""A whole index written in one go: analysed by several processes where there is enough of it, committed once."""

import multiprocessing
import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

import msgspec
import tantivy

from marketplace.search.analysis import warm
from marketplace.search.index import BATCH, WRITER_BYTES, Document, fields_of, schema

MANY = 20_000
"""From so many documents on, starting processes and their reading of the dictionary pays."""
AHEAD = 3
"""So many batches a process are under way at most, so that memory stays what it is however many there are."""


def processes_for(documents: int) -> int:
    return len(os.sched_getaffinity(0)) if documents >= MANY else 1


class Builder:
    """Takes documents for an index that has none; nobody sees them before they are committed."""

    def __init__(self, writer: tantivy.IndexWriter, executor: Executor | None, processes: int) -> None:
        self._writer, self._executor, self._ahead = writer, executor, AHEAD * processes
        self._under_way: deque[Future[list[bytes]]] = deque()
        self.count = 0

    def add(self, documents: Sequence[Document]) -> None:
        """Each key only once in the life of a builder."""
        for start in range(0, len(documents), BATCH):
            batch = documents[start : start + BATCH]
            self.count += len(batch)
            if self._executor is None:
                self._write(fields_of(batch))
                continue
            self._under_way.append(self._executor.submit(analysed_elsewhere, msgspec.msgpack.encode(batch)))
            self._take(self._ahead)

    def finish(self) -> None:
        """Commit what was added; without this nothing was."""
        self._take(0)
        self._writer.commit()
        self._writer.wait_merging_threads()

    def _take(self, left: int) -> None:
        while len(self._under_way) > left:
            self._write(msgspec.msgpack.decode(fields) for fields in self._under_way.popleft().result())

    def _write(self, batch: Iterator[dict[str, Any]] | list[dict[str, Any]]) -> None:
        for fields in batch:
            self._writer.add_document(tantivy.Document.from_dict(fields, schema()))


def analysed_elsewhere(batch: bytes) -> list[bytes]:
    """What a process does for another: documents in, what is written for each out."""
    encode = msgspec.msgpack.Encoder().encode
    return [encode(fields) for fields in fields_of(msgspec.msgpack.decode(batch, type=list[Document]))]


@contextmanager
def building(index: tantivy.Index, processes: int = 1) -> Iterator[Builder]:
    """The processes last as long as this, so that none is left where something fails."""
    with ExitStack() as stack:
        executor = None
        if processes > 1:
            # Spawned, not forked: this process has threads and connections.
            spawned = multiprocessing.get_context("spawn")
            executor = stack.enter_context(ProcessPoolExecutor(processes, mp_context=spawned, initializer=warm))
        writer = index.writer(WRITER_BYTES * processes, processes)
        yield Builder(writer, executor, processes)
    index.reload()
