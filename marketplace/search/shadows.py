"""Many documents' English shadows and meanings at once, as products of sparse matrices: one row a document.

The same as `analysis.shadow` and `meaning.meaning` say of one text.
"""

from collections.abc import Sequence
from functools import cache
from itertools import chain, pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from marketplace.search import meaning, words
from marketplace.search.analysis import shares
from marketplace.search.translation import known_parts

SHADOW_TIMES = 4
"""Translations are weighted; the index knows whole occurrences only, so this many stand for one."""
WORDS_MAX = 100_000


class Shadows(NamedTuple):
    """Of each document: its English shadow as a text of stems, and its meaning as it is stored."""

    texts: list[str]
    meanings: NDArray[np.int8]


class _Stems(dict[str, int]):
    """Every stem's number: those with a learned vector have the number of its row, others follow as they are met."""

    def __missing__(self, stem: str) -> int:
        self[stem] = len(self)
        return self[stem]


class _Known(dict[str, int]):
    """The row of each stem that has a learned vector; one more for all that have none."""

    def __missing__(self, stem: str) -> int:
        return len(self)


class _Words(dict[str, int]):
    """Every Chinese word's number as it is met, and by number the stems that it stands for, with their weights."""

    def __init__(self) -> None:
        self.stems: list[NDArray[np.int32]] = []
        self.weights: list[NDArray[np.float32]] = []

    def __missing__(self, segment: str) -> int:
        if len(self) >= WORDS_MAX:
            _words.cache_clear()
        numbers = _stems()
        meant = [shares(part) for part in known_parts(segment) if part not in words.QUESTION_WORDS]
        self.stems.append(np.array([numbers[stem] for shared in meant for stem in shared], np.int32))
        self.weights.append(np.array([weight for shared in meant for weight in shared.values()], np.float32))
        self[segment] = len(self)
        return self[segment]


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
    """The words of many documents, each document's as `parts`, whose words count as often as `times` says."""

    parts: Sequence[Sequence[str]]
    times: Sequence[int]

    def counts(self, numbers: dict[str, int]) -> Any:
        """A row for each document, counting the words by their number."""
        columns = np.fromiter(map(numbers.__getitem__, chain.from_iterable(self.parts)), np.int32)
        lengths = np.array([len(part) for part in self.parts], np.int32)
        values = np.repeat(np.resize(np.array(self.times, np.float32), len(lengths)), lengths)
        ends = np.concatenate([np.zeros(1, np.int32), np.cumsum(lengths, dtype=np.int32)])[:: len(self.times)]
        return sparse.csr_array((values, columns, ends), shape=(len(ends) - 1, len(numbers) + 1))


def shadows(chinese: Said, latin: Said) -> Shadows:
    """From the Chinese words and the Latin stems of each document."""
    cast, own = _cast(chinese), latin.counts(_known())
    return Shadows(_texts(cast), _meanings(cast, own))


def _cast(chinese: Said) -> Any:
    """How much each document says in each English stem."""
    known = _words()
    said = chinese.counts(known)
    met, columns = np.unique(said.indices, return_inverse=True)
    stems, weights = [known.stems[word] for word in met], [known.weights[word] for word in met]
    ends = np.cumsum([0, *map(len, stems)], dtype=np.int32)
    meant = sparse.csr_array(
        (np.concatenate([np.empty(0, np.float32), *weights]), np.concatenate([np.empty(0, np.int32), *stems]), ends),
        shape=(len(met), len(_stems())),
    )
    return sparse.csr_array((said.data, columns, said.indptr), shape=(said.shape[0], len(met))) @ meant


def _texts(cast: Any) -> list[str]:
    """Each stem as often as its weight says, in parts of an occurrence."""
    names = np.array(list(_stems()), dtype=object)
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
