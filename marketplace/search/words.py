"""Texts as the index and the queries see them: folded, cut into words, stemmed.

Many texts are analysed as one, which is twice as fast as each for itself: `END` stands behind each of them, and every
step hands it on.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import pairwise
from string import ascii_letters, digits
from typing import NamedTuple

import numpy as np
import rjieba
import Stemmer

from marketplace.search.dictionary import simplified

END = "\0"
"""No word and no part of one: a database takes no text that has it."""
_END_BYTES = END.encode()
_STEMMER = Stemmer.Stemmer("english")
_LATIN = re.compile(rf"[A-Za-z0-9]+(?:[.,][0-9]+)*|{END}")
_LATIN_BYTES = frozenset(f"{ascii_letters}{digits}.,{END}".encode())
# What is of no Latin word and no number becomes a blank, in one go over the bytes: a third of the time of a pattern.
_BLANKED = bytes(byte if byte in _LATIN_BYTES else ord(" ") for byte in range(256))
_CHINESE = re.compile(r"[\u3400-\u9fff]+")
FIRST_CHINESE, LAST_CHINESE = 0x3400, 0x9FFF
_TELLING = re.compile(r"[a-z0-9.,\u3400-\u9fff-]")
_COMMA_OF_CHINESE = "，"
STEMS_MAX = 500_000
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


class Folded(NamedTuple):
    """`bare`: in half width, without accents; `plain`: in lower case and simplified Chinese as well."""

    bare: str
    plain: str


def together(texts: Sequence[str]) -> str:
    """Many texts as one, `END` behind each."""
    joined = END.join([*texts, ""])
    # Hardly any text has one of its own.
    return joined if joined.count(END) == len(texts) else "".join([text.replace(END, " ") + END for text in texts])


def apart(terms: Sequence[str]) -> list[str]:
    """What became of them, each text's terms with a blank between; the reverse of `together`."""
    return [text.strip(" ") for text in " ".join(terms).split(END)[:-1]]


def only_chinese(folded_text: str) -> str:
    """Its stretches of Chinese, with a blank between; as numbers of characters, which takes less than half the time."""
    codes = np.frombuffer(folded_text.encode("utf-16-le", "replace"), np.uint16)
    other = ((codes < FIRST_CHINESE) | (codes > LAST_CHINESE)) & (codes != ord(END))
    kept = ~other
    # Of each stretch of anything else the first, made a blank.
    kept[:1], kept[1:] = True, kept[1:] | ~other[:-1]
    cut: bytes = np.where(other, np.uint16(ord(" ")), codes)[kept].tobytes()
    return cut.decode("utf-16-le")


def folding(text: str) -> Folded:
    """Nearly every text has only to be made lower case, which one look at it tells."""
    if text.isascii() or not _odd().search(text):
        return Folded(text, text.lower())
    bare = _odd().sub(lambda found: _BARE[ord(found.group())], text)
    return Folded(bare, simplified(bare.lower()))


def folded(text: str) -> str:
    """The text in lower case, half width, without accents, its Chinese simplified."""
    return folding(text).plain


class _Bare(dict[int, str]):
    """What each character is without its width and accents, looked at once."""

    def __missing__(self, code: int) -> str:
        apart = unicodedata.normalize("NFKD", chr(code))
        plain = "".join(character for character in apart if not unicodedata.combining(character))
        self[code] = unicodedata.normalize("NFKC", plain).replace("−", "-")
        return self[code]


_BARE = _Bare()


@cache
def _odd() -> re.Pattern[str]:
    """Characters that become others, of those that words and numbers are made of."""
    basic = [chr(code) for code in range(0x80, 0x10000) if not 0xD800 <= code < 0xE000]
    found = [character for character in basic if _is_odd(character, _BARE[ord(character)])]
    _BARE.clear()
    return re.compile(f"[{re.escape(''.join(found))}]")


def _is_odd(character: str, bare: str) -> bool:
    if character == _COMMA_OF_CHINESE:
        return False
    plain = simplified(bare.lower())
    return plain != character.lower() and (not plain or _TELLING.search(plain) is not None)


def chinese_runs(folded_text: str) -> list[str]:
    """The stretches of Chinese."""
    return _CHINESE.findall(folded_text)


@lru_cache(maxsize=STEMS_MAX)
def stem(word: str) -> str:
    """The stem of a word; nothing for a word that carries no meaning."""
    plain = word.lower()
    return "" if plain in STOP_WORDS else str(_STEMMER.stemWord(plain.replace(",", "")))


def stems(folded_text: str) -> list[str]:
    """The Latin words that carry meaning, stemmed."""
    return [found for found in map(stem, latin_words(folded_text)) if found]


def latin_pieces(bare: str) -> list[str]:
    """Words and numbers, with the capitals and the stops that they have: some pieces are several words, some none."""
    kept = bare.encode(errors="replace").translate(_BLANKED)
    return kept.replace(_END_BYTES, b" %b " % _END_BYTES).decode().split()


def latin_words(piece: str) -> list[str]:
    return _LATIN.findall(piece)


def neighbours(stems: Sequence[str]) -> list[str]:
    return [f"{first}_{second}" for first, second in pairwise(stems)]


def segments(runs: Sequence[str]) -> list[str]:
    """Stretches of Chinese cut into words that do not overlap."""
    return segmented(" ".join(runs)) if runs else []


def segmented(chinese: str) -> list[str]:
    """The same for stretches with a blank between."""
    return [word for word in rjieba.cut(chinese) if word != " "]


@lru_cache(maxsize=20_000)
def with_inner(segment: str) -> tuple[str, ...]:
    """The shorter words inside one that was cut out, and itself."""
    return tuple(rjieba.cut_for_search(segment)) if len(segment) > 2 else (segment,)


def pairs(run: str) -> list[str]:
    return [run[start : start + 2] for start in range(len(run) - 1)]
