import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from scoring.scorecard.card import Scorecard
from scoring.scorecard.estimator import ScorecardClassifier
from scoring.scorecard.file import from_bytes, to_bytes

QUICK = {"max_sweeps": 30, "repeats": 1, "random_state": 0}


@parametrize_with_checks(
    [ScorecardClassifier(max_sweeps=25, repeats=1), ScorecardClassifier(max_sweeps=6, repeats=1, pairs=1)]
)
def test_it_keeps_the_contract_of_scikit_learn(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def loans():
    """Rows with missing numbers, a rare category, an interaction and a known law."""
    rng = np.random.default_rng(1)
    n = 3000
    X = pd.DataFrame(
        {
            "trl": rng.integers(1, 10, n).astype(float),
            "cost": rng.lognormal(size=n),
            "medium": rng.choice(["air", "water", "soil"], n, p=[0.5, 0.49, 0.01]),
            "noise": rng.normal(size=n),
        }
    )
    log_odds = 2 - 0.4 * X["trl"] + (X["medium"] == "air") * np.where(X["trl"] > 5, 1.5, -1.5)
    y = (rng.random(n) < 1 / (1 + np.exp(-log_odds))).to_numpy().astype(int)
    X.loc[rng.random(n) < 0.2, "cost"] = np.nan
    X.loc[rng.random(n) < 0.1, "medium"] = None
    return X, y


@pytest.fixture(scope="module")
def fitted(loans):
    return ScorecardClassifier(pairs=2, monotonic={"trl": -1}, **QUICK).fit(*loans)


def test_contributions_add_up_to_the_score_with_missing_and_unseen_values(fitted, loans):
    X = loans[0].sample(20_000, replace=True, random_state=0).reset_index(drop=True)
    X.loc[::7, "medium"] = "never seen"
    X.loc[::11, "trl"] = np.nan
    parts = fitted.explain(X)
    assert parts.shape == (20_000, len(fitted.scorecard_.terms))
    assert np.abs(parts.sum(axis=1) + fitted.scorecard_.intercept - fitted.decision_function(X)).max() <= 1e-12


def test_the_saved_card_is_the_model(fitted, loans):
    card = from_bytes(to_bytes(fitted.scorecard_))
    assert isinstance(card, Scorecard)
    np.testing.assert_array_equal(card.score_table(loans[0]).probability, fitted.predict_proba(loans[0])[:, 1])
    assert len(to_bytes(card)) <= 50_000


def test_the_planted_pair_is_found_and_the_noise_is_not(fitted):
    assert ("trl", "medium") in fitted.pairs_
    assert not any("noise" in pair for pair in fitted.pairs_)


def test_a_constraint_holds_through_pairs(fitted, loans):
    X = loans[0].iloc[:50]
    lines = [fitted.decision_function(X.assign(trl=float(level))) for level in range(1, 10)]
    assert np.diff(lines, axis=0).max() <= 1e-12


def test_order_and_container_of_the_rows_do_not_matter(fitted, loans):
    X, y = loans
    order = np.random.default_rng(0).permutation(len(y))
    again = clone(fitted).fit(pl.from_pandas(X.iloc[order]), y[order])
    assert to_bytes(again.scorecard_) == to_bytes(fitted.scorecard_)


def test_a_weight_of_two_is_the_row_twice(loans):
    X, y = loans[0].iloc[:600], loans[1][:600]
    weight = np.arange(600) % 3
    weighted = ScorecardClassifier(**QUICK).fit(X, y, sample_weight=weight)
    repeated = ScorecardClassifier(**QUICK).fit(X.iloc[np.repeat(np.arange(600), weight)], np.repeat(y, weight))
    np.testing.assert_allclose(weighted.decision_function(X), repeated.decision_function(X), atol=1e-9)


def test_prior_moves_the_mean_probability_there(loans):
    X, y = loans
    balanced = np.concatenate([np.flatnonzero(y == 1)[:600], np.flatnonzero(y == 0)[:600]])
    prior = y.mean()
    clf = ScorecardClassifier(prior=prior, **QUICK).fit(X.iloc[balanced], y[balanced])
    assert clf.predict_proba(X)[:, 1].mean() == pytest.approx(prior, abs=0.03)


def test_calibration_weight_sets_the_level(loans):
    X, y = loans
    natural = np.arange(len(y)) < 1500
    kept = natural | (y == 1)
    clf = ScorecardClassifier(**QUICK).fit(X[kept], y[kept], calibration_weight=natural[kept])
    assert clf.predict_proba(X[natural])[:, 1].mean() == pytest.approx(y[natural].mean(), abs=0.02)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"monotonic": {"trll": 1}}, "'trll' is no feature"),
        ({"monotonic": {"medium": 1}}, "0 for a category"),
        ({"monotonic": [1]}, "1 values for 4 features"),
        ({"pairs": [("trl", "trl")]}, "two different features"),
        ({"pairs": -1}, "pairs"),
        ({"max_bins": 1}, "max_bins"),
    ],
)
def test_a_wrong_parameter_is_named(loans, parameters, message):
    with pytest.raises(ValueError, match=message):
        ScorecardClassifier(**parameters).fit(*loans)


def test_every_bad_cell_is_listed(loans):
    X, y = loans[0].iloc[:100].copy(), loans[1][:100]
    X["cost"] = X["cost"].astype(object)
    X.iloc[3, 1], X.iloc[5, 1] = np.inf, 1 + 2j
    with pytest.raises(ValueError, match=r"row 5, column 'cost'.*\n.*row 7, column 'cost'"):
        ScorecardClassifier(**QUICK).fit(X, y)
