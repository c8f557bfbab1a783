"""A text as the terms under which it is found, field by field."""

import gc
import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from msgspec import Struct

from marketplace.search import meaning, words
from marketplace.search.glossary import concepts
from marketplace.search.names import sounds
from marketplace.search.translation import known_parts, translatable, translated

TITLE_TIMES = 2
"""A word of the title counts as often as this in the text."""
SHADOW_LEAST = 0.03
SEGMENTS_MAX = 100_000
_NAME = re.compile(r"\b[A-Z][A-Za-z]{2,}\b")


class Terms(Struct, frozen=True):
    """`latin`: stems; `words`, `characters`: Chinese; pairs are of neighbours; `translatable`: Chinese as the
    dictionary has it.
    """

    latin: list[str]
    latin_pairs: list[str]
    words: list[str]
    pairs: list[str]
    characters: list[str]
    concepts: list[str]
    names: list[str]
    translatable: list[str]


class _Segment(NamedTuple):
    words: tuple[str, ...]
    translatable: tuple[str, ...]


class _Segments(dict[str, _Segment]):
    """What has been cut out before; a plain dictionary is several times sooner than a cache that keeps an order."""

    def __missing__(self, segment: str) -> _Segment:
        if len(self) >= SEGMENTS_MAX:
            self.clear()
        known = tuple(part for part in known_parts(segment) if part not in words.QUESTION_WORDS)
        self[segment] = _Segment(words.with_inner(segment), known)
        return self[segment]


_SEGMENTS = _Segments()


def warm() -> None:
    """Read the dictionary and the learned tables, which takes seconds: before a transaction begins, not in it."""
    analysed("水", "water")
    translated("水")
    meaning.meaning({"water": 1.0})
    list(sounds())
    # Millions of small objects that stay: the garbage collector need not look at them again and again.
    gc.freeze()


def analysed(title: str, body: str) -> Terms:
    """The terms of a document."""
    of_title, of_body = _of_text(title), _of_text(body)
    parts = [of_title] * (TITLE_TIMES if body else 1) + [of_body]
    return Terms(*([term for part in parts for term in part[number]] for number in range(len(of_title))))


def _of_text(text: str) -> tuple[list[str], ...]:
    """In the order of `Terms`."""
    runs = words.runs(words.folded(text))
    latin = words.stems(runs)
    chinese = [run for run in runs if not words.is_latin(run)]
    segments = [_SEGMENTS[segment] for run in chinese for segment in words.segments(run)]
    return (
        latin,
        words.neighbours(latin),
        [word for segment in segments for word in segment.words],
        [pair for run in chinese for pair in words.pairs(run)],
        list("".join(chinese)),
        concepts(text),
        [name for name in map(str.lower, _NAME.findall(words.bare(text))) if name not in words.STOP_WORDS],
        [word for segment in segments for word in segment.translatable],
    )


def shadow(chinese: Iterable[str]) -> dict[str, float]:
    """What the Chinese says in English stems, each word's meanings adding up to one."""
    found: Counter[str] = Counter()
    for run in chinese:
        for word in translatable(run):
            if word not in words.QUESTION_WORDS:
                found.update(shares(word))
    return dict(found)


@lru_cache(maxsize=50_000)
def shares(word: str) -> dict[str, float]:
    """The English stems of one Chinese word and how much each says of it, adding up to one."""
    meant = translated(word)
    whole = sum(meant.values()) or 1.0
    return {stem: weight / whole for stem, weight in meant.items() if weight / whole > SHADOW_LEAST}
