import numpy as np
import pandas as pd
import polars as pl
import pytest

from scoring.uncertainty import ConformalSets
from scoring.validation.drift import calibration_drift, covariate_drift, coverage_drift, population_shift


def sigmoid(log_odds):
    return 1 / (1 + np.exp(-log_odds))


def drawn(n, seed, level=0.0, slope=1.0):
    rng = np.random.default_rng(seed)
    score = rng.normal(-1, 1.2, n)
    return sigmoid(score), (rng.random(n) < sigmoid(level + slope * score)).astype(int)


@pytest.mark.parametrize("sizes", [(300, 150), (5000, 400)])
@pytest.mark.parametrize("kind", ["numbers", "counts", "texts"])
def test_no_change_is_reported_as_often_as_said(sizes, kind):
    draw = {
        "numbers": lambda rng, n: rng.normal(size=n),
        "counts": lambda rng, n: rng.poisson(1.0, n).astype(float),
        "texts": lambda rng, n: np.array(list("abcdef"), dtype=object)[np.minimum(rng.geometric(0.4, n) - 1, 5)],
    }[kind]
    p_values = [
        population_shift(
            draw(np.random.default_rng(seed), sizes[0]), draw(np.random.default_rng(9999 + seed), sizes[1])
        ).p_value
        for seed in range(150)
    ]
    assert 0.01 <= np.mean(np.array(p_values) < 0.05) <= 0.1


def test_the_same_index_is_chance_in_a_small_sample_and_drift_in_a_large_one():
    rng = np.random.default_rng(1)
    small = population_shift(rng.normal(size=60), rng.normal(size=60))
    large = population_shift(rng.normal(size=50_000), rng.normal(0.1, size=50_000))
    assert small.psi > 0.1 > large.psi
    assert not small.significant
    assert large.significant
    assert large.size == "small"
    assert (small.psi > small.critical) == small.significant
    assert (large.psi > large.critical) == large.significant


@pytest.mark.parametrize("table", [pd.DataFrame, pl.DataFrame])
def test_the_feature_that_moved_is_named_first_and_alone(table):
    rng = np.random.default_rng(0)

    def made(n, moved):
        columns = {f"x{i}": rng.normal(size=n) for i in range(20)}
        return table(
            columns
            | {"sector": rng.choice(["water", "air", moved], n), "gaps": np.where(rng.random(n) < 0.2, np.nan, 1.0)}
        )

    report = covariate_drift(made(2000, "soil"), made(1000, "waste"))
    assert [shift.what for shift in report if shift.significant] == ["sector"]
    assert report[0].what == "sector"


def test_tables_of_different_columns_are_not_compared():
    with pytest.raises(ValueError, match="differ in columns"):
        covariate_drift(pd.DataFrame({"a": [1]}), pd.DataFrame({"b": [1]}))


@pytest.mark.parametrize("with_reference", [False, True])
def test_loss_of_calibration_is_found_and_its_absence_is_not(with_reference):
    reference = drawn(5000, 1) if with_reference else None
    kept = [calibration_drift(*drawn(500, 2000 + seed), reference=reference).lost for seed in range(200)]
    lost = [calibration_drift(*drawn(500, 2000 + seed, 0.4, 0.8), reference=reference).lost for seed in range(50)]
    assert np.mean(kept) <= 0.1
    assert np.mean(lost) >= 0.8


def test_a_card_is_compared_with_itself_where_a_reference_is_given():
    """Overconfident from the start and no more so now: no drift."""
    then, now = drawn(20_000, 1, slope=0.7), drawn(20_000, 2, slope=0.7)
    assert calibration_drift(*now).lost
    assert not calibration_drift(*now, reference=then).lost


def test_sets_that_no_longer_hold_are_found():
    p, y = drawn(5000, 0)
    sets = ConformalSets.fit(p, y, by_outcome=False)
    kept = [coverage_drift(sets, *drawn(1000, 100 + seed)).lost for seed in range(200)]
    moved = [coverage_drift(sets, *drawn(1000, 100 + seed, 0.4, 0.8)).lost for seed in range(50)]
    assert np.mean(kept) <= 0.1
    assert np.mean(moved) >= 0.8


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(ValueError, match="at least one row"):
        population_shift([], [1.0])
    with pytest.raises(ValueError, match="outcomes that are 0 or 1"):
        calibration_drift([0.5], [2])
