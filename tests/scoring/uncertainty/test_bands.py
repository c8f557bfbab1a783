import numpy as np
import pytest

from scoring.scorecard.card import CategoricalAxis
from scoring.uncertainty import jackknife_spread, score_bands


def sigmoid(log_odds):
    return 1 / (1 + np.exp(-log_odds))


def drawn(n, seed, truth=lambda score: score):
    rng = np.random.default_rng(seed)
    score = rng.normal(-1, 1.2, n)
    return score, (rng.random(n) < sigmoid(truth(score))).astype(int)


def interval(bands, score):
    step = np.searchsorted(bands.edges, score, side="left")
    return np.array(bands.low)[step], np.array(bands.high)[step]


def coverage(truth, n, *, repeats, **given):
    covered = []
    for seed in range(repeats):
        score, y = drawn(n, seed, truth)
        low, high = interval(score_bands(score, y, **given), score)
        p = sigmoid(truth(score))
        covered.append(np.mean((low <= p) & (p <= high)))
    return float(np.mean(covered))


@pytest.mark.parametrize("n", [500, 3000])
@pytest.mark.parametrize(
    "truth",
    [lambda s: s, lambda s: 0.6 * s, lambda s: np.where(s > 0, 0.5 * s, 1.5 * s)],
    ids=["calibrated", "overconfident", "kinked"],
)
def test_the_rate_among_rows_that_score_alike_is_covered(truth, n):
    assert 0.86 <= coverage(truth, n, repeats=20) <= 0.98


def test_spread_widens_the_interval_to_hold_single_rows():
    rng = np.random.default_rng(0)
    score = rng.normal(-1, 1, 4000)
    truth = score + rng.normal(0, 0.5, 4000)
    y = (rng.random(4000) < sigmoid(truth)).astype(int)
    low, high = interval(score_bands(score, y, spread=np.full(4000, 0.5)), score)
    assert 0.88 <= np.mean((low <= sigmoid(truth)) & (sigmoid(truth) <= high)) <= 0.96
    narrow_low, narrow_high = interval(score_bands(score, y), score)
    assert np.mean((narrow_low <= sigmoid(truth)) & (sigmoid(truth) <= narrow_high)) < 0.6


def test_the_sample_size_chooses_the_method():
    assert score_bands(*drawn(300, 0)).method == "logistic"
    assert score_bands(*drawn(3000, 0)).method == "venn-abers"


@pytest.mark.parametrize("n", [1, 2, 30, 5000])
def test_the_table_is_well_formed_whatever_the_size(n):
    bands = score_bands(*drawn(n, 1))
    assert len(bands.edges) + 1 == len(bands.low) == len(bands.high) <= 60
    assert all(np.diff(bands.edges) > 0)
    assert all(0 <= low <= high <= 1 for low, high in zip(bands.low, bands.high, strict=True))
    assert all(np.diff(bands.low) >= 0)
    assert all(np.diff(bands.high) >= 0)


def test_one_outcome_alone_gives_a_wide_but_finite_answer():
    bands = score_bands(np.zeros(20), np.zeros(20))
    assert 0 < bands.low[0] < bands.high[0] < 0.5


def test_uneven_weights_widen():
    score, y = drawn(600, 2)
    uneven = np.where(np.arange(600) % 4 == 0, 20.0, 1.0)
    even, skewed = (score_bands(score, y, sample_weight=weight) for weight in (None, uneven))
    widths = [np.subtract(*interval(bands, score)[::-1]).mean() for bands in (even, skewed)]
    assert even.method == skewed.method
    assert widths[1] > 1.3 * widths[0]


def test_a_common_factor_of_the_weights_changes_nothing():
    score, y = drawn(800, 2)
    assert score_bands(score, y) == score_bands(score, y, sample_weight=np.full(800, 7.0))


def test_a_segment_large_enough_has_its_own_table():
    score, y = drawn(3000, 3)
    cells = np.where(np.arange(3000) < 2900, 0, 1)
    bands = score_bands(score, y, segment=CategoricalAxis("sector", ("water", "air")), cells=cells)
    assert [table is not None for table in bands.by_segment] == [True, False, False, False]


@pytest.mark.parametrize(
    ("score", "y", "given"),
    [
        ([], [], {}),
        ([0.1, 0.2], [0], {}),
        ([np.nan], [0], {}),
        ([0.1], [2], {}),
        ([0.1], [1], {"sample_weight": [0]}),
        ([0.1], [1], {"sample_weight": [-1]}),
        ([0.1], [1], {"spread": [np.inf]}),
    ],
)
def test_what_cannot_be_learned_from_is_refused(score, y, given):
    with pytest.raises(ValueError, match="score_bands needs"):
        score_bands(score, y, **given)


def test_the_jackknife_gives_the_standard_error_of_a_mean():
    rng = np.random.default_rng(0)
    data = rng.normal(size=(20, 50))
    without = np.array([np.delete(data, k, axis=0).mean(axis=0) for k in range(20)])
    np.testing.assert_allclose(jackknife_spread(without), data.std(axis=0, ddof=1) / np.sqrt(20))
