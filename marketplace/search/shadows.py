"""Many documents' English shadows and meanings at once, as products of sparse matrices: one row a document.

The same as `analysis.shadow` and `meaning.meaning` say of one text.
"""

from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from marketplace.search import meaning
from marketplace.search.analysis import Terms, shares

SHADOW_TIMES = 4
"""Translations are weighted; the index knows whole occurrences only, so this many stand for one."""


class Shadows(NamedTuple):
    """Of each document: its English shadow as a text of stems, and its meaning as it is stored."""

    texts: list[str]
    meanings: list[list[int]]


class _Row(NamedTuple):
    stems: NDArray[np.int32]
    weights: NDArray[np.float64]


@cache
def _numbers() -> dict[str, int]:
    """Every stem's number: those with a learned vector have the number of its row, others follow as they are met."""
    return dict(meaning.numbers())


@lru_cache(maxsize=50_000)
def _row(word: str) -> _Row:
    numbers, shared = _numbers(), shares(word)
    stems = [numbers.setdefault(stem, len(numbers)) for stem in shared]
    return _Row(np.array(stems, dtype=np.int32), np.array(list(shared.values())))


def shadows(documents: Sequence[Terms]) -> Shadows:
    cast = _cast([terms.translatable for terms in documents])
    return Shadows(_texts(cast), _meanings(cast, [terms.latin for terms in documents]))


def _counts(numbered: Sequence[Sequence[int]], width: int) -> Any:
    """A row for each list, counting the numbers in it."""
    columns = np.fromiter((number for row in numbered for number in row), dtype=np.int32)
    ends = np.cumsum([0, *map(len, numbered)], dtype=np.int32)
    return sparse.csr_array((np.ones(len(columns)), columns, ends), shape=(len(numbered), width))


def _cast(documents: Sequence[Sequence[str]]) -> Any:
    """How much each document says in each English stem."""
    words: dict[str, int] = {}
    said = [[words.setdefault(word, len(words)) for word in document] for document in documents]
    rows = [_row(word) for word in words]
    ends = np.cumsum([0, *(len(row.stems) for row in rows)], dtype=np.int32)
    stems = np.concatenate([np.empty(0, np.int32), *(row.stems for row in rows)])
    weights = np.concatenate([np.empty(0), *(row.weights for row in rows)])
    meant = sparse.csr_array((weights, stems, ends), shape=(len(words), len(_numbers())))
    return _counts(said, len(words)) @ meant


def _texts(cast: Any) -> list[str]:
    """Each stem as often as its weight says, in quarters of an occurrence."""
    names = np.array(list(_numbers()), dtype=object)
    times = np.rint(cast.data * SHADOW_TIMES).astype(np.int64)
    repeated = np.repeat(names[cast.indices], times).tolist()
    ends = np.concatenate([[0], np.cumsum(times)])[cast.indptr].tolist()
    return [" ".join(repeated[start:end]) for start, end in pairwise(ends)]


def _meanings(cast: Any, latin: Sequence[Sequence[str]]) -> list[list[int]]:
    known, vectors = meaning.numbers(), meaning.vectors()
    own = _counts([[known[stem] for stem in stems if stem in known] for stems in latin], len(known))
    said = (cast[:, : len(known)] + own).astype(np.float32)
    many = said.data > 1
    said.data[many] = 1 + np.log(said.data[many])
    points = said @ vectors
    points /= np.linalg.norm(points, axis=1, keepdims=True) + 1e-9
    return meaning.packed(points)
