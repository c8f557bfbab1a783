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

from marketplace.search import meaning, words
from marketplace.search.analysis import shares
from marketplace.search.translation import known_parts

SHADOW_TIMES = 4
"""Translations are weighted; the index knows whole occurrences only, so this many stand for one."""


class Shadows(NamedTuple):
    """Of each document: its English shadow as a text of stems, and its meaning as it is stored."""

    texts: list[str]
    meanings: NDArray[np.int8]


class _Row(NamedTuple):
    stems: NDArray[np.int32]
    weights: NDArray[np.float32]


@cache
def _numbers() -> dict[str, int]:
    """Every stem's number: those with a learned vector have the number of its row, others follow as they are met."""
    return dict(meaning.numbers())


@lru_cache(maxsize=50_000)
def _row(segment: str) -> _Row:
    numbers, meant = _numbers(), [shares(part) for part in known_parts(segment) if part not in words.QUESTION_WORDS]
    stems = [numbers.setdefault(stem, len(numbers)) for shared in meant for stem in shared]
    return _Row(np.array(stems, np.int32), np.array([weight for shared in meant for weight in shared.values()], "f4"))


def shadows(segments: Sequence[Sequence[str]], latin: Sequence[Sequence[str]]) -> Shadows:
    """From the Chinese words and the Latin stems of each document."""
    cast = _cast(segments)
    return Shadows(_texts(cast), _meanings(cast, latin))


def _counts(numbered: Sequence[Sequence[int]], width: int) -> Any:
    """A row for each list, counting the numbers in it."""
    columns = np.fromiter((number for row in numbered for number in row), dtype=np.int32)
    ends = np.cumsum([0, *map(len, numbered)], dtype=np.int32)
    return sparse.csr_array((np.ones(len(columns), np.float32), columns, ends), shape=(len(numbered), width))


def _cast(documents: Sequence[Sequence[str]]) -> Any:
    """How much each document says in each English stem."""
    numbers: dict[str, int] = {}
    said = [[numbers.setdefault(word, len(numbers)) for word in document] for document in documents]
    rows = [_row(word) for word in numbers]
    ends = np.cumsum([0, *(len(row.stems) for row in rows)], dtype=np.int32)
    stems = np.concatenate([np.empty(0, np.int32), *(row.stems for row in rows)])
    weights = np.concatenate([np.empty(0, np.float32), *(row.weights for row in rows)])
    meant = sparse.csr_array((weights, stems, ends), shape=(len(numbers), len(_numbers())))
    return _counts(said, len(numbers)) @ meant


def _texts(cast: Any) -> list[str]:
    """Each stem as often as its weight says, in parts of an occurrence."""
    names = np.array(list(_numbers()), dtype=object)
    times = np.rint(cast.data * SHADOW_TIMES).astype(np.int64)
    repeated = np.repeat(names[cast.indices], times).tolist()
    ends = np.concatenate([[0], np.cumsum(times)])[cast.indptr].tolist()
    return [" ".join(repeated[start:end]) for start, end in pairwise(ends)]


def _meanings(cast: Any, latin: Sequence[Sequence[str]]) -> NDArray[np.int8]:
    known, vectors = meaning.numbers(), meaning.vectors()
    own = _counts([[known[stem] for stem in stems if stem in known] for stems in latin], len(known))
    said = cast[:, : len(known)] + own
    many = said.data > 1
    said.data[many] = 1 + np.log(said.data[many])
    points = said @ vectors
    points /= np.linalg.norm(points, axis=1, keepdims=True) + 1e-9
    return meaning.packed(points)
