import datetime
import uuid
from typing import Any

import httpx

from marketplace.calls.content import Amount
from marketplace.calls.service import draft_call, publish_call
from marketplace.clock import SetClock
from marketplace.database import Sessions, transaction
from marketplace.jobs import Context, drain
from marketplace.people.models import Organisation
from tests.marketplace.applications.conftest import EVERYBODY, Market, grant
from tests.marketplace.matching import world

MATCHING, MANDATES = "/api/v1/matching", "/api/v1/mandates"
MANDATE = {
    "title": {"zh": "水务早期", "en": "Early water"},
    "terms": {"fields": ["water"], "ticket_high_minor": 400_000_000, "currency": "CNY"},
    "open_to_holders": True,
}


async def made(sessions: Sessions, holder: Any, poster: Any, count: int = 1, **changed: Any) -> tuple[str, list[str]]:
    """A call of the poster, and so many technologies of the holder."""
    async with transaction(sessions, world.LOADING) as session:
        owner = await session.get_one(Organisation, holder.organisation_id)
        listings = [await world.listing(session, owner, number=number) for number in range(count)]
        call = await world.call(session, await session.get_one(Organisation, poster.organisation_id), **changed)
    return str(call.id), [str(listing.id) for listing in listings]


async def test_a_call_finds_technologies_with_their_margins(party: Any, sessions: Sessions) -> None:
    holder, poster = await party("holder"), await party("investor")
    call, listings = await made(sessions, holder, poster, 3)
    found = (await poster.browser.get(f"{MATCHING}/calls/{call}/technologies?limit=2")).json()
    assert (found["total"], found["compared"], len(found["items"])) == (3, 3, 2)
    first = found["items"][0]
    ticket = next(margin for margin in first["margins"] if margin["limit"] == "ticket")
    assert (ticket["room_typical"], ticket["unit"], ticket["verdict"]) == (400_000_000, "minor CNY", "met")
    rest = (await poster.browser.get(f"{MATCHING}/calls/{call}/technologies?limit=2&cursor={found['next']}")).json()
    assert rest["next"] is None
    shown = [entry["listing_id"] for entry in (*found["items"], *rest["items"])]
    assert sorted(shown) == sorted(listings)
    assert (await holder.browser.get(f"{MATCHING}/calls/{call}/technologies")).status_code == 403


async def test_what_to_relax_can_be_tried(party: Any, sessions: Sessions) -> None:
    holder, poster = await party("holder"), await party("investor")
    call, listings = await made(sessions, holder, poster, ticket_max=Amount(450_000_000, "CNY"))
    found = (await poster.browser.get(f"{MATCHING}/calls/{call}/technologies")).json()
    assert (found["items"], found["missing_one"]) == ([], 1)
    change = found["relaxations"][0]
    assert (change["limit"], change["by"], change["listing_id"]) == ("ticket", 50_000_000, listings[0])
    tried = (await poster.browser.post(f"{MATCHING}/technologies", json=change["terms"])).json()
    assert [entry["listing_id"] for entry in tried["items"]] == listings


async def test_impossible_terms_name_all_that_is_wrong(party: Any) -> None:
    investor = await party("investor")
    wrong = {"trl_min": 8, "trl_max": 2, "ticket_high_minor": 5, "at_least": {"luck": 1}}
    for path, body in ((f"{MATCHING}/technologies", wrong), (MANDATES, MANDATE | {"terms": wrong})):
        answer = await investor.browser.post(path, json=body)
        assert answer.status_code == 400
        fields = [fault["field"] for fault in answer.json()["errors"]]
        assert fields == ["terms.trl_min", "terms.currency", "terms.at_least"]


async def test_a_technology_finds_calls_and_open_mandates(party: Any, sessions: Sessions) -> None:
    holder, poster, rival = await party("holder"), await party("investor"), await party("holder")
    call, (listing,) = await made(sessions, holder, poster)
    mandate = (await poster.browser.post(MANDATES, json=MANDATE)).json()
    await poster.browser.post(MANDATES, json=MANDATE | {"open_to_holders": False})
    calls = (await holder.browser.get(f"{MATCHING}/listings/{listing}/calls")).json()
    assert [entry["call_id"] for entry in calls["items"]] == [call]
    found = (await holder.browser.get(f"{MATCHING}/listings/{listing}/mandates")).json()
    assert [entry["mandate_id"] for entry in found["items"]] == [mandate["id"]]
    assert found["items"][0]["fitting"]["binding"] is not None
    assert (await rival.browser.get(f"{MATCHING}/listings/{listing}/calls")).status_code == 404


async def test_a_mandate_is_changed_by_its_own_people_alone(party: Any) -> None:
    investor, holder, other = await party("investor"), await party("holder"), await party("investor")
    opened = await investor.browser.post(MANDATES, json=MANDATE)
    at, tag = f"{MANDATES}/{opened.json()['id']}", opened.headers["etag"]
    assert (await holder.browser.get(at)).status_code == 200
    assert (await other.browser.get(at)).status_code == 404
    assert (await holder.browser.put(at, json=MANDATE, headers={"if-match": tag})).status_code == 403
    assert (await investor.browser.put(at, json=MANDATE)).status_code == 428
    changed = await investor.browser.put(at, json=MANDATE | {"open_to_holders": False}, headers={"if-match": tag})
    assert changed.json()["open_to_holders"] is False
    stale = await investor.browser.put(at, json=MANDATE, headers={"if-match": tag})
    assert stale.status_code == 412
    assert (await holder.browser.get(at)).status_code == 404
    assert (await investor.browser.post(f"{at}/end")).json()["ended_at"] is not None
    assert (await investor.browser.post(f"{at}/end")).status_code == 409


async def test_limits_have_names_in_both_languages(client: httpx.AsyncClient) -> None:
    names = (await client.get(f"{MATCHING}/limits")).json()["limits"]
    assert all(text["zh"] and text["en"] for text in names.values())


async def test_what_does_not_exist_is_not_found(party: Any) -> None:
    investor = await party("investor")
    for path in (f"calls/{uuid.uuid4()}/technologies", f"mandates/{uuid.uuid4()}/technologies"):
        assert (await investor.browser.get(f"{MATCHING}/{path}")).status_code == 404


async def test_a_cohort_over_http(party: Any, sessions: Sessions, clock: SetClock, context: Context) -> None:
    organiser, holder, rival = await party("incubator"), await party("holder"), await party("holder")
    async with transaction(sessions, EVERYBODY) as session:
        market = Market(session)
        poster = await session.get_one(Organisation, organiser.organisation_id)
        call = await draft_call(session, poster=poster, content=grant(clock.now()))
        await publish_call(session, call=call)
        applied = []
        for who in (holder, rival):
            listing = await market.listing(await session.get_one(Organisation, who.organisation_id))
            await market.submitted(call, listing)
            applied.append(str(listing.id))
    until = (clock.now() + datetime.timedelta(days=3)).isoformat()
    body = {"title": {"zh": "批次"}, "wishes_until": until, "calls": [{"call_id": str(call.id), "seats": 1}]}
    opened = await organiser.browser.post("/api/v1/cohorts", json=body)
    assert opened.status_code == 201, opened.text
    at = f"/api/v1/cohorts/{opened.json()['id']}"
    for who, listing_id in zip((holder, rival), applied, strict=True):
        said = await who.browser.put(f"{at}/wishes/{listing_id}", json={"tiers": [[str(call.id)]]})
        assert said.json()["wishes"] == [[str(call.id)]]
    assert (await rival.browser.put(f"{at}/wishes/{applied[0]}", json={"tiers": []})).status_code == 404
    ranking = {"tiers": [[applied[1]], [applied[0]]]}
    assert (await holder.browser.put(f"{at}/rankings/{call.id}", json=ranking)).status_code == 403
    assert (await organiser.browser.put(f"{at}/rankings/{call.id}", json=ranking)).status_code == 200
    assert (await organiser.browser.post(f"{at}/place")).status_code == 409
    clock.advance(datetime.timedelta(days=4))
    await drain(context)
    placed = (await organiser.client.post(f"{at}/place")).json()
    assert placed["result"]["placed"] == {applied[1]: str(call.id)}
    seen = (await holder.client.get(at)).json()
    assert (seen["result"]["placed"], seen["result"]["unplaced"]) == ({}, [applied[0]])
    assert seen["tracks"][0]["ranking"] is None
    assert [entry["listing_id"] for entry in seen["wishes"]] == [applied[0]]
