"""The best answers first: BM25 over all fields finds candidates, and what texts are about sets them right.

match = BM25 (as a share of the best) + weight × closeness of meaning, for a few words;
match = cosine of TF-IDF of stems and pairs + weight × closeness of meaning, for a question that is a text itself.
"""

import math
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tantivy
from numpy.typing import NDArray
from tantivy import Occur, Query

from marketplace.search import words
from marketplace.search.index import Reading, schema
from marketplace.search.meaning import known_share, meaning, unpacked
from marketplace.search.question import Question

CANDIDATES = 200
MEANING_IN_QUESTIONS, MEANING_IN_TOPICS, MEANING_IN_TEXTS = 0.0, 1.5, 0.5
COMMON = 0.3
"""Terms in more of the documents than this say nothing of a text."""

Floats = NDArray[np.float64]


class Candidate(NamedTuple):
    key: str
    match: float
    address: tantivy.DocAddress
    stored: tantivy.Document


def matching(question: Question) -> Query:
    """Any term of the question, each with its weight."""
    known = schema()
    return Query.boolean_query([
        (Occur.Should, Query.boost_query(Query.term_query(known, field, term, "freq"), weight))
        for field, terms in question.terms.items()
        for term, weight in terms.items()
        if weight > 0
    ])  # fmt: skip


def ranked(reading: Reading, question: Question, within: Query | None = None) -> list[Candidate]:
    """The candidates among the documents of `within`, the best first."""
    query = matching(question)
    if within is not None:
        query = Query.boolean_query([(Occur.Must, query), (Occur.Must, Query.const_score_query(within, 0.0))])
    hits = reading.searcher.search(query, CANDIDATES, count=False).hits
    if not hits:
        return []
    stored = [reading.searcher.doc(address) for _, address in hits]
    scores = np.array([score for score, _ in hits])
    matches = _as_texts(reading, question, stored) if question.is_text else scores / max(scores[0], 1e-9)
    matches = matches + _closeness(question, stored)
    order = np.argsort(-matches, kind="stable")
    return [
        Candidate(str(stored[n].get_first("key")), float(matches[n]), hits[n][1], stored[n]) for n in order.tolist()
    ]


def _closeness(question: Question, stored: Sequence[tantivy.Document]) -> Floats:
    """How near the documents are in meaning, as far as the question's words are known."""
    said = Counter(question.stems)
    asked = meaning({**question.shadow, **said})
    near = unpacked([bytes(each.get_first("meaning") or b"") for each in stored]) @ asked
    return _weight_of_meaning(question, said) * near.astype(np.float64)


def _weight_of_meaning(question: Question, said: Counter[str]) -> float:
    """A question asks for a fact, and its words decide; a topic is asked for by more words than it names."""
    if question.is_text:
        return MEANING_IN_TEXTS
    return (MEANING_IN_QUESTIONS if question.asks else MEANING_IN_TOPICS) * known_share(said) ** 2


def _as_texts(reading: Reading, question: Question, stored: Sequence[tantivy.Document]) -> Floats:
    asked = _worth(reading, question.stems)
    length = math.sqrt(sum(worth * worth for worth in asked.values())) or 1.0
    return np.array([_cosine(asked, _worth(reading, stems_of(each))) for each in stored]) / length


def stems_of(document: tantivy.Document) -> list[str]:
    return bytes(document.get_first("stems") or b"").decode().split()


def _worth(reading: Reading, stems: list[str]) -> dict[str, float]:
    """TF-IDF of stems and pairs, without those that are everywhere or nowhere else."""
    found = {}
    for field, terms in (("latin", stems), ("latin_pairs", words.neighbours(stems))):
        for term, count in Counter(terms).items():
            frequency = reading.frequency(field, term)
            if 2 <= frequency <= COMMON * reading.size:
                found[term] = (1 + math.log(count)) * (1 + math.log((1 + reading.size) / (1 + frequency)))
    return found


def _cosine(asked: dict[str, float], said: dict[str, float]) -> float:
    shared = sum(worth * said[term] for term, worth in asked.items() if term in said)
    return shared / (math.sqrt(sum(worth * worth for worth in said.values())) or 1.0)
