"""Many documents' English shadows and meanings at once, as products of sparse matrices: one row a document.

The same as `analysis.shadow` and `meaning.meaning` say of one text.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from marketplace.search import meaning, words
from marketplace.search.analysis import Analysis
from marketplace.search.vocabulary import ChineseWords, Numbers, stems

SHADOW_TIMES = 4
"""Translations are weighted; the index knows whole occurrences only, so this many stand for one."""


class Shadows(NamedTuple):
    """Of each document: its English shadow as a text of stems, and its meaning as it is stored."""

    texts: list[str]
    meanings: NDArray[np.int8]


def shadows(said: Analysis, times: Sequence[int]) -> Shadows:
    """Of documents with as many texts each as `times` has numbers: how often the words of a text count."""
    latin, chinese = said.known
    meant = _meant(chinese)
    cast = _counts(said.segments, chinese[words.END], meant.shape[0], times) @ meant
    own = _counts(said.rows, latin.end, latin.other + 1, times)
    return Shadows(_texts(cast), _meanings(cast, own))


def _counts(numbers: Numbers, end: int, width: int, times: Sequence[int]) -> Any:
    """A row for each document, counting the words by their number; `end` stands behind each text."""
    ends = np.flatnonzero(numbers == end) + 1
    values = np.repeat(np.resize(np.array(times, np.float32), len(ends)), np.diff(ends, prepend=0))
    rows = np.concatenate([[0], ends[len(times) - 1 :: len(times)]]).astype(np.int32)
    return sparse.csr_array((values, numbers, rows), shape=(len(rows) - 1, width))


def _meant(chinese: ChineseWords) -> Any:
    """How much each word says in each English stem."""
    (meant, weights), ends = chinese.meant.all()
    return sparse.csr_array((weights, meant, ends), shape=(len(ends) - 1, len(stems())))


def _texts(cast: Any) -> list[str]:
    """Each stem as often as its weight says, in parts of an occurrence."""
    times = np.rint(cast.data * SHADOW_TIMES).astype(np.int64)
    repeated = stems().names()[np.repeat(cast.indices, times)].tolist()
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
