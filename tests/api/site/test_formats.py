"""How values look in either language."""

import pytest

from api.site.formats import (
    SIGNS,
    about,
    figures,
    in_both,
    money_range,
    range_of,
    territories,
    territory,
    whole_money,
)
from api.site.industries import industry
from api.site.words import typeset, unit
from marketplace.money import Money


def test_amounts_say_fen_only_where_there_are_some() -> None:
    assert in_both(lambda: whole_money(Money(2_000_000_00, "CNY"))).zh == "¥2,000,000"
    assert in_both(lambda: whole_money(Money(2_000_000_50, "CNY"))).zh == "¥2,000,000.50"
    assert in_both(lambda: whole_money(Money(1200, "JPY"))).en == "¥1,200"
    said = in_both(lambda: money_range(Money(0, "CNY"), Money(3_000_000_00, "CNY")))
    assert (said.zh, said.en) == ("≤ ¥3,000,000", "≤ CN¥3,000,000")


def test_estimates_have_as_many_digits_as_they_deserve() -> None:
    assert in_both(lambda: about(Money(3_220_347_50, "CNY"))).zh == "¥3,220,000"
    assert in_both(lambda: about(Money(17_200_32, "CNY"))).en == "CN¥17,200"
    assert in_both(lambda: about(Money(0, "CNY"))).zh == "¥0"


@pytest.mark.parametrize(
    ("given", "of", "said"),
    [
        ((0.91, 0.85, 0.95), "share", "91% (85%–95%)"),
        ((None, 2, 20), "mg/Nm3", "2–20 mg/Nm³"),
        ((0.15, None, None), "kWh/1000 Nm3", "0.15 kWh/1000 Nm³"),
        ((9, 9, 9), "", "9"),
        ((None, None, None), "m3/d", "–"),
    ],
)
def test_a_range_is_what_is_usual_and_from_where_to_where(given: tuple[float, ...], of: str, said: str) -> None:
    assert in_both(lambda: range_of(*given, of)).en == said


def test_numbers_inside_a_text_are_grouped_and_shares_said_per_hundred() -> None:
    assert in_both(lambda: figures("0.91 (0.85–0.95)", "share")).en == "91% (85%–95%)"
    assert in_both(lambda: figures("5000–200000", "m3/d")).en == "5,000–200,000"
    assert in_both(lambda: figures("-0.1", "kg")).zh == "-0.1"


def test_units_and_formulae_are_typeset_and_other_words_left_alone() -> None:
    assert typeset("4万m3/d, CO2e, PM2.5, form3, m30") == "4万m³/d, CO₂e, PM2.5, form3, m30"
    assert (unit("CNY/m3/d").zh, unit("CNY/m3/d").en) == ("元/m³/d", "CNY/m³/d")


def test_codes_have_names() -> None:
    assert in_both(lambda: territory("CN-JS")).zh == "江苏"
    assert in_both(lambda: territory("SE-AB")).en == "Sweden AB"
    assert in_both(lambda: territory("SE")).zh == "瑞典"
    assert in_both(lambda: territory(None)).en == "–"
    offered = dict(territories())
    assert next(iter(offered)) == "CN"
    assert len(offered) > 200
    assert "EU" not in offered
    assert (industry("D4620").zh, industry("C1711").en, industry("印染").zh) == (
        "污水处理及其再生利用",
        "Textiles",
        "印染",
    )


def test_signs_are_those_of_the_language() -> None:
    said = in_both(lambda: "".join(map(str, SIGNS.values())))
    assert (said.zh, said.en) == ("：、；。", ": , ; .")
