"""The card for people: as tables, as pictures, and what changed between two."""

import xml.etree.ElementTree as ET

import msgspec
import pytest

from scoring.scorecard.card import CategoricalAxis, Feature, Grade, NumericAxis, Scorecard, Term
from scoring.scorecard.numerals import numeral
from scoring.technology import Text

TRL = Term(axes=(NumericAxis("trl", (4.0, 6.0)),), log_odds=(0.9, 0.1, -0.6, 0.2))
PAIR = Term(axes=(NumericAxis("trl", (5.0,)), CategoricalAxis("a|b", ("水", "x\ny"))), log_odds=(0.1,) * 12)
CARD = Scorecard(
    name="stall",
    version="1",
    outcome=Text(zh="停滞", en="stalling"),
    outcome_is_bad=True,
    intercept=-1.0,
    terms=(TRL, PAIR),
    grades=(Grade(name="A", probability_max=0.25), Grade(name="B", probability_max=1.0)),
    features=(Feature(name="trl", label=Text(zh="就绪水平", en="Readiness"), unit="level"),),
)
changed = msgspec.structs.replace


def test_it_prints_as_a_table():
    assert str(CARD) == CARD.to_markdown()
    assert "| Readiness (level) | points | log-odds |" in str(CARD)
    assert "| 4 – 6 | -7.2 | +0.1000 |" in str(CARD)
    assert "| B | 1 |" in str(CARD)
    assert repr(CARD) == "<Scorecard 'stall' 1: 2 terms>"


def test_it_prints_in_chinese():
    text = CARD.to_markdown("zh")
    assert "预测概率： 停滞" in text
    assert "| 就绪水平 (level) | 分值 | 对数几率 |" in text
    assert "| 未提供 | -14.4 | +0.2000 |" in text


def test_names_cannot_break_the_table():
    assert "## Readiness (level) × a\\|b" in str(CARD)
    assert "| points | 水 | x·y | any other | not given |" in str(CARD)


@pytest.mark.parametrize("term", ["trl", "trl × a|b"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_it_draws_itself(term, language):
    pytest.importorskip("vl_convert")
    svg = CARD.to_svg(term, language)
    assert ET.fromstring(svg).tag.endswith("svg")
    assert ("未提供" if language == "zh" else "not given") in svg


def test_a_category_is_drawn_as_text():
    pytest.importorskip("vl_convert")
    axis = CategoricalAxis("c", ("</text><script>alert(1)</script>", '"]; x["', "\\"))
    svg = changed(CARD, terms=(Term(axes=(axis,), log_odds=(0.0,) * 5),), features=()).to_svg("c")
    assert "script" not in {element.tag.rpartition("}")[2] for element in ET.fromstring(svg).iter()}


def test_a_term_that_is_not_there_cannot_be_drawn():
    with pytest.raises(KeyError):
        CARD.to_svg("none")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1234567, "1,234,567"),
        (-0.5, "−0.5"),
        (2e-9, "2e−09"),
        (1e20, "1e+20"),
        (0.1 + 0.2, "0.3"),
        (True, "1"),
    ],
)
def test_numerals(value, text):
    assert numeral(value, 9) == text


def test_nothing_changed():
    assert CARD.changes_to(CARD) == ()


def test_changes_are_said_in_the_terms_of_the_card():
    moved = changed(TRL, axes=(NumericAxis("trl", (4.0, 5.0, 6.0)),), log_odds=(0.9, 0.1, 0.3, -0.6, 0.2))
    new = changed(CARD, version="2", terms=(moved,), grades=(), features=(), about={"auc": 0.7})
    assert [str(change) for change in CARD.changes_to(new)] == [
        "version: 1 → 2",
        "grades: A ≤ 0.25, B ≤ 1 → none",
        "about.auc: new (0.7)",
        "term trl (trl 5 – 6): +0.1 → +0.3",
        "term trl × a|b: gone (was 12 cells)",
        "label of trl: gone (was Readiness / 就绪水平)",
    ]


def test_a_pair_that_moved_names_its_cell():
    pair = changed(PAIR, log_odds=(*PAIR.log_odds[:5], 0.7, *PAIR.log_odds[6:]))
    (change,) = CARD.changes_to(changed(CARD, terms=(TRL, pair)))
    assert str(change) == "term trl × a|b (trl > 5, a|b x\ny): +0.1 → +0.7"


def test_an_order_or_a_cut_that_changed_is_a_change():
    assert [c.place for c in CARD.changes_to(changed(CARD, terms=(PAIR, TRL)))] == ["order of terms"]
    (change,) = CARD.changes_to(changed(CARD, terms=(changed(TRL, reference=0.1), PAIR)))
    assert change.place == "term trl (cuts, reference or constraint)"
