"""One row: what counts as which value, what is refused, and reasons that are exact."""

from decimal import Decimal
from fractions import Fraction
from math import exp, inf, nan
from types import MappingProxyType
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest

from scoring import InputError
from scoring.scorecard.card import (
    Applicability,
    CategoricalAxis,
    Feature,
    Novelty,
    NumericAxis,
    Range,
    Scale,
    Scorecard,
    Term,
)
from scoring.technology import Text

TRL = Term(axes=(NumericAxis("trl", (4.0, 6.0)),), log_odds=(0.9, 0.1, -0.6, 0.2), reference=0.05)
CODE = Term(axes=(CategoricalAxis("code", ("3", "true", "水")),), log_odds=(0.3, -0.4, 0.5, 0.05, -0.05))
PAIR = Term(
    axes=(NumericAxis("trl", (5.0,)), CategoricalAxis("code", ("水",))),
    log_odds=(0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09),
)
CARD = Scorecard(
    name="stall",
    version="1",
    outcome=Text(zh="停滞", en="stalls"),
    outcome_is_bad=True,
    intercept=-1.0,
    terms=(TRL, CODE, PAIR),
    features=(
        Feature(name="trl", label=Text(zh="技术就绪水平", en="Readiness level")),
        Feature(name="code", label=Text(zh="行业", en="Sector"), categories={"水": Text(zh="水处理", en="Water")}),
    ),
)


def changed(**fields: Any) -> Scorecard:
    return msgspec.structs.replace(CARD, **fields)


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (4, 0), (4.0, 0), (np.nextafter(4.0, 5.0), 1), (6.0, 1), (6.1, 2), (-0.0, 0),
        (None, 3), (nan, 3), (np.nan, 3), (pd.NA, 3), (pd.NaT, 3), (Decimal("NaN"), 3), (np.float32("nan"), 3),
        (True, 0), (np.bool_(True), 0), (np.int8(5), 1), (np.float32(6.5), 2), (Decimal("6.0"), 1),
        (Fraction(13, 2), 2), (10**17, 2), (-(10**17), 0), (1e308, 2),
    ],
)  # fmt: skip
def test_numbers_and_what_counts_as_missing(value, cell):
    assert CARD.score({"trl": value}).contributions[0] == TRL.log_odds[cell]


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("水", 2), ("3", 0), (3, 0), (3.0, 0), (np.int64(3), 0), (np.str_("水"), 2), (Decimal(3), 0),
        (True, 1), ("true", 1), (False, 3), (1, 3), ("unheard of", 3), ("", 3), ("True", 3),
        (None, 4), (nan, 4), (pd.NA, 4),
    ],
)  # fmt: skip
def test_categories_and_what_counts_as_missing(value, cell):
    assert CARD.score({"code": value}).contributions[1] == CODE.log_odds[cell]


def test_a_missing_key_is_a_missing_value():
    assert CARD.score({}) == CARD.score({"trl": None, "code": nan})


def test_any_mapping_will_do():
    row = {"trl": 7, "code": "水"}
    assert CARD.score(MappingProxyType(row)) == CARD.score(row)


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError("no text")


@pytest.mark.parametrize(
    "value",
    ["6", "", inf, -inf, np.inf, 10**400, 1j, [6], np.array([6.0]), object(), Unprintable(), Decimal("Infinity")],
)
def test_what_is_no_number_is_refused(value):
    with pytest.raises(InputError) as caught:
        CARD.score({"trl": value})
    assert [(error.column, error.expected) for error in caught.value.errors] == [
        ("trl", "a finite number, or None where it is unknown")
    ]


NO_CATEGORIES = [3.5, inf, [1], {}, b"x", 10**5000, Decimal("1e999999"), 2.0**60, object()]


@pytest.mark.parametrize("value", NO_CATEGORIES, ids=range(len(NO_CATEGORIES)))
def test_what_is_no_category_is_refused(value):
    with pytest.raises(InputError, match="a category"):
        CARD.score({"code": value})


def test_everything_wrong_with_a_row_is_said_at_once():
    with pytest.raises(InputError) as caught:
        CARD.score({"trl": "6", "code": 0.5, "trll": 6, "holder": "x"})
    assert [error.column for error in caught.value.errors] == ["trll", "holder", "trl", "code"]
    assert "did you mean 'trl'?" in str(caught.value)


def test_extra_keys_are_passed_over_on_request():
    assert CARD.score({"trl": 6, "id": "T1"}, extra="ignore") == CARD.score({"trl": 6})


def test_a_row_is_a_mapping():
    with pytest.raises(TypeError, match="mapping"):
        CARD.score([("trl", 6)])  # type: ignore[arg-type]


def test_the_numbers_follow_from_the_tables():
    score = CARD.score({"trl": 3, "code": "水"})
    assert score.contributions == (0.9, 0.5, 0.01)
    assert score.log_odds == -1.0 + 0.9 + 0.5 + 0.01
    assert score.probability == pytest.approx(1 / (1 + exp(-score.log_odds)), rel=1e-15)
    assert (score.low, score.high, score.grade, score.applicable, score.unusual) == (None, None, None, None, ())


def test_points_double_the_odds_every_pdo():
    scale = Scale(pdo=20.0, base_points=500.0, base_odds=1.0)
    risk = changed(scale=scale, terms=(TRL,), features=())
    chance = changed(scale=msgspec.structs.replace(scale, points_rise_with="outcome"), terms=(TRL,), features=())
    score = risk.score({"trl": 3})
    odds = score.probability / (1 - score.probability)
    assert score.points == pytest.approx(500 - 20 * np.log2(odds))
    assert chance.score({"trl": 3}).points == pytest.approx(500 + 20 * np.log2(odds))


def test_reasons_are_the_effects_against_the_average_and_exact():
    score = CARD.score({"trl": 3, "code": "水"})
    assert [reason.about.term for reason in score.reasons] == ["trl", "code", "trl × code"]
    first = score.reasons[0]
    assert (first.contribution, first.reference, first.effect) == (0.9, 0.05, 0.9 - 0.05)
    assert first.points == pytest.approx(-50 / np.log(2) * 0.85)
    average = CARD.intercept + sum(term.reference for term in CARD.terms)
    assert sum(reason.effect for reason in score.reasons) == pytest.approx(score.log_odds - average, abs=1e-15)
    assert score.strengths == ()


def test_adverse_and_favourable_reasons_are_kept_apart():
    row = {"trl": 8, "code": "水"}
    bad, good = CARD.score(row), changed(outcome_is_bad=False).score(row)
    assert [reason.features for reason in bad.reasons] == [("code",), ("trl", "code")]
    assert [reason.features for reason in bad.strengths] == [("trl",)]
    assert all(reason.adverse for reason in bad.reasons)
    assert not any(reason.adverse for reason in bad.strengths)
    assert [reason.features for reason in good.reasons] == [("trl",)]
    assert {reason.features for reason in good.strengths} == {("code",), ("trl", "code")}


def test_at_most_four_reasons_and_none_of_the_principal_ones_left_out():
    effects = [0.1, 0.9, -0.5, 0.4, 0.009, 0.3, 0.2, -0.005]
    terms = tuple(Term(axes=(NumericAxis(f"x{i}", ()),), log_odds=(e, 0.0)) for i, e in enumerate(effects))
    score = changed(terms=terms, features=()).score({f"x{i}": 1 for i in range(len(effects))})
    assert [reason.effect for reason in score.reasons] == [0.9, 0.4, 0.3, 0.2]
    assert [reason.effect for reason in score.strengths] == [-0.5]


def test_reasons_speak_both_languages():
    score = CARD.score({"trl": 3, "code": "水"})
    assert score.reasons[0].text() == "Readiness level 3: −61 points against the average"
    assert score.reasons[0].text("zh") == "技术就绪水平 3：与平均相比 −61 分"
    assert score.reasons[1].text("zh") == "行业 水处理：与平均相比 −36 分"
    assert CARD.score({"code": 3}).reasons[0].text() == "Sector 3: −22 points against the average"
    assert CARD.score({}).reasons[0].text() == "Readiness level not given: −11 points against the average"


def test_a_score_is_json():
    score = CARD.score({"trl": np.float64(3), "code": True})
    assert msgspec.json.decode(msgspec.json.encode(score))["reasons"][0]["values"] == [3.0]


APPLICABILITY = Applicability(
    tables=(
        Novelty(axis=NumericAxis("trl", (4.0,)), novelty=(0.5, 0.7, 2.0)),
        Novelty(axis=CategoricalAxis("code", ("水",)), novelty=(0.1, 3.0, 1.0)),
    ),
    threshold=3.6,
    level=0.05,
    ranges=(Range(feature="trl", low=1.0, high=9.0),),
)


@pytest.mark.parametrize(
    ("row", "unusual"),
    [
        ({"trl": 9, "code": "水"}, ()),
        ({"trl": 1, "code": "其他"}, ()),
        ({"trl": 9, "code": "其他"}, ("code",)),
        ({"trl": np.nextafter(9.0, 10.0), "code": "水"}, ("trl",)),
        ({"trl": np.nextafter(1.0, 0.0), "code": "水"}, ("trl",)),
        ({"trl": 40, "code": "其他"}, ("trl",)),
        ({"trl": None, "code": "其他"}, ("code",)),
    ],
)
def test_rows_unlike_those_learned_from_are_told_and_why(row, unusual):
    score = changed(applicability=APPLICABILITY).score(row)
    assert score.unusual == unusual
    assert score.applicable is (unusual == ())


def test_no_text_of_a_card_becomes_code():
    """A feature or category made to look like source is data."""
    name = "x'); raise SystemExit('run'); get('"
    term = Term(axes=(CategoricalAxis(name, ("\"'\n__import__('os')",)),), log_odds=(1.0, 0.0, 0.0))
    card = changed(terms=(term,), features=())
    assert card.score({name: "\"'\n__import__('os')"}).contributions == (1.0,)
