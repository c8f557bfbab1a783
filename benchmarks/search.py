"""Search over 100,000 generated technologies beside tantivy alone, on the same index in the same run.

tantivy alone is the top 20 of the very same query, without permission, facets, reordering, highlights or reasons, and
the writing of what has been analysed already. Questions asked before the clock runs are others than those timed.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from time import perf_counter

import numpy as np
import tantivy

from benchmarks.rows import Row
from benchmarks.search_corpus import questions, technologies
from marketplace.search.analysis import warm
from marketplace.search.building import building, processes_for
from marketplace.search.finding import Reader, Wish, search
from marketplace.search.index import WRITER_BYTES, Document, Reading, new_index, prepared, schema
from marketplace.search.question import understood
from marketplace.search.ranking import matching

TECHNOLOGIES, QUESTIONS, WRITTEN_ALONE = 100_000, 60, 4_000


def run(data: Path | None, count: int = TECHNOLOGIES) -> list[Row]:
    """Median times, and how fast the index is built."""
    del data
    warm()
    documents = list(technologies(count))
    index, processes = new_index(), processes_for(count)
    start = perf_counter()
    with building(index, processes) as builder:
        builder.add(documents)
        builder.finish()
    rate = count / (perf_counter() - start)
    ours, raw = _medians_ms(Reading(index), questions(QUESTIONS), Reader("holder"))
    return [
        Row(
            f"search: {count:,} technologies, top 20 with facets, permission, reasons", f"{ours:.1f} ms",
            "tantivy alone, the same query", f"{raw:.1f} ms", "≤ 1.5 times",
        ),
        Row(
            f"search: documents a second into the index, {processes} processes", f"{rate:,.0f}",
            "tantivy alone, analysed before, 1 thread", f"{_written_a_second(documents[:WRITTEN_ALONE]):,.0f}",
            "≥ 20,000",
        ),
    ]  # fmt: skip


def _medians_ms(reading: Reading, asked: Sequence[str], reader: Reader) -> tuple[float, float]:
    """Ours and tantivy's, each question asked of both in turn."""
    queries = [matching(understood(text, reading)) for text in asked]
    for text in questions(QUESTIONS // 3, seed=9):
        search(reading, Wish(text=text), reader)
    times = [
        (_ms(partial(search, reading, Wish(text=text), reader)), _ms(partial(reading.searcher.search, query, 20)))
        for text, query in zip(asked, queries, strict=True)
    ]
    ours, raw = np.median(times, axis=0)
    return float(ours), float(raw)


def _ms(ask: Callable[[], object]) -> float:
    start = perf_counter()
    ask()
    return 1000 * (perf_counter() - start)


def _written_a_second(documents: Sequence[Document]) -> float:
    made = [tantivy.Document.from_dict(fields, schema()) for fields in prepared(documents).fields]
    writer = new_index().tantivy.writer(WRITER_BYTES, 1)
    start = perf_counter()
    for document in made:
        writer.add_document(document)
    writer.commit()
    return len(documents) / (perf_counter() - start)
