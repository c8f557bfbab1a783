"""Many calls or investors beside many technologies at once: who fits whom, what binds, and what to relax."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from marketplace.matching.columns import Columns, Floats
from marketplace.matching.limits import LIMITS, Rooms, is_asked, rooms_of
from marketplace.matching.terms import Terms

PAIRS_AT_ONCE = 16_000
"""Pairs per block: the arrays of a block stay in the processor's cache."""

NOTHING_KNOWN = -1.0
"""The room that counts where no limit is known: as little as where everything is missed."""


class Board(NamedTuple):
    """Shape (terms, technologies) each. Indices of limits are into `LIMITS`, -1 where there is none.

    Attributes
    ----------
    missed, unknown
        How many limits are missed even at best, and how many are unknown.
    binding, room
        The known limit with the least room, typically, and that room.
    short_of, shortfall
        A limit that is missed, and by how much at best; meant for where `missed` is one.
    """

    missed: NDArray[np.uint8]
    unknown: NDArray[np.uint8]
    binding: NDArray[np.int8]
    room: Floats
    short_of: NDArray[np.int8]
    shortfall: Floats


class Nearest(NamedTuple):
    """The technology (its column) that misses this one limit and nothing else, by the least share of it."""

    limit: str
    technology: int
    shortfall: float


def board(terms: Sequence[Terms], columns: Columns) -> Board:
    """Compare everything with everything."""
    many = max(1, PAIRS_AT_ONCE // max(1, len(columns.profiles)))
    blocks = [_block(list(terms[start : start + many]), columns) for start in range(0, len(terms), many)]
    blocks = blocks or [_empty(0, len(columns.profiles))]
    return Board(*(np.concatenate(parts) for parts in zip(*blocks, strict=True)))


def _empty(terms: int, technologies: int) -> Board:
    shape = (terms, technologies)
    return Board(
        np.zeros(shape, np.uint8),
        np.zeros(shape, np.uint8),
        np.full(shape, -1, np.int8),
        np.full(shape, np.inf),
        np.full(shape, -1, np.int8),
        np.zeros(shape),
    )


def _block(terms: list[Terms], columns: Columns) -> Board:
    found = _empty(len(terms), len(columns.profiles))
    worst = np.full(found.room.shape, np.inf)
    for number, limit in enumerate(LIMITS):
        asked = np.array([is_asked(entry, limit) for entry in terms])
        if asked.any():
            _add(found, worst, number, rooms_of(terms, limit, columns), asked[:, None])
    found.room[found.binding < 0] = NOTHING_KNOWN
    return found


def _add(found: Board, worst: Floats, number: int, rooms: Rooms, asked: NDArray[np.bool_]) -> None:
    """One more limit. Comparisons with NaN are false, which is what unknown means in each of them."""
    found.unknown[...] += np.isnan(rooms.typical) & asked
    missed = rooms.best < 0
    found.missed[...] += missed
    np.copyto(found.short_of, np.int8(number), where=missed)
    np.copyto(found.shortfall, -rooms.best, where=missed)
    tighter = (rooms.typical < found.room) | ((rooms.typical == found.room) & (rooms.worst < worst))
    np.copyto(found.binding, np.int8(number), where=tighter)
    np.copyto(found.room, rooms.typical, where=tighter)
    np.copyto(worst, rooms.worst, where=tighter)


def best_first(found: Board, row: int, *, most: int | None = None) -> NDArray[np.intp]:
    """Columns of one row: fewest limits missed, fewest unknown, most room at the binding limit, then by id."""
    coarse = found.missed[row].astype(np.int16) * (len(LIMITS) + 1) + found.unknown[row]
    candidates = _smallest(coarse, most)
    return candidates[np.lexsort((candidates, -found.room[row, candidates], coarse[candidates]))][:most]


def _smallest(coarse: NDArray[np.int16], most: int | None) -> NDArray[np.intp]:
    """All that could be among the first `most`: sorting ten thousand to show twenty is the greater part of the work."""
    if most is None or most >= len(coarse):
        return np.arange(len(coarse))
    edge = np.searchsorted(np.cumsum(np.bincount(coarse)), most)
    return np.flatnonzero(coarse <= edge)


def nearest(found: Board, row: int) -> list[Nearest]:
    """For each limit the technology that relaxing it alone would let in first; the smallest change first."""
    return sorted(_nearest(found, row), key=lambda entry: (entry.shortfall, entry.limit))


def _nearest(found: Board, row: int) -> Iterator[Nearest]:
    alone = np.flatnonzero(found.missed[row] == 1)
    limits, shortfalls = found.short_of[row, alone], found.shortfall[row, alone]
    for number, limit in enumerate(LIMITS):
        of_limit = np.flatnonzero(limits == number)
        if of_limit.size:
            first = of_limit[np.argmin(shortfalls[of_limit])]
            yield Nearest(limit, int(alone[first]), float(shortfalls[first]))


def transposed(found: Board) -> Board:
    """Technologies by terms: what `best_first` needs to rank calls for a technology."""
    return Board(found.missed.T, found.unknown.T, found.binding.T, found.room.T, found.short_of.T, found.shortfall.T)
