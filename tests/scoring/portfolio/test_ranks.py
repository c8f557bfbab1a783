"""Rank intervals against counted draws, and the honesty of ties."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scoring

Z90 = 1.6448536269514722


def scores(seed, count):
    rng = np.random.default_rng(seed)
    value, spread = rng.normal(0, 1, count), rng.uniform(0.02, 0.6, count)
    low, high = value - Z90 * 0.7 * spread, value + Z90 * 1.2 * spread
    exact = rng.random(count) < 0.1
    low[exact] = high[exact] = value[exact]
    return value, low, high


def drawn(value, low, high, count, seed=0):
    z = np.random.default_rng(seed).standard_normal((count, len(value)))
    return value + np.where(z < 0, value - low, high - value) / Z90 * z


@pytest.mark.parametrize("count", [2, 5, 20, 150])
def test_probabilities_agree_with_counted_draws(count):
    value, low, high = scores(count, count)
    ids = [str(i) for i in range(count)]
    law = scoring.rank_intervals(ids, value, low, high, top=(1, 3, 10))
    counted = scoring.rank_intervals(ids, draws=drawn(value, low, high, 10_000), top=(1, 3, 10))
    for ours, seen in zip(law, counted, strict=True):
        for (_, p), (_, q) in zip(ours.top, seen.top, strict=True):
            assert p == pytest.approx(q, abs=0.02)
        # A rank interval moves by whole ranks where the law is flat there.
        assert abs(ours.median - seen.median) <= 1 + count // 50
        assert abs(ours.low - seen.low) <= 1 + count // 50
        assert abs(ours.high - seen.high) <= 1 + count // 50


def test_thousands_of_items_keep_their_coverage():
    value, low, high = scores(7, 3000)
    ids = [str(i) for i in range(3000)]
    law = scoring.rank_intervals(ids, value, low, high, level=0.8)
    ranks = np.argsort(np.argsort(-drawn(value, low, high, 300, seed=5), axis=1), axis=1) + 1
    inside = [(ranks[:, i] >= r.low).mean() - (ranks[:, i] > r.high).mean() for i, r in enumerate(law)]
    assert np.mean(inside) == pytest.approx(0.8, abs=0.03)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 40))
def test_intervals_are_ranks_in_order_and_chances_are_shared_out(seed, count):
    value, low, high = scores(seed, count)
    result = scoring.rank_intervals(
        [str(i) for i in range(count)], value, low, high, top=tuple(sorted({1, min(2, count), count}))
    )
    for item in result:
        assert 1 <= item.low <= item.median <= item.high <= count
        chances = [p for _, p in item.top]
        assert all(after >= before - 1e-12 for before, after in pairwise(chances))
        assert chances[-1] == pytest.approx(1.0, abs=1e-9)
    assert sum(item.top[0][1] for item in result) == pytest.approx(1.0, abs=0.02)


def test_exact_scores_have_exact_ranks():
    result = scoring.rank_intervals(["a", "b", "c"], [3.0, 1.0, 2.0], [3.0, 1.0, 2.0], [3.0, 1.0, 2.0], top=(1,))
    assert [(r.low, r.median, r.high, r.tier) for r in result] == [(1, 1, 1, 1), (3, 3, 3, 3), (2, 2, 2, 2)]
    assert [r.top[0][1] for r in result] == [1.0, 0.0, 0.0]


def test_equal_scores_are_one_tier_and_share_their_ranks():
    for extra in ({"value": [5.0, 5.0, 1.0], "low": [5.0, 5.0, 1.0], "high": [5.0, 5.0, 1.0]}, {"draws": [[5, 5, 1]]}):
        result = scoring.rank_intervals(["a", "b", "c"], **extra, top=(1,))
        assert [r.tier for r in result] == [1, 1, 2]
        assert [(r.low, r.high, r.top[0][1]) for r in result] == [(1, 2, 0.5), (1, 2, 0.5), (3, 3, 0.0)]


def test_overlapping_items_are_a_tie_and_distant_ones_are_not():
    value = np.array([10.0, 9.9, 9.8, 5.0, 4.9])
    result = scoring.rank_intervals(list("abcde"), value, value - 0.5, value + 0.5)
    assert [r.tier for r in result] == [1, 1, 1, 2, 2]


def test_dependence_in_the_draws_is_kept():
    """Two scores that move together never change places, however uncertain each is."""
    common = np.random.default_rng(0).normal(0, 10, 500)
    result = scoring.rank_intervals(["a", "b"], draws=np.column_stack([common + 1, common]), top=(1,))
    assert [(r.low, r.high, r.top[0][1]) for r in result] == [(1, 1, 1.0), (2, 2, 0.0)]


def test_the_same_answer_every_time():
    value, low, high = scores(1, 50)
    ids = [str(i) for i in range(50)]
    assert scoring.rank_intervals(ids, value, low, high) == scoring.rank_intervals(ids, value, low, high)


def test_every_bad_input_is_named_at_once():
    with pytest.raises(scoring.InputError) as caught:
        scoring.rank_intervals(["a", "a"], [1.0, np.nan], [2.0, 0.0], [3.0], level=2, top=(0,))
    places = {error.column for error in caught.value.errors}
    assert {"ids", "level", "top", "high", "value[a]", "interval[a]"} <= places
    with pytest.raises(scoring.InputError, match="shape"):
        scoring.rank_intervals(["a"], draws=[[1, 2]])
    with pytest.raises(scoring.InputError, match="value"):
        scoring.rank_intervals(["a"])
