"""The best answers first: BM25 over all fields finds candidates, and what texts are about sets them right.

match = BM25 (as a share of the best) + weight × closeness of meaning, for a few words;
match = cosine of TF-IDF of stems and pairs + weight × closeness of meaning, for a question that is a text itself.
"""

import math
from collections import Counter
from functools import partial
from typing import Annotated, NamedTuple

import numpy as np
import tantivy
from msgspec import Meta
from numpy.typing import NDArray
from tantivy import Occur, Query

from marketplace.search import words
from marketplace.search.index import Reading, schema
from marketplace.search.meaning import known_share, meaning, unpacked
from marketplace.search.question import Question
from marketplace.search.rows import Table

CANDIDATES = 200
MEANING_IN_QUESTIONS, MEANING_IN_TOPICS, MEANING_IN_TEXTS = 0.0, 1.5, 0.5
FEEDBACK, FEEDBACK_FROM, FEEDBACK_POWER = 1.5, 5, 3
"""How much it counts to be near what the best few answers to a topic have in common (pseudo-relevance feedback)."""
COMMON = 0.3
"""Terms in more of the documents than this say nothing of a text."""

Floats = NDArray[np.float64]


class Ranked(NamedTuple):
    """Places, matches and numbers of the candidates, the best first."""

    addresses: list[tantivy.DocAddress]
    matches: Floats
    rows: Table


def matching(question: Question) -> Query:
    """Any term of the question, each with its weight."""
    return Query.boolean_query([
        (Occur.Should, Query.boost_query(_asking(field, term), weight))
        for field, terms in question.terms.items()
        for term, weight in terms.items()
        if weight > 0
    ])  # fmt: skip


def matching_unranked(question: Question) -> Query:
    """The same documents by fewer terms, for counting: what has a pair of characters has each of them."""
    chinese, known = question.terms["chinese"], schema()
    pieces = [piece for piece in chinese if len(piece) == 1 or chinese.keys().isdisjoint(piece)]
    long = [word for word in question.terms["words"] if not any(piece in word for piece in pieces)]
    single = {name: list(question.terms[name]) for name in ("latin", "concepts", "shadow")}
    return Query.boolean_query([
        (Occur.Should, Query.term_query(known, field, term, "basic"))
        for field, terms in {**single, "chinese": pieces, "words": long}.items()
        for term in terms
    ])  # fmt: skip


def _asking(field: str, term: str) -> Query:
    if field == "latin_pairs":
        return Query.phrase_query(schema(), "latin", list(term.split()))
    return Query.term_query(schema(), field, term, "freq")


# It comes back in cursors, from outside.
Positive = Annotated[float, Meta(gt=0)]


class Scale(NamedTuple):
    """The highest BM25 and the highest match of the first window: what all others are shares of."""

    bm25: Positive
    match: Positive


def ranked(reading: Reading, question: Question, query: Query | None = None) -> Ranked:
    """The best candidates of those that `query` allows: `matching` the question where none is given."""
    return ranked_window(reading, question, query or matching(question))[0]


def ranked_window(
    reading: Reading, question: Question, query: Query, *, window: int = 0, scale: Scale | None = None
) -> tuple[Ranked, Scale]:
    """The same for the first 200 by BM25, the second 200, …; a later window takes the scale of the first."""
    hits = reading.searcher.search(query, CANDIDATES, count=False, offset=window * CANDIDATES).hits
    addresses, rows = [address for _, address in hits], reading.rows([address for _, address in hits])
    if not hits:
        return Ranked([], np.empty(0), rows), scale or Scale(1.0, 1.0)
    scores = np.array([score for score, _ in hits])
    best = scale.bm25 if scale else max(float(scores[0]), 1e-9)
    matches = _as_texts(reading, question, addresses) if question.is_text else scores / best
    matches = matches + _closeness(question, matches, rows)
    order = np.argsort(-matches, kind="stable")
    found = Ranked([addresses[place] for place in order.tolist()], matches[order], rows[order])
    return found, scale or Scale(best, max(float(found.matches[0]), 1e-9))


def _closeness(question: Question, matches: Floats, rows: Table) -> Floats | float:
    """How near the documents are in meaning, as far as the question's words are known."""
    said = Counter(question.stems)
    weight = _weight_of_meaning(question, said)
    if weight == 0:
        return 0.0
    meanings = unpacked(rows["meaning"])
    near = weight * (meanings @ meaning({**question.shadow, **said}))
    if not question.is_text:
        near += FEEDBACK / MEANING_IN_TOPICS * weight * (meanings @ _common_meaning(matches + near, meanings))
    return near.astype(np.float64)


def _common_meaning(matches: Floats, meanings: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the best answers have in common says more of a topic than the few words that it was asked with."""
    best = np.argsort(-matches, kind="stable")[:FEEDBACK_FROM]
    trust = (np.maximum(matches[best], 0.0) / max(matches[best[0]], 1e-9)) ** FEEDBACK_POWER
    point: NDArray[np.float32] = trust.astype(np.float32) @ meanings[best]
    return point / np.float32(np.linalg.norm(point) + 1e-9)


def _weight_of_meaning(question: Question, said: Counter[str]) -> float:
    """A question asks for a fact, and its words decide; a topic is asked for by more words than it names."""
    if question.is_text:
        return MEANING_IN_TEXTS
    return (MEANING_IN_QUESTIONS if question.asks else MEANING_IN_TOPICS) * known_share(said) ** 2


def _as_texts(reading: Reading, question: Question, addresses: list[tantivy.DocAddress]) -> Floats:
    texts = [_Counts.of(stems_of(reading.searcher.doc(each))) for each in addresses]
    among = Counter(pair for text in texts for pair in text.pairs)
    asked = _worth(reading, _Counts.of(question.stems), among)
    length = math.sqrt(sum(worth * worth for worth in asked.values())) or 1.0
    return np.array([_cosine(asked, _worth(reading, text, among)) for text in texts]) / length


class _Counts(NamedTuple):
    """How often each stem and each pair of neighbours occurs."""

    stems: Counter[str]
    pairs: Counter[str]

    @classmethod
    def of(cls, stems: list[str]) -> "_Counts":
        return cls(Counter(stems), Counter(words.neighbours(stems)))


def stems_of(document: tantivy.Document) -> list[str]:
    return str(document.get_first("latin") or "").split()


def concepts_of(document: tantivy.Document) -> list[str]:
    return str(document.get_first("concepts") or "").split()


def _worth(reading: Reading, text: _Counts, among: Counter[str]) -> dict[str, float]:
    """TF-IDF of stems and pairs, without those that are everywhere or nowhere else; pairs are counted in answers."""
    found = {}
    for counts, frequency_of in ((text.stems, partial(reading.frequency, "latin")), (text.pairs, among.__getitem__)):
        for term, count in counts.items():
            frequency = frequency_of(term)
            if 2 <= frequency <= COMMON * reading.size:
                found[term] = (1 + math.log(count)) * (1 + math.log((1 + reading.size) / (1 + frequency)))
    return found


def _cosine(asked: dict[str, float], said: dict[str, float]) -> float:
    shared = sum(worth * said[term] for term, worth in asked.items() if term in said)
    return shared / (math.sqrt(sum(worth * worth for worth in said.values())) or 1.0)
