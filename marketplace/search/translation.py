"""Chinese words as weighted English stems, for questions and for texts alike.

Three witnesses, in the order of their weight: what the dictionary says of the whole word; what an alignment of all
headwords with all glosses (IBM model 1) has learned of it; and what that has learned of the word's parts, which also
speaks for words that no dictionary has. The alignment takes two seconds and is made when first needed.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from marketplace.search.dictionary import glosses
from marketplace.search.words import folded, runs, segments, stems

GLOSS_WORDS_MAX, GLOSSES_MAX, HEADWORD_MAX, PART_MAX = 6, 8, 8, 4
ROUNDS, DOUBT, LEAST = 6, 1.0, 0.01
WHOLE, ALIGNED, PARTS = 1.0, 1.0, 0.5
_ASIDE = re.compile(r"\([^)]*\)|\S*\[[^\]]*\]")
_CHINESE = re.compile(r"[\u3400-\u9fff]+")


@cache
def meanings() -> dict[str, tuple[tuple[str, ...], ...]]:
    """Each word's glosses as stems."""
    found = {}
    for word, said in glosses().items():
        kept = dict.fromkeys(tuple(stems(list(runs(folded(_ASIDE.sub(" ", gloss)))))) for gloss in said)
        if short := tuple(gloss for gloss in kept if 0 < len(gloss) <= GLOSS_WORDS_MAX):
            found[word] = short
    return found


def parts(word: str) -> list[str]:
    """Its characters, and the shorter words in it, itself included."""
    known = meanings()
    return [
        part
        for length in range(1, min(PART_MAX, len(word)) + 1)
        for part in (word[start : start + length] for start in range(len(word) - length + 1))
        if length == 1 or part in known
    ]


class Alignment(NamedTuple):
    """`stems[p]` are what part p stands for, with `chances[p]`; p is found in `parts`."""

    parts: dict[str, int]
    stems: list[list[str]]
    chances: list[NDArray[np.float64]]


class _Links(NamedTuple):
    """Every part of a headword beside every stem of its glosses; `place` numbers the stem's occurrence."""

    part: NDArray[np.int64]
    stem: NDArray[np.int64]
    place: NDArray[np.int64]
    weight: NDArray[np.float64]


@cache
def alignment() -> Alignment:
    """Which part of a headword brings which stem of its glosses: expectation–maximisation over the dictionary."""
    part_numbers: dict[str, int] = {}
    stem_numbers: dict[str, int] = {}
    links = _links(part_numbers, stem_numbers)
    known, link = np.unique(links.part * len(stem_numbers) + links.stem, return_inverse=True)
    owner = known // len(stem_numbers)
    chances = _maximised(links, link, owner, len(part_numbers))
    kept = chances > LEAST
    return _by_part(part_numbers, list(stem_numbers), owner[kept], known[kept] % len(stem_numbers), chances[kept])


def _links(part_numbers: dict[str, int], stem_numbers: dict[str, int]) -> _Links:
    rows: list[tuple[int, int, int, float]] = []
    place = 0
    for word, said in meanings().items():
        if len(word) > HEADWORD_MAX or not _CHINESE.fullmatch(word):
            continue
        own = [(part_numbers.setdefault(part, len(part_numbers)), math.sqrt(len(part))) for part in parts(word)]
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


def _by_part(
    part_numbers: dict[str, int],
    names: list[str],
    owner: NDArray[np.int64],
    stem: NDArray[np.int64],
    chances: NDArray[np.float64],
) -> Alignment:
    ends = np.searchsorted(owner, np.arange(1, len(part_numbers)))
    stem_lists = [[names[number] for number in group] for group in np.split(stem, ends)]
    return Alignment(part_numbers, stem_lists, np.split(chances, ends))


@lru_cache(maxsize=50_000)
def translated(word: str) -> dict[str, float]:
    """English stems and how much each says of the Chinese word; empty where nothing is known."""
    found: Counter[str] = Counter()
    said = meanings().get(word, ())
    for gloss in said:
        for one in gloss:
            found[one] += WHOLE / len(gloss) / len(said)  # type: ignore[assignment]
    for part, weight in _weighted_parts(word):
        for one, chance in _learned(part):
            found[one] += weight * chance  # type: ignore[assignment]
    return dict(found)


def _weighted_parts(word: str) -> Iterator[tuple[str, float]]:
    yield word, ALIGNED
    inner = [part for part in parts(word) if part != word]
    whole = sum(map(len, inner))
    for part in inner:
        yield part, PARTS * len(part) / whole


def _learned(part: str) -> Iterator[tuple[str, float]]:
    learned = alignment()
    number = learned.parts.get(part)
    if number is not None:
        yield from zip(learned.stems[number], learned.chances[number].tolist(), strict=True)


def translatable(run: str) -> list[str]:
    """A stretch of Chinese as words that the dictionary knows, the longest first, or single characters."""
    known = meanings()
    found: list[str] = []
    for word in segments(run):
        found += [word] if word in known or len(word) == 1 else _longest(word)
    return found


def _longest(word: str) -> list[str]:
    known, found, start = meanings(), [], 0
    while start < len(word):
        end = next((end for end in range(len(word), start + 1, -1) if word[start:end] in known), start + 1)
        found.append(word[start:end])
        start = end
    return found
