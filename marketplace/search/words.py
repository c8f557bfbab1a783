"""Texts as the index and the queries see them: folded, cut into words, stemmed."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

import rjieba
import Stemmer

from marketplace.search.dictionary import simplified

_STEMMER = Stemmer.Stemmer("english")
_RUN = re.compile(r"[a-z0-9]+(?:[.,][0-9]+)*|[\u3400-\u9fff]+")
_POSSESSIVE = re.compile(r"['’]s\b")
_ACCENTS = re.compile(f"[{''.join(mark for mark in map(chr, range(0x300, 0x10000)) if unicodedata.combining(mark))}]")
_STOP_WORDS = """
a an the of in on at to for from by with and or not is are was were be been being as it its this that these
those which who whom what when where why how did do does has have had can could would should will may might must
than then there their they he she his her him i you we us our your my me also into about over such no nor so if
but up out off any each both other more most some only own same too very just during between through after before
under again further once here all because until while against s t
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())
_QUESTION_WORDS = """
的 了 是 在 有 什么 哪 哪个 哪些 哪里 多少 如何 为什么 谁 何时 吗 呢 和 与 或 被 把 对 于 从 到 中 上 下 之 其 这
那 他 她 它 们 我 你 个 些 年 月 日 次 一 一个 名 位 人 时 为 以 由 并 而 不 也 就 都 会 能 可以 进行 怎么 怎样
几 哪一 哪种 哪位 叫 做 让 使 用 请问 该 何 是否 么
"""
# Words that a Chinese question is made of, whatever it asks for.
QUESTION_WORDS = frozenset(_QUESTION_WORDS.split())


def folded(text: str) -> str:
    """The text in lower case, half width, without accents, its Chinese simplified."""
    plain = _POSSESSIVE.sub("", bare(text)).lower()
    return plain if plain.isascii() else simplified(plain)


def bare(text: str) -> str:
    """The text in half width, without accents."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", _ACCENTS.sub("", unicodedata.normalize("NFKD", text)))


def runs(folded_text: str) -> list[str]:
    """Stretches of Chinese, and words and numbers in Latin letters."""
    return _RUN.findall(folded_text)


def is_latin(run: str) -> bool:
    return run[0] < "\u3400"


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    stemmed: str = _STEMMER.stemWord(word.replace(",", ""))
    return stemmed


def stems(folded_runs: Sequence[str]) -> list[str]:
    """The Latin words that carry meaning, stemmed."""
    return [stem(run) for run in folded_runs if run[0] < "\u3400" and run not in STOP_WORDS]


def neighbours(stems: Sequence[str]) -> list[str]:
    return [f"{first}_{second}" for first, second in pairwise(stems)]


def segments(run: str) -> list[str]:
    """A stretch of Chinese cut into words that do not overlap."""
    return list(rjieba.cut(run))


def search_words(run: str) -> list[str]:
    """The same, with the shorter words inside long ones."""
    return [part for word in segments(run) for part in with_inner(word)]


@lru_cache(maxsize=20_000)
def with_inner(segment: str) -> tuple[str, ...]:
    """The shorter words inside one that was cut out, and itself."""
    return tuple(rjieba.cut_for_search(segment)) if len(segment) > 2 else (segment,)


def pairs(run: str) -> list[str]:
    return [run[start : start + 2] for start in range(len(run) - 1)]
