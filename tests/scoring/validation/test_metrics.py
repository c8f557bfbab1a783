import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, cohen_kappa_score, roc_auc_score, roc_curve

from scoring.validation import metrics

scored = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 10)), min_size=4, max_size=60).filter(
    lambda rows: len({label for label, _ in rows}) == 2
)


@settings(deadline=None, max_examples=50)
@given(scored)
def test_figures_are_those_of_scikit_learn(rows):
    y, score = np.array(rows).T
    probability = score / 10
    assert metrics.auc(y, score) == pytest.approx(roc_auc_score(y, score))
    assert metrics.brier(y, probability) == pytest.approx(brier_score_loss(y, probability))
    fpr, tpr, _ = roc_curve(y, score)
    assert metrics.ks(y, score) == pytest.approx(np.abs(tpr - fpr).max())


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=40))
def test_the_weighted_kappa_is_scikit_learns(rows):
    truth, guess = np.array(rows).T
    if len({*truth.tolist(), *guess.tolist()}) == 1:
        with pytest.raises(ValueError, match="more than one level"):
            metrics.quadratic_weighted_kappa(truth, guess)
        return
    expected = cohen_kappa_score(truth, guess, weights="quadratic", labels=range(4))
    assert metrics.quadratic_weighted_kappa(truth, guess) == pytest.approx(expected)


def test_delongs_variance_is_that_of_the_definition():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 80)
    score = np.round(rng.normal(size=80) + y, 1)
    positive, negative = score[y == 1], score[y == 0]
    wins = (positive[:, None] > negative) + 0.5 * (positive[:, None] == negative)
    variance = wins.mean(axis=1).var(ddof=1) / len(positive) + wins.mean(axis=0).var(ddof=1) / len(negative)
    estimate = metrics.auc_interval(y, score)
    half = 1.959964 * np.sqrt(variance) / (estimate.value * (1 - estimate.value))
    logit = np.log(estimate.value / (1 - estimate.value))
    assert estimate.value == pytest.approx(wins.mean())
    assert (estimate.low, estimate.high) == pytest.approx(tuple(1 / (1 + np.exp(-(logit + half * np.array([-1, 1]))))))


def simulated(seed, n=150):
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 3 == 0
    return y.astype(int), rng.normal(size=n) + y


def test_intervals_of_the_auc_hold_its_true_value():
    truth = 0.7602  # P(N(1, 1) > N(0, 1))
    held = [
        estimate.low <= truth <= estimate.high for estimate in (metrics.auc_interval(*simulated(s)) for s in range(400))
    ]
    assert 0.92 <= np.mean(held) <= 0.98


def test_the_difference_of_two_aucs():
    y, score = simulated(0, 600)
    worse = score + np.random.default_rng(1).normal(0, 2, 600)
    estimate = metrics.auc_difference(y, score, worse)
    assert estimate.value == pytest.approx(metrics.auc(y, score) - metrics.auc(y, worse))
    assert 0 < estimate.low < estimate.value < estimate.high
    assert metrics.auc_difference(y, score, score).high == 0


def test_the_calibration_slope_finds_what_was_done_to_the_log_odds():
    rng = np.random.default_rng(0)
    log_odds = rng.normal(-1, 1, 100_000)
    y = rng.random(100_000) < 1 / (1 + np.exp(-(0.3 + 0.7 * log_odds)))
    assert metrics.calibration_slope(y, 1 / (1 + np.exp(-log_odds))) == pytest.approx((0.7, 0.3), abs=0.03)


def test_the_calibration_error_by_hand():
    assert metrics.calibration_error([0, 1, 1, 1], [0.05, 0.05, 0.95, 0.95]) == pytest.approx(0.25)
    assert metrics.calibration_error([0, 1], [0.2, 0.8], bins=2, equal_counts=True) == pytest.approx(0.2)


def test_the_bootstrap_draws_groups_whole():
    y, score = simulated(0, 60)
    twenty = np.repeat(np.arange(60), 20)
    alone = metrics.bootstrap(metrics.auc, y, score, n_resamples=200)
    fooled = metrics.bootstrap(metrics.auc, y[twenty], score[twenty], n_resamples=200)
    grouped = metrics.bootstrap(metrics.auc, y[twenty], score[twenty], groups=twenty, n_resamples=200)
    assert alone.low < alone.value < alone.high
    assert fooled.high - fooled.low < 0.4 * (alone.high - alone.low)
    assert grouped.high - grouped.low == pytest.approx(alone.high - alone.low, rel=0.3)


@pytest.mark.parametrize(("y", "score"), [([0, 0], [0.1, 0.2]), ([0, 1], [0.1]), ([], []), ([0, 1], [0.1, np.nan])])
def test_what_has_no_auc_is_refused(y, score):
    with pytest.raises(ValueError, match=r"AUC needs|expected"):
        metrics.auc(y, score)
