"""What a text is about as a point among others: learned word vectors, summed up (see ``training.meaning``)."""

import math
from collections import Counter
from collections.abc import Mapping
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

TABLE = Path(__file__).parent / "learned" / "meaning.npz"
DIMENSIONS = 192
Floats = NDArray[np.float32]


class WordVectors(NamedTuple):
    """Row n of `vectors` is for stem n of `words`; its length says how much the word matters."""

    words: list[str]
    vectors: NDArray[np.floating]


def save(learned: WordVectors, path: Path) -> None:
    """Whole numbers from -127 to 127 and a scale for each word: a quarter of the size, the same order of results."""
    scales = np.abs(learned.vectors).max(axis=1) / 127 + 1e-12
    small = np.round(learned.vectors / scales[:, None]).astype(np.int8)
    kept = BytesIO()
    np.savez_compressed(kept, words=np.array(learned.words), vectors=small, scales=scales.astype(np.float32))
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(kept.getvalue())


@cache
def _table() -> tuple[dict[str, int], Floats]:
    with np.load(TABLE, allow_pickle=False) as kept:
        vectors = kept["vectors"].astype(np.float32) * kept["scales"][:, None]
        return {str(word): number for number, word in enumerate(kept["words"])}, vectors


def numbers() -> dict[str, int]:
    """The row of each stem that has a vector."""
    return _table()[0]


def vectors() -> Floats:
    return _table()[1]


def meaning(weights: Mapping[str, float]) -> Floats:
    """The direction of a text given by its stems and how often each occurs; zeros where none is known."""
    rows_of, table = _table()
    known = [(rows_of[word], 1 + math.log(weight) if weight > 1 else weight) for word, weight in weights.items()
             if word in rows_of]  # fmt: skip
    if not known:
        return np.zeros(table.shape[1], dtype=np.float32)
    rows, amounts = zip(*known, strict=True)
    point: Floats = np.array(amounts, dtype=np.float32) @ table[list(rows)]
    return point / np.float32(np.linalg.norm(point) + 1e-9)


def known_share(words: Counter[str]) -> float:
    """How much of a text these vectors have a word for, from 0 to 1."""
    known = numbers()
    return sum(word in known for word in words) / max(1, len(words))


def packed(points: Floats) -> NDArray[np.int8]:
    """Each row in whole numbers from -127 to 127."""
    return np.round(points * 127).astype(np.int8)


def unpacked(numbers: NDArray[np.int8]) -> Floats:
    """One row a text."""
    return numbers.astype(np.float32) / np.float32(127)
