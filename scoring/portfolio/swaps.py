"""For each candidate left out: who would have to leave for it, and what that costs."""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from scoring.portfolio.programme import Floats, Programme

Flags = NDArray[np.bool_]
Indices = NDArray[np.intp]


class Swap(Struct, frozen=True, kw_only=True):
    """The cheapest exchange of at most two members for a candidate left out.

    ``loss`` is what the total value falls by; the candidate would be chosen if it were worth more than that much
    more. ``leave`` is empty where it fits in but adds nothing. None for both: no such exchange keeps every limit.
    """

    id: str
    leave: tuple[str, ...] | None
    loss: float | None


class _Removals:
    """Every way to take out none, one or two members: what it frees and what it costs."""

    def __init__(self, programme: Programme, chosen: Flags) -> None:
        ids = [c.id for c in programme.candidates]
        movable = np.array([i for i in np.flatnonzero(chosen) if ids[i] not in programme.required], dtype=np.intp)
        first, second = np.triu_indices(len(movable), k=1)
        none = np.array([-1], dtype=np.intp)
        self.first: Indices = np.concatenate([none, movable, movable[first]])
        self.second: Indices = np.concatenate([none, np.full(len(movable), -1), movable[second]])
        padded_gain = np.append(programme.gain, 0.0)  # index -1 is nobody
        padded_rows = np.column_stack([programme.rows, np.zeros(len(programme.rows))])
        self.cost = padded_gain[self.first] + padded_gain[self.second]
        order = np.argsort(self.cost, kind="stable")  # the first that fits is the cheapest; fewer members go first
        self.first, self.second, self.cost = self.first[order], self.second[order], self.cost[order]
        self.left: Floats = (
            (programme.rows @ chosen)[:, None] - padded_rows[:, self.first] - padded_rows[:, self.second]
        )


def cheapest_swaps(programme: Programme, chosen: Flags) -> tuple[Swap, ...]:
    """One swap for each candidate left out, in the order of the candidates."""
    removals = _Removals(programme, chosen)
    return tuple(_swap(programme, removals, int(e)) for e in np.flatnonzero(~chosen))


def _swap(programme: Programme, removals: _Removals, e: int) -> Swap:
    candidates = programme.candidates
    if programme.upper_bound[e] > 0:
        best = _first_fit(programme, removals, programme.rows[:, [e]])
        if best is not None:
            leave = tuple(candidates[i].id for i in (removals.first[best], removals.second[best]) if i >= 0)
            loss = float(removals.cost[best] - programme.gain[e])
            return Swap(id=candidates[e].id, leave=leave, loss=round(max(loss, 0.0), 12))
    return Swap(id=candidates[e].id, leave=None, loss=None)


def _first_fit(programme: Programme, removals: _Removals, row: Floats) -> int | None:
    """The cheapest removal that makes room, looked for in growing steps since it is usually an early one."""
    start, size = 0, 64
    while start < len(removals.cost):
        fits = np.flatnonzero(programme.holds(removals.left[:, start : start + size] + row))
        if len(fits):
            return start + int(fits[0])
        start, size = start + size, size * 4
    return None
