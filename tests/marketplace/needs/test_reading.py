import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.needs.reading import read
from marketplace.needs.specification import Cap, Flow, Pollutant, impossible, is_well_formed
from marketplace.needs.vocabulary import POLLUTANTS
from scoring.technology import Medium


def pollutants(text: str) -> dict[str, Pollutant]:
    return {entry.name: entry for stream in read(text).specification.streams for entry in stream.pollutants}


def test_a_chinese_query_becomes_a_typed_need() -> None:
    found = read(
        "我们污水厂日处理2万吨/天，进水总氮 35–50 mg/L，要求出水低于10 mg/L，氨氮30mg/L降到1.5mg/L以下，"
        "冬季水温-5℃，运行费不超过0.8元/吨水，占地3亩以内，2027年6月前投运"
    ).specification
    assert found.medium is Medium.WATER
    assert found.streams[0].flow == Flow(amount=20_000, unit="m3/d")
    assert found.streams[0].pollutants == (
        Pollutant(name="TN", unit="mg/L", low=35, high=50, limit=10),
        Pollutant(name="NH3-N", unit="mg/L", low=30, high=30, limit=1.5),
    )
    assert found.opex == Cap(amount_minor=80, currency="CNY", per_unit="m3")
    assert (found.climate.temperature_low_c, found.site.footprint_m2) == (-5, 2000)
    assert found.deadline == date(2027, 6, 30)


def test_an_english_query_becomes_a_typed_need() -> None:
    found = read(
        "A dyeing mill: 3,000 m3/d wastewater, COD 800 to 1500 mg/L, must be below 50 mg/L. "
        "Capex at most 5000 CNY per m3/d, by 2027-09"
    ).specification
    assert found.streams[0].flow == Flow(amount=3000, unit="m3/d")
    assert found.streams[0].pollutants == (Pollutant(name="COD", unit="mg/L", low=800, high=1500, limit=50),)
    assert found.capex == Cap(amount_minor=500_000, currency="CNY", per_unit="m3/d")
    assert found.deadline == date(2027, 9, 30)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("六价铬超标", "Cr6+"), ("hexavalent chromium in soil", "Cr6+"), ("NOₓ 350毫克/立方米", "NOx"),
        ("ＣＯＤ偏高", "COD"), ("ammonia nitrogen", "NH3-N"), ("挥发性有机物", "NMHC"), ("lead 300 mg/kg", "Pb"),
        ("As 80 mg/kg", "As"), ("SO₂", "SO2"),
    ],
)  # fmt: skip
def test_one_pollutant_has_many_names(text: str, name: str) -> None:
    assert list(pollutants(text)) == [name]


@pytest.mark.parametrize("text", ["We lead the way as before", "Meeting at 3 pm, please", "codex", "A nice plan"])
def test_ordinary_words_are_no_pollutants(text: str) -> None:
    assert pollutants(text) == {}


def test_what_is_not_said_stays_unknown() -> None:
    specification = read("河道有点臭").specification
    assert (specification.medium, specification.streams, specification.capex) == (Medium.WATER, (), None)


def test_gas_is_counted_in_its_own_units() -> None:
    specification = read("焦化烟气 NOx 350 mg/m³，需≤50mg/m³，烟气量 30万m³/h").specification
    assert specification.streams[0].flow == Flow(amount=300_000, unit="Nm3/h")
    assert specification.streams[0].pollutants == (Pollutant(name="NOx", unit="mg/Nm3", low=350, high=350, limit=50),)


def test_land_is_what_is_treated_where_soil_is_and_room_elsewhere() -> None:
    farmland = read("受污染耕地土壤，镉0.5–1.2 mg/kg，面积200亩").specification
    works = read("污水厂，占地2公顷").specification
    assert (farmland.streams[0].flow, farmland.site.footprint_m2) == (Flow(amount=200, unit="mu"), None)
    assert works.site.footprint_m2 == 20_000


@pytest.mark.parametrize(
    ("text", "medium"),
    [("污水厂污泥", Medium.SOLID_WASTE), ("烟气碳捕集", Medium.CARBON), ("污水、废水和污泥", Medium.WATER)],
)
def test_where_it_comes_from_is_not_what_it_is(text: str, medium: Medium) -> None:
    assert read(text).specification.medium is medium


@pytest.mark.parametrize(
    "text",
    [
        "1" * 5000,
        "总氮 1 mg/L " * 400,
        "1,000" * 1000,
        "COD 999999999999 g/L 低于 1 ug/L",
        "-" * 5000,
        "。".join(name for names in POLLUTANTS.values() for name in names),
        "9999999999999999999999元/吨，99999999999999999亿元/吨",
    ],
)
def test_a_text_made_to_hurt_is_read_quickly_and_stays_in_bounds(text: str) -> None:
    started = time.perf_counter()
    assert is_well_formed(read(text).specification)
    assert time.perf_counter() - started < 1  # seen: 0.02 s at the most


@given(
    st.lists(
        st.sampled_from(
            [
                "总氮",
                "COD",
                " 50 ",
                "mg/L",
                "低于",
                "-",
                "万",
                "元/吨",
                "℃",
                "2027年6月",
                "\n",
                "below",
                "1e9",
                "m3/d",
                "ﬁ",
                "²",
            ]
        )
    )
    | st.text(max_size=60)
)
def test_every_value_has_the_words_it_was_read_from(parts: list[str] | str) -> None:
    text = "".join(parts)
    found = read(text)
    assert all(text[entry.start : entry.end] == entry.quote and entry.quote for entry in found.findings)
    assert not list(impossible(found.specification))
    assert is_well_formed(found.specification)
    assert read(text) == found
