from datetime import timedelta
from typing import Any

import httpx
import pytest

from marketplace.clock import SetClock
from marketplace.jobs import Context, drain
from tests.api.conftest import MakeParty, Party

REPORT = {
    "id": "report",
    "grade": "E3",
    "dated": "2025-06-01",
    "sha256": "0" * 64,
    "supports": ["trl.7"],
}
LISTING: dict[str, Any] = {
    "technology": {
        "id": "T-1",
        "name": {"zh": "分段进水脱氮", "en": "Step-feed nitrogen removal"},
        "summary": {"zh": "深度脱氮工艺。", "en": "Deep nitrogen removal."},
        "provenance": "award",
        "media": ["water"],
        "pollutants": ["TN"],
        "parameters": [{"name": "removal.TN", "unit": "share", "low": 0.7, "value": 0.8, "high": 0.9}],
        "evidence": [REPORT],
    },
    "effects": [
        {
            "kind": "greenhouse-gas-avoided",
            "subject": "CO2e",
            "amount": 0.1,
            "unit": "kg",
            "per_unit": "m3",
            "assumption": {"en": "less external carbon"},
        }
    ],
    "chain_place": "treatment",
    "confidential": {"catalyst": "recipe 17"},
}


async def drafted(holder: Party, **changed: Any) -> dict[str, Any]:
    answer = await holder.client.post("/api/v1/listings", json=LISTING | changed)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def published(holder: Party, operator: Party) -> str:
    made = await drafted(holder)
    path = f"/api/v1/listings/{made['id']}"
    assert (await holder.client.post(f"{path}/submit")).status_code == 201
    checked = await operator.client.post(f"{path}/formal-check")
    assert checked.json()["to_state"] == "recommended", checked.text
    return str(made["id"])


@pytest.fixture
async def holder(party: MakeParty) -> Party:
    return await party("holder")


@pytest.fixture
async def operator(party: MakeParty) -> Party:
    return await party("operator")


async def test_an_award_enters_the_catalogue_on_the_formal_check(
    client: httpx.AsyncClient, holder: Party, operator: Party
) -> None:
    listing_id = await published(holder, operator)
    found = (await client.get("/api/v1/catalogue", params={"medium": "water"})).json()
    assert (found["total"], [item["id"] for item in found["items"]]) == (1, [listing_id])
    assert found["items"][0]["trl"] == {"low": 7, "high": 9} or found["items"][0]["trl"]["low"] == 7
    detail = await client.get(f"/api/v1/catalogue/{listing_id}")
    assert detail.json()["effects"][0]["amount"] == 0.1
    assert "recipe 17" not in detail.text + (await client.get("/api/v1/catalogue")).text


async def test_what_is_missing_or_impossible_is_named_at_once(holder: Party) -> None:
    technology = LISTING["technology"] | {
        "summary": {},
        "media": [],
        "parameters": [{"name": "removal.TN", "unit": "share", "low": 0.9, "value": 1.4}],
    }
    made = await drafted(holder, technology=technology)
    answer = await holder.client.post(f"/api/v1/listings/{made['id']}/submit")
    assert answer.status_code == 400
    fields = [error["field"] for error in answer.json()["errors"]]
    assert fields == ["technology.summary", "technology.media", "technology.parameters.0"]
    assert (await holder.client.get(f"/api/v1/listings/{made['id']}")).json()["state"] == "draft"


async def test_nobody_overwrites_what_they_have_not_seen(holder: Party) -> None:
    made = await drafted(holder)
    path = f"/api/v1/listings/{made['id']}"
    assert (await holder.client.put(path, json=LISTING)).status_code == 428
    changed = LISTING | {"chain_place": "equipment"}
    first = await holder.client.put(path, json=changed, headers={"if-match": '"v1"'})
    assert (first.status_code, first.headers["etag"]) == (200, '"v2"')
    assert (await holder.client.put(path, json=LISTING, headers={"if-match": '"v1"'})).status_code == 412
    assert [version["version"] for version in (await holder.client.get(f"{path}/versions")).json()] == [2, 1]


async def test_the_same_listing_twice_is_a_conflict(holder: Party) -> None:
    await drafted(holder)
    again = await holder.client.post("/api/v1/listings", json=LISTING)
    assert (again.status_code, again.json()["code"]) == (409, "listing-exists")


async def test_the_same_request_twice_makes_one_listing(holder: Party) -> None:
    headers = {"idempotency-key": "once"}
    answers = [await holder.client.post("/api/v1/listings", json=LISTING, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert (await holder.client.get("/api/v1/listings")).json()["total"] == 1


async def test_a_listing_of_others_does_not_exist(holder: Party, party: MakeParty) -> None:
    made = await drafted(holder)
    stranger = await party("holder")
    for method, path in (("GET", ""), ("POST", "/submit"), ("GET", "/versions"), ("POST", "/withdraw")):
        answer = await stranger.client.request(method, f"/api/v1/listings/{made['id']}{path}", json={})
        assert answer.status_code == 404, (method, path, answer.text)


async def test_an_old_recommendation_runs_out_unless_renewed(
    client: httpx.AsyncClient, holder: Party, operator: Party, clock: SetClock, context: Context
) -> None:
    listing_id = await published(holder, operator)
    clock.advance(timedelta(days=300))
    assert (await holder.client.post(f"/api/v1/listings/{listing_id}/renew")).status_code == 201
    clock.advance(timedelta(days=100))
    await drain(context)
    assert (await client.get(f"/api/v1/catalogue/{listing_id}")).status_code == 200
    clock.advance(timedelta(days=300))
    await drain(context)
    assert (await client.get(f"/api/v1/catalogue/{listing_id}")).status_code == 404


async def test_pages_follow_one_another_without_gaps(
    client: httpx.AsyncClient, party: MakeParty, operator: Party
) -> None:
    ids = [await published(await party("holder"), operator) for _ in range(5)]
    seen, cursor = [], None
    while True:
        answer = (
            await client.get("/api/v1/catalogue", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))
        ).json()
        seen += [item["id"] for item in answer["items"]]
        cursor = answer["next"]
        if cursor is None:
            break
    assert sorted(seen) == sorted(ids)


async def test_a_cursor_of_ones_own_making_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/catalogue", params={"cursor": "WzFd"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "cursor")


async def test_interest_is_offered_to_whom_it_is_open(
    client: httpx.AsyncClient, holder: Party, operator: Party, party: MakeParty
) -> None:
    address = f"/technologies/{await published(holder, operator)}"
    investor, assessor = await party("investor"), await party("assessor")
    browsers = (client, investor.browser, holder.browser, assessor.browser, operator.browser)
    pages = [(await browser.get(address, headers={"accept": "text/html"})).text for browser in browsers]
    assert ["/introductions/new" in page for page in pages] == [True, True, False, False, False]
