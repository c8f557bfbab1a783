"""Trains and plans as a browser without scripts meets them."""

import re
from typing import Any

import httpx
import pytest

from api.needs.interview_form import InterviewForm
from api.solutions.drawing import BAR, flow_of, front_of, wrapped
from api.solutions.figures import significant, whole_money
from api.solutions.pages import LEFT_OUT, left_out
from marketplace.database import Sessions
from marketplace.solutions.trains import trains
from tests.api.conftest import MakeParty, Party
from tests.api.needs import things
from tests.api.site.browser import HTML, fill, form_of
from tests.api.solutions.test_solutions import published
from tests.marketplace.solutions.needs import asked, solver

__all__ = ["published"]  # a fixture
KILN = "烧结烟气30万Nm3/h，二氧化硫500–900 mg/Nm3，要求低于100 mg/Nm3"
CHINESE = HTML | {"accept-language": "zh-CN"}


@pytest.fixture
async def seeker(party: MakeParty) -> Party:
    return await party("demand")


async def test_an_interview_leads_to_trains_drawn_as_a_flow(client: httpx.AsyncClient, published: list[str]) -> None:
    held = await fill(client, "/needs/interview", {"text": KILN, "unit": "mg/Nm3", "flow_unit": "Nm3/h"})
    sent = form_of(held.text, "/needs/interview/trains")
    assert InterviewForm(text=sent["text"]).text == KILN
    found = await fill(client, "/needs/interview/trains", sent)
    assert found.status_code == 200
    assert found.text.count('<svg class="plot train"') == found.text.count('class="card train"') >= 1
    assert "Activated coke" in found.text
    table = found.text.partition("Steps of the train")[2]
    assert "SO₂" in table
    assert re.search(r"MWh/a", table)
    chinese = await client.post("/needs/interview/trains", data=sent, headers=CHINESE)
    assert "活性焦" in chinese.text
    assert "各限值裕度" in chinese.text
    assert "Room at each limit" not in chinese.text


async def test_a_need_that_says_too_little_is_told_what_lacks(
    client: httpx.AsyncClient, seeker: Party, sessions: Sessions, published: list[str]
) -> None:
    need = await things.published_need(sessions, seeker)
    assert f"/needs/{need}/trains" in (await client.get(f"/needs/{need}", headers=HTML)).text
    found = await client.get(f"/needs/{need}/trains", headers=HTML)
    assert found.status_code == 200
    assert "a flow in m3/d" in found.text


async def test_a_draft_is_answered_for_its_seeker_alone(client: httpx.AsyncClient, seeker: Party) -> None:
    made = await seeker.client.post("/api/v1/needs", json={"title": {"zh": "草稿"}, "specification": {}})
    address = f"/needs/{made.json()['id']}/trains"
    assert (await seeker.browser.get(address, headers=HTML)).status_code == 200
    assert (await client.get(address, headers=HTML)).status_code == 404


async def test_a_plan_is_asked_for_by_form_kept_and_read_again(
    seeker: Party, party: MakeParty, published: list[str]
) -> None:
    browser = seeker.browser
    empty = form_of((await browser.get("/plans/new", headers=HTML)).text, "/plans/new")
    fields: dict[str, Any] = empty | {
        "title": "Steel park", "from_year": "2026", "capex_budget_minor": "200,000,000",
        "sources.0.name": "Sinter strand", "sources.0.medium": "air",
        "sources.0.flow.amount": "300000", "sources.0.flow.unit": "Nm3/h",
        "sources.0.pollutants.0.name": "SO2", "sources.0.pollutants.0.high": "900",
        "sources.0.pollutants.0.unit": "mg/Nm3",
        "goals.0.pollutant": "SO2", "goals.0.year": "2030", "goals.0.reduction_share": "50",
    }  # fmt: skip
    wider = await fill(browser, "/plans/new", fields | {"more": "goals"})
    assert "goals.2.pollutant" not in wider.text  # one was filled in, and one row more makes two
    assert form_of(wider.text, "/plans/new")["sources.0.name"] == "Sinter strand"
    made = await fill(browser, "/plans/new", fields)
    assert made.status_code == 303
    address = made.headers["location"]
    read = await browser.get(address, headers=HTML)
    assert "surely reached" in read.text
    assert "Left of the budget" in read.text
    again = form_of((await browser.get(f"{address}/change", headers=HTML)).text, "/plans/new")
    assert (again["goals.0.reduction_share"], again["capex_budget_minor"]) == ("50", "200000000")
    assert (await fill(browser, "/plans/new", again)).status_code == 303
    assert (await fill(browser, f"{address}/again", {"csrf_token": empty["csrf_token"]})).status_code == 303
    assert "3 plans" in (await browser.get("/plans", headers=HTML)).text
    assert (await fill(browser, f"{address}/remove", {"csrf_token": empty["csrf_token"]})).status_code == 303
    assert "2 plans" in (await browser.get("/plans", headers=HTML)).text
    assert (await browser.get(address, headers=HTML)).status_code == 404


async def test_a_plan_that_contradicts_itself_comes_back_with_what_was_typed(seeker: Party) -> None:
    empty = form_of((await seeker.browser.get("/plans/new", headers=HTML)).text, "/plans/new")
    fields = empty | {
        "title": "X", "from_year": "2026", "capex_budget_minor": "much",
        "sources.1.name": "Works", "sources.1.flow.amount": "1000", "sources.1.pollutants.1.name": "COD",
        "sources.1.pollutants.1.high": "300", "goals.1.pollutant": "TP", "goals.1.year": "2030",
    }  # fmt: skip
    found = await fill(seeker.browser, "/plans/new", fields)
    assert found.status_code == 422
    assert 'id="error-capex_budget_minor"' in found.text
    found = await fill(seeker.browser, "/plans/new", fields | {"capex_budget_minor": ""})
    assert found.status_code == 422
    assert 'id="error-goals.0.pollutant"' in found.text
    assert "either reduction_share or concentration" in found.text
    assert form_of(found.text, "/plans/new")["sources.0.pollutants.0.name"] == "COD"


async def test_a_plan_is_kept_by_the_api_for_its_own_organisation(seeker: Party, party: MakeParty) -> None:
    brief = {
        "from_year": 2026,
        "sources": [{"name": "W", "medium": "water", "flow": {"amount": 10, "unit": "m3/d"},
                     "pollutants": [{"name": "COD", "unit": "mg/L", "high": 300}]}],
        "goals": [{"pollutant": "COD", "year": 2030, "reduction_share": 0.5}],
    }  # fmt: skip
    made = await seeker.client.post("/api/v1/solutions/plans", json={"title": "One", "brief": brief})
    assert made.status_code == 201, made.text
    plan_id = made.json()["id"]
    read = (await seeker.client.get(f"/api/v1/solutions/plans/{plan_id}")).json()
    assert read == made.json()
    assert read["plan"]["outcomes"][0]["met"] is False
    listed = (await seeker.client.get("/api/v1/solutions/plans")).json()
    assert (listed["total"], listed["items"][0]["title"]) == (1, "One")
    other = await party("demand")
    assert (await other.client.get(f"/api/v1/solutions/plans/{plan_id}")).status_code == 404
    assert (await seeker.client.delete(f"/api/v1/solutions/plans/{plan_id}")).status_code == 204
    assert (await seeker.client.get("/api/v1/solutions/plans")).json()["total"] == 0


def test_a_drawing_says_what_its_table_says() -> None:
    need = asked(("COD", 300.0, 60.0), ("TDS", 900.0, None))
    stream = trains(need, [solver(1, "biology", removes={"COD": 0.9})]).streams[0]
    flow = flow_of(stream.trains[0], need.streams[0], ["A technology with a rather long name"])
    assert len(flow.links) == len(flow.nodes) + 1 == 2
    coming, leaving = (link.bars for link in flow.links)
    assert [bar.state for bar in coming] == ["missed", "free"]
    assert [bar.state for bar in leaving] == ["met", "free"]
    assert leaving[0].x < coming[0].x
    assert all(bar.x >= 0 and bar.x + bar.width <= BAR + 1e-9 for link in flow.links for bar in link.bars)
    front = front_of(stream.trains)
    assert [point.number for point in front.points] == [1]
    assert front.points[0].annual_minor == stream.trains[0].annual_minor


def test_long_names_are_cut_into_lines() -> None:
    assert wrapped("Deep bed filter", 5.0, 4) == ["Deep bed", "filter"]
    assert wrapped("分段进水多级AO深度脱氮工艺", 6.0, 4) == ["分段进水多级", "AO深度脱氮", "工艺"]
    assert wrapped("Antidisestablishmentarianism", 5.0, 2) == ["Antidises", "tablishm…"]
    assert wrapped("x", 5.0, 2) == ["x"]


def test_figures_have_as_many_digits_as_they_deserve() -> None:
    assert [significant(value) for value in (0, 0.0, 12_345.6, 0.031234, 7)] == ["0", "0", "12,300", "0.0312", "7"]
    assert whole_money(123_456, "CNY").endswith("1,235")


def test_what_was_left_out_is_said_of_one_and_of_several() -> None:
    for reason, said in LEFT_OUT.items():
        assert left_out(reason, 1).en == said.one != left_out(reason, 2).en == said.several
        assert left_out(reason, 1).zh == left_out(reason, 2).zh == said.zh
