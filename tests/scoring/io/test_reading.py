"""Portfolios and tables as people write them, in both languages, all formats and encodings."""

import io
import subprocess
import sys
from datetime import date
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from scoring import read_table, read_technologies, write_rows
from scoring.technology import Cost, FinancingRequest, Medium, Parameter, Provenance, Technology, TechnologyClass, Text

CHINESE_CELLS = {
    "编号": "T1",
    "技术名称": "膜生物反应器",
    "技术简介": "生物法与膜分离",
    "持有单位": "某公司",
    "单位性质": "企业",
    "来源类别": "部委目录",
    "技术类别": "治理",
    "环境要素": "水；资源化",
    "目标污染物": "COD、氨氮",
    "适用行业": "市政；印染",
    "技术成熟度": "TRL 7",
    "截止日期": "2024年5月",
    "处理规模（m³/d）": "１，２００",
    "COD去除率(%)": "≥95",
    "运行成本(元/吨)": "0.352",
    "融资方式": "股权",
    "融资金额（万元）": "500",
    "融资期限（年）": "3",
    "担保比例": "80%",
    "专利号": "CN104445812B；CN201710484732",
    "应用案例": "甲厂；乙厂",
    "备用": "是",
}
CHINESE = ",".join(CHINESE_CELLS) + "\n" + ",".join(CHINESE_CELLS.values()) + "\n"
ENGLISH = """ID;Name;Claimed TRL;As of;Medium;capex_cny_per_m3;financing instrument;financing amount;months in operation
T1;Membrane;7;31 May 2024;air, water;3.200;loan;USD 1.2 million;18
"""


def only(path: Path, content: bytes) -> Technology:
    path.write_bytes(content)
    (technology,) = read_technologies(path)
    return technology


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_chinese_sheet_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    technology = only(tmp_path / "p.csv", CHINESE.encode(encoding))
    assert technology == Technology(
        id="T1",
        name=Text(zh="膜生物反应器"),
        summary=Text(zh="生物法与膜分离"),
        holder="某公司",
        holder_kind="company",
        provenance=Provenance.CATALOGUE,
        technology_class=TechnologyClass.TREATMENT,
        media=(Medium.WATER, Medium.RESOURCE_RECOVERY),
        pollutants=("COD", "氨氮"),
        industries=("市政", "印染"),
        claimed_trl=7,
        as_of=date(2024, 5, 1),
        parameters=(
            Parameter(name="处理规模", unit="m3/d", value=1200.0),
            Parameter(name="COD去除率", unit="%", low=95.0),
        ),
        costs=(Cost(kind="opex", amount_minor=35_200, currency="CNY", per_unit="1000 吨"),),
        financing=FinancingRequest(
            instrument="equity", amount_minor=500_000_000, currency="CNY", term_months=36.0, guaranteed_share=0.8
        ),
        patents=technology.patents,
        cases=technology.cases,
        features={"处理规模（m³/d）": 1200, "COD去除率(%)": "≥95", "备用": "是"},
    )
    assert [patent.number for patent in technology.patents] == ["CN104445812B", "CN201710484732"]
    assert [case.name.zh for case in technology.cases] == ["甲厂", "乙厂"]


def test_an_english_sheet_with_semicolons(tmp_path: Path) -> None:
    technology = only(tmp_path / "p.csv", ENGLISH.encode())
    assert technology.name == Text(en="Membrane")
    assert technology.as_of == date(2024, 5, 31)
    assert technology.media == (Medium.AIR, Medium.WATER)
    assert technology.costs == (Cost(kind="capex", amount_minor=320, currency="CNY", per_unit="m3"),)
    assert technology.financing == FinancingRequest(instrument="loan", amount_minor=120_000_000, currency="USD")
    assert technology.features == {"months_in_operation": 18.0}


def test_what_is_not_stated_stays_unknown(tmp_path: Path) -> None:
    technology = only(tmp_path / "p.csv", "名称,自评TRL,截止日期,环境要素,授权专利数\n甲,,暂无,-,N/A\n".encode())
    assert technology == Technology(id="row-2", name=Text(zh="甲"))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_and_quotes(tmp_path: Path, delimiter: str) -> None:
    text = delimiter.join(('"id"', '"name, or\ntitle"', "name")) + "\r\n" + delimiter.join(("1", "", '"a ""b"""'))
    assert only(tmp_path / "p.csv", text.encode()).name.en == 'a "b"'


def test_names_in_two_languages(tmp_path: Path) -> None:
    both = Text(zh="膜", en="Membrane")
    assert only(tmp_path / "p.csv", "name_zh,name_en\n膜,Membrane\n".encode()).name == both
    assert only(tmp_path / "p.csv", "名称,name\n膜,Membrane\n".encode()).name == both
    assert only(tmp_path / "p.csv", "名称（英文）,名称（中文）\nMembrane,膜\n".encode()).name == both


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2024-05-31", date(2024, 5, 31)),
        ("2024/5/31", date(2024, 5, 31)),
        ("2024.5.31", date(2024, 5, 31)),
        ("20240531", date(2024, 5, 31)),
        ("2024年5月31日", date(2024, 5, 31)),
        ("２０２４年５月", date(2024, 5, 1)),
        ("2024-05", date(2024, 5, 1)),
        ("2024年", date(2024, 1, 1)),
        ("2024", date(2024, 1, 1)),
        ("May 2024", date(2024, 5, 1)),
        ("31 May 2024", date(2024, 5, 31)),
        ('"May 31, 2024"', date(2024, 5, 31)),
        ("2024-05-31T08:00:00Z", date(2024, 5, 31)),
    ],
)
def test_dates(tmp_path: Path, cell: str, expected: date) -> None:
    assert only(tmp_path / "p.csv", f"name,as of\na,{cell}\n".encode()).as_of == expected


@pytest.mark.parametrize(
    ("header", "cell", "minor", "currency"),
    [
        ("融资金额", "500万元", 500_000_000, "CNY"),
        ("融资金额（万元）", "500", 500_000_000, "CNY"),
        ("融资金额（万元）", "500万元", 500_000_000, "CNY"),
        ("融资金额（亿元）", "1.5", 15_000_000_000, "CNY"),
        ("financing_amount_usd", "1200000.55", 120_000_055, "USD"),
        ("ask", "€1.2 million", 120_000_000, "EUR"),
        ("ask", '"$1,200,000"', 120_000_000, "USD"),
        ("ask", "5000 JPY", 5_000, "JPY"),
        ("融资需求", "３００万美元", 300_000_000, "USD"),
    ],
)
def test_amounts(tmp_path: Path, header: str, cell: str, minor: int, currency: str) -> None:
    technology = only(tmp_path / "p.csv", f"name,融资方式,{header}\na,股权,{cell}\n".encode())
    assert technology.financing == FinancingRequest(instrument="equity", amount_minor=minor, currency=currency)


def test_a_currency_of_its_own_column(tmp_path: Path) -> None:
    technology = only(tmp_path / "p.csv", 'name,融资方式,融资金额,币种\na,贷款,"1,000.5",欧元\n'.encode())
    assert technology.financing == FinancingRequest(instrument="loan", amount_minor=100_050, currency="EUR")


def test_a_workbook_keeps_its_types(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["编号", "技术名称", "自评TRL", "截止日期", "备注数", "完成"])
    book.active.append([1, "'=危险", 7.0, date(2024, 5, 31), 1.5, True])
    book.active.append([])
    book.active.append([2, "乙"])
    file = io.BytesIO()
    book.save(file)
    (tmp_path / "p.xlsx").write_bytes(file.getvalue())
    first, second = read_technologies(tmp_path / "p.xlsx")
    assert (first.id, first.name.zh, first.claimed_trl, first.as_of) == ("1", "=危险", 7, date(2024, 5, 31))
    assert first.features == {"备注数": 1.5, "完成": True}
    assert second.features == {"备注数": None, "完成": None}


def test_json_holds_structures_and_cells(tmp_path: Path) -> None:
    content = """{"technologies": [{"id": "1", "名称": "甲", "media": ["air"], "claimed_trl": 6, "as_of": "2024年5月",
      "cases": [{"name": {"zh": "乙厂", "en": "Plant B"}, "scale": "full", "started": "2020-01-01"}],
      "ratings": {"trl": [{"criterion": "trl.6", "value": true}]}, "opex": "4.05元/吨"}]}"""
    technology = only(tmp_path / "p.json", content.encode())
    assert technology.name == Text(zh="甲")
    assert technology.cases[0].started == date(2020, 1, 1)
    assert technology.ratings["trl"][0].value is True
    assert technology.costs == (Cost(kind="opex", amount_minor=405, currency="CNY", per_unit="吨"),)


def test_a_table_has_one_type_a_column(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('n,x,share,day,flag,word,none\n1,"1,234.5",95%,2024年5月,true,a,\n,2,5%,2024-06-01,FALSE,7b,\n')
    table = read_table(path)
    assert table.to_pydict() == {
        "n": [1, None],
        "x": [1234.5, 2.0],
        "share": [0.95, 0.05],
        "day": [date(2024, 5, 1), date(2024, 6, 1)],
        "flag": [True, False],
        "word": ["a", "7b"],
        "none": [None, None],
    }


def test_a_parquet_table_is_plain(tmp_path: Path) -> None:
    texts = pa.array(["a ", None, "a "]).dictionary_encode()
    table = pa.table(
        {"t": texts, "d": pa.array([1, 2, None], pa.decimal128(5, 2)), "i": pa.array([1, 2, 3], pa.uint8())}
    )
    pq.write_table(table, tmp_path / "t.parquet")
    found = read_table(tmp_path / "t.parquet")
    assert found.to_pydict() == {"t": ["a", None, "a"], "d": [1.0, 2.0, None], "i": [1, 2, 3]}


def test_each_format_is_read_by_a_fresh_interpreter(tmp_path: Path) -> None:
    """Nothing that another test imported may be needed."""
    rows = [{"id": "a", "name": "x", "n": 1.5}]
    for extension in ("csv", "xlsx", "parquet", "json", "jsonl"):
        write_rows(rows, tmp_path / f"t.{extension}")
    code = "import sys, scoring\nfor path in sys.argv[1:]: scoring.read_table(path); scoring.read_technologies(path)"
    # A JSON object's fields are strict; the column of its own would have to be a feature.
    paths = [str(path) for path in tmp_path.iterdir() if not path.suffix.startswith(".json")]
    for path in (*paths, str(tmp_path / "t.json")):
        only_table = code.replace("; scoring.read_technologies(path)", "") if path.endswith("json") else code
        done = subprocess.run([sys.executable, "-c", only_table, path], capture_output=True, text=True, check=False)
        assert done.stderr == ""


def test_a_json_table(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text('{"a": 1, "b": "x"}\n{"a": 2.5, "c": true}\n')
    assert read_table(path).to_pydict() == {"a": [1.0, 2.5], "b": ["x", None], "c": [None, True]}
