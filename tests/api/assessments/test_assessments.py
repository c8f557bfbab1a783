"""An assessment over HTTP, as every party sees it."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest

from marketplace.clock import SetClock
from scoring.receipts import Receipt
from tests.api.conftest import MakeParty, Party

API = "/api/v1"
REPORT = {"id": "report", "grade": "E4", "dated": "2025-06-01", "sha256": "0" * 64, "issuer": "Lab"}
LISTING: dict[str, Any] = {
    "technology": {
        "id": "T-1",
        "name": {"zh": "分段进水脱氮", "en": "Step-feed nitrogen removal"},
        "summary": {"zh": "深度脱氮工艺。", "en": "Deep nitrogen removal."},
        "provenance": "self-nominated",
        "media": ["water"],
        "pollutants": ["TN"],
        "parameters": [{"name": "removal.TN", "unit": "share", "low": 0.7, "value": 0.8, "high": 0.9}],
        "evidence": [REPORT],
    },
    "confidential": {"catalyst": "recipe 17"},
}
NO_CONFLICT = {"conflicts": [], "confidential": True}
GOOD = {"outcome": "recommended", "conditions": {"en": "municipal water"}, "valid_until": "2027-03-01"}


def ratings(level: int) -> dict[str, Any]:
    return {"ratings": [{"criterion": "trl", "value": level, "rationale": "seen on site", "evidence": ["report"]}]}


def ok(answer: httpx.Response, status: int = 201) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


@dataclass
class Scene:
    holder: Party
    operator: Party
    assessors: list[Party]
    listing_id: str
    assessment_id: str
    party: MakeParty

    async def seat(self, *places: int) -> list[str]:
        """The assignments of these assessors, once they are invited."""
        ids = [ok(await self.assessors[n].browser.get(f"{API}/assessors/me"), 200)["id"] for n in places]
        path = f"{API}/assessments/{self.assessment_id}/assignments"
        seats = ok(await self.operator.browser.post(path, json={"assessor_ids": ids}))
        by_assessor = {seat["assessor_id"]: seat["id"] for seat in seats}
        return [by_assessor[found] for found in ids]

    async def judge(self, place: int, assignment: str, level: int) -> Any:
        me, path = self.assessors[place].browser, f"{API}/assignments/{assignment}"
        ok(await me.post(f"{path}/declaration", json=NO_CONFLICT))
        return ok(await me.post(f"{path}/score", json=ratings(level)))

    async def decide(self, **verdict: Any) -> httpx.Response:
        return await self.operator.browser.post(f"{API}/assessments/{self.assessment_id}/decision", json=verdict)


@pytest.fixture
async def scene(party: MakeParty) -> Scene:
    holder, operator = await party("holder"), await party("operator")
    made = ok(await holder.client.post(f"{API}/listings", json=LISTING))["id"]
    ok(await holder.client.post(f"{API}/listings/{made}/submit"))
    ok(await operator.browser.post(f"{API}/listings/{made}/formal-check"))
    plan = {"listing_id": made, "framework": "trl", "bar": 6}
    opened = ok(await operator.browser.post(f"{API}/assessments", json=plan))
    assessors = [await party("assessor") for _ in range(3)]
    for them in assessors:
        ok(await them.browser.put(f"{API}/assessors/me", json={"media": ["water"], "languages": ["zh", "en"]}), 200)
    return Scene(holder, operator, assessors, made, opened["id"], party)


async def test_the_platform_proposes_and_the_operator_confirms(scene: Scene) -> None:
    path = f"{API}/assessments/{scene.assessment_id}"
    proposed = ok(await scene.operator.browser.get(f"{path}/proposals"), 200)
    assert len(proposed) == 2
    assert proposed == ok(await scene.operator.browser.get(f"{API}/assessments/proposals"), 200)
    assert ok(await scene.operator.browser.get(path), 200)["seats"] == []
    body = {"assessor_ids": [found["assessor_id"] for found in proposed]}
    seats = ok(await scene.operator.browser.post(f"{path}/assignments", json=body))
    assert {seat["state"] for seat in seats} == {"invited"}
    assert ok(await scene.operator.browser.get(f"{path}/proposals"), 200) == []


async def test_content_opens_with_the_declaration(scene: Scene) -> None:
    (seat,) = await scene.seat(0)
    me, path = scene.assessors[0].browser, f"{API}/assignments/{seat}"
    first = await me.get(path)
    assert ok(first, 200)["summary"]["en"] == "Deep nitrogen removal."
    assert first.json()["holder"]["zh"].startswith("机构")
    assert "removal.TN" not in first.text
    assert (await me.get(f"{path}/content")).json()["code"] == "declare-first"
    assert (await me.post(f"{path}/score", json=ratings(7))).json()["code"] == "declare-first"
    careless = await me.post(f"{path}/declaration", json=NO_CONFLICT | {"confidential": False})
    assert careless.json()["errors"][0]["field"] == "confidential"
    ok(await me.post(f"{path}/declaration", json=NO_CONFLICT))
    opened = await me.get(f"{path}/content")
    assert len(ok(opened, 200)["criteria"]) == 27
    assert "removal.TN" in opened.text
    assert "recipe 17" not in opened.text


async def test_a_conflict_closes_it_for_good(scene: Scene) -> None:
    (seat,) = await scene.seat(0)
    me, path = scene.assessors[0].browser, f"{API}/assignments/{seat}"
    declared = {"conflicts": [{"kind": "consulting", "note": "advised them"}], "confidential": True}
    assert ok(await me.post(f"{path}/declaration", json=declared))["to_state"] == "declined"
    assert (await me.get(f"{path}/content")).status_code == 403
    assert (await me.post(f"{path}/declaration", json=NO_CONFLICT)).status_code == 409


async def test_nobody_sees_the_others_before_their_own_score_is_in(scene: Scene) -> None:
    one, two = await scene.seat(0, 1)
    await scene.judge(0, one, 5)
    blind = await scene.assessors[1].browser.get(f"{API}/assignments/{two}/peers")
    assert (blind.status_code, blind.json()["code"]) == (403, "score-first")
    await scene.judge(1, two, 8)
    seen = await scene.assessors[1].browser.get(f"{API}/assignments/{two}/peers")
    (apart,) = ok(seen, 200)["disagreements"]
    assert apart["intervals"] == {"r1": [5, 5], "r2": [8, 8]}
    assert "Person" not in seen.text


async def test_all_bad_ratings_come_back_at_once_and_nothing_is_kept(scene: Scene) -> None:
    (seat,) = await scene.seat(0)
    me, path = scene.assessors[0].browser, f"{API}/assignments/{seat}"
    ok(await me.post(f"{path}/declaration", json=NO_CONFLICT))
    bad = [
        {"criterion": "trl", "value": 12, "rationale": ""},
        {"criterion": "trl.77", "value": True, "rationale": "x", "evidence": ["gossip"]},
    ]
    answer = await me.post(f"{path}/score", json={"ratings": bad})
    assert answer.status_code == 400
    assert [fault["field"] for fault in answer.json()["errors"]] == [
        "ratings.0.value",
        "ratings.0.rationale",
        "ratings.1.criterion",
        "ratings.1.evidence.0",
    ]
    ok(await me.post(f"{path}/score", json=ratings(7)))
    assert (await me.post(f"{path}/score", json=ratings(3))).json()["code"] == "scored-already"
    receipt = await me.get(f"{path}/receipt")
    assert Receipt.from_bytes(receipt.content).verify().ok


async def test_a_published_score_carries_its_proof(scene: Scene, client: httpx.AsyncClient) -> None:
    for place, seat in enumerate(await scene.seat(0, 1)):
        await scene.judge(place, seat, 8)
    public = f"{API}/catalogue/{scene.listing_id}/assessment"
    assert (await client.get(public)).status_code == 404
    ok(await scene.decide(**GOOD))
    found = ok(await client.get(public), 200)
    assert (found["valid"], found["decision"]["conditions"]["en"]) == (True, "municipal water")
    kept = (await client.get(found["receipt"])).content
    receipt = Receipt.from_bytes(kept)
    assert receipt.verify().ok
    assert (receipt.to_bytes(), receipt.id) == (kept, found["decision"]["receipt_id"])
    panel = (await client.get(found["panel"])).content
    assert json.loads(panel)["level"] == found["decision"]["level"]
    assert not [text for text in (b"Person", b"seen on site", b"recipe 17") if text in kept + panel]


async def test_a_renewal_ends_with_the_assessment(scene: Scene, clock: SetClock) -> None:
    for place, seat in enumerate(await scene.seat(0, 1)):
        await scene.judge(place, seat, 8)
    until = (clock.now() + timedelta(days=500)).date()
    ok(await scene.decide(**GOOD | {"valid_until": until.isoformat()}))
    path = f"{API}/listings/{scene.listing_id}"
    clock.advance(timedelta(days=300))
    ok(await scene.holder.client.post(f"{path}/renew"))
    assert ok(await scene.holder.client.get(path), 200)["expires_at"].startswith(until.isoformat())
    again = await scene.holder.client.post(f"{path}/renew")
    assert (again.status_code, again.json()["code"]) == (409, "assessment-ends")


async def test_the_holder_learns_why_and_never_who(scene: Scene) -> None:
    own = f"{API}/listings/{scene.listing_id}/assessment"
    for place, seat in enumerate(await scene.seat(0, 1)):
        await scene.judge(place, seat, 3)
        waiting = ok(await scene.holder.client.get(own), 200)
        assert (waiting["decision"], waiting["changes"]) == (None, [])
    assert (await scene.decide(**GOOD)).json()["code"] == "below-the-bar"
    ok(await scene.decide(outcome="returned", note="show level 6"))
    answer = await scene.holder.client.get(own)
    told = ok(answer, 200)
    assert told["note"] == "show level 6"
    assert {(change["code"], change["level"]) for change in told["changes"]} >= {("not-met", 6)}
    assert set(told["codes"]) == {"not-met"}
    receipt = await scene.holder.client.get(f"{own}/receipt")
    assert Receipt.from_bytes(receipt.content).verify().ok
    assert not [name for name in ("Person", "seen on site") if name in answer.text + receipt.text]
    assert ok(await scene.holder.client.get(f"{API}/listings/{scene.listing_id}"), 200)["state"] == "draft"


async def test_only_the_assessor_knows_of_an_assignment(scene: Scene) -> None:
    (seat,) = await scene.seat(0)
    path = f"{API}/assignments/{seat}"
    for stranger in (scene.assessors[1], scene.holder, scene.operator):
        for method, rest, body in (
            ("GET", "", None),
            ("GET", "/content", None),
            ("POST", "/score", ratings(9)),
            ("POST", "/declaration", NO_CONFLICT),
        ):
            answer = await stranger.browser.request(method, path + rest, json=body)
            assert answer.status_code == 404, (stranger.kind, rest, answer.text)
    assert (await scene.assessors[0].client.get(path)).status_code == 404, "a program judges nothing"
    assert (await scene.assessors[0].browser.get(f"{API}/assessments/{scene.assessment_id}")).status_code == 403
    mine = ok(await scene.assessors[0].browser.get(f"{API}/assignments"), 200)
    assert (mine["total"], [item["id"] for item in mine["items"]]) == (1, [seat])
    assert ok(await scene.assessors[1].browser.get(f"{API}/assignments"), 200)["total"] == 0


async def test_a_stated_relation_keeps_an_assessor_away(scene: Scene) -> None:
    me = scene.assessors[0].browser
    body = {"organisation_id": str(scene.holder.organisation_id), "kind": "co-author", "note": "a paper in 2025"}
    ok(await me.post(f"{API}/assessors/me/relations", json=body))
    assert ok(await me.get(f"{API}/assessors/me/relations"), 200)[0]["kind"] == "co-author"
    mine = ok(await me.get(f"{API}/assessors/me"), 200)["id"]
    path = f"{API}/assessments/{scene.assessment_id}"
    proposed = ok(await scene.operator.browser.get(f"{path}/proposals"), 200)
    assert mine not in [found["assessor_id"] for found in proposed]
    refused = await scene.operator.browser.post(f"{path}/assignments", json={"assessor_ids": [mine]})
    assert refused.json()["errors"][0]["field"] == "assessor_ids.0"
    assert "利益冲突" in refused.json()["errors"][0]["expected_zh"]
    nobody = await me.post(f"{API}/assessors/me/relations", json=body | {"organisation_id": mine})
    assert nobody.status_code == 400


async def test_lists_of_the_operator(scene: Scene) -> None:
    browser = scene.operator.browser
    await scene.seat(0)
    listed = ok(await browser.get(f"{API}/assessors", params={"framework": "trl", "limit": 2}), 200)
    assert (listed["total"], len(listed["items"])) == (3, 2)
    rest = ok(await browser.get(f"{API}/assessors", params={"cursor": listed["next"]}), 200)
    assert sorted(item["load"] for item in listed["items"] + rest["items"]) == [0, 0, 1]
    assert ok(await browser.get(f"{API}/assessments", params={"state": "assigned"}), 200)["total"] == 1
    assert (await browser.get(f"{API}/assessments", params={"state": "lost"})).status_code == 400
    assert (await browser.get(f"{API}/assessors", params={"framework": "astrology"})).status_code == 400
    steps = ok(await browser.get(f"{API}/assessments/{scene.assessment_id}/history"), 200)
    assert [step["to_state"] for step in steps] == ["open", "assigned"]
    again = {"listing_id": scene.listing_id, "framework": "trl", "bar": 6}
    assert (await browser.post(f"{API}/assessments", json=again)).json()["code"] == "being-assessed"
    ended = await browser.post(f"{API}/assessments/{scene.assessment_id}/cancel", json={"note": "wrong bar"})
    assert ok(ended)["to_state"] == "cancelled"
