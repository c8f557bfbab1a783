import numpy as np
import pytest

from scoring.uncertainty import ConformalSets

SEGMENTS = np.array(["water", "air", "soil"])


def drawn(n, seed, rate=-1.0):
    """Scores that are wrong in a way of its own in every segment."""
    rng = np.random.default_rng(seed)
    segment = rng.choice(3, n, p=[0.6, 0.3, 0.1])
    log_odds = rng.normal(rate, 1.5, n)
    y = (rng.random(n) < 1 / (1 + np.exp(-(log_odds * np.array([1, 0.4, 1.8])[segment])))).astype(int)
    return 1 / (1 + np.exp(-log_odds)), y, SEGMENTS[segment]


@pytest.mark.parametrize("by_outcome", [False, True])
@pytest.mark.parametrize("rate", [-1.0, -3.0])
def test_every_segment_is_covered_as_promised(by_outcome, rate):
    whole, parts = [], []
    for seed in range(40):
        p, y, segment = drawn(4000, seed, rate)
        sets = ConformalSets.fit(p[:2000], y[:2000], segment[:2000], by_outcome=by_outcome)
        held = sets.contains(p[2000:], segment[2000:])[np.arange(2000), y[2000:]]
        whole.append(held.mean())
        parts.append([held[segment[2000:] == name].mean() for name in SEGMENTS])
    assert 0.89 <= np.mean(whole) <= 0.91
    assert np.mean(parts, axis=0).min() >= 0.87


def test_either_outcome_is_covered_apart():
    covered = []
    for seed in range(40):
        p, y, _ = drawn(4000, seed, -3.0)
        sets = ConformalSets.fit(p[:2000], y[:2000])
        held = sets.contains(p[2000:])[np.arange(2000), y[2000:]]
        covered.append([held[y[2000:] == outcome].mean() for outcome in (0, 1)])
    assert np.mean(covered, axis=0) == pytest.approx(0.9, abs=0.015)


def test_without_segments_some_segment_is_let_down():
    """What the segments are for: a marginal promise is kept by the large ones at the cost of the others."""
    p, y, segment = drawn(60_000, 0)
    sets = ConformalSets.fit(p[:30_000], y[:30_000], by_outcome=False)
    held = sets.contains(p[30_000:])[np.arange(30_000), y[30_000:]]
    assert min(held[segment[30_000:] == name].mean() for name in SEGMENTS) < 0.87


def test_too_few_rows_rule_nothing_out():
    sets = ConformalSets.fit([0.1, 0.9], [0, 1])
    assert sets.contains([0.0, 1.0]).all()


def test_an_unknown_segment_is_treated_with_the_most_care():
    p, y, segment = drawn(3000, 0)
    sets = ConformalSets.fit(p, y, segment)
    new = sets.contains(p, np.full(3000, "noise"))
    assert all((new >= sets.contains(p, np.full(3000, name))).all() for name in SEGMENTS)


@pytest.mark.parametrize(("p", "y"), [([], []), ([0.5], [0, 1]), ([1.5], [0]), ([np.nan], [0]), ([0.5], [2])])
def test_bad_input_is_refused(p, y):
    with pytest.raises(ValueError, match="expected"):
        ConformalSets.fit(p, y)
