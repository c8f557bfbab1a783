"""The best panel for every open seat at once: field, language and load weighed, independence and capacity kept.

It is an integer programme. A seat filled is worth more than any fit; among full panels the fit decides, and every
further assessment of one assessor costs more than the one before, so that the load spreads.
"""

from collections.abc import Hashable, Iterable, Iterator, Sequence

import numpy as np
import scipy  # its parts are loaded when they are first used: most processes never need them
from msgspec import Struct
from numpy.typing import NDArray
from scipy.sparse import coo_array

SEAT = 100.0  # above any sum of the weights below
FIELD, POLLUTANT, LANGUAGE, LOAD = 6.0, 3.0, 2.0, 4.0
MOST_SLOTS = 10


class Seats(Struct, frozen=True, kw_only=True):
    """An assessment that wants `count` more assessors. `organisations` are those that sit on it already."""

    assessment: Hashable
    count: int
    media: frozenset[str]
    pollutants: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    organisations: frozenset[Hashable] = frozenset()


class Candidate(Struct, frozen=True, kw_only=True):
    """An assessor with room for `capacity - load` more. `barred` are the assessments they may not, or do, judge."""

    assessor: Hashable
    organisation: Hashable
    media: frozenset[str]
    pollutants: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    capacity: int = 1
    load: int = 0
    barred: frozenset[Hashable] = frozenset()

    @property
    def room(self) -> int:
        return max(0, min(self.capacity - self.load, MOST_SLOTS))


class Placement(Struct, frozen=True):
    """One proposal: `fit` is between 0 and 1."""

    assessment: Hashable
    assessor: Hashable
    fit: float


def place(seats: Sequence[Seats], candidates: Sequence[Candidate]) -> list[Placement]:
    """Who should judge what; fewer than asked for where there is nobody left.

    Nobody is placed outside their media, above their capacity, on an assessment they are barred from, or beside
    somebody of their own organisation.
    """
    pairs = [(s, c) for s, seat in enumerate(seats) for c, them in enumerate(candidates) if may_sit(seat, them)]
    if not pairs:
        return []
    fits = np.array([fit(seats[s], candidates[c]) for s, c in pairs])
    slots = [(c, slot) for c, them in enumerate(candidates) for slot in range(them.room)]
    gains = np.concatenate(
        [SEAT + fits * (FIELD + POLLUTANT + LANGUAGE), [-_dearness(candidates[c], k) for c, k in slots]]
    )
    solved = scipy.optimize.milp(
        -gains,
        integrality=np.ones(len(gains)),
        bounds=scipy.optimize.Bounds(0, 1),
        constraints=list(_rules(seats, candidates, pairs, slots)),
    )
    chosen: Iterable[int] = [] if solved.x is None else np.flatnonzero(solved.x[: len(pairs)] > 0.5)
    found = [Placement(seats[pairs[i][0]].assessment, candidates[pairs[i][1]].assessor, float(fits[i])) for i in chosen]
    return sorted(found, key=lambda placed: -placed.fit)


def may_sit(seat: Seats, them: Candidate) -> bool:
    """Whether this assessor may have one of these seats at all."""
    return (
        them.room > 0
        and bool(seat.media & them.media)
        and seat.assessment not in them.barred
        and them.organisation not in seat.organisations
    )


def fit(seat: Seats, them: Candidate) -> float:
    """How well the assessor's fields cover what is to be judged, between 0 and 1."""
    shares = (
        (FIELD, _covered(seat.media, them.media)),
        (POLLUTANT, _covered(seat.pollutants, them.pollutants)),
        (LANGUAGE, 1.0 if not seat.languages or seat.languages & them.languages else 0.0),
    )
    return sum(weight * share for weight, share in shares) / (FIELD + POLLUTANT + LANGUAGE)


def _covered(wanted: frozenset[str], offered: frozenset[str]) -> float:
    return len(wanted & offered) / len(wanted) if wanted else 1.0


def _dearness(them: Candidate, slot: int) -> float:
    return LOAD * (them.load + slot + 1) / max(1, them.capacity)


def _rules(
    seats: Sequence[Seats],
    candidates: Sequence[Candidate],
    pairs: list[tuple[int, int]],
    slots: list[tuple[int, int]],
) -> Iterator["scipy.optimize.LinearConstraint"]:
    width = len(pairs) + len(slots)
    yield _at_most(_grouped([s for s, _ in pairs], len(seats), width), [seat.count for seat in seats])
    tables = {key: row for row, key in enumerate(sorted({_table(p, candidates) for p in pairs}, key=str))}
    yield _at_most(_grouped([tables[_table(p, candidates)] for p in pairs], len(tables), width), [1] * len(tables))
    taken = _grouped([c for _, c in pairs], len(candidates), width)
    offered = _grouped([c for c, _ in slots], len(candidates), width, first=len(pairs))
    yield _at_most(taken - offered, [0] * len(candidates))


def _table(pair: tuple[int, int], candidates: Sequence[Candidate]) -> tuple[int, Hashable]:
    """One assessment and one organisation: at most one of it sits there."""
    return pair[0], candidates[pair[1]].organisation


def _grouped(row_of: list[int], rows: int, width: int, first: int = 0) -> coo_array:
    columns = np.arange(first, first + len(row_of))
    return coo_array((np.ones(len(row_of)), (row_of, columns)), shape=(rows, width)).tocsr()


def _at_most(matrix: coo_array, most: Sequence[int]) -> "scipy.optimize.LinearConstraint":
    limits: NDArray[np.float64] = np.asarray(most, dtype=float)
    return scipy.optimize.LinearConstraint(matrix, -np.inf, limits)
