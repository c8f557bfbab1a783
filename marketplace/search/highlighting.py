"""Where in the shown texts the words of the question, their translations and the names stand."""

import re
from collections.abc import Mapping
from typing import Any

from ahocorasick_rs import AhoCorasick
from msgspec import Struct

from marketplace.search import words
from marketplace.search.question import Question

MARKED_LEAST = 0.25
"""A translation that says less than this of its word is not marked."""
SPANS_MAX = 50
_REST_OF_WORD = re.compile(r"[a-z0-9]*")

Spans = list[tuple[int, int]]
Texts = Mapping[str, Mapping[str, str]]


class Highlights(Struct, frozen=True):
    """Pairs of start and end in characters, by text (`title`, `summary`) and language."""

    title: dict[str, Spans]
    summary: dict[str, Spans]


def plain_texts(shown: dict[str, Any]) -> dict[str, dict[str, str]]:
    """The shown texts folded, one character for one where that can be, so that places stay what they are."""
    return {
        name: {language: _as_long(text) for language, text in (shown.get(name) or {}).items() if text}
        for name in ("title", "summary")
    }


def _as_long(text: str) -> str:
    plain = words.folded(text)
    return plain if len(plain) == len(text) else text.lower()


class Marker:
    """Marks the words of one question in as many texts as there are: all of them are looked for in one go."""

    def __init__(self, question: Question) -> None:
        pieces = [piece for piece in question.terms["chinese"] if len(piece) > 1 or piece in question.segments]
        chinese = [*question.terms["words"], *pieces]
        self._stems = {stem for stem, weight in question.terms["latin"].items() if weight >= MARKED_LEAST}
        # A word begins with its stem, but for the "y" that became an "i".
        beginnings = {stem.removesuffix("i") or stem for stem in self._stems}
        self._latin_from = len(chinese)
        self._finder = AhoCorasick([*chinese, *beginnings]) if chinese or beginnings else None

    def highlights(self, plain: Texts) -> Highlights:
        return Highlights(
            **{name: {language: self._spans(text) for language, text in texts.items()} for name, texts in plain.items()}
        )

    def _spans(self, plain: str) -> Spans:
        if self._finder is None:
            return []
        spans = []
        for number, start, end in self._finder.find_matches_as_indexes(plain, overlapping=True):
            if number < self._latin_from:
                spans.append((start, end))
            elif (word := self._word(plain, start, end)) is not None:
                spans.append(word)
        return _merged(sorted(spans))[:SPANS_MAX]

    def _word(self, plain: str, start: int, end: int) -> tuple[int, int] | None:
        """The whole word that begins there, if its stem is one of those asked for."""
        if start and plain[start - 1].isascii() and plain[start - 1].isalnum():
            return None
        rest = _REST_OF_WORD.match(plain, end)
        beyond = rest.end() if rest else end
        return (start, beyond) if words.stem(plain[start:beyond]) in self._stems else None


def _merged(spans: Spans) -> Spans:
    merged: Spans = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
