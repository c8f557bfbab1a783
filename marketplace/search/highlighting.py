"""Where in the shown texts the words of the question, their translations and the names stand."""

import re
from typing import Any

from ahocorasick_rs import AhoCorasick
from msgspec import Struct

from marketplace.search import words
from marketplace.search.dictionary import simplified
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


class Marker:
    """Marks the words of one question in as many texts as there are."""

    def __init__(self, question: Question) -> None:
        self._asked = _Asked({stem for stem, weight in question.terms["latin"].items() if weight >= MARKED_LEAST})
        pieces = [piece for piece in question.terms["chinese"] if len(piece) > 1 or piece in question.segments]
        chinese = [*question.terms["words"], *pieces]
        self._chinese = AhoCorasick(chinese) if chinese else None

    def highlights(self, shown: dict[str, Any]) -> Highlights:
        found = {
            name: {language: self._spans(text) for language, text in (shown.get(name) or {}).items() if text}
            for name in ("title", "summary")
        }
        return Highlights(**found)

    def _spans(self, text: str) -> Spans:
        spans = []
        if self._asked.stems:
            spans = [found.span() for found in _LATIN.finditer(text) if self._asked[found.group()]]
        if self._chinese and not text.isascii():
            # One character for one, so that places stay what they are.
            plain = simplified(text.lower()) if len(text.lower()) == len(text) else text
            spans += [place[1:] for place in self._chinese.find_matches_as_indexes(plain, overlapping=True)]
        return _merged(sorted(spans))[:SPANS_MAX]


class _Asked(dict[str, bool]):
    """Whether a written word is one of the stems that are asked for; words repeat, so each is looked at once."""

    def __init__(self, stems: set[str]) -> None:
        self.stems = stems

    def __missing__(self, word: str) -> bool:
        plain = words.folded(word)
        self[word] = plain not in words.STOP_WORDS and words.stem(plain) in self.stems
        return self[word]


def _merged(spans: Spans) -> Spans:
    merged: Spans = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
