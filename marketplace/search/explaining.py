"""Why something was found: the terms that it shares with the question, what they were asked as, and what each adds."""

import math
from typing import Any, Literal

from msgspec import Struct

from marketplace.search.analysis import analysed
from marketplace.search.index import Reading
from marketplace.search.question import Question
from marketplace.search.ranking import Candidate

REASONS_MAX = 8
Way = Literal["word", "translation", "concept"]
_TOLD: dict[str, Way] = {"latin": "word", "words": "word", "shadow": "translation", "concepts": "concept"}
"""Pairs and characters repeat what words say."""


class Reason(Struct, frozen=True, kw_only=True):
    """`asked` is the part of the question, `found` the term in the document, `weight` its share of those told."""

    way: Way
    asked: str
    found: str
    weight: float


def reasons(reading: Reading, question: Question, shown: dict[str, Any], candidate: Candidate) -> list[Reason]:
    """The heaviest first; weights add up to one."""
    texts = [text for name in ("title", "summary") for text in (shown.get(name) or {}).values() if text]
    terms = analysed(" . ".join(texts), "")
    told: list[tuple[float, Way, str, str]] = []
    for field, way in _TOLD.items():
        has = set(getattr(terms, field))
        for term, weight in question.terms[field].items():
            if term in has:
                rarity = math.log(1 + reading.size / (1 + reading.frequency(field, term)))
                asked = question.heard.get((field, term), term)
                told.append((weight * rarity, way if asked == term else "translation", asked, term))
    whole = sum(worth for worth, *_ in told) or 1.0
    best = sorted(told, reverse=True)[:REASONS_MAX]
    return [
        Reason(way=way, asked=asked, found=found, weight=round(worth / whole, 3)) for worth, way, asked, found in best
    ]
