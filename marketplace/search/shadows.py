"""Many documents' English shadows and meanings at once, as products of sparse matrices: one row a document.

The same as `analysis.shadow` and `meaning.meaning` say of one text.
"""

from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from marketplace.search import meaning, words
from marketplace.search.analysis import shares
from marketplace.search.translation import known_parts

SHADOW_TIMES = 4
"""Translations are weighted; the index knows whole occurrences only, so this many stand for one."""
WORDS_MAX, STEMS_MAX, ROOM = 100_000, 500_000, 100_000


class Shadows(NamedTuple):
    """Of each document: its English shadow as a text of stems, and its meaning as it is stored."""

    texts: list[str]
    meanings: NDArray[np.int8]


class _Stems(dict[str, int]):
    """Every stem's number: those with a learned vector have the number of its row, others follow as they are met."""

    def __init__(self, known: dict[str, int]) -> None:
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


class _Known(dict[str, int]):
    """The row of each stem that has a learned vector; one more for `END`, and one for all others."""

    def __init__(self, known: dict[str, int]) -> None:
        super().__init__(known)
        self[words.END] = len(known)
        self._other = len(known) + 1

    @property
    def width(self) -> int:
        return self._other + 1

    def __missing__(self, stem: str) -> int:
        # Kept, too, since missing takes longer than finding.
        if len(self) < STEMS_MAX:
            self[stem] = self._other
        return self._other


class _Words(dict[str, int]):
    """Every Chinese word's number as it is met; and by number, one after another, the stems that it stands for."""

    def __init__(self) -> None:
        self._stems, self._weights = np.empty(ROOM, np.int32), np.empty(ROOM, np.float32)
        self._ends = np.zeros(ROOM, np.int32)

    @property
    def width(self) -> int:
        return len(self)

    def __missing__(self, segment: str) -> int:
        if len(self) >= WORDS_MAX:
            _words.cache_clear()
        meant = [shares(part) for part in known_parts(segment) if part not in words.QUESTION_WORDS]
        number, numbers = len(self), _stems()
        start = int(self._ends[number])
        end = start + sum(map(len, meant))
        self._make_room(number + 1, end)
        self._stems[start:end] = [numbers[stem] for shared in meant for stem in shared]
        self._weights[start:end] = [weight for shared in meant for weight in shared.values()]
        self._ends[number + 1] = end
        self[segment] = number
        return number

    def _make_room(self, word: int, end: int) -> None:
        if word >= len(self._ends):
            self._ends = np.resize(self._ends, 2 * word)
        if end > len(self._stems):
            self._stems, self._weights = np.resize(self._stems, 2 * end), np.resize(self._weights, 2 * end)

    def meant(self) -> Any:
        """A row for each word: its stems with their weights."""
        ends = self._ends[: len(self) + 1]
        entries = self._weights[: ends[-1]], self._stems[: ends[-1]], ends
        return sparse.csr_array(entries, shape=(len(self), len(_stems())))


@cache
def _stems() -> _Stems:
    return _Stems(meaning.numbers())


@cache
def _known() -> _Known:
    return _Known(meaning.numbers())


@cache
def _words() -> _Words:
    return _Words()


class Said(NamedTuple):
    """The words of many documents, each in as many parts as `times` has numbers: how often a part's words count.

    `END` stands behind each part.
    """

    words: Sequence[str]
    times: Sequence[int]

    def counts(self, numbers: _Known | _Words) -> Any:
        """A row for each document, counting the words by their number."""
        columns = np.fromiter(map(numbers.__getitem__, self.words), np.int32, len(self.words))
        ends = np.flatnonzero(columns == numbers[words.END]) + 1
        values = np.repeat(np.resize(np.array(self.times, np.float32), len(ends)), np.diff(ends, prepend=0))
        rows = np.concatenate([[0], ends[len(self.times) - 1 :: len(self.times)]]).astype(np.int32)
        return sparse.csr_array((values, columns, rows), shape=(len(rows) - 1, numbers.width))


def shadows(chinese: Said, latin: Said) -> Shadows:
    """From the Chinese words and the Latin stems of each document."""
    cast, own = _cast(chinese), latin.counts(_known())
    return Shadows(_texts(cast), _meanings(cast, own))


def _cast(chinese: Said) -> Any:
    """How much each document says in each English stem."""
    known = _words()
    said = chinese.counts(known)
    return said @ known.meant()


def _texts(cast: Any) -> list[str]:
    """Each stem as often as its weight says, in parts of an occurrence."""
    names = _stems().names()
    times = np.rint(cast.data * SHADOW_TIMES).astype(np.int64)
    repeated = np.repeat(names[cast.indices], times).tolist()
    ends = np.concatenate([[0], np.cumsum(times)])[cast.indptr].tolist()
    return [" ".join(repeated[start:end]) for start, end in pairwise(ends)]


def _meanings(cast: Any, own: Any) -> NDArray[np.int8]:
    vectors = meaning.vectors()
    said = cast[:, : len(vectors)] + own[:, : len(vectors)]
    many = said.data > 1
    said.data[many] = 1 + np.log(said.data[many])
    points = said @ vectors
    points /= np.linalg.norm(points, axis=1, keepdims=True) + 1e-9
    return meaning.packed(points)
