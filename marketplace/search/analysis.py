"""A text as the terms under which it is found, field by field.

Characters and pairs of Chinese are not made here: tantivy cuts them out of `chinese` itself, in its own threads.
"""

import gc
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from marketplace.search import meaning, words
from marketplace.search.glossary import concepts
from marketplace.search.names import sounds
from marketplace.search.translation import translatable, translated

LONG = 3
"""Chinese words from so many characters on are terms of their own; shorter ones are characters and pairs already."""
SHADOW_LEAST = 0.03
_NAME = re.compile(r"[A-Z][A-Za-z]{2,}(?![A-Za-z0-9])")


class Terms(NamedTuple):
    """`latin`: stems; `chinese`: its stretches; `words`: the long words in them; `segments`: all their words."""

    latin: list[str]
    chinese: list[str]
    words: list[str]
    concepts: list[str]
    names: list[str]
    segments: list[str]


def warm() -> None:
    """Read the dictionary and the learned tables, which takes seconds: before a transaction begins, not in it."""
    analysed(["水 água"])
    translated("水")
    meaning.meaning({"water": 1.0})
    list(sounds())
    # Millions of small objects that stay: the garbage collector need not look at them again and again.
    gc.freeze()


def analysed(texts: Sequence[str]) -> list[Terms]:
    """The terms of each text. One step for all texts, then the next, is twice as fast as one text after the other."""
    both = [words.folding(text) for text in texts]
    chinese = [words.chinese_runs(text.plain) for text in both]
    segments = [words.segments(runs) if runs else [] for runs in chinese]
    rows = zip(
        [words.stems(text.plain) for text in both],
        chinese,
        [[part for word in found if len(word) >= LONG for part in _long_parts(word)] for found in segments],
        [concepts(text) for text in both],
        [_names(text.bare) for text in both],
        segments,
        strict=True,
    )
    return [Terms(*row) for row in rows]


def _long_parts(word: str) -> list[str]:
    return [part for part in words.with_inner(word) if len(part) >= LONG]


def _names(bare: str) -> list[str]:
    return [name for name in {*map(str.lower, _NAME.findall(bare))} if name not in words.STOP_WORDS]


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
