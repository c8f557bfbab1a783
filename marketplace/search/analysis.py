"""A text as the terms under which it is found, field by field."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

from msgspec import Struct

from marketplace.search import meaning, words
from marketplace.search.glossary import concepts
from marketplace.search.names import sounds
from marketplace.search.translation import translatable, translated

TITLE_TIMES = 2
"""A word of the title counts as often as this in the text."""
SHADOW_TIMES = 4
"""Translations are weighted; the index knows whole occurrences only, so this many stand for one."""
SHADOW_LEAST = 0.03
_NAME = re.compile(r"\b[A-Z][A-Za-z]{2,}\b")


class Terms(Struct, frozen=True):
    """`latin`: stems; `words`, `characters`: Chinese; pairs are of neighbours; `shadow`: Chinese put into English."""

    latin: Sequence[str] = ()
    latin_pairs: Sequence[str] = ()
    words: Sequence[str] = ()
    pairs: Sequence[str] = ()
    characters: Sequence[str] = ()
    concepts: Sequence[str] = ()
    names: Sequence[str] = ()
    shadow: dict[str, float] = {}


def warm() -> None:
    """Read the dictionary and the learned tables, which takes seconds: before a transaction begins, not in it."""
    analysed("水", "water")
    meaning.meaning({"water": 1.0})
    list(sounds())


def analysed(title: str, body: str) -> Terms:
    """The terms of a document."""
    of_title, of_body = _of_text(title), _of_text(body)
    return _joined([of_title] * (TITLE_TIMES if body else 1) + [of_body])


def _joined(parts: Sequence[Terms]) -> Terms:
    together: Counter[str] = Counter()
    for part in parts:
        together.update(part.shadow)
    lists = {name: [term for part in parts for term in getattr(part, name)] for name in Terms.__struct_fields__[:-1]}
    return Terms(**lists, shadow=dict(together))


def _of_text(text: str) -> Terms:
    runs = list(words.runs(words.folded(text)))
    latin = words.stems(runs)
    chinese = [run for run in runs if not words.is_latin(run)]
    return Terms(
        latin=latin,
        latin_pairs=words.neighbours(latin),
        words=[word for run in chinese for word in words.search_words(run)],
        pairs=[pair for run in chinese for pair in words.pairs(run)],
        characters=[character for run in chinese for character in run],
        concepts=concepts(text),
        names=[name.lower() for name in _NAME.findall(words.bare(text)) if name.lower() not in words.STOP_WORDS],
        shadow=shadow(chinese),
    )


def shadow(chinese: Iterable[str]) -> dict[str, float]:
    """What the Chinese says in English stems, each word's meanings adding up to one."""
    found: Counter[str] = Counter()
    for run in chinese:
        for word in translatable(run):
            if word not in words.QUESTION_WORDS:
                found.update(_shares(word))
    return dict(found)


@lru_cache(maxsize=50_000)
def _shares(word: str) -> dict[str, float]:
    meant = translated(word)
    whole = sum(meant.values()) or 1.0
    return {stem: weight / whole for stem, weight in meant.items() if weight / whole > SHADOW_LEAST}


def repeated(weights: dict[str, float]) -> list[str]:
    """Each stem as often as its weight says, in quarters of an occurrence."""
    return [stem for stem, weight in weights.items() for _ in range(round(weight * SHADOW_TIMES))]
