"""A text as the terms under which it is found, field by field.

Characters and pairs of Chinese are not made here: tantivy cuts them out of `chinese` itself, in its own threads.
"""

import gc
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from marketplace.search import meaning, words
from marketplace.search.glossary import concepts
from marketplace.search.names import sounds
from marketplace.search.translation import shares, translatable, translated
from marketplace.search.vocabulary import Numbers, Vocabulary, vocabulary


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
    return analysis(texts).terms


class Analysis(NamedTuple):
    """The terms of many texts, and what casts shadows: the rows of Latin stems, the numbers of Chinese words."""

    terms: Terms
    rows: Numbers
    segments: Numbers
    known: Vocabulary


def analysis(texts: Sequence[str]) -> Analysis:
    text = words.folding(words.together(texts))
    known, stretches = vocabulary(), words.only_chinese(text.plain)
    segments = words.segmented(stretches)
    pieces, cut = known.latin.numbers(words.latin_pieces(text.bare)), known.chinese.numbers(segments)
    stems, rows = known.latin.stems.of(pieces)
    (names,), (long,) = known.latin.names.of(pieces), known.chinese.long.of(cut)
    terms = Terms(stems.tolist(), [stretches], long.tolist(), concepts(text), names.tolist(), segments)
    return Analysis(terms, rows, cut, known)


def shadow(chinese: Iterable[str]) -> dict[str, float]:
    """What the Chinese says in English stems, each word's meanings adding up to one."""
    found: Counter[str] = Counter()
    for run in chinese:
        for word in translatable(run):
            if word not in words.QUESTION_WORDS:
                found.update(shares(word))
    return dict(found)
