"""Calls as a browser without scripts meets them: finding one, checking oneself against it, writing one."""

import re
import uuid
from typing import Any

import httpx

from marketplace.calls.models import Call, FinancingRequest
from marketplace.database import Sessions, transaction
from marketplace.people.models import Organisation
from tests.api.calls import things
from tests.api.site.browser import fill, form_of
from tests.marketplace.applications.conftest import EVERYBODY, Market

HTML = {"accept": "text/html", "accept-language": "en"}


async def own_listing(sessions: Sessions, party: Any, name: str = "Membrane") -> Any:
    async with transaction(sessions, EVERYBODY) as session:
        holder = await session.get_one(Organisation, party.organisation_id)
        return (await Market(session).listing(holder)).id


async def test_calls_are_found_by_what_one_has(client: httpx.AsyncClient, party: Any, sessions: Sessions) -> None:
    call_id = await things.published_call(sessions, await party("investor"))
    for query, found in [("", True), ("?medium=water&trl=5&region=CN-JS", True), ("?instrument=equity", False)]:
        page = await client.get(f"/calls{query}", headers=HTML)
        assert page.status_code == 200
        assert (f"/calls/{call_id}" in page.text) == found, query
    assert "没有符合全部筛选条件的征集" in (await client.get("/calls?instrument=loan&medium=")).text
    fragment = await client.get("/calls", headers=HTML | {"hx-request": "true"})
    assert "<html" not in fragment.text
    assert (await client.get(f"/calls/{call_id}", headers=HTML)).text.count("<h1>") == 1


async def test_a_holder_sees_every_unmet_condition_at_once(party: Any, sessions: Sessions) -> None:
    holder, call_id = await party("holder"), await things.published_call(sessions, await party("investor"))
    listing_id = await own_listing(sessions, holder)
    page = await holder.browser.get(f"/calls/{call_id}?amount=", headers=HTML)
    assert "2 conditions stop this application" in page.text  # no amount is named
    asked = {"listing": str(listing_id), "amount": "1,000,000"}
    page = await holder.browser.get(f"/calls/{call_id}", params=asked, headers=HTML)
    assert "Nothing stops an application" in page.text
    zh = await holder.browser.get(
        f"/calls/{call_id}", params=asked | {"amount": "5"}, headers={"accept-language": "zh"}
    )
    assert "有 1 项条件不满足" in zh.text


async def test_a_call_is_written_from_a_template_and_published(party: Any, sessions: Sessions) -> None:
    investor = await party("investor")
    page = await investor.browser.get("/desk/calls/new?template=grant", headers=HTML)
    sent = form_of(page.text, "/desk/calls/new") | {
        "title.en": "Grants 2026",
        "ticket_max.amount_minor": "2,500,000.50",
        "eligibility.2.field": "country",
        "eligibility.2.operator": "any-of",
        "eligibility.2.value": "CN, SE",
        "rubric.criteria.4.name.zh": "",  # taken out
        "rubric.criteria.4.name.en": "",
        "rubric.criteria.5.name.zh": "数据",
        "rubric.criteria.5.name.en": "Data",
        "rubric.criteria.5.weight": "5",
        "rubric.criteria.5.anchors.0.text.zh": "无",
        "rubric.criteria.5.anchors.0.text.en": "None",
        "rubric.criteria.5.anchors.1.text.zh": "有",
        "rubric.criteria.5.anchors.1.text.en": "Some",
    }
    made = await fill(investor.browser, "/desk/calls/new", sent)
    assert made.status_code == 303, made.text
    call = await kept(sessions, Call, made)
    criteria = call.content["rubric"]["criteria"]
    assert [one["id"] for one in criteria] == ["effect", "advantage", "economics", "plan", "data"]
    assert (call.ticket_max.amount_minor, call.content["eligibility"][2]["value"]) == (250_000_050, ["CN", "SE"])
    assert (await investor.browser.post(f"{made.headers['location']}/publish")).status_code == 303
    page = await investor.browser.get(f"{made.headers['location']}/edit", headers=HTML)
    sent = form_of(page.text, f"{made.headers['location']}/edit") | {"seats": "5"}
    refused = await fill(investor.browser, f"{made.headers['location']}/edit", sent)
    assert (refused.status_code, 'id="field-note"' in refused.text) == (422, True)
    amended = await fill(
        investor.browser, f"{made.headers['location']}/edit", sent | {"note.zh": "增加名额", "note.en": "More seats"}
    )
    assert amended.status_code == 303
    assert "More seats" in (await investor.browser.get(f"/calls/{call.id}", headers=HTML)).text


async def kept(sessions: Sessions, model: Any, answer: httpx.Response) -> Any:
    async with transaction(sessions, EVERYBODY) as session:
        return await session.get_one(model, answer.headers["location"].rsplit("/", 1)[1])


async def test_nothing_typed_is_lost_and_rows_are_added(party: Any) -> None:
    investor = await party("incubator")
    page = await investor.browser.get("/desk/calls/new?template=trial", headers=HTML)
    sent = form_of(page.text, "/desk/calls/new") | {"seats": "many", "title.en": "Kept & safe"}
    more = await fill(investor.browser, "/desk/calls/new", sent | {"more": "criteria"})
    assert (more.status_code, 'value="Kept &amp; safe"' in more.text) == (200, True)
    refused = await fill(investor.browser, "/desk/calls/new", sent)
    assert refused.status_code == 422
    assert 'value="many"' in refused.text
    assert 'id="error-seats"' in refused.text


async def test_a_financing_request_is_written_and_published(party: Any, sessions: Sessions) -> None:
    holder = await party("holder")
    listing_id = await own_listing(sessions, holder)
    home = "/desk/financing-requests"
    page = await holder.browser.get(f"{home}/new", headers=HTML)
    sent = form_of(page.text, f"{home}/new") | {
        "listing_id": str(listing_id),
        "content.title.en": "Scale-up",
        "content.project.en": "From pilot to full scale",
        "content.instrument": "equity",
        "content.budget.amount_minor": "300,000",
        "content.milestones.0.name.en": "Pilot",
        "content.milestones.0.measure.en": "80 % removal",
        "content.milestones.0.months": "6",
        "content.milestones.0.cost_minor": "100000",
        "content.use_of_funds.0.purpose": "equipment",
        "content.use_of_funds.0.amount_minor": "300000",
        "content.terms.en": "Open",
    }
    refused = await fill(holder.browser, f"{home}/new", sent)
    assert (refused.status_code, 'id="field-content.milestones"' in refused.text) == (422, True)
    nothing = await fill(holder.browser, f"{home}/new", sent | {"content.budget.amount_minor": "0"})
    assert (nothing.status_code, 'id="error-content.budget.amount_minor"' in nothing.text) == (422, True)
    others = await fill(holder.browser, f"{home}/new", sent | {"listing_id": str(uuid.uuid4())})
    assert (others.status_code, 'id="error-listing_id"' in others.text) == (422, True)
    made = await fill(holder.browser, f"{home}/new", sent | {"content.milestones.0.cost_minor": "300000"})
    assert made.status_code == 303, made.text
    assert (await kept(sessions, FinancingRequest, made)).budget.amount_minor == 30_000_000
    address = made.headers["location"]
    edit = await holder.browser.get(f"{address}/edit", headers=HTML)
    changed = form_of(edit.text, f"{address}/edit") | {"content.title.en": "Scale up"}
    short = await fill(holder.browser, f"{address}/edit", changed | {"content.milestones.0.cost_minor": "1"})
    assert (short.status_code, 'id="field-content.milestones"' in short.text) == (422, True)
    assert 'value="Scale up"' in short.text
    assert (await fill(holder.browser, f"{address}/edit", changed)).status_code == 303
    assert (await holder.browser.post(f"{address}/publish")).status_code == 303
    late = await fill(holder.browser, f"{address}/edit", changed | {"content.title.en": "Too late"})
    assert (late.status_code, 'value="Too late"' in late.text) == (422, True)
    twice = await fill(holder.browser, f"{address}/publish", {})
    assert (twice.status_code, "Scale up" in twice.text) == (422, True)
    investor = await party("investor")
    shown = await investor.browser.get(home, headers=HTML)
    assert "Scale up" in shown.text
    assert re.search("300,000", (await investor.browser.get(address, headers=HTML)).text)
