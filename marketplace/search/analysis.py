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
NAMES_MAX = 500_000
SHADOW_LEAST = 0.03
_NAME = re.compile(r"[A-Z][A-Za-z]{2,}(?![A-Za-z0-9])")


class Terms(NamedTuple):
    """Of one text or of many, with `words.END` behind what each says.

    `latin`: stems; `chinese`: its stretches; `words`: the long words in them; `segments`: all their words.
    """

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


def analysed(texts: Sequence[str]) -> Terms:
    """The terms of all the texts, in their order."""
    text = words.folding(words.together(texts))
    latin, chinese = words.latin_words(text.bare), words.only_chinese(text.plain)
    segments = words.segmented(chinese)
    long = [part for word in segments if len(word) >= LONG or word == words.END for part in _long_parts(word)]
    names = list(filter(None, map(_NAMES.__getitem__, latin)))
    return Terms(words.stemmed(latin), [chinese], long, concepts(text), names, segments)


@lru_cache(maxsize=50_000)
def _long_parts(word: str) -> tuple[str, ...]:
    return tuple(part for part in words.with_inner(word) if len(part) >= LONG or part == words.END)


class _Names(dict[str, str]):
    """The name that each Latin word may be, from its capital on; nothing for most."""

    def __missing__(self, word: str) -> str:
        if len(self) >= NAMES_MAX:
            self.clear()
        found = _NAME.search(word)
        name = found.group().lower() if found else word if word == words.END else ""
        self[word] = "" if name in words.STOP_WORDS else name
        return self[word]


_NAMES = _Names()


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
