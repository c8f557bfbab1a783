"""Why something was found: the terms that it shares with the question, what they were asked as, and what each adds."""

import math
from typing import Literal, NamedTuple

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


class _Told(NamedTuple):
    worth: float
    way: Way
    asked: str
    found: str


class Explainer:
    """Tells of as many documents as there are why one question found them; what terms are worth is told once."""

    def __init__(self, reading: Reading, question: Question) -> None:
        self._question = question
        chinese = [term for term in question.terms["chinese"] if term in question.segments]
        asked = {name: list(question.terms[name]) for name in ("latin", "words", "concepts", "shadow")}
        self._told = {
            field: {term: self._telling(reading, field, term) for term in terms}
            for field, terms in (asked | {"chinese": chinese}).items()
        }

    def _telling(self, reading: Reading, field: str, term: str) -> _Told:
        rarity = math.log(1 + reading.size / (1 + reading.frequency(field, term)))
        asked = self._question.heard.get((field, term), term)
        return _Told(self._question.terms[field][term] * rarity, self._way(field, asked, term), asked, term)

    def _way(self, field: str, asked: str, term: str) -> Way:
        if asked in self._question.spelled:
            return "spelling"
        return _TOLD[field] if asked == term else "translation"

    def reasons(self, plain: Texts, stored: tantivy.Document) -> list[Reason]:
        """The heaviest first; weights add up to one."""
        told = self._shared(plain, stored)
        whole = sum(one.worth for one in told) or 1.0
        return [
            Reason(way=one.way, asked=one.asked, found=one.found, weight=round(one.worth / whole, 3))
            for one in sorted(told, reverse=True)[:REASONS_MAX]
        ]

    def _shared(self, texts: Texts, stored: tantivy.Document) -> list[_Told]:
        """The question's terms that the document has; its English shadow is cast only where nothing else tells."""
        plain = " . ".join(text for languages in texts.values() for text in languages.values())
        places = {
            "latin": set(stems_of(stored)),
            "concepts": set(concepts_of(stored)),
            "words": plain,
            "chinese": plain,
        }
        told = [one for field, place in places.items() for term, one in self._told[field].items() if term in place]
        if not told:
            cast = shadow(chinese_runs(plain))
            told = [one for term, one in self._told["shadow"].items() if term in cast]
        return told
