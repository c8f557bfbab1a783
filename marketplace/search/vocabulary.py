"""What each piece of a text stands for, looked up once.

Pieces are numbered as they are met, so that many texts are one array of numbers: one look into a dictionary for each
piece, and everything else about it by its number.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from marketplace.search import meaning, words
from marketplace.search.translation import known_parts, shares

LONG = 3
"""Chinese words from so many characters on are terms of their own; shorter ones are characters and pairs already."""
PIECES_MAX, ROOM = 200_000, 100_000
_NAME = re.compile(r"[A-Z][A-Za-z]{2,}(?![A-Za-z0-9])")

Numbers = NDArray[np.int32]


class Lists:
    """A list for each number from 0 on, or several of the same length; one after another in one array a kind."""

    def __init__(self, *kinds: DTypeLike) -> None:
        self._columns: list[NDArray[Any]] = [np.empty(ROOM, kind) for kind in kinds]
        self._ends, self._count = np.zeros(ROOM, np.int32), 0

    def append(self, *values: Sequence[object]) -> None:
        start = int(self._ends[self._count])
        end, self._count = start + len(values[0]), self._count + 1
        if self._count >= len(self._ends):
            self._ends = np.resize(self._ends, 2 * self._count)
        if end > len(self._columns[0]):
            self._columns = [np.resize(column, 2 * end) for column in self._columns]
        for column, added in zip(self._columns, values, strict=True):
            column[start:end] = added
        self._ends[self._count] = end

    def all(self) -> tuple[list[NDArray[Any]], Numbers]:
        """Everything by its kind, and where each list begins, with where the last one ends."""
        ends = self._ends[: self._count + 1]
        return [column[: ends[-1]] for column in self._columns], ends

    def of(self, numbers: Numbers) -> list[NDArray[Any]]:
        """The lists of these numbers joined, by their kind."""
        starts = self._ends[numbers]
        sizes = self._ends[1:][numbers] - starts
        joined = np.cumsum(sizes)
        places = np.repeat(starts - joined + sizes, sizes) + np.arange(joined[-1] if len(joined) else 0)
        return [column[places] for column in self._columns]


class Stems(dict[str, int]):
    """Every stem's number: those with a learned vector have the number of its row, others follow as they are met."""

    def __init__(self, known: Mapping[str, int]) -> None:
        super().__init__(known)
        self._names = np.empty(0, object)

    def __missing__(self, stem: str) -> int:
        self[stem] = len(self)
        return self[stem]

    def names(self) -> NDArray[np.object_]:
        """Every stem by its number."""
        if len(self._names) < len(self):
            self._names = np.array(list(self), dtype=object)
        return self._names


class Pieces(dict[str, int]):
    """Every piece's number as it is met, by one thread after the other."""

    def __init__(self) -> None:
        self._meeting = Lock()

    def __missing__(self, piece: str) -> int:
        with self._meeting:
            if piece not in self:
                self._meet(piece)
                self[piece] = len(self)
            return self[piece]

    def _meet(self, piece: str) -> None:
        """Note what the piece stands for under the number that it is about to get."""
        raise NotImplementedError

    def numbers(self, pieces: Sequence[str]) -> Numbers:
        return np.fromiter(map(self.__getitem__, pieces), np.int32, len(pieces))


class LatinPieces(Pieces):
    """Pieces of Latin letters and digits: the `stems` in them, and the `names` that they may be.

    With each stem goes the row of its learned vector, or `end` behind a text, or for one without a vector `other`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stems, self.names, self._rows = Lists(object, np.int32), Lists(object), meaning.numbers()
        self.end, self.other = len(self._rows), len(self._rows) + 1

    def _meet(self, piece: str) -> None:
        said = words.latin_words(piece)
        names, meant = list(_names_in(said)), [stem for stem in map(words.stem, said) if stem]
        rows = [self.end if stem == words.END else self._rows.get(stem, self.other) for stem in meant]
        self.stems.append(meant, rows)
        self.names.append(names)


def _names_in(said: Iterable[str]) -> Iterable[str]:
    """The name that each Latin word may be, from its capital on; none for most."""
    for word in said:
        name = word if word == words.END else found.group().lower() if (found := _NAME.search(word)) else ""
        if name and name not in words.STOP_WORDS:
            yield name


class ChineseWords(Pieces):
    """Words of Chinese: the stems that each stands for, by their numbers and weights, and the `long` words in it."""

    def __init__(self) -> None:
        super().__init__()
        self.meant, self.long = Lists(np.int32, np.float32), Lists(object)

    def _meet(self, piece: str) -> None:
        meant = [shares(part) for part in known_parts(piece) if part not in words.QUESTION_WORDS]
        weights = [weight for shared in meant for weight in shared.values()]
        inner = words.with_inner(piece) if len(piece) >= LONG or piece == words.END else ()
        self.meant.append([stems()[stem] for shared in meant for stem in shared], weights)
        self.long.append([part for part in inner if len(part) >= LONG or part == words.END])


@cache
def stems() -> Stems:
    return Stems(meaning.numbers())


class Vocabulary(NamedTuple):
    latin: LatinPieces
    chinese: ChineseWords


def vocabulary(most: int = PIECES_MAX) -> Vocabulary:
    """What has been met so far, or a new one after too much of it."""
    if max(map(len, _met())) >= most:
        _met.cache_clear()
    return _met()


@cache
def _met() -> Vocabulary:
    return Vocabulary(LatinPieces(), ChineseWords())
