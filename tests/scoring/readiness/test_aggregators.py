from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring import Refusal
from scoring.readiness import assess
from scoring.readiness.aggregators import (
    ArlTable,
    ForgivingMinimum,
    LevelRating,
    OrderStatistic,
    SoftMinimum,
    merge,
    minimum_of,
    ratings_of,
)
from scoring.readiness.compare import AGGREGATORS, compare_aggregators
from scoring.readiness.matrix import MaturityMatrix
from tests.scoring.readiness.making import TODAY, rating, technology

EVERY = pytest.mark.parametrize("aggregator", AGGREGATORS, ids=lambda aggregator: aggregator.name)


def rated(*levels, **fields):
    """Ratings of dimensions a, b, …, each by a rater of its own; a pair is an interval."""
    ends = [level if isinstance(level, tuple) else (level, level) for level in levels]
    names = [chr(97 + i) for i in range(len(ends))]
    return [LevelRating(dimension=d, low=a, high=b, rater=d, **fields) for d, (a, b) in zip(names, ends, strict=True)]


LEVELS = st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)).map(sorted).map(tuple), min_size=1, max_size=8)


@EVERY
@settings(max_examples=25)
@given(levels=LEVELS)
def test_every_outcome_is_an_interval_on_its_scale(aggregator, levels):
    found = aggregator(rated(*levels))
    assert found.floor <= found.low <= found.level <= found.high <= found.top
    assert found.aggregator == aggregator.name
    if found.probabilities is not None:
        assert len(found.probabilities) == 9
        assert sum(found.probabilities) == pytest.approx(1)


@EVERY
@settings(max_examples=25)
@given(levels=LEVELS, random=st.randoms(use_true_random=False))
def test_the_order_of_ratings_does_not_matter(aggregator, levels, random):
    ratings = rated(*levels)
    shuffled = random.sample(ratings, len(ratings))
    first, second = aggregator(ratings), aggregator(shuffled)
    assert (first.low, first.level, first.high) == (second.low, second.level, second.high)


@pytest.mark.parametrize("aggregator", [a for a in AGGREGATORS if a.name != "arl-table"], ids=lambda a: a.name)
@settings(max_examples=25)
@given(levels=LEVELS, at=st.integers(0, 7))
def test_a_better_dimension_never_lowers_the_whole(aggregator, levels, at):
    """One rater's better rating of one dimension may lower the others': it makes the rater look lenient."""
    at %= len(levels)
    better = list(levels)
    better[at] = (min(9, levels[at][0] + 1), min(9, levels[at][1] + 1))
    before, after = aggregator(rated(*levels)), aggregator(rated(*better))
    assert before.low <= after.low
    assert before.level <= after.level
    assert before.high <= after.high


@EVERY
@pytest.mark.parametrize("level", range(1, 10))
def test_dimensions_that_agree_give_their_level_or_its_neighbour(aggregator, level):
    """Only the soft ones may move a step, and the table counts risks instead of levels."""
    found = aggregator(rated(*[level] * 4))
    if found.aggregator == "arl-table":
        assert found.level == {1: 3, 2: 7, 3: 9}[(level - 1) // 3 + 1]
    else:
        assert abs(found.level - level) <= (1 if found.probabilities else 0)


@pytest.mark.parametrize(
    ("aggregator", "level"),
    [
        (OrderStatistic("minimum", 1.0), 2),
        (ForgivingMinimum(1), 4),
        (ForgivingMinimum(9), 9),
        (OrderStatistic("critical-mass", 0.8), 4),
        (OrderStatistic("lower-median", 0.5), 6),
        (OrderStatistic("best-member", 1e-9), 9),
        (ArlTable(), 7),
    ],
)
def test_order_statistics_by_hand(aggregator, level):
    assert aggregator(rated(2, 4, 6, 8, 9)).level == level


def test_an_interval_gives_an_interval():
    found = OrderStatistic("minimum", 1.0)(rated((2, 5), (4, 9), 7))
    assert (found.low, found.level, found.high) == (2, 2, 5)


def test_the_numbering_of_levels_does_not_change_order_statistics():
    """What a mean cannot do: stretch the scale, and the same dimension still decides."""
    stretched = {1: 1, 2: 2, 3: 3, 4: 10, 5: 20, 6: 40, 7: 80, 8: 160, 9: 320}
    for levels in product(range(1, 10, 2), repeat=3):
        for aggregator in AGGREGATORS[:5]:
            plain = aggregator(rated(*levels)).level
            wide = aggregator(rated(*(stretched[level] for level in levels), top=320)).level
            assert wide == stretched[plain]


def test_raters_who_disagree_on_a_dimension_widen_it():
    said = [
        LevelRating(dimension="a", low=4, high=4, rater="Li"),
        LevelRating(dimension="a", low=7, high=7, rater="Ada"),
        LevelRating(dimension="b", low=8, high=8, rater="Li"),
    ]
    assert [(r.dimension, r.low, r.high) for r in merge(said)] == [("a", 4, 7), ("b", 8, 8)]
    found = OrderStatistic("minimum", 1.0)(said)
    assert (found.low, found.high) == (4, 7)


def test_the_soft_minimum_is_the_minimum_without_slips():
    for levels in product((2, 5, 8), repeat=3):
        found = SoftMinimum(slip=0)(rated(*levels))
        assert found.low == found.level == found.high == min(levels)


def test_the_lowest_of_independent_levels_by_hand():
    assert minimum_of([[0.5, 0.5], [0.2, 0.8]]) == pytest.approx([0.6, 0.4])


@EVERY
@pytest.mark.parametrize(
    ("ratings", "reason"),
    [
        ([], "no-ratings"),
        ([*rated(3), *rated(2, top=6)], "mixed-scales"),
        (rated((5, 4)), "invalid-rating"),
        (rated((0, 4)), "invalid-rating"),
    ],
)
def test_what_cannot_be_put_together_is_refused(aggregator, ratings, reason):
    found = aggregator(ratings)
    assert isinstance(found, Refusal)
    assert found.reason == reason
    assert found.missing
    assert found.message_zh


@pytest.mark.parametrize("share", [0, -1, 1.1])
def test_a_share_outside_its_range_is_an_error(share):
    with pytest.raises(ValueError, match="share"):
        OrderStatistic("x", share)


@pytest.mark.parametrize("slip", [-0.1, 1])
def test_a_slip_outside_its_range_is_an_error(slip):
    with pytest.raises(ValueError, match="slip"):
        SoftMinimum(slip)


def test_the_comparison_says_where_aggregators_disagree():
    found = compare_aggregators(rated(2, 8, 8, 8, 9, 9), [*AGGREGATORS, MaturityMatrix({("a", "b"): (6, 6)})])
    assert set(found.outcomes) == {a.name for a in AGGREGATORS} | {"maturity-matrix"}
    pairs = {frozenset((d.first, d.second)) for d in found.disagreements}
    assert frozenset(("minimum", "lower-median")) in pairs
    assert frozenset(("lower-median", "arl-table")) not in pairs, "both say 8"
    assert found.disagreements[0].disjoint
    assert "量表" in found.disagreements[0].text.zh


def test_outcomes_on_different_scales_are_compared_by_thirds():
    risks = rated(3, 3, 1, top=3)
    found = compare_aggregators(risks, [OrderStatistic("minimum", 1.0), ArlTable()])
    assert found.outcomes["minimum"].band == "low"
    assert found.outcomes["arl-table"].band == "high"
    (only,) = found.disagreements
    assert not only.disjoint


def test_aggregators_that_agree_leave_no_disagreement():
    assert compare_aggregators(rated(5, 5, 5), AGGREGATORS[:5]).disagreements == ()


def test_an_assessment_can_be_put_together_in_other_ways():
    said = tuple(rating(name, level) for name, level in (("crl", 3), ("brl", 6)))
    found = assess(technology(ratings={"kth-irl": said}), "kth-irl", as_of=TODAY)
    ratings = ratings_of(found)
    assert [(r.dimension, r.low, r.high) for r in ratings[:3]] == [
        ("kth-irl.crl", 1, 3),
        ("kth-irl.trl", 1, 9),
        ("kth-irl.brl", 1, 6),
    ]
    outcome = compare_aggregators(found).outcomes["minimum"]
    assert (outcome.low, outcome.high) == (1, 3)


def test_a_scale_that_does_not_decide_is_left_out():
    found = assess(technology(ratings={"neett-entry": (rating("lawful", value=True),)}), "neett-entry", as_of=TODAY)
    assert "neett-entry.route" not in {r.dimension for r in ratings_of(found)}
    assert len(ratings_of(found)) == 5
