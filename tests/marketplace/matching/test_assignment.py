import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.matching.assignment import Tiers, assign, blocking_pairs

TECHNOLOGIES, CALLS = ("a", "b", "c", "d"), ("x", "y", "z")
Lists = dict[str, list[list[str]]]


@st.composite
def lists(draw: st.DrawFn, owners: tuple[str, ...], names: tuple[str, ...], *, ties: bool) -> Lists:
    """Incomplete lists, with or without ties."""
    made: Lists = {}
    for owner in owners:
        order = draw(st.permutations(names))[: draw(st.integers(0, len(names)))]
        made[owner] = [[name] for name in order]
        if ties:
            cuts = [draw(st.booleans()) for _ in order]
            made[owner] = _tied(order, cuts)
    return made


def _tied(order: list[str], cuts: list[bool]) -> list[list[str]]:
    tiers: list[list[str]] = []
    for name, cut in zip(order, cuts, strict=True):
        if cut or not tiers:
            tiers.append([])
        tiers[-1].append(name)
    return tiers


SEATS = st.fixed_dictionaries({call: st.integers(0, 2) for call in CALLS})
STRICT = (lists(TECHNOLOGIES, CALLS, ties=False), lists(CALLS, TECHNOLOGIES, ties=False))
TIED = (lists(TECHNOLOGIES, CALLS, ties=True), lists(CALLS, TECHNOLOGIES, ties=True))


def stable_ones(wishes: Lists, ranks: Lists, seats: dict[str, int]) -> Iterator[dict[str, str]]:
    """All of them, by trying everything."""
    choices = [["", *(name for tier in wishes[name_] for name in tier)] for name_ in TECHNOLOGIES]
    acceptable = {call: {name for tier in tiers for name in tier} for call, tiers in ranks.items()}
    for chosen in itertools.product(*choices):
        placed = {name: call for name, call in zip(TECHNOLOGIES, chosen, strict=True) if call}
        full = any(list(placed.values()).count(call) > seats[call] for call in CALLS)
        if full or any(name not in acceptable[call] for name, call in placed.items()):
            continue
        if not list(blocking_pairs(placed, wishes, ranks, seats)):
            yield placed


def place(tiers: Tiers, name: str | None) -> int:
    return next((number for number, tier in enumerate(tiers) if name in tier), len(tiers))


@given(*TIED, SEATS, st.sampled_from(["technologies", "calls"]), st.text(max_size=3))
@settings(max_examples=200, deadline=None)
def test_nobody_would_rather_have_somebody_who_would_rather_have_them(
    wishes: Lists, ranks: Lists, seats: dict[str, int], proposing: str, draw: str
) -> None:
    found = assign(wishes, ranks, seats, proposing=proposing, draw=draw)  # type: ignore[arg-type]
    assert found.blocking == ()
    assert all(list(found.placed.values()).count(call) == seats[call] - found.free_seats[call] >= 0 for call in CALLS)
    for name, call in found.placed.items():
        assert place(wishes[name], call) < len(wishes[name])
        assert place(ranks[call], name) < len(ranks[call])
    assert set(found.placed) | set(found.unplaced) == set(TECHNOLOGIES)


@given(*STRICT, SEATS)
@settings(max_examples=100, deadline=None)
def test_the_proposing_side_gets_the_best_of_all_stable_assignments(
    wishes: Lists, ranks: Lists, seats: dict[str, int]
) -> None:
    ours, theirs = assign(wishes, ranks, seats), assign(wishes, ranks, seats, proposing="calls")
    for other in stable_ones(wishes, ranks, seats):
        assert set(other) == set(ours.placed) == set(theirs.placed)  # the same ones have a place in all of them
        for name in other:
            best, worst = (place(wishes[name], found.placed[name]) for found in (ours, theirs))
            assert best <= place(wishes[name], other[name]) <= worst


@given(*STRICT, SEATS, st.sampled_from(TECHNOLOGIES), st.permutations(CALLS), st.integers(0, 3))
@settings(max_examples=200, deadline=None)
def test_no_technology_gains_by_wishing_for_what_it_does_not_want(
    wishes: Lists, ranks: Lists, seats: dict[str, int], liar: str, said: list[str], length: int
) -> None:
    honest = assign(wishes, ranks, seats).placed.get(liar)
    lied = assign({**wishes, liar: [[call] for call in said[:length]]}, ranks, seats).placed.get(liar)
    assert place(wishes[liar], honest) <= place(wishes[liar], lied)


def test_a_call_can_gain_by_lying_which_is_why_rankings_come_from_reviews() -> None:
    wishes = {"a": [["x"], ["y"]], "b": [["y"], ["x"]], "c": [["x"], ["y"]]}
    ranks = {"x": [["b"], ["a"], ["c"]], "y": [["a"], ["b"], ["c"]]}
    seats = {"x": 1, "y": 1}
    assert assign(wishes, ranks, seats).placed == {"a": "x", "b": "y"}
    lied = ranks | {"x": [["b"], ["c"], ["a"]]}
    assert assign(wishes, lied, seats).placed == {"a": "y", "b": "x"}  # x now has the one it wants most


def test_ties_fall_by_a_draw_that_everybody_can_repeat() -> None:
    wishes = {name: [["x"]] for name in TECHNOLOGIES}
    ranks = {"x": [list(TECHNOLOGIES)]}
    results = {draw: assign(wishes, ranks, {"x": 1}, draw=draw) for draw in map(str, range(40))}
    assert {next(iter(found.placed)) for found in results.values()} == set(TECHNOLOGIES)
    assert all(found.ties_drawn == 1 for found in results.values())
    assert results["3"] == assign(wishes, {"x": [list(reversed(TECHNOLOGIES))]}, {"x": 1}, draw="3")


def test_a_list_that_names_somebody_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        assign({"a": [["x"], ["x"]]}, {"x": [["a"]]}, {"x": 1})
