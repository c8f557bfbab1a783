import uuid
from typing import Any

import httpx
import pytest

from fixtures.catalogue import technologies
from marketplace.actors import system
from marketplace.database import Sessions, transaction
from marketplace.listings import service
from marketplace.listings.content import Content
from marketplace.people.models import Organisation
from scoring.technology import Provenance
from tests.api.conftest import MakeParty
from tests.api.needs import things

API = "/api/v1/solutions"
ACTOR = system("test").acting_as("holder", "operator", "seeker")
NEED: dict[str, Any] = {
    "medium": "air",
    "streams": [
        {
            "flow": {"amount": 300000, "unit": "Nm3/h"},
            "pollutants": [{"name": "SO2", "unit": "mg/Nm3", "low": 500, "high": 900, "limit": 100}],
        }
    ],
}


@pytest.fixture
async def published(sessions: Sessions, party: MakeParty) -> list[str]:
    """Those of the catalogue that enter on a formal check alone."""
    holder = await party("holder")
    async with transaction(sessions, ACTOR) as session:
        organisation = await session.get_one(Organisation, holder.organisation_id)
        for entry in technologies():
            if entry.provenance is Provenance.AWARD and entry.media[0].value in ("air", "water"):
                listing = await service.draft_listing(session, holder=organisation, content=Content(technology=entry))
                await service.submit_listing(session, listing=listing)
                await service.pass_formal_check(session, listing=listing)
    return [entry.id for entry in technologies()]


async def asked(client: httpx.AsyncClient, path: str, body: dict[str, Any], status: int = 200) -> Any:
    answer = await client.post(f"{API}/{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_a_visitor_gets_trains_for_a_typed_need(client: httpx.AsyncClient, published: list[str]) -> None:
    found = await asked(client, "trains", {"specification": NEED})
    (stream,) = found["streams"]
    (step,) = stream["trains"][0]["steps"]
    assert step["kind"] == "activated-coke"
    assert step["balance"][0]["mass_kg_per_day"]["enters"]["high"] == pytest.approx(900 * 300000 * 24e-6)
    assert stream["trains"][0]["margins"][0]["verdict"] == "met"
    assert found["known"] == {"cases": [], "experts": []}


async def test_a_published_need_is_answered_by_its_id_and_a_draft_only_for_its_seeker(
    client: httpx.AsyncClient, party: MakeParty, sessions: Sessions, published: list[str]
) -> None:
    seeker = await party("demand")
    need = await things.published_need(sessions, seeker)
    refused = await asked(client, "trains", {"need_id": str(need)}, 400)
    assert [error["field"] for error in refused["errors"]] == ["specification.streams.0.flow"]
    body = {"title": {"zh": "草稿"}, "specification": NEED}
    draft = (await seeker.client.post("/api/v1/needs", json=body)).json()["id"]
    await asked(client, "trains", {"need_id": draft}, 404)
    await asked((await party("demand")).client, "trains", {"need_id": draft}, 404)
    assert (await asked(seeker.client, "trains", {"need_id": draft}))["streams"][0]["trains"]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["need_id"]),
        ({"need_id": str(uuid.uuid4()), "specification": {}}, ["need_id"]),
        ({"specification": {}}, ["specification.medium", "specification.streams"]),
        ({"specification": NEED | {"streams": NEED["streams"] * 4}}, ["specification.streams"]),
    ],
)
async def test_what_is_wrong_is_told_at_once(
    client: httpx.AsyncClient, body: dict[str, Any], fields: list[str]
) -> None:
    refused = await asked(client, "trains", body, 400)
    assert [error["field"] for error in refused["errors"]] == fields


async def test_a_plan_for_a_park(party: MakeParty, published: list[str]) -> None:
    brief = {
        "from_year": 2026,
        "sources": [{"name": "Sinter strand", "sector": "C31", **NEED["streams"][0], "medium": "air"}],
        "goals": [{"pollutant": "SO2", "year": 2030, "reduction_share": 0.5}],
    }
    found = await asked((await party("demand")).client, "plan", brief)
    assert [outcome["met"] for outcome in found["outcomes"]] == [True]
    assert found["measures"][0]["responses"][0]["share_of_needed"]["low"] >= 1
    wrong = brief | {"goals": [{"pollutant": "NOx", "year": 2020}]}
    refused = await asked((await party("demand")).client, "plan", wrong, 400)
    assert {error["field"] for error in refused["errors"]} == {"goals.0", "goals.0.pollutant", "goals.0.year"}
