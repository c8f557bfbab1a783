import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_validate

from scoring.validation.splits import AsOfSplit

YEARS = ["2007-10-01", "2008-10-01", "2009-10-01", "2010-10-01"]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 2000), min_size=2, max_size=80), st.integers(0, 700))
def test_training_rows_are_known_before_any_test_row(days, embargo):
    dates = np.datetime64("2015-01-01") + np.array(days, dtype="timedelta64[D]")
    splitter = AsOfSplit(f"{embargo}D")
    if max(days) - min(days) < max(embargo, 1):
        with pytest.raises(ValueError, match="no two dates lie an embargo"):
            splitter.get_n_splits(dates, groups=dates)
        return
    splits = list(splitter.split(dates, groups=dates))
    assert 1 <= len(splits) == splitter.get_n_splits(dates, groups=dates) <= 5
    tested = np.concatenate([test for _, test in splits])
    assert len(tested) == len(np.unique(tested))
    for train, test in splits:
        assert len(train)
        gap = dates[test].min() - dates[train].max()
        assert gap >= np.timedelta64(max(embargo, 1), "D")


@pytest.mark.parametrize("embargo", ["730D", "24M", "2Y", "104W"])
def test_outcomes_watched_for_two_years_leave_two_of_four_autumns(embargo):
    X = pd.DataFrame({"asof": YEARS, "x": range(4)})
    splits = [(train.tolist(), test.tolist()) for train, test in AsOfSplit(embargo, as_of="asof").split(X)]
    assert splits == [([0], [2]), ([0, 1], [3])]


@pytest.mark.parametrize("table", [pd.DataFrame, pl.DataFrame])
def test_dates_come_from_a_column_or_as_groups(table):
    days = pd.to_datetime(YEARS)
    by_column = list(AsOfSplit("1Y", as_of="asof").split(table({"asof": days, "x": range(4)})))
    by_groups = list(AsOfSplit("1Y").split(np.zeros((4, 1)), groups=np.array(days)))
    for one, other in zip(by_column, by_groups, strict=True):
        np.testing.assert_array_equal(one[0], other[0])
        np.testing.assert_array_equal(one[1], other[1])


def test_years_as_numbers_have_an_embargo_in_years():
    years = np.array([2001, 2002, 2003, 2004])
    splits = [(train.tolist(), test.tolist()) for train, test in AsOfSplit(2).split(years, groups=years)]
    assert splits == [([0], [2]), ([0, 1], [3])]


def test_whoever_is_tested_is_not_trained_on():
    X = pd.DataFrame({"asof": YEARS * 2, "firm": list("aaaabcde")})
    for train, test in AsOfSplit("0D", n_splits=2, as_of="asof", group="firm").split(X):
        assert not set(X.firm[train]) & set(X.firm[test])
    same = AsOfSplit("0D", as_of="asof").split(X, groups=["a"] * 8)
    with pytest.raises(ValueError, match="every group trained on is tested"):
        list(same)


def test_the_month_before_a_leap_day_ends_on_the_28th():
    dates = np.array(["2023-02-28", "2024-02-29"])
    assert AsOfSplit("1Y").get_n_splits(dates, groups=dates) == 1
    assert AsOfSplit("366D").get_n_splits(dates, groups=dates) == 1
    with pytest.raises(ValueError, match="no two dates"):
        AsOfSplit("367D").get_n_splits(dates, groups=dates)


@pytest.mark.parametrize(
    ("splitter", "X", "groups", "message"),
    [
        (AsOfSplit("730D", n_splits=3), None, YEARS, "asked for 3 splits, but only 2"),
        (AsOfSplit("9Y"), None, YEARS, "no two dates lie an embargo of 9Y apart"),
        (AsOfSplit("two years"), None, YEARS, "is not like '730D'"),
        (AsOfSplit("2Y"), None, [2001, 2002], "give the embargo in their unit"),
        (AsOfSplit(), None, None, "needs the dates"),
        (AsOfSplit(), None, ["2001-01-01", None], "1 dates are missing"),
        (AsOfSplit(), None, ["2001-01-01", "soon"], "not all dates"),
        (AsOfSplit(as_of="when"), pd.DataFrame({"x": [1]}), None, "no column 'when'"),
    ],
)
def test_what_cannot_be_split_says_why(splitter, X, groups, message):
    with pytest.raises(ValueError, match=message):
        list(splitter.split(np.zeros(4) if X is None else X, groups=groups))


@pytest.mark.parametrize("routing", [False, True])
def test_scikit_learn_takes_it_for_a_splitter(routing):
    rng = np.random.default_rng(0)
    X, dates = rng.normal(size=(200, 2)), np.repeat(YEARS, 50)
    y = rng.integers(0, 2, 200)
    with sklearn.config_context(enable_metadata_routing=routing):
        groups = {"params": {"groups": dates}} if routing else {"groups": dates}
        if not routing:
            groups = {"params": None, "groups": dates}
            search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1]}, cv=AsOfSplit("24M")).fit(X, y, groups=dates)
            assert search.n_splits_ == 2
        scores = cross_validate(LogisticRegression(), X, y, cv=AsOfSplit("24M"), **groups)
    assert len(scores["test_score"]) == 2
