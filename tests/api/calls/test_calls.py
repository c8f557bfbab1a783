"""From a template to a seat over HTTP, the feed, and who reads a financing request."""

from typing import Any
from xml.etree import ElementTree

import httpx
import msgspec
import pytest

from marketplace.clock import SetClock
from marketplace.database import Sessions, transaction
from marketplace.jobs import Context, drain
from marketplace.people.models import Organisation
from scoring.receipts import Receipt
from tests.api.calls.things import REQUEST
from tests.api.conftest import MakeParty, Party
from tests.marketplace.applications.conftest import EVERYBODY, Market

API = "/api/v1"
WHY = {"zh": "延长", "en": "More time"}
ANSWERS = {"problem": "Nitrogen", "advantage": "Half the energy", "use-of-funds": "A pilot"}
ASKED = {"amount_minor": 100_000_000, "currency": "CNY"}


async def sent(client: httpx.AsyncClient, path: str, body: Any = None, *, status: int = 201) -> Any:
    answer = await client.post(f"{API}{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def got(client: httpx.AsyncClient, path: str, *, status: int = 200, **params: Any) -> Any:
    answer = await client.get(f"{API}{path}", params=params)
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.fixture
async def investor(party: MakeParty) -> Party:
    return await party("investor")


@pytest.fixture
async def holder(party: MakeParty) -> Party:
    return await party("holder")


async def listing_of(sessions: Sessions, holder: Party) -> str:
    async with transaction(sessions, EVERYBODY) as session:
        owner = await session.get_one(Organisation, holder.organisation_id)
        return str((await Market(session).listing(owner)).id)


async def posted(investor: Party, *, template: str = "grant", **changed: Any) -> Any:
    found = await got(investor.client, "/calls/templates")
    content = next(entry["content"] for entry in found if entry["key"] == template) | changed
    call = await sent(investor.client, "/calls", content)
    await sent(investor.client, f"/calls/{call['id']}/publish")
    return call


async def test_from_a_template_to_a_seat(
    investor: Party, holder: Party, sessions: Sessions, client: httpx.AsyncClient
) -> None:
    call, listing = await posted(investor), await listing_of(sessions, holder)
    shown = await got(client, f"/calls/{call['id']}")
    sentences = [condition["sentence"]["en"] for condition in shown["conditions"]]
    assert "Readiness (TRL): at least 4" in sentences
    assert shown["seats_free"] == 10
    checked = await sent(holder.client, f"/calls/{call['id']}/eligibility", {"listing_id": listing}, status=200)
    assert not checked["eligible"]
    assert [f["rule"] for f in checked["findings"] if f["blocks"]] == ["call.ticket-min", "call.ticket-max"]

    made = await sent(holder.client, f"/calls/{call['id']}/applications", {"listing_id": listing})
    path = f"/applications/{made['id']}"
    unfinished = await holder.client.post(f"{API}{path}/submit", json={"edition": 1})
    assert unfinished.status_code == 400
    assert {error["field"] for error in unfinished.json()["errors"]} >= {
        "answers.problem",
        "eligibility.call.ticket-min",
    }
    await got(investor.client, path, status=404)  # a draft is its applicant's alone
    saved = await holder.client.patch(
        f"{API}{path}", json={"answers": ANSWERS, "asked": ASKED}, headers={"If-Match": f'"v{made["version"]}"'}
    )
    assert saved.status_code == 200, saved.text
    stale = await holder.client.patch(f"{API}{path}", json={}, headers={"If-Match": f'"v{made["version"]}"'})
    assert stale.status_code == 412
    await sent(holder.client, f"{path}/submit", {"edition": 1})

    (card,) = (await got(investor.client, f"/calls/{call['id']}/applications"))["items"]
    assert (card["state"], card["asked"]) == ("submitted", ASKED)
    read = await got(investor.client, path)
    assert (read["answers"], read["agreed"]) == (ANSWERS, True)
    assert set(read["steps"]) == {"invite", "waitlist", "accept", "reject"}
    receipt = Receipt.from_bytes((await investor.client.get(f"{API}{path}/receipt")).content)
    assert receipt.verify().ok
    assert receipt.id == read["score"]["receipt_id"]
    await sent(investor.client, f"{path}/accept")
    assert (await got(client, f"/calls/{call['id']}"))["seats_free"] == 9
    assert (await got(holder.client, path))["steps"] == ["withdraw"]


async def test_an_amendment_is_public_and_wants_agreement(
    investor: Party, holder: Party, sessions: Sessions, client: httpx.AsyncClient
) -> None:
    call, listing = await posted(investor), await listing_of(sessions, holder)
    made = await sent(holder.client, f"/calls/{call['id']}/applications", {"listing_id": listing})
    path = f"/applications/{made['id']}"
    body = {"answers": ANSWERS, "asked": ASKED}
    await holder.client.patch(f"{API}{path}", json=body, headers={"If-Match": "*"})
    await sent(holder.client, f"{path}/submit", {"edition": 1})
    content = (await got(client, f"/calls/{call['id']}"))["content"]
    nothing = {"content": content, "note": WHY}
    refused = await sent(investor.client, f"/calls/{call['id']}/amend", nothing, status=400)
    assert [error["field"] for error in refused["errors"]] == ["content"]
    await sent(investor.client, f"/calls/{call['id']}/amend", {"content": content | {"trl_low": 5}, "note": WHY})
    editions = await got(client, f"/calls/{call['id']}/editions")
    assert [edition["number"] for edition in editions] == [2, 1]
    assert editions[0]["changes"] == [{"field": "trl_low", "before": 4, "after": 5}]
    assert not (await got(holder.client, path))["agreed"]
    await sent(investor.client, f"{path}/accept", status=409)
    await sent(holder.client, f"{path}/agree", {"edition": 2}, status=200)
    await sent(investor.client, f"{path}/accept")


async def test_bad_calls_are_told_everything_at_once(investor: Party) -> None:
    found = await got(investor.client, "/calls/templates")
    content = found[0]["content"] | {
        "trl_low": 8,
        "trl_high": 5,
        "eligibility": [{"id": "a", "field": "shoe-size", "operator": "is", "value": 5}],
        "stages": ["proposal", "concept"],
        "blind_fields": ["answer.nothing"],
    }
    refused = await sent(investor.client, "/calls", content, status=400)
    fields = [error["field"] for error in refused["errors"]]
    assert fields == ["trl_low", "eligibility.0.field", "stages", "blind_fields.0"]


async def test_calls_are_found_by_what_one_has(investor: Party, client: httpx.AsyncClient) -> None:
    water = await posted(investor, media=["water"], regions=["CN-JS"])
    air = await posted(investor, media=["air"], trl_low=7, trl_high=9)

    async def found(**params: Any) -> set[str]:
        return {item["id"] for item in (await got(client, "/calls", **params))["items"]}

    assert await found() == {water["id"], air["id"]}
    assert await found(medium="water") == {water["id"]}
    assert await found(trl=8) == {air["id"]}
    assert await found(region="CN-JS") == {water["id"], air["id"]}
    assert await found(region="DE") == {air["id"]}
    assert await found(instrument="loan") == set()
    first = await got(client, "/calls", limit=1)
    second = await got(client, "/calls", limit=1, cursor=first["next"])
    assert {first["items"][0]["id"], second["items"][0]["id"]} == {water["id"], air["id"]}
    assert second["next"] is None


async def test_the_feed_holds_what_is_open(
    investor: Party, client: httpx.AsyncClient, clock: SetClock, context: Context
) -> None:
    call = await posted(investor, title={"zh": "征集 <一>", "en": "Call & <one>"})
    await sent(investor.client, "/calls", (await got(client, f"/calls/{call['id']}"))["content"])  # a draft
    answer = await client.get(f"{API}/calls/feed.json")
    assert answer.headers["content-type"].startswith("application/feed+json")
    (item,) = answer.json()["items"]
    assert (item["title"], item["_greenhatch"]["id"]) == ("Call & <one>", call["id"])
    assert item["url"].endswith(f"/api/v1/calls/{call['id']}")
    again = await client.get(f"{API}/calls/feed.json", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304

    atom = await client.get(f"{API}/calls/feed.atom", params={"language": "zh"})
    feed = ElementTree.fromstring(atom.content)
    names = {"a": "http://www.w3.org/2005/Atom"}
    assert feed.findtext("a:entry/a:title", namespaces=names) == "征集 <一>"
    for required in ("a:id", "a:title", "a:updated", "a:entry/a:id", "a:entry/a:updated", "a:entry/a:author/a:name"):
        assert feed.findtext(required, namespaces=names), required
    clock.advance(msgspec.convert(call["deadline"], type(clock.now())) - clock.now())
    assert (await got(client, "/calls/feed.json"))["items"] == []
    await drain(context)
    assert [item["id"] for item in (await got(client, "/calls", state="closed"))["items"]] == [call["id"]]


async def test_a_financing_request_is_for_those_it_names(
    holder: Party, investor: Party, party: MakeParty, sessions: Sessions
) -> None:
    other, unverified = await party("incubator"), await party("investor", verified=False)
    listing = await listing_of(sessions, holder)
    content = msgspec.to_builtins(REQUEST)
    wrong = content | {"budget": {"amount_minor": 1, "currency": "CNY"}}
    refused = await sent(holder.client, "/financing-requests", {"listing_id": listing, "content": wrong}, status=400)
    assert [error["field"] for error in refused["errors"]] == ["milestones", "use_of_funds"]
    made = await sent(holder.client, "/financing-requests", {"listing_id": listing, "content": content})
    path = f"/financing-requests/{made['id']}"
    await sent(holder.client, "/financing-requests", {"listing_id": listing, "content": content}, status=409)
    await got(investor.client, path, status=404)
    named = content | {"readers": [str(investor.organisation_id)]}
    changed = await holder.client.put(f"{API}{path}", json=named, headers={"If-Match": '"v1"'})
    assert changed.status_code == 200, changed.text
    await sent(holder.client, f"{path}/publish", {})
    shown = await got(investor.client, path)
    assert shown["budget"] == {"amount_minor": 3_000_000, "currency": "CNY"}
    assert shown["content"]["readers"] == []  # who else may read it is nobody's business
    for stranger in (other, unverified):
        await got(stranger.client, path, status=404)
        assert (await got(stranger.client, "/financing-requests"))["total"] == 0
    assert (await got(investor.client, "/financing-requests", medium="water"))["total"] == 1
    assert (await got(investor.client, "/financing-requests", medium="air"))["total"] == 0


async def test_a_request_to_nobody_in_particular_expires(
    holder: Party, investor: Party, party: MakeParty, sessions: Sessions, clock: SetClock, context: Context
) -> None:
    unverified = await party("investor", verified=False)
    body = {"listing_id": await listing_of(sessions, holder), "content": msgspec.to_builtins(REQUEST)}
    made = await sent(holder.client, "/financing-requests", body)
    path = f"/financing-requests/{made['id']}"
    await sent(holder.client, f"{path}/publish", {"open_until": "2026-04-01T00:00:00Z"})
    await got(unverified.client, path, status=404)
    await got(investor.client, path)
    await sent(holder.client, f"{path}/extend", {"open_until": "2026-05-01T00:00:00Z"})
    clock.advance(msgspec.convert("2026-04-02T00:00:00Z", type(clock.now())) - clock.now())
    await drain(context)
    await got(investor.client, path)
    clock.advance(msgspec.convert("2026-05-01T00:00:00Z", type(clock.now())) - clock.now())
    await drain(context)
    await got(investor.client, path, status=404)
    assert (await got(holder.client, path))["state"] == "expired"
