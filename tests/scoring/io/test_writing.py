"""What is written reads back the same, and no text becomes a formula on the way."""

import csv
import io
import math
from datetime import date
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring import InputError, read_table, read_technologies, write_rows, write_technologies, write_template
from scoring.io.grid import FORMULA_STARTS
from scoring.io.values import plain
from scoring.technology import (
    Case,
    Cost,
    Evidence,
    EvidenceGrade,
    FinancingRequest,
    FundingRound,
    Medium,
    Parameter,
    Patent,
    Provenance,
    Rating,
    Stage,
    TeamMember,
    Technology,
    TechnologyClass,
    Text,
)

FORMATS = ("csv", "tsv", "xlsx", "parquet", "json", "jsonl")
CHARACTERS = st.sampled_from("aB7é甲水，;；,、|\"'=+-@% .\n/\\{[") | st.characters(
    categories=("L", "N", "P", "S"), exclude_characters="\ufffe\uffff"
)


def _is_said(text: str) -> bool:
    """A reader takes the rest for unknown, in full width, too: “－” is a dash."""
    return bool(plain(text)) and text == text.strip() and not text.startswith("'")


texts = st.text(CHARACTERS, min_size=1, max_size=12).map(str.strip).filter(_is_said)
words = st.text("abc甲乙", min_size=5, max_size=8)
both = st.builds(Text, st.none() | texts, st.none() | texts)
named = both.filter(bool)
days = st.dates(date(1900, 1, 1), date(2200, 12, 31))
maybe_days = st.none() | days
# A workbook keeps 15 digits of a number.
numbers = st.floats(0, 1e12, allow_nan=False).map(lambda number: float(f"{number:.12g}"))
shares = st.floats(0, 1).map(lambda number: float(f"{number:.12g}"))
minor = st.integers(0, 10**15)
currencies = st.sampled_from(("CNY", "EUR", "JPY", "KWD"))
refs = st.lists(words, max_size=2).map(tuple)


def several(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(strategy, max_size=2).map(tuple)


stages = st.builds(Stage, name=both, cost_minor=minor, months=numbers, target_level=st.none() | st.integers(1, 9))
technologies = st.builds(
    Technology,
    id=words,
    name=named,
    summary=both,
    holder=st.none() | texts,
    holder_kind=st.none() | st.sampled_from(("company", "university")),
    country=st.none() | texts,
    provenance=st.none() | st.sampled_from(Provenance),
    technology_class=st.none() | st.sampled_from(TechnologyClass),
    media=st.lists(st.sampled_from(Medium), unique=True).map(tuple),
    pollutants=st.lists(texts, max_size=3, unique=True).map(tuple),
    industries=st.lists(texts, max_size=3, unique=True).map(tuple),
    claimed_trl=st.none() | st.integers(1, 9),
    as_of=maybe_days,
    parameters=several(st.builds(Parameter, name=words, unit=texts, low=st.none() | numbers, evidence=refs)),
    costs=several(st.builds(Cost, kind=words, amount_minor=minor, currency=currencies, per_unit=texts)),
    cases=several(st.builds(Case, name=both, started=maybe_days, succeeded=st.none() | st.booleans())),
    patents=several(st.builds(Patent, number=words, filed=maybe_days)),
    team=several(st.builds(TeamMember, role=words, years_of_experience=st.none() | numbers)),
    funding=several(st.builds(FundingRound, kind=words, amount_minor=minor, currency=currencies, dated=maybe_days)),
    financing=st.none()
    | st.builds(
        FinancingRequest,
        instrument=st.sampled_from(("grant", "loan", "equity")),
        amount_minor=minor,
        currency=currencies,
        term_months=st.none() | numbers,
        stages=several(stages),
        collateral_minor=st.none() | minor,
        guaranteed_share=st.none() | shares,
    ),
    evidence=several(st.builds(Evidence, id=words, grade=st.sampled_from(EvidenceGrade), dated=maybe_days)),
    ratings=st.dictionaries(
        words, several(st.builds(Rating, criterion=words, value=st.booleans() | texts)), max_size=2
    ),
    features=st.dictionaries(texts, st.none() | st.integers(-(2**63), 2**63 - 1) | numbers | texts, max_size=3),
    source=st.none() | texts,
)
portfolios = st.lists(technologies, min_size=1, max_size=3, unique_by=lambda technology: technology.id)


@pytest.mark.parametrize("extension", FORMATS)
@settings(deadline=None, max_examples=20)
@given(portfolio=portfolios)
def test_a_portfolio_reads_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, extension: str, portfolio: list[Technology]
) -> None:
    path = tmp_path_factory.getbasetemp() / f"portfolio.{extension}"
    write_technologies(portfolio, path)
    same = read_technologies(path) == portfolio  # apart, since a diff of structures takes minutes to find
    assert same


@pytest.mark.parametrize("extension", FORMATS)
def test_a_table_reads_back_as_it_was(tmp_path: Path, extension: str) -> None:
    rows = [
        {"rank": 1, "score": -0.25, "name": "=1+1", "day": date(2024, 5, 31), "ok": True, "说明": "甲\n乙"},
        {"rank": 2, "score": None, "name": "'-x", "day": None, "ok": False, "说明": None},
    ]
    path = tmp_path / f"t.{extension}"
    write_rows(rows, path)
    columns = read_table(path).to_pydict()
    found = [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
    for row in found:
        row["day"] = row["day"].date() if hasattr(row["day"], "date") else row["day"]
    assert found == rows


@given(text=st.sampled_from([*FORMULA_STARTS, "'=", ""]).flatmap(lambda start: st.text().map(start.__add__)))
@settings(deadline=None, max_examples=40)
def test_no_text_starts_a_formula(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.getbasetemp()
    write_rows([{"text": text, "number": -5}], folder / "guard.csv")
    write_rows([{"text": text, "number": -5}], folder / "guard.xlsx")
    with (folder / "guard.csv").open(encoding="utf-8-sig", newline="") as file:
        (_, (in_csv, number)) = list(csv.reader(file))
    assert not in_csv.startswith(FORMULA_STARTS)
    assert number == "-5"
    sheet = openpyxl.load_workbook(folder / "guard.xlsx").active
    assert sheet["A2"].data_type != "f"
    assert not str(sheet["A2"].value or "").startswith(FORMULA_STARTS)
    assert (sheet["B2"].data_type, sheet["B2"].value) == ("n", -5)


def test_headers_are_guarded_too(tmp_path: Path) -> None:
    write_rows([{"=cmd()": 1}], tmp_path / "t.csv")
    assert "'=cmd()" in (tmp_path / "t.csv").read_text("utf-8-sig")


def test_nothing_is_written_when_a_value_cannot_be(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    with pytest.raises(InputError, match="32,767"):
        write_rows([{"a": "x" * 40_000}], path)
    with pytest.raises(ValueError, match="nan"):
        write_rows([{"a": math.nan}], tmp_path / "t.csv")
    with pytest.raises(InputError, match=r"\.docx"):
        write_rows([{"a": 1}], tmp_path / "t.docx")
    assert list(tmp_path.iterdir()) == []


def test_parquet_keeps_types(tmp_path: Path) -> None:
    write_rows(
        [{"a": 1, "b": 1.5, "c": "=x", "d": [1]}, {"a": None, "b": 2, "c": None, "d": None}], tmp_path / "t.parquet"
    )
    table = pq.read_table(tmp_path / "t.parquet")
    assert [str(kind) for kind in table.schema.types] == ["int64", "double", "string", "string"]
    assert table.to_pydict()["c"] == ["=x", None]


def test_the_template_filled_with_its_examples_is_a_portfolio(tmp_path: Path) -> None:
    write_template(tmp_path / "template.xlsx")
    book = openpyxl.load_workbook(tmp_path / "template.xlsx")
    portfolio, dictionary = book.worksheets
    headers = [cell.value for cell in portfolio[1]]
    explained = {row[0]: row for row in dictionary.iter_rows(min_row=2, values_only=True)}
    assert [header.replace("\n", " ") for header in headers] == list(explained)
    portfolio.append([row[4] for row in explained.values()])
    filled = io.BytesIO()
    book.save(filled)
    (tmp_path / "filled.xlsx").write_bytes(filled.getvalue())
    (technology,) = read_technologies(tmp_path / "filled.xlsx")
    assert technology.id == "T-001"
    assert technology.provenance is Provenance.CATALOGUE
    assert technology.media == (Medium.AIR,)
    assert technology.financing is not None
    assert technology.financing.amount_minor == 500_000_000
    assert [parameter.name for parameter in technology.parameters] == ["脱硝效率", "氨逃逸"]
    assert len(technology.costs) == 2
