"""Where in the shown texts the words of the question, their translations and the names stand."""

import re
from typing import Any

from msgspec import Struct

from marketplace.search import words
from marketplace.search.dictionary import to_simplified
from marketplace.search.question import Question

MARKED_LEAST = 0.25
"""A translation that says less than this of its word is not marked."""
SPANS_MAX = 50
_LATIN = re.compile(r"[A-Za-z0-9\u00c0-\u024f]+")

Spans = list[tuple[int, int]]


class Highlights(Struct, frozen=True):
    """Pairs of start and end in characters, by text (`title`, `summary`) and language."""

    title: dict[str, Spans]
    summary: dict[str, Spans]


def highlights(shown: dict[str, Any], question: Question) -> Highlights:
    stems = {stem for stem, weight in question.terms["latin"].items() if weight >= MARKED_LEAST}
    chinese = [word for word in {**question.terms["words"], **question.terms["pairs"]} if not words.is_latin(word)]
    found = {
        name: {language: _spans(text, stems, chinese) for language, text in (shown.get(name) or {}).items() if text}
        for name in ("title", "summary")
    }
    return Highlights(**found)


def _spans(text: str, stems: set[str], chinese: list[str]) -> Spans:
    spans = [found.span() for found in _LATIN.finditer(text) if _is_asked(found.group(), stems)]
    # One character for one, so that places stay what they are.
    simplified = text.lower().translate(to_simplified()) if len(text.lower()) == len(text) else text
    for word in chinese:
        spans += [found.span() for found in re.finditer(re.escape(word), simplified)]
    return _merged(sorted(spans))[:SPANS_MAX]


def _is_asked(word: str, stems: set[str]) -> bool:
    plain = words.folded(word)
    return plain not in words.STOP_WORDS and words.stem(plain) in stems


def _merged(spans: Spans) -> Spans:
    merged: Spans = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
