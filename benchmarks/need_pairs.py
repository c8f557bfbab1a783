"""How well the product's search answers plain questions about the demo catalogue, beside BM25 in the same run.

The gains are graded: 2 for what answers a question, 1 for what helps. A question in one language is asked of texts in
both, as they are in the catalogue.
"""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.rows import Row
from benchmarks.search_quality import Query, plain
from fixtures.catalogue import technologies
from fixtures.need_pairs import Question, questions
from marketplace.search.finding import Reader, Wish, search
from marketplace.search.index import Document, Reading, new_index, write

DEPTH = 10
Find = Callable[[str], list[str]]


class Quality(NamedTuple):
    ndcg_at_10: float
    hit_at_1: float
    recall_at_10: float


def run(data: Path | None) -> list[Row]:
    """For all questions, and for each language; no data set is needed."""
    del data
    documents = catalogue()
    ours, bm25, asked = product(documents), words(documents), questions()
    rows = []
    for name, chosen in (
        ("all", asked),
        ("Chinese", [question for question in asked if question.language == "zh"]),
        ("English", [question for question in asked if question.language == "en"]),
    ):
        pairs = sum(len(question.relevant) for question in chosen)
        rows.append(
            Row(
                f"needs → technologies, {name}: {len(chosen)} questions, {pairs} pairs; nDCG@10, hit@1, recall@10",
                _told(quality(chosen, ours)),
                "plain BM25",
                _told(quality(chosen, bm25)),
                "–",
            )
        )
    return rows


def _told(found: Quality) -> str:
    return ", ".join(f"{figure:.3f}" for figure in found)


def catalogue() -> list[Document]:
    """The technologies as listings are indexed."""
    return [
        Document(
            key=entry.id,
            title=f"{entry.name.zh} . {entry.name.en}",
            body=" . ".join(
                [entry.summary.zh or "", entry.summary.en or "", " ".join([*entry.pollutants, *entry.industries])]
            ),
            maturity=entry.claimed_trl or 0,
            shown=b'{"id": "%s", "title": {}, "summary": {}}' % entry.id.encode(),
        )
        for entry in technologies()
    ]


def product(documents: Sequence[Document]) -> Find:
    """The product's search as a visitor gets it, in its default order."""
    index = new_index()
    write(index, documents)
    reading = Reading(index)

    def find(text: str) -> list[str]:
        answer = search(reading, Wish(text=text), Reader(), limit=DEPTH)
        return [str(item.shown["id"]) for item in answer.items]

    return find


def words(documents: Sequence[Document]) -> Find:
    asked = plain(documents)
    return lambda text: asked(Query(text, frozenset()))[:DEPTH]


def quality(chosen: Sequence[Question], find: Find) -> Quality:
    """The three figures, averaged over the questions."""
    return Quality(*np.mean([_quality(question, find(question.text)) for question in chosen], axis=0).tolist())


def _quality(question: Question, found: Sequence[str]) -> Quality:
    gains = [question.relevant.get(name, 0) for name in found[:DEPTH]]
    ideal = sorted(question.relevant.values(), reverse=True)[:DEPTH]
    hits = sum(gain > 0 for gain in gains)
    first = float(bool(gains) and gains[0] > 0)
    return Quality(_discounted(gains) / _discounted(ideal), first, hits / len(question.relevant))


def _discounted(gains: Sequence[int]) -> float:
    return math.fsum((2**gain - 1) / math.log2(place + 2) for place, gain in enumerate(gains))
