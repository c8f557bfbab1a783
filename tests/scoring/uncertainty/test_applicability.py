import numpy as np
import pytest

from scoring.scorecard.card import CategoricalAxis, NumericAxis
from scoring.uncertainty import applicability, unusual_features

AXES = [
    NumericAxis("trl", (2.5, 4.5, 6.5)),
    CategoricalAxis("sector", ("water", "air", "soil")),
    NumericAxis("revenue", tuple(np.linspace(-2, 2, 20))),
]


def cells(n, seed):
    rng = np.random.default_rng(seed)
    revenue = rng.normal(size=n)
    columns = [rng.integers(0, 4, n), rng.choice(3, n, p=[0.7, 0.25, 0.05]), np.searchsorted(AXES[2].edges, revenue)]
    return np.column_stack(columns), revenue


def flagged(rule, rows):
    return np.mean([sum(t.novelty[c] for t, c in zip(rule.tables, row, strict=True)) > rule.threshold for row in rows])


@pytest.mark.parametrize("level", [0.01, 0.05])
def test_rows_like_those_learned_from_are_flagged_as_often_as_said(level):
    rates = []
    for seed in range(20):
        rule = applicability(AXES, cells(2000, seed)[0], level=level)
        rates.append(flagged(rule, cells(2000, 1000 + seed)[0]))
    assert level / 2 <= np.mean(rates) <= level * 1.2


def test_unseen_cells_are_flagged_and_named():
    rule = applicability(AXES, cells(2000, 0)[0])
    row = [1, 3, 10]  # a category that was never seen
    assert sum(t.novelty[c] for t, c in zip(rule.tables, row, strict=True)) > rule.threshold
    assert unusual_features(rule, row) == ("sector",)
    assert unusual_features(rule, [1, 0, 10]) == ()
    assert unusual_features(rule, [1, 0, 10], out_of_range=["revenue"]) == ("revenue",)


def test_ranges_reach_beyond_what_was_seen_but_not_below_zero():
    known, revenue = cells(500, 0)
    rule = applicability(
        AXES, known, numbers={"revenue": revenue, "trl": np.arange(500.0), "empty": np.full(500, np.nan)}
    )
    by_name = {limits.feature: limits for limits in rule.ranges}
    assert by_name["revenue"].low < revenue.min()
    assert by_name["revenue"].high > revenue.max()
    assert by_name["trl"].low == 0
    assert "empty" not in by_name


def test_too_few_rows_call_nothing_unusual():
    rule = applicability(AXES, cells(20, 0)[0])
    assert flagged(rule, [[4, 4, 21], [0, 3, 0]]) == 0


@pytest.mark.parametrize("rows", [np.empty((0, 3), int), [[0, 0]], [[9, 0, 0]]])
def test_cells_that_do_not_fit_are_refused(rows):
    with pytest.raises(ValueError, match="cell"):
        applicability(AXES, rows)
