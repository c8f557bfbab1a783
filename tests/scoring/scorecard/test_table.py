"""Many rows: the same bits as row by row, whatever kind of table they come in."""

from math import inf, nan, nextafter
from random import Random

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring import InputError
from scoring.scorecard.buckets import Buckets
from scoring.scorecard.card import CategoricalAxis, NumericAxis, Scorecard, Term
from scoring.scorecard.logistic import logistic, logistic_array
from scoring.scorecard.table import ROWS_AT_ONCE
from scoring.technology import Text

doubles = st.floats(allow_nan=False, allow_infinity=False)


def card_over(*axes: NumericAxis | CategoricalAxis) -> Scorecard:
    terms = tuple(Term(axes=(axis,), log_odds=tuple(0.1 * cell for cell in range(axis.size))) for axis in axes)
    return Scorecard(name="n", version="1", outcome=Text(en="x"), outcome_is_bad=True, intercept=0.5, terms=terms)


CARD = card_over(NumericAxis("trl", (4.0, 6.0)), CategoricalAxis("code", ("3", "true", "水")))


def as_columns(rows):
    return {name: [row[name] for row in rows] for name in rows[0]}


@pytest.mark.parametrize("seed", range(25))
def test_a_table_gives_the_bits_of_its_rows(seed, card_of, rows_of):
    card = card_of(seed, bare=seed % 5 == 0)
    rows = rows_of(card, seed, 150)
    many = card.score_table(as_columns(rows))
    for number, row in enumerate(rows):
        one = card.score(row)
        assert tuple(many.contributions[number]) == one.contributions
        for name in ("probability", "log_odds", "points", "low", "high", "grade", "applicable"):
            column = getattr(many, name)
            assert (None if column is None else column[number]) == getattr(one, name), name
        assert many.score(number) == one


@pytest.mark.parametrize(
    "kind", ["pandas", "pandas categories", "polars", "polars categories", "arrow", "arrow dictionary"]
)
def test_every_kind_of_table_gives_the_same(kind, card_of, rows_of):
    card = card_of(3)
    columns = as_columns(rows_of(card, 3, 400))
    frame = pd.DataFrame(columns)
    texts = [name for name in frame if not pd.api.types.is_numeric_dtype(frame[name])]
    tables = {
        "pandas": frame,
        "pandas categories": frame.astype(dict.fromkeys(texts, "category")),
        "polars": pl.DataFrame(columns),
        "polars categories": pl.DataFrame(columns).with_columns(pl.col(texts).cast(pl.Categorical)),
        "arrow": pa.table(columns),
        "arrow dictionary": pa.table(
            {k: pa.array(v).dictionary_encode() if k in texts else v for k, v in columns.items()}
        ),
    }
    got, expected = card.score_table(tables[kind]), card.score_table(columns)
    np.testing.assert_array_equal(got.contributions, expected.contributions)
    np.testing.assert_array_equal(got.applicable, expected.applicable)
    assert got.score(7) == expected.score(7)


def test_contributions_add_up_over_many_parts(card_of, rows_of):
    card = card_of(8)
    rows = rows_of(card, 8, 500)
    picks = Random(0).choices(range(len(rows)), k=3 * ROWS_AT_ONCE + 5)
    many = card.score_table(as_columns([rows[pick] for pick in picks]))
    assert abs(card.intercept + many.contributions.sum(axis=1) - many.log_odds).max() <= 1e-12
    few = card.score_table(as_columns(rows))
    np.testing.assert_array_equal(many.points, few.points[picks])


@pytest.mark.parametrize(
    ("values", "cells"),
    [
        ([4, None, 7.5, True], [0, 3, 2, 0]),
        (np.array([4, 5, 9], dtype=np.int8), [0, 1, 2]),
        (np.array([4.0, nan, 9.0], dtype=np.float32), [0, 3, 2]),
        (np.array([4, None, 9.0], dtype=object), [0, 3, 2]),
        (np.array([True, False]), [0, 0]),
        (pd.Series([4, None, 9], dtype="Int64"), [0, 3, 2]),
        (pd.Series([True, None], dtype="boolean"), [0, 3]),
        (pl.Series([4, None, 9]), [0, 3, 2]),
        (pl.Series([True, None]), [0, 3]),
        (pl.Series(["4.5", None]).cast(pl.Decimal(10, 2)), [1, 3]),
        (pl.Series([None, None]), [3, 3]),
    ],
)
def test_columns_of_numbers(values, cells):
    table = {"trl": values, "code": [None] * len(cells)}
    assert CARD.score_table(table).contributions[:, 0].tolist() == [CARD.terms[0].log_odds[cell] for cell in cells]


@pytest.mark.parametrize(
    ("values", "cells"),
    [
        (["水", None, "x", 3, True, 3.0, nan], [2, 4, 3, 0, 1, 0, 4]),
        (["水", None, "3"], [2, 4, 0]),
        (np.array(["水", "3"]), [2, 0]),
        (np.array([3, 4, 3]), [0, 3, 0]),
        (np.array([3.0, nan]), [0, 4]),
        (np.array([True, False]), [1, 3]),
        (pd.Series([3, None, 5], dtype="Int64"), [0, 4, 3]),
        (pd.Series([3, 5, None]).astype("category"), [0, 3, 4]),
        (pd.Series([True, None], dtype="boolean"), [1, 4]),
        (pl.Series([True, None]), [1, 4]),
        (pl.Series(["水", None], dtype=pl.Enum(["水", "火"])), [2, 4]),
        (pl.Series([None, None]), [4, 4]),
    ],
)
def test_columns_of_categories(values, cells):
    table = {"trl": [None] * len(cells), "code": values}
    assert CARD.score_table(table).contributions[:, 1].tolist() == [CARD.terms[1].log_odds[cell] for cell in cells]


def test_all_that_is_wrong_with_a_table_is_said_at_once():
    table = {"trl": [4, "six", None, [1]], "code": ["水", 0.5, object, 3]}
    with pytest.raises(InputError) as caught:
        CARD.score_table(table)
    assert [(e.row, e.column) for e in caught.value.errors] == [(3, "trl"), (5, "trl"), (3, "code"), (4, "code")]


@pytest.mark.parametrize("values", [np.array([1.0, inf, -inf]), [1.0, inf, -inf], pl.Series([1.0, inf, -inf])])
def test_infinite_numbers_are_refused_with_their_rows(values):
    with pytest.raises(InputError) as caught:
        CARD.score_table({"trl": values, "code": ["水"] * 3})
    assert [(e.row, e.column, e.value) for e in caught.value.errors] == [(3, "trl", "inf"), (4, "trl", "-inf")]


@pytest.mark.parametrize(
    "values", [["a", "b"], np.array(["2020-01-01"] * 2, dtype="M8[D]"), np.zeros((2, 2)), pl.Series(["1", "2"])]
)
def test_columns_of_another_kind_are_refused(values):
    with pytest.raises(InputError) as caught:
        CARD.score_table({"trl": values, "code": ["水"] * 2})
    assert [(error.row, error.column) for error in caught.value.errors] == [(2, "trl"), (3, "trl")]


def test_an_absent_column_is_an_error_unless_it_may_be_missing():
    with pytest.raises(InputError, match="'code'"):
        CARD.score_table(pd.DataFrame({"trl": [5.0]}))
    missing = CARD.score_table({"trl": [5.0]}, absent="missing")
    assert missing.score(0) == CARD.score({"trl": 5.0})
    with pytest.raises(InputError, match="at least one column of the card"):
        CARD.score_table({"other": [1]}, absent="missing")


def test_columns_of_unequal_length_are_refused():
    with pytest.raises(InputError, match="2 rows"):
        CARD.score_table({"trl": [1, 2], "code": ["水"]})


def test_what_is_no_table_is_refused():
    with pytest.raises(TypeError):
        CARD.score_table(42)


def test_an_empty_table_has_empty_scores():
    many = CARD.score_table({"trl": [], "code": []})
    assert len(many) == 0
    assert many.contributions.shape == (0, 2)


@given(st.lists(doubles, max_size=20), st.lists(doubles, max_size=40))
def test_buckets_find_the_cells_a_search_finds(edges, values):
    edges = sorted({edge + 0.0 for edge in edges})
    near = [nextafter(edge, way) for edge in edges for way in (-inf, inf)]
    numbers = np.array([*values, *edges, *[n for n in near if abs(n) < inf], 0.0, -0.0, nan])
    cells, scratch = np.empty((2, len(numbers)), dtype=np.intp)
    assert Buckets(edges).cells(numbers, cells, scratch)
    expected = np.searchsorted(edges, numbers)
    expected[-1] = len(edges) + 1
    np.testing.assert_array_equal(cells, expected)


@given(st.lists(st.floats(-800, 800) | st.floats(allow_nan=False), min_size=1))
def test_the_logistic_function_is_one_function(log_odds):
    many = logistic_array(np.array(log_odds))
    assert many.tolist() == [logistic(value) for value in log_odds]
    inner = np.clip(log_odds, -600, 600)
    np.testing.assert_allclose(logistic_array(inner), 1 / (1 + np.exp(-inner)), rtol=1e-15)
