"""Foreign names written in Chinese characters, and the Latin spellings that they may stand for.

贾里德 is read sound by sound: each character has learned which letters it is written for (see ``training.names``).
Candidates are found by their consonants and judged by how likely the characters are for the whole spelling.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

import msgspec

TABLE = Path(__file__).parent / "learned" / "names.json"
LETTERS_MAX, UNSEEN = 5, 1e-7
RUN_MIN, RUN_MAX, NAME_MIN = 2, 6, 3
LETTERS_A_CHARACTER = (0.8, 4.5)
# The mean logarithm of a letter's chance: below the first no name at all, a whole one above it certain.
DOUBTFUL, SURE = -1.7, -0.7
_CLASSES = str.maketrans({
    "b": "p", "d": "t", "g": "k", "c": "k", "q": "k", "x": "k", "v": "f", "r": "l", "m": "n", "z": "s", "j": "s",
    "a": "", "e": "", "i": "", "o": "", "u": "", "y": "", "h": "", "w": "",
})  # fmt: skip

Sounds = dict[str, dict[str, float]]


class NameMatch(NamedTuple):
    name: str
    confidence: float


@cache
def sounds() -> Sounds:
    """For each character the letters that it is written for and how often."""
    return msgspec.json.decode(TABLE.read_bytes(), type=Sounds)


def chance(characters: str, name: str, table: Sounds) -> float:
    """The probability of the characters being written for the letters, in any way of sharing them out."""
    row = [1.0] + [0.0] * len(name)
    for character in characters:
        known = table[character]
        following = [0.0] * (len(name) + 1)
        for start, so_far in enumerate(row):
            if so_far:
                for end in range(start, min(start + LETTERS_MAX, len(name)) + 1):
                    following[end] += so_far * known.get(name[start:end], UNSEEN)
        row = following
    return row[-1]


def skeleton(name: str) -> str:
    """The consonants by kind, none twice in a row."""
    kinds = name.translate(_CLASSES)
    return "".join(kind for place, kind in enumerate(kinds) if not place or kinds[place - 1] != kind)


class Names:
    """Latin names to be found by their sound: by their consonants, one more or less."""

    def __init__(self, names: Iterable[str]) -> None:
        self._by_skeleton: defaultdict[str, list[str]] = defaultdict(list)
        self._known: set[str] = set()
        self.matches = lru_cache(maxsize=10_000)(self._matches)
        self.learn(names)

    def learn(self, names: Iterable[str]) -> None:
        """Names to be found as well; those known already cost nothing."""
        new = [name for name in names if name not in self._known]
        self._known.update(new)
        for name in new:
            if len(name) >= NAME_MIN and name.isascii() and name.isalpha():
                for key in _nearby(skeleton(name)):
                    self._by_skeleton[key].append(name)
        if new:
            self.matches.cache_clear()

    def _matches(self, characters: str) -> tuple[NameMatch, ...]:
        """The best four spellings of the characters, if they sound like any."""
        table, size = sounds(), len(characters)
        if not all(character in table for character in characters):
            return ()
        low, high = (size * share for share in LETTERS_A_CHARACTER)
        near = {
            name for key in _keys(characters) for name in self._by_skeleton.get(key, ()) if low <= len(name) <= high
        }
        found = sorted(((_confidence(characters, name, table), name) for name in near), reverse=True)
        return tuple(NameMatch(name, sure) for sure, name in found[:4] if sure > 0)

    def in_run(self, run: str) -> Iterator[tuple[str, NameMatch]]:
        """Stretches of a run of Chinese with the names they may be."""
        for size in range(RUN_MIN, RUN_MAX + 1):
            for start in range(len(run) - size + 1):
                characters = run[start : start + size]
                for match in self.matches(characters):
                    yield characters, match


def _confidence(characters: str, name: str, table: Sounds) -> float:
    mean = math.log(chance(characters, name, table) or 1e-300) / len(name)
    sure = (mean - DOUBTFUL) / (SURE - DOUBTFUL)
    return max(0.0, min(1.0, sure)) * min(1.0, (len(characters) - 1) / 2)


def _nearby(key: str) -> set[str]:
    return {key} | {key[:place] + key[place + 1 :] for place in range(len(key)) if len(key) > 2}


@lru_cache(maxsize=10_000)
def _keys(characters: str) -> frozenset[str]:
    """The skeletons that the characters most likely stand for."""
    spellings = {""}
    for character in characters:
        likely = sorted(sounds()[character].items(), key=lambda item: -item[1])[:8]
        ways = {letters.translate(_CLASSES) for letters, share in likely if share > 0.08} or {""}
        spellings = {before + way for before in spellings for way in ways}
        if len(spellings) > 64:
            spellings = set(sorted(spellings)[:64])
    return frozenset(key for spelling in spellings for key in _nearby(skeleton(spelling)))
