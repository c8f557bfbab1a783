"""Search over generated technologies beside tantivy alone, on the same index in the same run.

Questions: tantivy alone is the very same query with the same permission and facets for the same top 20, without
reordering, highlights or reasons. Questions asked before the clock runs are others than those timed.

Building: tantivy alone gets the same bytes: titles and texts for its default analysis (which takes a stretch of Chinese
for one word), facets, and what is shown. Rates are per second of all cores' processor time, so that they say the same
on a busy machine, and by the clock.
"""

from collections.abc import Callable, Sequence
from functools import partial
from os import sched_getaffinity
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, NamedTuple

import numpy as np
import tantivy

from benchmarks.rows import Row
from benchmarks.search_corpus import like_catalogue, questions, technologies
from marketplace.search.analysis import warm
from marketplace.search.building import building
from marketplace.search.finding import Reader, Wish, allowed, counted, search
from marketplace.search.index import FACETS, WRITER_BYTES, Document, Index, Reading, new_index
from marketplace.search.question import understood
from marketplace.search.ranking import matching

FEW, MANY, LIKE_CATALOGUE, QUESTIONS = 12_000, 100_000, 20_000, 60


def run(data: Path | None, many: int = MANY) -> list[Row]:
    """How fast questions are answered, and how fast the index is built."""
    del data
    warm()
    rows = [_building(f"{LIKE_CATALOGUE:,} texts as the catalogue has them", list(like_catalogue(LIKE_CATALOGUE)))[0]]
    for count in (FEW, many):
        row, index = _building(f"{count:,} technologies of 200 to 600 characters", list(technologies(count)))
        rows += [row, _asking(Reading(index), count)]
    return rows


class _Rate(NamedTuple):
    """Documents a second: of processor time on all cores, and by the clock."""

    cores: float
    clock: float

    def __str__(self) -> str:
        return f"{self.cores:,.0f} ({self.clock:,.0f} by the clock)"


def _rate(count: int, work: Callable[[], None]) -> _Rate:
    processor, clock = process_time(), perf_counter()
    work()
    spent, passed = process_time() - processor, perf_counter() - clock
    return _Rate(len(sched_getaffinity(0)) * count / spent, count / passed)


def _building(what: str, documents: Sequence[Document]) -> tuple[Row, Index]:
    index = new_index()
    ours = _rate(len(documents), partial(_built, index, documents))
    alone = _rate(len(documents), partial(_written_alone, documents))
    return Row(
        f"search: documents a second into the index, {what}", str(ours),
        "tantivy alone, the same bytes", str(alone), "≥ 20,000",
    ), index  # fmt: skip


def _built(index: Index, documents: Sequence[Document]) -> None:
    with building(index) as builder:
        builder.add(documents)
        builder.finish()


def _written_alone(documents: Sequence[Document]) -> None:
    builder = tantivy.SchemaBuilder()
    for name in ("title", "body"):
        builder.add_text_field(name, index_option="freq")
    for name in FACETS:
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=True)
    schema = builder.add_bytes_field("shown", stored=True).build()
    writer = tantivy.Index(schema).writer(WRITER_BYTES, 1)
    for document in documents:
        fields: dict[str, Any] = {"title": document.title, "body": document.body, "shown": document.shown}
        facets = {name: list(values) for name, values in document.facets.items()}
        writer.add_document(tantivy.Document.from_dict(fields | facets, schema))
    writer.commit()
    writer.wait_merging_threads()


def _asking(reading: Reading, count: int) -> Row:
    ours, alone = _medians_ms(reading, questions(QUESTIONS), Reader("holder"))
    return Row(
        f"search: {count:,} technologies, top 20 with facets, permission, reasons", f"{ours:.1f} ms",
        "tantivy alone, the same query, facets and permission", f"{alone:.1f} ms", "≤ 1.5 times",
    )  # fmt: skip


def _medians_ms(reading: Reading, asked: Sequence[str], reader: Reader) -> tuple[float, float]:
    """Ours and tantivy's, each question asked of both in turn."""
    queries = [allowed(matching(understood(text, reading)), {}, reader) for text in asked]
    for text in questions(QUESTIONS // 3, seed=9):
        search(reading, Wish(text=text), reader)
    times = [
        (_ms(partial(search, reading, Wish(text=text), reader)), _ms(partial(_alone, reading, query)))
        for text, query in zip(asked, queries, strict=True)
    ]
    ours, alone = np.median(times, axis=0)
    return float(ours), float(alone)


def _alone(reading: Reading, query: tantivy.Query) -> None:
    reading.searcher.search(query, 20, count=False)
    counted(reading, query)


def _ms(ask: Callable[[], object]) -> float:
    start = process_time()
    ask()
    return 1000 * (process_time() - start)
