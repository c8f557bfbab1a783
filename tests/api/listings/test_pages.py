"""A holder writes, fills in, submits and imports technologies with a browser that runs no scripts."""

import csv
import io
import re
from typing import Any

from tests.api.screening import things as screening

EN = {"accept": "text/html", "accept-language": "en"}
ZH = {"accept": "text/html", "accept-language": "zh"}
DESK = "/desk/technologies"
TYPED = {
    "technology.name.zh": "好氧颗粒污泥",
    "technology.summary.zh": "处理城镇污水",
    "technology.media": ["water", "carbon"],
    "technology.pollutants": "COD，NH3-N",
    "technology.provenance": "award",
    "chain_place": "treatment",
    "technology.parameters.0.name": "removal.COD",
    "technology.parameters.0.unit": "share",
    "technology.parameters.0.value": "0.92",
    "technology.parameters.0.evidence": "e1",
    "technology.costs.0.kind": "capex",
    "technology.costs.0.amount_minor": "1200.50",
    "technology.costs.0.currency": "CNY",
    "technology.costs.0.per_unit": "m3/d",
    "technology.evidence.0.id": "e1",
    "technology.evidence.0.grade": "E3",
    "technology.evidence.0.title.zh": "检测报告",
    "technology.evidence.0.supports": "trl.6",
}


def values(page: str) -> dict[str, str]:
    """What stands in the text fields of a page."""
    return {
        name: value
        for tag in re.findall(r"<input[^>]+>", page)
        for name in re.findall(r' name="([^"]+)"', tag)
        for value in re.findall(r' value="([^"]*)"', tag)
    }


async def test_a_technology_is_written_filled_in_and_submitted(party: Any) -> None:
    holder = await party("holder")
    assert (await holder.browser.get(f"{DESK}/new", headers=EN)).status_code == 200
    made = await holder.browser.post(f"{DESK}/new", data=TYPED)
    assert made.status_code == 303, made.text
    one = made.headers["location"]
    page = (await holder.browser.get(one, headers=ZH)).text
    assert "好氧颗粒污泥" in page
    assert "英文简介" in page  # still missing
    form = (await holder.browser.get(f"{one}/edit", headers=ZH)).text
    shown = values(form)
    assert shown["technology.costs.0.amount_minor"] == "1200.50"
    assert shown["technology.pollutants"] == "COD, NH3-N"
    assert shown["technology.parameters.0.value"] == "0.92"
    changed = TYPED | {"technology.name.en": "Aerobic granular sludge"}
    assert (await holder.browser.post(f"{one}/edit", data=changed)).status_code == 303
    assert (await holder.browser.post(f"{one}/submit")).status_code == 303
    page = (await holder.browser.get(one, headers=EN)).text
    assert "Submitted" in page
    assert (await holder.browser.get(DESK, headers=EN)).text.count(one) == 1


async def test_a_row_is_added_and_nothing_typed_is_lost(party: Any) -> None:
    holder = await party("holder")
    more = await holder.browser.post(f"{DESK}/new", data=TYPED | {"add": "technology.parameters"}, headers=EN)
    assert more.status_code == 200
    shown = values(more.text)
    assert shown["technology.parameters.0.name"] == "removal.COD"
    assert shown["technology.parameters.1.name"] == ""
    blank = {"technology.parameters.1.name": "", "technology.parameters.1.unit": ""}
    assert (await holder.browser.post(f"{DESK}/new", data=TYPED | blank)).status_code == 303


async def test_wrong_fields_are_named_beside_them(party: Any) -> None:
    holder = await party("holder")
    wrong = TYPED | {"technology.parameters.0.unit": "", "technology.costs.0.amount_minor": "a lot"}
    answer = await holder.browser.post(f"{DESK}/new", data=wrong, headers=ZH)
    assert answer.status_code == 422
    assert 'id="error-technology.parameters.0.unit"' in answer.text
    assert 'id="error-technology.costs.0.amount_minor"' in answer.text
    assert values(answer.text)["technology.costs.0.amount_minor"] == "a lot"


async def test_a_technology_that_is_listed_already_loses_nothing_typed(party: Any) -> None:
    holder = await party("holder")
    first = await holder.browser.post(f"{DESK}/new", data=TYPED)
    again = await holder.browser.post(f"{DESK}/new", data=TYPED, headers=ZH)
    assert (again.status_code, values(again.text)["technology.name.zh"]) == (422, "好氧颗粒污泥")
    other = await holder.browser.post(f"{DESK}/new", data=TYPED | {"technology.name.zh": "另一种污泥"})
    edited = await holder.browser.post(f"{other.headers['location']}/edit", data=TYPED, headers=ZH)
    assert (edited.status_code, values(edited.text)["technology.name.zh"]) == (422, "好氧颗粒污泥")
    assert first.headers["location"] != other.headers["location"]


async def test_what_is_missing_stops_a_submission_by_name(party: Any) -> None:
    holder = await party("holder")
    made = await holder.browser.post(f"{DESK}/new", data={"technology.name.en": "Only a name"})
    answer = await holder.browser.post(f"{made.headers['location']}/submit", headers=ZH)
    assert answer.status_code == 422
    assert "提交前请填写" in answer.text


async def test_a_listing_is_withdrawn_for_good(party: Any, sessions: Any) -> None:
    holder, other = await party("holder"), await party("holder")
    listing = await screening.drafted_listing(sessions, holder)
    assert (await other.browser.get(f"{DESK}/{listing}")).status_code == 404
    assert (await other.browser.post(f"{DESK}/{listing}/withdraw")).status_code == 404
    assert (await holder.browser.post(f"{DESK}/{listing}/withdraw")).status_code == 303
    assert "It was withdrawn for good." in (await holder.browser.get(f"{DESK}/{listing}", headers=EN)).text


async def test_a_table_is_looked_through_before_it_is_imported(party: Any) -> None:
    holder = await party("holder")
    table = b"id,name_en,media,claimed_trl\na,Membrane,water,7\nb,Filter,air,12\n"
    wrong = await holder.browser.post(
        f"{DESK}/import", data={"act": "import"}, files={"file": ("mine.csv", table, "text/csv")}, headers=EN
    )
    assert wrong.status_code == 422
    assert "claimed_trl" in wrong.text
    right = table.replace(b"12", b"6")
    look = await holder.browser.post(
        f"{DESK}/import", data={"act": "check"}, files={"file": ("mine.csv", right, "text/csv")}, headers=EN
    )
    assert look.status_code == 200
    assert "2 technologies can be imported." in look.text
    assert "No technology yet" in (await holder.browser.get(DESK, headers=EN)).text
    done = await holder.browser.post(
        f"{DESK}/import", data={"act": "import"}, files={"file": ("mine.csv", right, "text/csv")}
    )
    assert (done.status_code, done.headers["location"]) == (303, DESK)
    assert "Membrane" in (await holder.browser.get(DESK, headers=EN)).text


async def test_no_file_is_said_beside_the_form(party: Any) -> None:
    answer = await (await party("holder")).browser.post(f"{DESK}/import", data={"act": "check"}, headers=ZH)
    assert answer.status_code == 422
    assert "请先选择文件" in answer.text


async def test_every_part_of_a_technology_has_fields_and_what_they_hold_comes_back(party: Any) -> None:
    holder = await party("holder")
    more = {
        "technology.technology_class": "treatment",
        "technology.patents.0.number": "ZL202010123456.7",
        "technology.patents.0.status": "granted",
        "technology.team.0.role": "工艺工程师",
        "technology.team.0.full_time": "true",
        "technology.funding.0.kind": "grant",
        "technology.funding.0.amount_minor": "300000.50",
        "technology.funding.0.currency": "CNY",
        "technology.financing.instrument": "loan",
        "technology.financing.amount_minor": "2000000",
        "technology.financing.currency": "CNY",
        "technology.financing.stages.0.name.zh": "中试",
        "technology.financing.stages.0.cost_minor": "500000",
        "technology.financing.stages.0.months": "12",
        "confidential.0.name": "菌种来源",
        "confidential.0.text": "自有菌种",
    }
    one = (await holder.browser.post(f"{DESK}/new", data=TYPED | more)).headers["location"]
    kept = (await holder.client.get(f"/api/v1/listings/{one.rpartition('/')[2]}")).json()
    assert kept["technology"]["financing"]["stages"][0]["cost_minor"] == 50_000_000
    assert kept["technology"]["team"][0]["full_time"] is True
    assert kept["confidential"] == {"菌种来源": "自有菌种"}
    shown = values((await holder.browser.get(f"{one}/edit", headers=ZH)).text)
    for name in ("patents.0.number", "funding.0.amount_minor", "financing.amount_minor", "financing.stages.0.months"):
        assert float(shown[f"technology.{name}"].strip("ZL")) == float(more[f"technology.{name}"].strip("ZL"))
    page = (await holder.browser.get(one, headers=ZH)).text
    for said in ("ZL202010123456.7", "工艺工程师", "已授权", "¥300,000.50", "菌种来源"):
        assert said in page


async def test_a_currency_alone_asks_for_nothing(party: Any) -> None:
    holder = await party("holder")
    made = await holder.browser.post(f"{DESK}/new", data=TYPED | {"technology.financing.currency": "CNY"})
    kept = await holder.client.get(f"/api/v1/listings/{made.headers['location'].rpartition('/')[2]}")
    assert kept.json()["technology"]["financing"] is None


async def test_a_template_is_filled_in_and_read_back(party: Any) -> None:
    holder = await party("holder")
    offered = (await holder.browser.get(f"{DESK}/import", headers=ZH)).text
    assert offered.count("/api/v1/listings/template") == 2
    header = (await holder.browser.get("/api/v1/listings/template", params={"format": "csv"})).content
    names = next(csv.reader(io.StringIO(header.decode("utf-8-sig"))))
    assert "技术名称\nName" in names
    table = io.StringIO()
    csv.writer(table).writerows(
        [names, [{"编号": "a1", "技术名称": "膜"}.get(name.split("\n")[0], "") for name in names]]
    )
    look = await holder.browser.post(
        f"{DESK}/import", data={"act": "check"}, files={"file": ("t.csv", table.getvalue().encode())}, headers=EN
    )
    assert "1 technology can be imported." in look.text, look.text
    workbook = await holder.browser.get("/api/v1/listings/template")
    assert workbook.content.startswith(b"PK")
