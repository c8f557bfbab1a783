from fractions import Fraction
from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring import Refusal
from scoring.readiness.aggregators import LevelRating
from scoring.readiness.matrix import MaturityMatrix, system_maturity

LEVEL = st.integers(1, 9)


def test_a_chain_of_three_by_hand():
    """Three parts at 9, 6 and 6, the first link at 1 and the second at 7, and IRL 9 of each part with itself."""
    found = system_maturity([9, 6, 6], {(0, 1): 1, (1, 2): 7})
    first = Fraction(9 * 9 + 1 * 6, 2 * 81)
    middle = Fraction(9 * 6 + 1 * 9 + 7 * 6, 3 * 81)
    last = Fraction(9 * 6 + 7 * 6, 2 * 81)
    assert found.parts == pytest.approx((first, middle, last))
    assert found.index == pytest.approx((first + middle + last) / 3)


@pytest.mark.parametrize(
    ("level", "index", "lowest", "highest"),
    [
        (9, 1.000, 0.914, 1.000),
        (8, 0.828, 0.750, 0.913),
        (7, 0.672, 0.601, 0.749),
        (6, 0.530, 0.467, 0.600),
        (5, 0.404, 0.349, 0.466),
        (4, 0.293, 0.245, 0.348),
        (3, 0.197, 0.157, 0.244),
        (2, 0.116, 0.084, 0.156),
        (1, 0.051, 0.000, 0.083),
    ],
)
def test_levels_of_an_index_follow_the_published_table(level, index, lowest, highest):
    """Austin and York's table is for a system of their own links; a chain of six comes within 0.001 of it."""
    chain = {(i, i + 1): level for i in range(5)}
    found = system_maturity([level] * 6, chain)
    assert found.index == pytest.approx(index, abs=0.0011)
    assert found.level == level
    assert lowest <= found.index <= highest


@settings(max_examples=60)
@given(LEVEL, st.integers(1, 6), st.data())
def test_a_uniform_system_has_the_level_of_its_parts_whatever_its_links(level, size, data):
    pairs = list(combinations(range(size), 2))
    links = dict.fromkeys(data.draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else [], level)
    found = system_maturity([level] * size, links)
    assert found.level == found.minimum == level


@settings(max_examples=60)
@given(st.lists(LEVEL, min_size=3, max_size=3), st.lists(LEVEL, min_size=2, max_size=2), st.integers(0, 4))
def test_a_better_part_or_link_never_lowers_the_system(levels, integration, at):
    everything = [*levels, *integration]
    better = [min(9, value + (i == at)) for i, value in enumerate(everything)]

    def judged(values):
        return system_maturity(values[:3], {(0, 1): values[3], (1, 2): values[4]})

    before, after = judged(everything), judged(better)
    assert before.index <= after.index
    assert before.level <= after.level
    assert 0 < before.index <= 1


def test_the_sums_hide_a_weak_link_and_the_minimum_does_not():
    found = system_maturity([9, 9, 9], {(0, 1): 1, (1, 2): 9})
    assert found.minimum == 1
    assert found.level > found.minimum


def test_all_systems_of_two_parts_lie_between_their_extremes():
    for first, second, link in product(range(1, 10, 2), repeat=3):
        found = system_maturity([first, second], {(0, 1): link})
        assert min(first, second, link) <= found.level <= max(first, second, link)


def part(name, low, high=None, **fields):
    return LevelRating(dimension=name, low=low, high=high or low, **fields)


def test_as_an_aggregator_it_gives_an_interval():
    matrix = MaturityMatrix({("membrane", "control"): (3, 7)})
    found = matrix([part("membrane", 5, 8), part("control", 7)])
    worst = system_maturity([5, 7], {(0, 1): 3})
    best = system_maturity([8, 7], {(0, 1): 7})
    assert (found.low, found.level, found.high) == (worst.level, worst.level, best.level)


@pytest.mark.parametrize(
    ("ratings", "links", "reason"),
    [
        ([], {}, "no-ratings"),
        ([part("a", 3, top=6)], {}, "mixed-scales"),
        ([part("a", 3), part("b", 3)], {}, "no-links"),
        ([part("a", 3), part("b", 3)], {("a", "c"): (3, 3)}, "no-links"),
    ],
)
def test_what_the_matrix_cannot_do_is_refused(ratings, links, reason):
    found = MaturityMatrix(links)(ratings)
    assert isinstance(found, Refusal)
    assert found.reason == reason
