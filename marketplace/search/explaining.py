"""Why something was found: the terms that it shares with the question, what they were asked as, and what each adds."""

import math
from typing import Literal

import tantivy
from msgspec import Struct

from marketplace.search.analysis import shadow
from marketplace.search.highlighting import Texts
from marketplace.search.index import Reading
from marketplace.search.question import Question
from marketplace.search.ranking import concepts_of, stems_of
from marketplace.search.words import chinese_runs

REASONS_MAX = 8
Way = Literal["word", "translation", "concept", "spelling"]
_TOLD: dict[str, Way] = {
    "latin": "word",
    "words": "word",
    "chinese": "word",
    "shadow": "translation",
    "concepts": "concept",
}
"""Pairs and characters repeat what words say."""


class Reason(Struct, frozen=True, kw_only=True):
    """`asked` is the part of the question, `found` the term in the document, `weight` its share of those told."""

    way: Way
    asked: str
    found: str
    weight: float


def reasons(reading: Reading, question: Question, plain: Texts, stored: tantivy.Document) -> list[Reason]:
    """The heaviest first; weights add up to one."""
    told: list[tuple[float, Way, str, str]] = []
    for field, terms in _shared(question, plain, stored).items():
        for term in terms:
            rarity = math.log(1 + reading.size / (1 + reading.frequency(field, term)))
            asked = question.heard.get((field, term), term)
            told.append((question.terms[field][term] * rarity, _way(question, field, asked, term), asked, term))
    whole = sum(worth for worth, *_ in told) or 1.0
    best = sorted(told, reverse=True)[:REASONS_MAX]
    return [
        Reason(way=way, asked=asked, found=found, weight=round(worth / whole, 3)) for worth, way, asked, found in best
    ]


def _way(question: Question, field: str, asked: str, term: str) -> Way:
    if asked in question.spelled:
        return "spelling"
    return _TOLD[field] if asked == term else "translation"


def _shared(question: Question, texts: Texts, stored: tantivy.Document) -> dict[str, list[str]]:
    """The question's terms that the document has; its English shadow is cast only where nothing else tells."""
    plain = " . ".join(text for languages in texts.values() for text in languages.values())
    stems, named = set(stems_of(stored)), set(concepts_of(stored))
    found = {
        "latin": [term for term in question.terms["latin"] if term in stems],
        "words": [term for term in question.terms["words"] if term in plain],
        "chinese": [term for term in question.terms["chinese"] if term in question.segments and term in plain],
        "concepts": [term for term in question.terms["concepts"] if term in named],
    }
    if not any(found.values()):
        cast = shadow(chinese_runs(plain))
        found["shadow"] = [term for term in question.terms["shadow"] if term in cast]
    return found
