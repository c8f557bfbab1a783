"""Monitoring over HTTP, as both sides, operators and assessors see it."""

import uuid
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from fixtures.paid_deals import Sides
from marketplace.database import Sessions, transaction
from marketplace.monitoring.models import MilestoneReport
from marketplace.people.models import Organisation
from tests.api.conftest import MakeParty, Party
from tests.api.monitoring.things import TESTING, attach, final_report, running_deal

API = "/api/v1/monitoring"
DONE = {"summary": "It runs.", "progress_percent": 100}


def ok(answer: httpx.Response, status: int = 201) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


@pytest.fixture
async def sides(party: MakeParty) -> tuple[Party, Party]:
    return await party("holder"), await party("investor")


async def deal_between(sessions: Sessions, sides: tuple[Party, Party]) -> tuple[uuid.UUID, uuid.UUID]:
    holder, financier = sides
    async with transaction(sessions, TESTING) as session:
        payer = await session.get_one(Organisation, financier.organisation_id)
        payee = await session.get_one(Organisation, holder.organisation_id)
        deal = await running_deal(session, sides=Sides(payer, payee))
        return deal.id, (await final_report(session, deal)).id


async def test_a_report_goes_from_the_holder_to_the_financier(
    sessions: Sessions, sides: tuple[Party, Party], party: MakeParty
) -> None:
    holder, financier = sides
    deal, report = await deal_between(sessions, sides)
    stranger = await party("investor")
    path = f"{API}/reports/{report}"
    for client in (stranger.client, stranger.browser):
        assert (await client.get(path)).status_code == 404
        assert (await client.get(f"{API}/deals/{deal}")).status_code == 404
    content, params = "时间,TN\n1,12\n".encode(), {"file_name": "lab.csv", "dated_on": "2026-03-01"}
    assert (await financier.client.put(f"{path}/evidence", content=content, params=params)).status_code == 403
    sent = ok(await holder.client.put(f"{path}/evidence", content=content, params=params), 200)
    again = await holder.client.put(f"{path}/evidence", content=content, params=params)
    assert again.json()["code"] == "evidence-known"
    assert (await financier.client.post(f"{path}/submit", json=DONE)).status_code == 403
    ok(await holder.client.post(f"{path}/submit", json=DONE))
    assert (await holder.client.post(f"{path}/accept")).status_code == 403
    assert (await financier.client.post(f"{path}/return", json={})).json()["errors"][0]["field"] == "note"
    seen = ok(await financier.client.get(path), 200)
    assert (seen["evidence"], seen["doubts"]) == ([sent], 0)
    ok(await financier.client.post(f"{path}/accept"))
    listed = ok(await holder.client.get(f"{API}/deals/{deal}/reports"), 200)
    assert [(item["id"], item["state"]) for item in listed["items"]] == [(str(report), "accepted")]
    steps = ok(await holder.client.get(f"{path}/history"), 200)
    assert [step["to_state"] for step in steps] == ["awaited", "submitted", "accepted"]


async def test_measures_are_defined_once_the_deal_is_signed(sessions: Sessions, sides: tuple[Party, Party]) -> None:
    deal, _ = await deal_between(sessions, sides)
    kpi = {
        "key": "tn",
        "name": {"en": "Total nitrogen"},
        "definition": {"en": "Daily mean of the effluent"},
        "unit": "mg/L",
        "direction": "at-most",
        "plan": [{"on": "2026-03-01", "value": 20}, {"on": "2026-04-01", "value": 10}],
    }
    early = await sides[1].client.post(f"{API}/deals/{deal}/kpis", json=kpi)
    assert early.json()["code"] == "not-running"
    overview = ok(await sides[0].client.get(f"{API}/deals/{deal}"), 200)
    (milestone,) = overview["milestones"]
    assert milestone["warning"]["state"] == "on-track"
    assert milestone["warning"]["on_time"] is None, "the technology's readiness is not known"


async def test_doubts_are_for_operators_and_judged_by_a_person(
    sessions: Sessions, sides: tuple[Party, Party], party: MakeParty
) -> None:
    holder, financier = sides
    _, report = await deal_between(sessions, sides)
    async with transaction(sessions, TESTING) as session:
        await attach(session, await final_report(session, await running_deal(session)), b"copied")
        await attach(session, await session.get_one(MilestoneReport, report), b"copied")
    ok(await holder.client.post(f"{API}/reports/{report}/submit", json=DONE))
    seen = await financier.client.get(f"{API}/reports/{report}")
    assert (ok(seen, 200)["doubts"], "elsewhere" in seen.text) == (1, False)
    assert (await financier.client.get(f"{API}/flags")).status_code == 403
    operator = await party("operator")
    (flag,) = ok(await operator.browser.get(f"{API}/flags"), 200)["items"]
    assert (flag["kind"], len(flag["finding"]["elsewhere"])) == ("reused-file", 1)
    path, verdict = f"{API}/flags/{flag['id']}/verdict", {"verdict": "misleading", "note": "another plant's report"}
    assert ok(await operator.browser.post(path, json=verdict))["verdict"] == "misleading"
    assert (await operator.browser.post(path, json=verdict)).status_code == 409
    assert ok(await operator.browser.get(f"{API}/flags"), 200)["total"] == 0
    async with transaction(sessions, TESTING) as session:
        state = await session.scalar(select(MilestoneReport.state).where(MilestoneReport.id == report))
        assert state == "submitted", "nothing follows by itself"


async def test_the_reliability_diagram_is_public_and_says_when_it_knows_too_little(client: httpx.AsyncClient) -> None:
    found = ok(await client.get(f"{API}/reliability"), 200)
    assert (found["known"], found["bins"], found["brier"]) == (0, [], None)
    picture = await client.get(f"{API}/reliability.svg")
    assert picture.headers["content-type"].startswith("image/svg+xml")
    assert "drawn from 20 on" in picture.text


async def test_only_who_assessed_the_technology_forecasts(
    sessions: Sessions, sides: tuple[Party, Party], party: MakeParty
) -> None:
    _, report = await deal_between(sessions, sides)
    assessor = await party("assessor")
    async with transaction(sessions, TESTING) as session:
        milestone = await session.scalar(select(MilestoneReport.milestone_id).where(MilestoneReport.id == report))
    path = f"{API}/milestones/{milestone}/forecasts"
    assert (await assessor.browser.post(path, json={"probability": 0.7})).status_code == 404
    assert (await sides[0].browser.post(path, json={"probability": 0.7})).status_code == 404
