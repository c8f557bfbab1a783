"""Rows laid out as the public data sets are: mapped as far as they go, never beyond."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from scoring import InputError, read_technologies
from scoring.io.media import media_in
from scoring.io.quantities import parameter, parameters_in
from scoring.technology import Case, Cost, EvidenceGrade, FundingRound, Medium, Parameter, Patent, Technology, Text

CHINESE: dict[str, Any] = {
    "id": "cn1",
    "name": "某厂锅炉烟气脱硝工程",
    "field": "脱硫脱硝技术",
    "holder": "某公司",
    "holder_type": "企业",
    "kind": "工程案例",
    "process_route": "选择性非催化还原，脱硝效率≥75%",
    "parameters": ["脱硝效率≥75%", "总投资3300万元", "处理费用4.05元/吨", "脱硫和脱硝效率分别高于99%和85%"],
    "scope": "火电、钢铁",
    "maturity": "工程应用",
    "maturity_basis": "公司工程业绩",
    "source": "somewhere",
}
FOLLOWON = {
    "permalink": "/company/acme-water",
    "n_rounds": 2,
    "raised_total": 3_000_000.0,
    "raised_max": 2_000_000.0,
    "first_round": "2006-01-01",
    "last_round": "2007-05-01",
    "last_type": "series-a",
    "last_amount": 2_000_000.5,
    "n_angel": 1,
    "n_venture": 1,
    "asof_date": "2007-10-01",
    "follow_on_24m": 1,
    "acquired_24m": 0,
    "months_since_last": 5.0,
    "months_since_first": 21.0,
    "category_code": "cleantech",
    "state_code": None,
    "region": "SF Bay",
    "age_months": None,
}


def read(path: Path, rows: list[dict[str, Any]]) -> list[Technology]:
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        path.write_text("\n".join(json.dumps(row) for row in rows))
    return read_technologies(path)


def test_a_chinese_row(tmp_path: Path) -> None:
    (technology,) = read(tmp_path / "c.jsonl", [CHINESE])
    assert technology.name == Text(zh="某厂锅炉烟气脱硝工程")
    assert technology.holder_kind == "company"
    assert technology.media == (Medium.AIR,)
    assert technology.industries == ("火电", "钢铁")
    assert technology.claimed_trl == 9
    assert technology.parameters == (Parameter(name="脱硝效率", unit="%", low=75.0),)
    assert technology.costs == (
        Cost(kind="capex", amount_minor=3_300_000_000, currency="CNY", per_unit="installation"),
        Cost(kind="opex", amount_minor=405, currency="CNY", per_unit="吨"),
    )
    assert technology.cases == (Case(name=technology.name, scale="full"),)
    assert technology.evidence[0].grade is EvidenceGrade.CLAIMED
    assert technology.as_of is None
    assert technology.financing is None
    assert "分别高于99%和85%" in technology.summary.in_language("zh")


def test_a_label_that_claims_nothing_gives_no_level(tmp_path: Path) -> None:
    (technology,) = read(
        tmp_path / "c.jsonl", [CHINESE | {"maturity": "技术展厅", "kind": "技术", "holder_type": None}]
    )
    assert technology.claimed_trl is None
    assert technology.evidence == ()
    assert technology.cases == ()
    assert technology.holder_kind is None


def test_a_patent_and_an_official_list_are_documents(tmp_path: Path) -> None:
    rows = [
        CHINESE | {"maturity": "发明专利", "maturity_basis": "CN104445812B"},
        CHINESE | {"id": "cn2", "maturity": "推广应用", "maturity_basis": "发改委2019年第5号公告"},
    ]
    patented, listed = read(tmp_path / "c.jsonl", rows)
    assert patented.patents == (Patent(number="CN104445812B", jurisdiction="CN"),)
    assert patented.evidence[0].grade is EvidenceGrade.DOCUMENTED
    assert listed.provenance == "ministry-catalogue"


def test_all_bad_cells_of_imported_rows_are_named(tmp_path: Path) -> None:
    rows = [CHINESE | {"parameters": "none"}, CHINESE | {"name": None}, CHINESE | {"id": "x", "holder": ["a"]}]
    with pytest.raises(InputError) as caught:
        read(tmp_path / "c.jsonl", rows)
    assert [(error.row, error.column) for error in caught.value.errors] == [
        (1, "parameters"), (2, "name"), (2, None), (3, "holder")
    ]  # fmt: skip


HORIZON = {
    "rcn": 225983,
    "title": "Recovery of phosphorus from sewage sludge",
    "objective": "We build a demonstrator.",
    "startDate": "2019-12-01",
    "totalCost": 100.5,
    "ecMaxContribution": 70.25,
    "call": "H2020-SMEINST-1",
    "topics": "SME-01",
    "fundingScheme": "SME-1",
    "coordinator": "ACME",
    "coordinatorCountry": "EL",
    "participants": "A;B",
    "projectUrl": None,
}


def test_a_horizon_row_keeps_its_labels_out(tmp_path: Path) -> None:
    (technology,) = read(tmp_path / "h.parquet", [HORIZON])
    assert technology.country == "GR"
    assert technology.as_of == date(2019, 12, 1)
    assert technology.funding == (
        FundingRound(kind="grant", amount_minor=7_025, currency="EUR", dated=date(2019, 12, 1)),
    )
    assert technology.claimed_trl is None
    assert technology.features == {}
    assert "SME" not in repr(technology)


def test_a_horizon_row_without_amounts_has_no_funding(tmp_path: Path) -> None:
    (technology,) = read(tmp_path / "h.jsonl", [HORIZON | {"ecMaxContribution": None}])
    assert technology.funding == ()


def test_an_award_and_a_catalogue_row(tmp_path: Path) -> None:
    award = {"link": "https://x/detail/70887", "firm": "ADA", "title": "Sorbent for mercury", "abstract": "Flue gas.",
             "agency_name": "EPA", "branch": None, "program": "SBIR", "year": 2001}  # fmt: skip
    (technology,) = read(tmp_path / "a.parquet", [award])
    assert (technology.id, technology.as_of, technology.media) == ("70887", date(2001, 1, 1), (Medium.AIR,))
    assert technology.features == {"agency_name": "EPA"}
    path = tmp_path / "m.csv"
    path.write_text(
        "sector,group,technology,description,key_terms,source,priority\nEnergy,Solar,solar PV,Cells.,PV,u,1\n"
    )
    (technology,) = read_technologies(path)
    assert (technology.id, technology.industries, technology.media) == ("solar-pv", ("Energy",), (Medium.CARBON,))


def test_a_follow_on_row_has_the_columns_of_its_card_and_no_outcome(tmp_path: Path) -> None:
    rows = [FOLLOWON, FOLLOWON | {"asof_date": "2008-10-01", "last_amount": None}]
    first, second = read(tmp_path / "f.parquet", rows)
    assert (first.id, second.id) == ("acme-water@2007-10-01", "acme-water@2008-10-01")
    assert first.funding == (
        FundingRound(kind="series-a", amount_minor=200_000_050, currency="USD", dated=date(2007, 5, 1)),
    )
    assert second.funding == ()
    left_out = {"permalink", "first_round", "last_round", "asof_date", "follow_on_24m", "acquired_24m"}
    assert first.features == {name: value for name, value in FOLLOWON.items() if name not in left_out}


def test_the_same_row_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="row 2 has the same id"):
        read(tmp_path / "f.parquet", [FOLLOWON, FOLLOWON])


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        ("脱硝效率≥95%", ("脱硝效率", None, 95.0, None, "%")),
        ("三催外排烟气NOx＜100mg/m3（干基、3%含氧量）", ("三催外排烟气NOx", None, None, 100.0, "mg/m3")),
        ("氨逃逸≤3PPM", ("氨逃逸", None, None, 3.0, "PPM")),
        ("冷却至40~45℃", ("冷却至", None, 40.0, 45.0, "°C")),
        ("吨铁发电量为30千瓦时—40千瓦时", ("吨铁发电量", None, 30.0, 40.0, "千瓦时")),
        ("NOx的排放浓度由515 mg/ m3降低至90 mg/m3", ("NOx的排放浓度", 90.0, None, None, "mg/m3")),
        ("透水系数>1.14×10^-2 cm/s", ("透水系数", None, 0.0114, None, "cm/s")),
        ("脱除效率可达80%以上", ("脱除效率", None, 80.0, None, "%")),
        ("脱硫效率高达98%", ("脱硫效率", None, None, 98.0, "%")),
        ("平均每吨氨纶能耗可节约0.7吨标煤", ("平均每吨氨纶能耗可节约", 0.7, None, None, "吨标煤")),
        ("pH7.8-8.5", ("pH", None, 7.8, 8.5, "1")),
        ("PM2.5≤35ug/m3", ("PM2.5", None, None, 35.0, "ug/m3")),
        ("removal efficiency > 95 %", ("removal efficiency", None, 95.0, None, "%")),
        ("脱硫和脱硝效率分别高于99%和85%", None),
        ("满足GB 5749-2006", None),
        ("8年工程成功应用", None),
        ("75-2000μm颗粒物去除率74-95%", None),
        ("出水满足再生水水质要求", None),
    ],
)
def test_quantities(clause: str, expected: tuple[object, ...] | None) -> None:
    found = parameter(clause)
    assert (None if found is None else (found.name, found.value, found.low, found.high, found.unit)) == expected


def test_quantities_of_several_clauses() -> None:
    names = [found.name for found in parameters_in("净化气体中苯≤4mg/m3、二甲苯≤20mg/m3；回收率大于96%，无二次污染")]
    assert names == ["净化气体中苯", "二甲苯", "回收率"]


@pytest.mark.parametrize("text", ["a" * 30_000, "≥" * 30_000, "9" * 30_000, "1、" * 15_000, "由1" * 15_000, "m3/" * 60])
def test_hostile_text_has_no_quantities(text: str) -> None:
    assert parameters_in(text) == ()


def test_media_are_guessed_from_the_first_telling_text() -> None:
    assert media_in("VOCs治理", "污水") == (Medium.AIR,)
    assert media_in("others", "Municipal Wastewater") == (Medium.WATER,)
    assert media_in("windows", None, "") == ()
