"""Chinese words as weighted English stems, for questions and for texts alike.

Three witnesses, in the order of their weight: what the dictionary says of the whole word; what an alignment of all
headwords with all glosses (IBM model 1) has learned of it; and what that has learned of the word's parts, which also
speaks for words that no dictionary has. The alignment takes seconds and is made when first needed.
"""

import contextlib
import math
import os
import re
import uuid
from collections import Counter
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from marketplace.search import dictionary
from marketplace.search.words import folded, segments, stems

FORMAT = 1
GLOSS_WORDS_MAX, GLOSSES_MAX, HEADWORD_MAX, PART_MAX = 6, 8, 8, 4
ROUNDS, DOUBT, LEAST = 6, 1.0, 0.01
WHOLE, ALIGNED, PARTS = 1.0, 1.0, 0.5
SHADOW_LEAST = 0.03
_ASIDE = re.compile(r"\([^)]*\)|\S*\[[^\]]*\]")
_CHINESE = re.compile(r"[\u3400-\u9fff]+")


Meanings = dict[str, tuple[tuple[str, ...], ...]]
Alignment = dict[str, dict[str, float]]


class Lexicon(Struct, frozen=True):
    """`meanings` are each word's glosses as stems; `alignment` is what each part of a word stands for, with chances."""

    meanings: Meanings
    alignment: Alignment


@cache
def lexicon() -> Lexicon:
    """Made once for each version of the dictionary and kept in the user's cache folder, where there is one."""
    kept = _cache_file()
    with contextlib.suppress(OSError, msgspec.DecodeError):
        return msgspec.msgpack.decode(kept.read_bytes(), type=Lexicon)
    known = _meanings()
    made = Lexicon(known, _aligned(known))
    with contextlib.suppress(OSError):
        kept.parent.mkdir(parents=True, exist_ok=True)
        draft = kept.with_name(f"{kept.name}.{uuid.uuid4().hex[:8]}")
        draft.write_bytes(msgspec.msgpack.encode(made))
        draft.replace(kept)
    return made


def _cache_file() -> Path:
    folder = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(folder) / "greenhatch" / f"lexicon-{FORMAT}-{dictionary.fingerprint()}.msgpack"


def meanings() -> Meanings:
    return lexicon().meanings


def _meanings() -> Meanings:
    found = {}
    for word, said in dictionary.glosses().items():
        kept = dict.fromkeys(tuple(stems(folded(_ASIDE.sub(" ", gloss)))) for gloss in said)
        if short := tuple(gloss for gloss in kept if 0 < len(gloss) <= GLOSS_WORDS_MAX):
            found[word] = short
    return found


def parts(word: str, known: Meanings) -> list[str]:
    """Its characters, and the shorter words in it, itself included."""
    return [
        part
        for length in range(1, min(PART_MAX, len(word)) + 1)
        for part in (word[start : start + length] for start in range(len(word) - length + 1))
        if length == 1 or part in known
    ]


class _Links(NamedTuple):
    """Every part of a headword beside every stem of its glosses; `place` numbers the stem's occurrence."""

    part: NDArray[np.int64]
    stem: NDArray[np.int64]
    place: NDArray[np.int64]
    weight: NDArray[np.float64]


def _aligned(known: Meanings) -> Alignment:
    """Which part of a headword brings which stem of its glosses: expectation–maximisation over the dictionary."""
    part_numbers: dict[str, int] = {}
    stem_numbers: dict[str, int] = {}
    links = _links(known, part_numbers, stem_numbers)
    pairs, link = np.unique(links.part * len(stem_numbers) + links.stem, return_inverse=True)
    owner = pairs // len(stem_numbers)
    chances = _maximised(links, link, owner, len(part_numbers))
    part_names, stem_names = list(part_numbers), list(stem_numbers)
    found: Alignment = {}
    for number in np.flatnonzero(chances > LEAST).tolist():
        stem = stem_names[int(pairs[number]) % len(stem_names)]
        found.setdefault(part_names[int(owner[number])], {})[stem] = round(float(chances[number]), 4)
    return found


def _links(known: Meanings, part_numbers: dict[str, int], stem_numbers: dict[str, int]) -> _Links:
    rows: list[tuple[int, int, int, float]] = []
    place = 0
    for word, said in known.items():
        if len(word) > HEADWORD_MAX or not _CHINESE.fullmatch(word):
            continue
        own = [(part_numbers.setdefault(part, len(part_numbers)), math.sqrt(len(part))) for part in parts(word, known)]
        share = 1 / min(len(said), GLOSSES_MAX)
        for gloss in said[:GLOSSES_MAX]:
            for one in set(gloss):
                number = stem_numbers.setdefault(one, len(stem_numbers))
                rows += [(part, number, place, share * size) for part, size in own]
                place += 1
    part, stem, places, weight = zip(*rows, strict=True)
    return _Links(np.array(part), np.array(stem), np.array(places), np.array(weight))


def _maximised(
    links: _Links, link: NDArray[np.intp], owner: NDArray[np.int64], parts_count: int
) -> NDArray[np.float64]:
    chances = 1.0 / np.bincount(owner, minlength=parts_count)[owner]
    for _ in range(ROUNDS):
        claims = chances[link] * links.weight
        claims /= np.bincount(links.place, weights=claims)[links.place]
        counts = np.bincount(link, weights=claims, minlength=len(owner))
        # Doubt keeps what was seen once from being certain.
        chances = counts / (np.bincount(owner, weights=counts, minlength=parts_count) + DOUBT)[owner]
    return chances


@lru_cache(maxsize=50_000)
def translated(word: str) -> dict[str, float]:
    """English stems and how much each says of the Chinese word; empty where nothing is known."""
    found: Counter[str] = Counter()
    said = meanings().get(word, ())
    for gloss in said:
        for one in gloss:
            found[one] += WHOLE / len(gloss) / len(said)  # type: ignore[assignment]
    for part, weight in _weighted_parts(word):
        for one, chance in lexicon().alignment.get(part, {}).items():
            found[one] += weight * chance  # type: ignore[assignment]
    return dict(found)


def _weighted_parts(word: str) -> Iterator[tuple[str, float]]:
    yield word, ALIGNED
    inner = [part for part in parts(word, meanings()) if part != word]
    whole = sum(map(len, inner))
    for part in inner:
        yield part, PARTS * len(part) / whole


@lru_cache(maxsize=50_000)
def shares(word: str) -> dict[str, float]:
    """The English stems of one Chinese word and how much each says of it, adding up to one."""
    meant = translated(word)
    whole = sum(meant.values()) or 1.0
    return {stem: weight / whole for stem, weight in meant.items() if weight / whole > SHADOW_LEAST}


def translatable(run: str) -> list[str]:
    """A stretch of Chinese as words that the dictionary knows, the longest first, or single characters."""
    return [part for word in segments([run]) for part in known_parts(word)]


@lru_cache(maxsize=20_000)
def known_parts(word: str) -> tuple[str, ...]:
    return (word,) if len(word) == 1 or word in meanings() else tuple(_longest(word))


def _longest(word: str) -> list[str]:
    known, found, start = meanings(), [], 0
    while start < len(word):
        end = next((end for end in range(len(word), start + 1, -1) if word[start:end] in known), start + 1)
        found.append(word[start:end])
        start = end
    return found
