import numpy as np
import pytest

from marketplace.search.index import Document, Reading, new_index, write
from marketplace.search.question import understood
from marketplace.search.ranking import ranked
from marketplace.search.rows import FILE, ROW, Rows

NUMBERED = [Document(key=f"k:{number}", title=f"pump {number}", maturity=number, at=number) for number in range(5)]


def _rows(count):
    made = np.zeros(count, ROW)
    made["at"] = range(count)
    return made


@pytest.mark.parametrize("on_disk", [True, False])
def test_rows_are_numbered_on(tmp_path, on_disk):
    rows = Rows(tmp_path if on_disk else None)
    assert (len(rows), len(rows.read())) == (0, 0)
    assert [rows.add(_rows(3)), rows.add(_rows(2))] == [0, 3]
    rows.settle()
    assert rows.read()["at"].tolist() == [0, 1, 2, 0, 1]


def test_half_a_row_that_a_crash_left_is_written_over(tmp_path):
    Rows(tmp_path).add(_rows(2))
    with (tmp_path / FILE).open("ab") as file:
        file.write(b"half")
    rows = Rows(tmp_path)
    assert rows.add(_rows(1)) == 2
    assert rows.read()["at"].tolist() == [0, 1, 0]


@pytest.mark.parametrize("on_disk", [True, False])
def test_numbers_belong_to_their_document(tmp_path, on_disk):
    index = new_index(tmp_path if on_disk else None)
    write(index, NUMBERED)
    write(index, [Document(key="k:3", title="pump 3", maturity=9, at=33)], gone=["k:1"])
    reading = Reading(index)
    addresses = ranked(reading, understood("pump", reading)).addresses
    rows = reading.rows(addresses)
    said = {reading.key(address): tuple(row) for address, row in zip(addresses, rows[["maturity", "at"]], strict=True)}
    assert said == {"k:0": (0, 0), "k:2": (2, 2), "k:3": (9, 33), "k:4": (4, 4)}


def test_the_last_of_two_with_one_key_counts():
    index = new_index()
    assert write(index, [Document(key="one", title="pump"), Document(key="one", title="filter")]) == 1
    reading = Reading(index)
    assert ranked(reading, understood("pump", reading)).addresses == []
    assert len(ranked(reading, understood("filter", reading)).addresses) == 1


def test_names_met_later_are_heard_too():
    index = new_index()
    write(index, [Document(key="one", title="Made in Carolina")])
    first = Reading(index)
    assert first.names.matches("卡罗莱纳")
    assert not first.names.matches("蒙大拿")
    write(index, [Document(key="two", title="Made in Montana")])
    second = Reading(index, first)
    assert {"montana"} <= {match.name for match in second.names.matches("蒙大拿")}
    assert second.names.matches("卡罗莱纳")


@pytest.mark.parametrize(
    ("question", "found"),
    [("铅", ["含铅土壤", "铅锌冶炼废渣"]), ("铅锌", ["铅锌冶炼废渣", "含铅土壤"]), ("反应器", ["膜生物反应器"])],
)
def test_chinese_is_found_by_characters_pairs_and_words(question, found):
    index = new_index()
    write(index, [Document(key=text, title=text) for text in ("膜生物反应器", "铅锌冶炼废渣", "含铅土壤")])
    reading = Reading(index)
    assert [reading.key(address) for address in ranked(reading, understood(question, reading)).addresses] == found
