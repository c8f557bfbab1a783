"""How well reviewers' fields cover what applications are about, all pairs at once; weighed as for assessors."""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from marketplace.assessments.matching import FIELD, LANGUAGE, POLLUTANT

Floats = NDArray[np.float64]


class Fields(Struct, frozen=True, kw_only=True):
    """Of an application what it is about, of a reviewer what they know."""

    media: frozenset[str]
    pollutants: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()


def fits(applications: Sequence[Fields], reviewers: Sequence[Fields]) -> Floats:
    """From 0 to 1: (applications, reviewers). What an application says nothing about, everybody covers."""
    media = _covered([one.media for one in applications], [one.media for one in reviewers])
    pollutants = _covered([one.pollutants for one in applications], [one.pollutants for one in reviewers])
    languages = _covered([one.languages for one in applications], [one.languages for one in reviewers])
    weighed = FIELD * media + POLLUTANT * pollutants + LANGUAGE * (languages > 0)
    result: Floats = weighed / (FIELD + POLLUTANT + LANGUAGE)
    return result


def _covered(wanted: Sequence[frozenset[str]], offered: Sequence[frozenset[str]]) -> Floats:
    """The share of what each wants that each offers."""
    names = {name: place for place, name in enumerate(sorted({name for one in wanted for name in one}))}
    ask, give = _table(wanted, names), _table(offered, names)
    counts = ask.sum(axis=1, keepdims=True)
    shares: Floats = np.where(counts > 0, ask @ give.T / np.maximum(counts, 1.0), 1.0)
    return shares


def _table(sets: Sequence[frozenset[str]], names: dict[str, int]) -> Floats:
    table = np.zeros((len(sets), len(names)))
    for row, one in enumerate(sets):
        for name in one & names.keys():
            table[row, names[name]] = 1.0
    return table
