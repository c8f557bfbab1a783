"""Search over 100,000 generated technologies beside tantivy alone, on the same index in the same run.

Raw is what tantivy needs for the top 20 of an OR of the question's words, without permission, facets or reasons.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from time import perf_counter

import msgspec
import numpy as np
from tantivy import Occur, Query

from benchmarks.rows import Row
from marketplace.search.analysis import warm
from marketplace.search.finding import Reader, Wish, search
from marketplace.search.glossary import glossary
from marketplace.search.index import EVERYBODY, Document, Reading, new_index, schema, write
from marketplace.search.question import understood

TECHNOLOGIES, QUESTIONS, WORDS = 100_000, 60, 12
MEDIA = ("water", "air", "soil", "solid-waste", "carbon", "monitoring")
PLACES = ("材料", "装备", "监测", "治理", "服务")


def technologies(count: int) -> Iterator[Document]:
    """Names and summaries put together from the field's words, half of them Chinese; a tenth belongs to one holder."""
    chance = random.Random(0)
    chinese, english = _vocabulary()
    for number in range(count):
        vocabulary, space = (chinese, "") if number % 2 else (english, " ")
        words = chance.choices(vocabulary, k=WORDS)
        title, body = space.join(words[:3]), space.join(words[3:])
        language = "zh" if number % 2 else "en"
        shown = {"id": str(number), "kind": "listing", "title": {language: title}, "summary": {language: body}}
        yield Document(
            key=f"listing:{number}",
            title=title,
            body=body,
            readers=(EVERYBODY if number % 10 else "holder",),
            facets={"kind": ["listing"], "medium": [chance.choice(MEDIA)], "chain_place": [chance.choice(PLACES)]},
            maturity=chance.randint(1, 9),
            risk=chance.random(),
            at=number,
            shown=msgspec.json.encode(shown),
        )


def _vocabulary() -> tuple[list[str], list[str]]:
    words = sorted(glossary().concepts)
    return [word for word in words if word[0] > "\u3400"], [word for word in words if word.isascii()]


def questions() -> list[str]:
    chance = random.Random(1)
    chinese, english = _vocabulary()
    return ["".join(chance.sample(chinese, 2)) if number % 2 else " ".join(chance.sample(english, 2))
            for number in range(QUESTIONS)]  # fmt: skip


def run(data: Path | None, count: int = TECHNOLOGIES) -> list[Row]:
    """Median times, and how fast the index is built."""
    del data
    warm()
    documents = list(technologies(count))
    index = new_index()
    start = perf_counter()
    write(index, documents, threads=2)
    rate = count / (perf_counter() - start)
    reading = Reading(index)
    asked = questions()
    holder = Reader("holder")
    ours = _median_ms(lambda text: search(reading, Wish(text=text), holder), asked)
    raw = _median_ms(lambda text: _raw(reading, text), asked)
    return [
        Row(
            f"search: {count:,} technologies, top 20 with facets, permission, reasons", f"{ours:.1f} ms",
            "tantivy alone, top 20", f"{raw:.1f} ms", "≤ 1.5 times",
        ),
        Row("search: documents a second into the index", f"{rate:,.0f}", "—", "—", "≥ 20,000"),
    ]  # fmt: skip


def _raw(reading: Reading, text: str) -> None:
    words = understood(text, reading).terms
    terms = [(field, term) for field in ("latin", "words") for term in words[field]]
    query = Query.boolean_query([
        (Occur.Should, Query.term_query(schema(), field, term, "freq")) for field, term in terms
    ])  # fmt: skip
    start = perf_counter()
    reading.searcher.search(query, 20)
    _RAW_S.append(perf_counter() - start)


_RAW_S: list[float] = []


def _median_ms(ask: Callable[[str], object], asked: Sequence[str]) -> float:
    for text in asked:
        ask(text)  # once before it counts: words are looked up and stemmed the first time
    _RAW_S.clear()
    taken = []
    for text in asked:
        start = perf_counter()
        ask(text)
        taken.append(perf_counter() - start)
    return 1000 * float(np.median(_RAW_S or taken))
