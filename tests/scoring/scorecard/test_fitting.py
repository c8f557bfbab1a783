"""The parts of a fit, one by one, against truths that are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from scoring.scorecard.bagging import draw_folds
from scoring.scorecard.binning import axis_of, bins_for, cells_of, coarser, gather, main_grid, short_between
from scoring.scorecard.boosting import Grid, Histogram, Rule, Sample, monotone, newton_tree
from scoring.scorecard.calibration import at_prior, slope_and_shift
from scoring.scorecard.card import CategoricalAxis, NumericAxis
from scoring.scorecard.compile import cuts_of, merged, purified, scaled, terms_of
from scoring.scorecard.inputs import InputColumn
from scoring.scorecard.pairs import pair_grid

finite = st.floats(-1e6, 1e6, allow_nan=False)


@given(low=finite, high=finite)
def test_an_edge_lies_between_its_values(low, high):
    low, high = sorted((low, high))
    assert low <= short_between(low, high) < high or low == high


@given(values=st.lists(st.one_of(finite, st.just(np.nan)), min_size=1, max_size=60), bins=st.integers(2, 12))
def test_bins_are_at_most_as_asked_and_hold_every_value(values, bins):
    column = InputColumn("x", np.array(values), False)
    axis = axis_of(column, np.ones(len(values)), bins, 1.0)
    cells = cells_of(column, axis)
    assert axis.size <= bins + 1
    assert ((cells == axis.size - 1) == np.isnan(column.values)).all()
    known = ~np.isnan(column.values)
    order = np.argsort(column.values[known], kind="stable")
    assert (np.diff(cells[known][order]) >= 0).all()


def test_a_weight_of_three_cuts_like_the_value_three_times():
    values, weight = np.arange(100.0), np.arange(100) % 3
    weighted = axis_of(InputColumn("x", values, False), weight.astype(float), 7, 1.0)
    repeated = axis_of(InputColumn("x", np.repeat(values, weight), False), np.ones(weight.sum()), 7, 1.0)
    assert weighted == repeated


def test_rare_categories_share_the_cell_of_those_never_seen():
    column = InputColumn("c", np.array(["a"] * 9 + ["b"] * 2 + [None], dtype=object), True)
    axis = axis_of(column, np.ones(12), 8, 5.0)
    assert axis == CategoricalAxis("c", ("a",))
    assert cells_of(column, axis).tolist() == [0] * 9 + [1, 1, 2]


def test_few_rows_are_cut_into_few_bins():
    assert bins_for(500, 128) == (16, 5.0)
    assert bins_for(1e6, 128) == (128, 20.0)


def test_a_coarser_axis_keeps_the_order_and_the_missing_cell():
    axis = NumericAxis("x", tuple(np.arange(0.5, 99)))
    coarse, cell_of = coarser(axis, np.arange(100), np.ones(100), 10)
    assert coarse.size == 11
    assert (np.diff(cell_of) >= 0).all()
    assert cell_of[-1] == coarse.size - 1
    assert [cell_of[int(edge)] for edge in coarse.edges] == list(range(9))


def test_rows_are_gathered_by_their_cells():
    rows = gather([np.array([1, 0, 1, 1])], np.array([1.0, 0, 0, 1]), np.array([2.0, 1, 1, 0]))
    assert rows.sample.weight.tolist() == [1, 3]
    assert rows.sample.positive.tolist() == [0, 2]
    assert rows.row.tolist() == [1, 0, 1, -1]


def grid(size, *, ordered=True, monotonic=0):
    return Grid((0,), (np.arange(size),), (size,), (ordered,), (monotonic,))


RULE = Rule(learning_rate=0.1, leaves=2, l2=0.0, weight_min=1.0)


def test_a_tree_cuts_where_the_gradient_turns_and_leaves_missing_values_alone():
    gradient = np.array([-1.0, -1, -1, 2, 2, 5])
    step = newton_tree(Histogram(gradient, np.ones(6), np.ones(6)), grid(6), RULE)
    assert step.tolist() == [-1, -1, -1, 2, 2, 5]


def test_a_tree_orders_categories_by_their_effect():
    gradient = np.array([1.0, -1, 1, -1, 1])
    step = newton_tree(Histogram(gradient, np.ones(5), np.ones(5)), grid(5, ordered=False), RULE)
    assert step.tolist() == gradient.tolist()


def test_no_leaf_is_lighter_than_allowed():
    histogram = Histogram(np.array([9.0, 0, 0, 0, 0]), np.ones(5), np.ones(5))
    step = newton_tree(histogram, grid(5), RULE._replace(weight_min=2.0))
    assert step[0] == step[1]


@given(st.lists(st.floats(-5, 5), min_size=12, max_size=12))
def test_a_constraint_on_both_axes_holds_on_both(values):
    both = Grid((0, 1), (np.arange(4), np.arange(3)), (4, 3), (True, True), (1, -1))
    step = monotone(np.array(values).reshape(4, 3), both)
    assert (np.diff(step[:-1, :-1], axis=0) >= -1e-12).all()
    assert (np.diff(step[:-1, :-1], axis=1) <= 1e-12).all()


@pytest.fixture(scope="module")
def model():
    """Two features, their pair, tables without any order."""
    rng = np.random.default_rng(0)
    sample = Sample(rng.integers(0, 5, (2, 400)), rng.random(400), np.ones(400))
    axes = [NumericAxis("a", (0.5, 1.5, 2.5, 3.5)), CategoricalAxis("b", ("p", "q", "r"))]
    sample.cells[0][sample.cells[0] == 4] = 5
    grids = [main_grid(0, axes[0], 0), main_grid(1, axes[1], 0), pair_grid(0, 1, axes, sample, (0, 0))]
    tables = [rng.normal(size=grid.shape) for grid in grids]
    return sample, axes, grids, tables


def log_odds(grids, intercept, tables, sample):
    return intercept + sum(t.ravel()[g.locate(sample.cells)] for g, t in zip(grids, tables, strict=True))


def test_purified_tables_say_the_same_and_leave_no_main_effect_in_the_pair(model):
    sample, _, grids, tables = model
    pure = purified(grids, 0.3, tables, sample)
    np.testing.assert_allclose(
        log_odds(grids, pure.intercept, pure.tables, sample), log_odds(grids, 0.3, tables, sample), atol=1e-12
    )
    for axis in (0, 1):
        line = np.average(pure.tables[2], axis=1 - axis, weights=pure.weights[2].sum(axis=axis))
        np.testing.assert_allclose(line, 0, atol=1e-12)
    assert np.average(pure.tables[0], weights=pure.weights[0]) == pytest.approx(0, abs=1e-12)


def test_a_cell_without_rows_is_neutral(model):
    sample, _, grids, tables = model
    pure = purified(grids, 0.0, tables, sample)
    assert pure.weights[0][4] == 0
    assert pure.tables[0][4] == 0


def test_merging_moves_the_score_by_little_and_shortens_the_tables(model):
    sample, axes, grids, _ = model
    smooth = [np.array([0.0, 0.001, 1, 1.001, 1.002, 5]), np.zeros(5), np.zeros((6, 5))]
    pure = purified(grids, 0.0, smooth, sample)
    first, second = terms_of(merged(cuts_of(pure, axes), 0.01), 6)
    assert first.axes[0].edges == (1.5,)
    assert second.axes[0].categories == ("p", "q", "r")
    assert len(first.log_odds) == 3


def test_categories_that_say_the_same_in_a_pair_share_a_cell(model):
    sample, axes, grids, _ = model
    table = np.outer([0.0, 0, 2, 2, 2, 0], [1.0, -1, 1.001, 0, 0])
    pure = purified(grids, 0.0, [np.zeros(6), np.zeros(5), table], sample)
    pair = terms_of(merged(cuts_of(pure, axes), 0.01), 6)[2]
    assert pair.axes[0].edges == (1.5,)
    assert pair.axes[1].cells == (0, 1, 0)
    assert len(pair.log_odds) == 3 * 4


def test_calibration_is_part_of_the_tables(model):
    sample, _, grids, tables = model
    pure = purified(grids, 0.3, tables, sample)
    moved = scaled(pure, 0.8, -1.0)
    before = log_odds(grids, pure.intercept, pure.tables, sample)
    np.testing.assert_allclose(log_odds(grids, moved.intercept, moved.tables, sample), 0.8 * before - 1.0, atol=1e-12)


@settings(max_examples=25)
@given(slope=st.floats(0.7, 1.4), shift=st.floats(-3, 3))
def test_a_planted_slope_and_shift_are_found(slope, shift):
    score = np.linspace(-3, 3, 201)
    weight = np.full(201, 1e5)
    assert slope_and_shift(score, weight * expit(slope * score + shift), weight) == pytest.approx(
        (slope, shift), abs=0.01
    )


def test_the_slope_stays_near_one_where_rows_are_few():
    score = np.array([-0.1, 0.1] * 5)
    slope, _ = slope_and_shift(score, np.array([0.0, 1.0] * 5), np.ones(10))
    assert 0.9 < slope < 1.2


def test_reweighting_to_a_prior_keeps_what_is_known_within_a_class():
    positive, weight = at_prior(np.array([3.0, 1.0]), np.array([4.0, 4.0]), 0.1)
    assert positive.sum() / weight.sum() == pytest.approx(0.1)
    assert positive[0] / positive[1] == pytest.approx(3)
    assert weight.sum() == pytest.approx(8)


def test_every_fold_has_its_share_of_the_outcome():
    sample = Sample(np.zeros((1, 100), dtype=np.intp), (np.arange(100) < 20).astype(float), np.ones(100))
    folds = draw_folds(sample, 5, 2, np.random.RandomState(0))
    for repeat in folds:
        assert np.bincount(repeat).tolist() == [20] * 5
        assert np.bincount(repeat[:20]).tolist() == [4] * 5
    assert (folds[0] != folds[1]).any()
