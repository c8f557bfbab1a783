"""Places in a cohort such that nobody would rather have somebody who would rather have them: deferred acceptance.

Technologies wish for calls, calls rank technologies and have seats; both may name fewer than all, and both may name
several as equally good. Ties are broken by a draw that follows from `draw` and the names alone, the same for everybody
to recompute. With technologies proposing every one of them gets the best place that it has in any stable assignment
(for the ties so broken), and none can gain by wishing for anything but what it wants; calls can, at times, gain by
ranking other than they mean (Roth 1982), so their rankings should follow from reviews that are on record.
"""

import hashlib
import heapq
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from msgspec import Struct

Tiers = Sequence[Sequence[str]]
"""The best first; those in one tier are equally good. Who is not named is not wanted."""

Side = Literal["technologies", "calls"]


class Blocking(Struct, frozen=True):
    """A pair that would rather have each other than what they got."""

    technology: str
    call: str


class Assignment(Struct, frozen=True, kw_only=True):
    """`placed` by technology; `blocking` is empty, and was looked for.

    `proposals` is how many there were, and `ties_drawn` how many places depended on a draw between equals.
    """

    placed: dict[str, str]
    unplaced: tuple[str, ...]
    free_seats: dict[str, int]
    blocking: tuple[Blocking, ...]
    proposals: int
    ties_drawn: int


def assign(
    wishes: Mapping[str, Tiers],
    ranks: Mapping[str, Tiers],
    seats: Mapping[str, int],
    *,
    proposing: Side = "technologies",
    draw: str = "",
) -> Assignment:
    """The stable assignment that is best for the proposing side.

    Parameters
    ----------
    wishes, ranks
        By technology the calls it wishes for; by call the technologies it would take.
    seats
        By call; a call that is not named has none.
    draw
        Any text that was fixed before the lists were known, such as the cohort's id.

    Raises
    ------
    ValueError
        A list names somebody twice.
    """
    _check({**wishes, **ranks})
    wished, ranked = _broken(wishes, draw), _broken(ranks, draw)
    ranked_places = {call: {name: place for place, name in enumerate(order)} for call, order in ranked.items()}
    wished_places = {name: {call: place for place, call in enumerate(order)} for name, order in wished.items()}
    if proposing == "technologies":
        held, proposals = _propose(wished, dict.fromkeys(wished, 1), ranked_places, seats)
        placed = {name: call for call, names in held.items() for name in names}
    else:
        held, proposals = _propose(ranked, seats, wished_places, dict.fromkeys(wished, 1))
        placed = {name: call for name, calls in held.items() for call in calls}
    taken = {call: sum(got == call for got in placed.values()) for call in seats}
    return Assignment(
        placed=dict(sorted(placed.items())),
        unplaced=tuple(sorted(set(wishes) - set(placed))),
        free_seats={call: seats[call] - taken[call] for call in sorted(seats)},
        blocking=tuple(blocking_pairs(placed, wishes, ranks, seats)),
        proposals=proposals,
        ties_drawn=_ties_drawn(placed, ranks),
    )


def _check(lists: Mapping[str, Tiers]) -> None:
    for owner, tiers in lists.items():
        names = [name for tier in tiers for name in tier]
        if len(set(names)) < len(names):
            raise ValueError(f"the list of {owner} names somebody twice")


def _broken(lists: Mapping[str, Tiers], draw: str) -> dict[str, list[str]]:
    """Strict lists. All lists use one draw: several would give fewer their first wish (Abdulkadiroğlu et al. 2009)."""
    return {owner: [name for tier in tiers for name in _drawn(tier, draw)] for owner, tiers in lists.items()}


def _drawn(tier: Sequence[str], draw: str) -> list[str]:
    lots = {name: hashlib.blake2b(f"{draw}\x1f{name}".encode(), digest_size=16).digest() for name in tier}
    return sorted(lots, key=lambda name: (lots[name], name))


def _propose(
    lists: Mapping[str, Sequence[str]],
    wanted: Mapping[str, int],
    places: Mapping[str, Mapping[str, int]],
    room: Mapping[str, int],
) -> tuple[dict[str, list[str]], int]:
    """Each proposer goes down its list until it has as many as it wants; receivers keep the best and let go the rest.

    `places[receiver][proposer]` is how good a proposer is; one without a place is not acceptable.
    """
    held: dict[str, list[tuple[int, str]]] = {name: [] for name in places}
    next_one = dict.fromkeys(lists, 0)
    waiting = [name for name in sorted(lists, reverse=True) for _ in range(wanted.get(name, 0))]
    proposals = 0
    while waiting:
        proposer = waiting.pop()
        if next_one[proposer] >= len(lists[proposer]):
            continue
        receiver = lists[proposer][next_one[proposer]]
        next_one[proposer] += 1
        proposals += 1
        let_go = _received(held, receiver, proposer, places, room)
        if let_go is not None:
            waiting.append(let_go)
    return {receiver: [name for _, name in kept] for receiver, kept in held.items()}, proposals


def _received(
    held: dict[str, list[tuple[int, str]]],
    receiver: str,
    proposer: str,
    places: Mapping[str, Mapping[str, int]],
    room: Mapping[str, int],
) -> str | None:
    """Who goes away from this proposal: the proposer, somebody held until now, or nobody."""
    place = places.get(receiver, {}).get(proposer)
    if place is None or room.get(receiver, 0) <= 0:
        return proposer
    heap = held[receiver]
    if len(heap) < room[receiver]:
        heapq.heappush(heap, (-place, proposer))
        return None
    return heapq.heappushpop(heap, (-place, proposer))[1]


def blocking_pairs(
    placed: Mapping[str, str], wishes: Mapping[str, Tiers], ranks: Mapping[str, Tiers], seats: Mapping[str, int]
) -> Iterator[Blocking]:
    """Pairs where both would strictly gain, ties and all; a stable assignment has none."""
    tiers = {call: _tiers(order) for call, order in ranks.items()}
    worst = _worst_held(placed, tiers, seats)
    for technology, wished in sorted(wishes.items()):
        mine = _tiers(wished)
        now = mine.get(placed.get(technology, ""), len(wished))
        for call, tier in mine.items():
            theirs = tiers.get(call, {}).get(technology)
            if tier < now and theirs is not None and theirs < worst.get(call, -1):
                yield Blocking(technology, call)


def _tiers(order: Tiers) -> dict[str, int]:
    return {name: number for number, tier in enumerate(order) for name in tier}


def _worst_held(
    placed: Mapping[str, str], tiers: Mapping[str, Mapping[str, int]], seats: Mapping[str, int]
) -> dict[str, int]:
    """By call the tier that a newcomer has to beat: beyond all while a seat is free."""
    held: dict[str, list[int]] = {call: [] for call in seats}
    for technology, call in placed.items():
        held[call].append(tiers[call][technology])
    return {
        call: (max(kept, default=-1) if len(kept) >= seats[call] else len(tiers.get(call, {})) + 1)
        for call, kept in held.items()
    }


def _ties_drawn(placed: Mapping[str, str], ranks: Mapping[str, Tiers]) -> int:
    """Technologies that hold a place for which the call was just as ready to take somebody who did not get it."""
    drawn = 0
    for call, order in ranks.items():
        for tier in order:
            got = [name for name in tier if placed.get(name) == call]
            drawn += len(got) if got and any(name not in placed for name in tier) else 0
    return drawn
