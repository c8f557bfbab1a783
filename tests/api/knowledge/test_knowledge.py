from datetime import timedelta
from typing import Any

import httpx
import pytest

from marketplace.clock import SetClock
from tests.api.conftest import MakeParty, Party
from tests.api.listings.test_listings import published as published_listing

ITEMS = "/api/v1/knowledge-items"
BOTH = {"zh": "中文", "en": "English"}
CONTENTS: dict[str, dict[str, Any]] = {
    "showcase": {"text": BOTH, "video_url": "https://video.example/1"},
    "case": {
        "site": BOTH,
        "problem": BOTH,
        "solution": BOTH,
        "results": [{"name": BOTH, "value": 0.4, "unit": "mg/L"}],
    },
    "demonstration-base": {"place": BOTH, "host": BOTH, "facilities": BOTH, "latitude_deg": 31.2},
    "policy": {"issuer": BOTH, "level": "national", "issued": "2025-01-01", "points": [BOTH]},
    "standard": {"number": "DEMO 1-2025", "issuer": BOTH, "status": "in-force", "scope": BOTH},
    "event": {
        "starts_at": "2026-04-01T01:00:00Z",
        "ends_at": "2026-04-01T09:00:00Z",
        "registration_deadline": "2026-03-28T01:00:00Z",
        "seats": 1,
        "place": BOTH,
        "programme": BOTH,
        "joining_url": "https://meet.example/secret",
    },
    "team": {"type": "expert-team", "about": BOTH, "people": [{"name": BOTH}]},
    "review": {
        "authors": ["A. Author"],
        "question": BOTH,
        "method": BOTH,
        "findings": BOTH,
        "limits": BOTH,
        "searched_until": "2026-01-01",
        "references": [{"title": "A paper", "authors": ["B. Writer"], "year": 2024, "doi": "10.5555/demo"}],
    },
}


def draft(kind: str, **changed: Any) -> dict[str, Any]:
    said = {"kind": kind} | CONTENTS.get(kind, {}) | changed.pop("content", {})
    return {"title": BOTH, "summary": BOTH, "media": ["water"], "content": said} | changed


async def drafted(author: Party, kind: str, **changed: Any) -> str:
    answer = await author.client.post(ITEMS, json=draft(kind, **changed))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def published(author: Party, operator: Party, kind: str, **changed: Any) -> str:
    made = await drafted(author, kind, **changed)
    submitted = await author.client.post(f"{ITEMS}/{made}/submit")
    assert submitted.status_code == 201, submitted.text
    done = await operator.browser.post(f"{ITEMS}/{made}/publish", json={})
    assert done.status_code == 201, done.text
    return made


@pytest.fixture
async def operator(party: MakeParty) -> Party:
    return await party("operator")


@pytest.fixture
async def holder(party: MakeParty) -> Party:
    return await party("holder")


@pytest.mark.parametrize("kind", CONTENTS)
async def test_each_kind_is_written_reviewed_and_read(kind: str, client: httpx.AsyncClient, operator: Party) -> None:
    made = await published(operator, operator, kind)
    found = (await client.get("/api/v1/knowledge", params={"kind": kind, "medium": "water"})).json()
    assert (found["total"], found["items"][0]["id"]) == (1, made)
    shown = await client.get(f"/api/v1/knowledge/{made}")
    assert shown.json()["content"]["kind"] == kind
    assert "meet.example" not in shown.text
    same = await client.get(f"/api/v1/knowledge/{made}", headers={"if-none-match": shown.headers["etag"]})
    assert same.status_code == 304
    assert (await client.get("/api/v1/knowledge/facets")).json() == {"kind": {kind: 1}, "medium": {"water": 1}}


async def test_who_may_write_what(party: MakeParty, holder: Party) -> None:
    assessor, demand = await party("assessor"), await party("demand")
    allowed = {(holder.kind, "showcase"), (holder.kind, "case"), ("assessor", "review"), ("assessor", "team")}
    for author in (holder, assessor, demand):
        for kind in CONTENTS:
            answer = await author.client.post(ITEMS, json=draft(kind))
            assert answer.status_code == (201 if (author.kind, kind) in allowed else 403), (author.kind, kind)


async def test_every_bad_field_is_named_at_once(operator: Party) -> None:
    wrong = draft("event", title={}, content={"seats": 0, "starts_at": "soon", "sheets": 1, "place": {"en": "a\u0000"}})
    answer = await operator.client.post(ITEMS, json=wrong)
    assert answer.status_code == 400
    fields = {error["field"] for error in answer.json()["errors"]}
    assert fields == {"title", "content.seats", "content.starts_at", "content.sheets", "content.place.en"}
    assert (await operator.client.get(ITEMS)).json()["total"] == 0


async def test_what_cannot_be_is_named_at_once_when_handed_in(operator: Party) -> None:
    nobody = "00000000-0000-7000-8000-000000000001"
    times = {"starts_at": "2026-01-01T00:00:00Z", "ends_at": "2025-01-01T00:00:00Z"}
    made = await drafted(
        operator,
        "event",
        title={"en": "only English"},
        content=times,
        links=[{"subject_type": "listing", "subject_id": nobody}],
    )
    answer = await operator.client.post(f"{ITEMS}/{made}/submit")
    assert (answer.status_code, answer.json()["code"]) == (400, "not-ready")
    assert [error["field"] for error in answer.json()["errors"]] == [
        "title.zh",
        "content.starts_at",
        "content.ends_at",
        "content.registration_deadline",
        "links.0",
    ]
    assert all(error["expected_zh"] for error in answer.json()["errors"])


async def test_a_zone_brings_its_technologies_policies_and_team(
    client: httpx.AsyncClient, operator: Party, holder: Party
) -> None:
    listing_id = await published_listing(holder, operator)
    policy = await published(operator, operator, "policy")
    team = await published(operator, operator, "team")
    case = await published(operator, operator, "case")
    content = {"filter": {"medium": "water"}, "policies": [policy], "related": [case], "team": team}
    zone = await published(operator, operator, "zone", content=content)
    found = (await client.get(f"/api/v1/zones/{zone}")).json()
    assert found["zone"]["id"] == zone
    assert [
        (found[part]["total"], found[part]["items"][0]["id"]) for part in ("technologies", "policies", "related")
    ] == [
        (1, listing_id),
        (1, policy),
        (1, case),
    ]
    assert found["team"]["id"] == team
    listed = (await client.get("/api/v1/knowledge", params={"zone_id": zone})).json()
    assert {item["id"] for item in listed["items"]} == {policy, team, case}
    archived = await operator.client.post(f"{ITEMS}/{policy}/archive", json={})
    assert archived.status_code == 201
    assert (await client.get(f"/api/v1/zones/{zone}")).json()["policies"] == {"items": [], "total": 0}


async def test_a_zone_names_what_exists_and_is_of_the_right_kind(operator: Party) -> None:
    case = await published(operator, operator, "case")
    made = await drafted(operator, "zone", content={"filter": {}, "policies": [case], "team": case})
    answer = await operator.client.post(f"{ITEMS}/{made}/submit")
    assert [error["field"] for error in answer.json()["errors"]] == ["content.policies.0", "content.team"]
    assert (await operator.client.get(f"/api/v1/zones/{case}")).status_code == 404


async def test_items_are_found_from_the_technology_they_are_about(
    client: httpx.AsyncClient, operator: Party, holder: Party
) -> None:
    listing_id = await published_listing(holder, operator)
    links = [{"subject_type": "listing", "subject_id": listing_id}]
    made = await published(holder, operator, "showcase", links=links)
    found = (await client.get("/api/v1/knowledge", params={"listing_id": listing_id})).json()
    assert [item["id"] for item in found["items"]] == [made]
    path = f"/api/v1/knowledge/{made}/links"
    assert [card["id"] for card in (await client.get(path)).json()["technologies"]] == [listing_id]
    assert (await holder.client.post(f"/api/v1/listings/{listing_id}/withdraw", json={})).status_code in (201, 409)
    await operator.client.post(f"/api/v1/listings/{listing_id}/suspend", json={"note": "out of date"})
    assert (await client.get(path)).json() == {"technologies": [], "needs": []}


async def test_the_public_reads_the_reviewed_text_until_the_next_is_reviewed(
    client: httpx.AsyncClient, operator: Party, holder: Party
) -> None:
    made = await published(holder, operator, "showcase")
    path = f"{ITEMS}/{made}"
    assert (await holder.client.post(f"{path}/revise")).status_code == 201
    changed = draft("showcase", title={"zh": "新", "en": "New"}, media=["air"])
    assert (await holder.client.put(path, json=changed)).status_code == 428
    assert (await holder.client.put(path, json=changed, headers={"if-match": '"v9"'})).status_code == 412
    answer = await holder.client.put(path, json=changed, headers={"if-match": '"v1"'})
    assert (answer.status_code, answer.headers["etag"]) == (200, '"v2"')
    assert (await client.get(f"/api/v1/knowledge/{made}")).json()["title"]["en"] == "English"
    assert (await client.get("/api/v1/knowledge", params={"medium": "air"})).json()["total"] == 0
    assert (await holder.client.post(f"{path}/submit")).status_code == 201
    returned = await operator.browser.post(f"{path}/return", json={})
    assert (returned.status_code, returned.json()["errors"][0]["field"]) == (400, "note")
    assert (await operator.browser.post(f"{path}/publish", json={})).status_code == 201
    assert (await client.get(f"/api/v1/knowledge/{made}")).json()["title"]["en"] == "New"
    assert [version["version"] for version in (await holder.client.get(f"{path}/versions")).json()] == [2, 1]
    gone = await holder.client.post(f"{path}/withdraw", json={"note": "a mistake"})
    assert (gone.status_code, (await client.get(f"/api/v1/knowledge/{made}")).status_code) == (201, 404)
    steps = [step["transition"] for step in (await holder.client.get(f"{path}/history")).json()]
    assert steps == ["begin", "submit", "publish", "revise", "submit", "publish", "withdraw"]


async def test_what_others_write_does_not_exist_before_it_is_published(
    client: httpx.AsyncClient, holder: Party, party: MakeParty
) -> None:
    made = await drafted(holder, "showcase")
    stranger = await party("holder")
    assert (await client.get(f"/api/v1/knowledge/{made}")).status_code == 404
    assert (await client.get("/api/v1/knowledge")).json()["total"] == 0
    assert (await stranger.client.get(ITEMS)).json()["total"] == 0
    for step in ("submit", "revise", "withdraw", "archive"):
        answer = await stranger.client.post(f"{ITEMS}/{made}/{step}", json={"note": "mine"})
        assert answer.status_code == 404, step


async def test_seats_waiting_list_and_cancelling(client: httpx.AsyncClient, operator: Party, party: MakeParty) -> None:
    event = await published(operator, operator, "event")
    guest, late = await party("demand"), await party("holder")
    path = f"/api/v1/matching-events/{event}"
    first = await guest.browser.post(f"{path}/registrations", json={})
    assert first.json()["state"] == "confirmed", first.text
    second = await late.client.post(f"{path}/registrations", json={"person_id": str(late.person_id)})
    assert second.json()["state"] == "waiting", second.text
    seats = (await client.get(f"{path}/seats")).json()
    assert (seats["seats"], seats["taken"], seats["open"]) == (1, 1, True)
    cancel = f"/api/v1/registrations/{first.json()['id']}/cancel"
    assert (await late.client.post(cancel, json={})).status_code == 404
    assert (await guest.browser.post(cancel, json={})).json()["state"] == "cancelled"
    mine = (await late.client.get("/api/v1/registrations")).json()
    assert [item["state"] for item in mine["items"]] == ["confirmed"]
    attending = (await operator.client.get(f"{ITEMS}/{event}/registrations")).json()
    assert {(item["state"], item["organisation_id"]) for item in attending["items"]} == {
        ("confirmed", str(late.organisation_id)),
        ("cancelled", str(guest.organisation_id)),
    }


async def test_only_ones_own_people_are_registered(operator: Party, party: MakeParty) -> None:
    event = await published(operator, operator, "event")
    guest, stranger = await party("demand"), await party("holder")
    path = f"/api/v1/matching-events/{event}/registrations"
    for body in ({}, {"person_id": str(stranger.person_id)}):
        answer = await guest.client.post(path, json=body)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "person_id")
    once = {"idempotency-key": "once"}
    answers = [await guest.browser.post(path, json={}, headers=once) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    again = await guest.browser.post(path, json={})
    assert (again.status_code, again.json()["code"]) == (409, "registered-already")


async def test_events_to_come_are_listed_the_next_one_first(
    client: httpx.AsyncClient, operator: Party, clock: SetClock
) -> None:
    later = {"starts_at": "2026-05-01T01:00:00Z", "ends_at": "2026-05-01T09:00:00Z"}
    second = await published(operator, operator, "event", content=later)
    first = await published(operator, operator, "event")
    wanted = {"upcoming": "true", "limit": "1"}
    page = (await client.get("/api/v1/knowledge", params=wanted)).json()
    assert ([item["id"] for item in page["items"]], page["total"]) == ([first], 2)
    rest = (await client.get("/api/v1/knowledge", params=wanted | {"cursor": page["next"]})).json()
    assert ([item["id"] for item in rest["items"]], rest["next"]) == ([second], None)
    clock.advance(timedelta(days=40))
    assert (await client.get("/api/v1/knowledge", params=wanted)).json()["total"] == 1


async def test_pages_follow_one_another_without_gaps(client: httpx.AsyncClient, operator: Party) -> None:
    ids = [await published(operator, operator, "policy") for _ in range(5)]
    seen: list[str] = []
    wanted: dict[str, str] = {"limit": "2"}
    while True:
        page = (await client.get("/api/v1/knowledge", params=wanted)).json()
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        wanted["cursor"] = page["next"]
    assert seen == ids[::-1]
