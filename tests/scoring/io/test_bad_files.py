"""Every way a file can be bad is an `InputError` that names its place, and none of them costs much."""

import io
import json
import time
import zipfile
from contextlib import suppress
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring import InputError, read_table, read_technologies
from scoring.errors import CellError

CSV = "id,name,trl\n1,Membrane,6\n"


def errors_of(path: Path, content: bytes | str) -> tuple[CellError, ...]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(InputError) as caught:
        read_technologies(path)
    return caught.value.errors


def only_error(path: Path, content: bytes | str) -> CellError:
    errors = errors_of(path, content)
    assert len(errors) == 1, errors
    return errors[0]


def workbook(**sheets: list[list[object]]) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    return book


def saved(book: openpyxl.Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_all_bad_cells_are_reported_at_once(tmp_path: Path) -> None:
    text = "id,name,trl,as_of,media\n1,A,12,2024-13-01,water\n2,,x,2024年5月,watr\n1,C,3,,air\n"
    found = {(error.row, error.column): error for error in errors_of(tmp_path / "p.csv", text)}
    assert set(found) == {(2, "trl"), (2, "as_of"), (3, "trl"), (3, "media"), (3, "name"), (4, "id")}
    assert found[2, "trl"].value == "12"
    assert found[2, "trl"].expected == "a whole number from 1 to 9"
    assert "did you mean 'water'" in found[3, "media"].expected
    assert found[4, "id"].expected == "an id of its own; row 2 has this one"
    assert all(error.file.endswith("p.csv") for error in found.values())


@pytest.mark.parametrize(
    ("content", "row", "expected"),
    [
        ("", None, "empty"),
        ("\n\n", None, "no content"),
        ("id,name\n", 1, "at least one row"),
        ("id,name,name\n1,a,b\n", 1, "each column header once"),
        ("id,\n1,x\n", 2, "a header for column 2"),
        ("id,name\n1,a,b\n", 2, "as the header has, 2"),
        ("id,name\n1\n", 2, "as the header has, 2"),
        ('id,name\n1,"a\n', 2, "closed quotes"),
        ("id,name\n1,a\0b\n", 2, "without NUL"),
        ("id,nam\n1,a\n", 1, "did you mean 'nam'"),
        ("id,名称,技术名称\n1,甲,乙\n", 2, "one text in each language"),
        ("id,name,trl,自评TRL\n1,a,2,3\n", 1, "one column for 'claimed_trl'"),
        ("id,name,trl\n1,a,1e400\n", 2, "a finite number"),
        ("id,name,trl\n1,a,NaN\n", 2, "a finite number"),
        ("id,name,trl\n1,a,inf\n", 2, "a finite number"),
        ("id,name,trl\n1,a,100000000000000000000000\n", 2, "from 1 to 9"),
        ("id,name,patents granted\n1,a,100000000000000000000000\n", 2, "between -2^63"),
        ("id,name,opex\n1,a,4\n", 2, "with its currency and unit"),
        ("id,name,financing amount\n1,a,500万元\n", 2, "a value, since the row asks for financing"),
        ("id;name;guarantee\n1;a;1,234\n", 2, "a share"),
        ("id;name;team size\n1;a;1,234\n", 2, "without commas"),
        ("id,name\n1," + "x" * 1_000_000, 2, "at most 32,767 characters"),
        ("id,name\n1," + "x" * 40_000, 2, "at most 32,767 characters"),
        ("id,name\n,a\n", 2, "an id"),
        ("id,name,evidence\n1,a,[{\n", 2, "valid JSON"),
        ('id,name,evidence\n1,a,"[{""id"":""e"",""grad"":""E1""}]"\n', 2, "did you mean 'grade'"),
        (b"id,name\n1,caf\xe9 moderne, tr\xe8s bien\n", None, "UTF-8 or GB18030"),
        (b"PK\x03\x04 not a table", None, "as its extension says"),
        (b"id,name\n1,\xff\xff\xff\n", None, "UTF-8 or GB18030"),
    ],
)
def test_bad_csv(tmp_path: Path, content: bytes | str, row: int | None, expected: str) -> None:
    error = only_error(tmp_path / "p.csv", content)
    assert error.row == row
    assert expected in error.expected


@pytest.mark.parametrize(
    ("content", "row", "column", "expected"),
    [
        ("[]", None, None, "at least one object"),
        ("[1]", 1, None, "an object"),
        ("7", None, None, "a list of objects"),
        ('[{"id": "1"', 1, None, "valid JSON"),
        ('[{"id": "1", "name": "a", "holdr": "b"}]', 1, "holdr", "did you mean 'holder'"),
        ('[{"id": "1", "name": "a", "name": "b"}]', None, None, "each field once"),
        ('[{"id": "1", "name": "a", "claimed_trl": 1e400}]', 1, "claimed_trl", "finite"),
        ('[{"id": "1", "name": "a", "features": {"x": NaN}}]', 1, "features.x", "a finite number"),
        ('[{"id": "1", "name": "a", "features": {"x": 1' + "0" * 23 + "}}]", 1, "features.x", "between -2^63"),
        ('[{"id": "1", "name": "a", "features": {"x": 1' + "0" * 9_000 + "}}]", 1, "features.x", "a finite number"),
        (
            '[{"id": "1", "name": "a", "cases": [{"name": "x", "months_in_operation": -1}]}]',
            1,
            "cases[0].months_in_operation",
            "at least 0",
        ),
        ('[{"id": "1", "name": "a", "cases": [{}]}]', 1, "cases[0].name", "required"),
        ('[{"id": "1", "name": "a", "media": ["watr"]}]', 1, "media[0]", "did you mean 'water'"),
        ('[{"id": "1", "name": "a", "patents": [{"number": 7}]}]', 1, "patents[0].number", "text"),
        ('[{"id": "1", "name": "a", "evidence": [{"id": "e", "dated": "soon"}]}]', 1, "evidence[0].dated", "a date"),
        ('[{"id": "1", "name": {"de": "x"}}]', 1, "name.de", "a known field"),
        ("[" * 100_000, None, None, "levels of nesting"),
        ("[" * 500 + "]" * 500, None, None, "levels of nesting"),
        ('[{"id": "a", "name": {"en": "a\\u0000"}}]', 1, "name.en", "without NUL"),
        ('[{"id": "a", "name": "a\\u0000"}]', 1, "name", "without NUL"),
        ('[{"id": "a", "name": "a\\ud800"}]', 1, "name", "halves of characters"),
        ('[{"id": "a", "name": "a", "features": {"\\ud800": 1}}]', 1, "features", "halves of characters"),
    ],
)
def test_bad_json(tmp_path: Path, content: str, row: int | None, column: str | None, expected: str) -> None:
    error = errors_of(tmp_path / "p.json", content)[0]
    assert (error.row, error.column) == (row, column)
    assert expected in error.expected


def test_every_bad_field_of_a_structure_is_named(tmp_path: Path) -> None:
    technology = {
        "id": "1",
        "name": "a",
        "funding": [{"kind": 3, "amount_minor": -5, "currency": "EUR"}, {"kind": "grant"}],
        "financing": {"instrument": "loan", "amount_minor": 1.5, "currency": "CNY", "guaranteed_share": 2},
    }
    found = {error.column for error in errors_of(tmp_path / "p.json", json.dumps([technology]))}
    assert found == {
        "funding[0].kind",
        "funding[0].amount_minor",
        "funding[1].amount_minor",
        "funding[1].currency",
        "financing.amount_minor",
        "financing.guaranteed_share",
    }


def test_bad_lines_of_json_are_named_by_line(tmp_path: Path) -> None:
    errors = errors_of(tmp_path / "p.jsonl", '{"id": "1", "name": "a"}\n\n{"id": \n[]\n{"id": "2"}\n')
    assert [error.row for error in errors] == [3, 4]


def test_bad_workbook_cells_are_all_named(tmp_path: Path) -> None:
    book = workbook(Sheet=[["id", "name", "trl"], [1, "=A1", 5], [2, "b", "#REF!"], [3, "c", 99], [4, "d", 3]])
    book["Sheet"].merge_cells("B5:C5")
    found = {(error.row, error.column, error.value) for error in errors_of(tmp_path / "p.xlsx", saved(book))}
    assert found == {(2, "name", "=A1"), (3, "trl", "#REF!"), (5, None, "B5:C5")}


def test_hidden_and_several_sheets_are_refused(tmp_path: Path) -> None:
    rows = [["id", "name"], [1, "a"]]
    book = workbook(one=rows, two=rows)
    assert "one sheet with content" in only_error(tmp_path / "p.xlsx", saved(book)).expected
    book["two"].sheet_state = "hidden"
    assert "no hidden sheets" in only_error(tmp_path / "p.xlsx", saved(book)).expected


def test_the_named_sheet_is_read(tmp_path: Path) -> None:
    path = tmp_path / "p.xlsx"
    path.write_bytes(saved(workbook(notes=[["some", "text"]], Technologies=[["id", "name"], [1, "a"]])))
    assert [technology.id for technology in read_technologies(path)] == ["1"]


def archive(*members: tuple[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in members:
            target.writestr(name, content)
    return file.getvalue()


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    bomb = archive(("[Content_Types].xml", b"<x/>"), ("xl/worksheets/sheet1.xml", b"0" * (64 * 2**20)))
    started = time.perf_counter()
    assert "times their size" in only_error(tmp_path / "p.xlsx", bomb).expected
    assert time.perf_counter() - started < 2


def test_a_claim_of_ten_gigabytes_is_refused(tmp_path: Path) -> None:
    content = bytearray(archive(("[Content_Types].xml", b"<x/>"), ("xl/a.xml", b"a" * 100)))
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = (4_000_000_000).to_bytes(4, "little")
    assert "MiB when unpacked" in only_error(tmp_path / "p.xlsx", bytes(content)).expected


def test_a_part_longer_than_its_claim_is_refused(tmp_path: Path) -> None:
    content = bytearray(saved(workbook(Sheet=[["id", "name"], [1, "a"]])))
    for mark, offset in ((b"PK\x01\x02", 24),):
        position = content.rindex(mark)
        content[position + offset : position + offset + 4] = (5).to_bytes(4, "little")
    assert errors_of(tmp_path / "p.xlsx", bytes(content))


def test_entities_and_foreign_archives_are_refused(tmp_path: Path) -> None:
    entities = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'
    with_doctype = archive(("[Content_Types].xml", b"<x/>"), ("xl/workbook.xml", entities))
    assert "document type" in only_error(tmp_path / "p.xlsx", with_doctype).expected
    assert "another kind of zip" in only_error(tmp_path / "q.xlsx", archive(("a.txt", b"a"))).value
    many = archive(*((f"{number}.xml", b"") for number in range(1_100)))
    assert "1,000 parts" in only_error(tmp_path / "r.xlsx", many).expected


def test_a_sheet_that_claims_a_huge_size_is_cheap(tmp_path: Path) -> None:
    source = zipfile.ZipFile(io.BytesIO(saved(workbook(Sheet=[["id", "name"], [1, "a"]]))))
    parts = [(name, source.read(name)) for name in source.namelist()]
    lies = [(n, c.replace(b'<dimension ref="A1:B2"', b'<dimension ref="A1:XFD1048576"')) for n, c in parts]
    assert lies != parts
    path = tmp_path / "p.xlsx"
    path.write_bytes(archive(*lies))
    started = time.perf_counter()
    assert len(read_technologies(path)) == 1
    assert time.perf_counter() - started < 2
    wide = [(n, c.replace(b'r="B2"', b'r="XFD2"')) for n, c in parts]
    assert "columns" in errors_of(tmp_path / "q.xlsx", archive(*wide))[0].expected


def parquet(table: pa.Table, **options: object) -> bytes:
    file = io.BytesIO()
    pq.write_table(table, file, **options)
    return file.getvalue()


def test_bad_parquet_cells_are_all_named(tmp_path: Path) -> None:
    table = pa.table({"id": ["a", "b", "c"], "name": ["x", "y", "z" * 40_000], "n": [float("nan"), 1.0, float("inf")]})
    found = {(error.row, error.column) for error in errors_of(tmp_path / "p.parquet", parquet(table))}
    assert found == {(2, "n"), (4, "n"), (None, "name")}


def test_parquet_of_lists_or_without_rows_is_refused(tmp_path: Path) -> None:
    nested = pa.table({"id": ["a"], "name": ["x"], "list": [[1, 2]]})
    assert "plain values" in only_error(tmp_path / "p.parquet", parquet(nested)).expected
    empty = pa.table({"id": pa.array([], pa.string())})
    assert "at least one" in only_error(tmp_path / "q.parquet", parquet(empty)).expected


def test_parquet_that_repeats_a_long_text_is_bounded(tmp_path: Path) -> None:
    """A few kilobytes that claim, once decoded, six gigabytes."""
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 200_000, pa.int32()), ["x" * 32_000])
    table = pa.table({"id": texts})
    started = time.perf_counter()
    assert "GiB" in only_error(tmp_path / "p.parquet", parquet(table)).expected
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize("name", ["p.xls", "p", "p.pdf"])
def test_an_unknown_extension_is_refused(tmp_path: Path, name: str) -> None:
    assert only_error(tmp_path / name, CSV).row is None


@pytest.mark.parametrize("name", ["p.xlsx", "p.parquet"])
def test_content_that_is_not_what_the_extension_says(tmp_path: Path, name: str) -> None:
    assert "as its extension says" in only_error(tmp_path / name, CSV).expected


def test_what_is_no_ordinary_file(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.csv", Path("/dev/zero"), Path("a\0b.csv"), Path("x" * 5_000 + ".csv")):
        with pytest.raises(InputError):
            read_technologies(path)


def test_bad_numbers_of_a_column_of_numbers(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + "1,x\n" * 98 + "oops,y\n1,z\n")
    with pytest.raises(InputError) as caught:
        read_table(path)
    assert [(error.row, error.column, error.value) for error in caught.value.errors] == [(100, "a", "oops")]


@pytest.mark.parametrize("extension", ["csv", "tsv", "xlsx", "parquet", "json", "jsonl"])
@given(content=st.binary(max_size=200), magic=st.booleans())
def test_arbitrary_bytes_raise_input_errors_only(
    tmp_path_factory: pytest.TempPathFactory, extension: str, content: bytes, magic: bool
) -> None:
    starts = {"xlsx": b"PK\x03\x04", "parquet": b"PAR1"}
    path = tmp_path_factory.getbasetemp() / f"arbitrary.{extension}"
    path.write_bytes(starts.get(extension, b"") + content if magic else content)
    for read in (read_technologies, read_table):
        with suppress(InputError):
            read(path)


VALID = {
    "xlsx": saved(workbook(Sheet=[["id", "name", "trl"], [1, "a", 5], [2, "b", 6]])),
    "parquet": parquet(pa.table({"id": ["1", "2"], "name": ["a", "b"], "trl": [5, 6]})),
    "json": b'[{"id": "1", "name": {"zh": "a"}, "cases": [{"name": "x"}]}]',
}


@pytest.mark.parametrize("extension", VALID)
@given(data=st.data())
def test_damaged_files_raise_input_errors_only(
    tmp_path_factory: pytest.TempPathFactory, extension: str, data: st.DataObject
) -> None:
    content = bytearray(VALID[extension])
    places = st.integers(0, len(content) - 1)
    for position, byte in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), min_size=1, max_size=8)):
        content[position] = byte
    path = tmp_path_factory.getbasetemp() / f"damaged.{extension}"
    path.write_bytes(content)
    with suppress(InputError):
        read_technologies(path)
