from datetime import timedelta
from typing import Any

import httpx
import pytest

from marketplace.clock import SetClock
from marketplace.jobs import Context, drain
from tests.api.conftest import MakeParty, Party

API = "/api/v1"
QUERY = {"text": "污水厂总氮超标", "question": "Which of these suits a cold region?"}


async def sent(client: httpx.AsyncClient, path: str, body: Any = None, *, status: int = 201) -> Any:
    answer = await client.post(f"{API}{path}", json={} if body is None else body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def got(client: httpx.AsyncClient, path: str, *, status: int = 200) -> Any:
    answer = await client.get(f"{API}{path}")
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.fixture
async def asker(party: MakeParty) -> Party:
    return await party("demand")


@pytest.fixture
async def expert(party: MakeParty) -> Party:
    return await party("assessor")


@pytest.fixture
async def operator(party: MakeParty) -> Party:
    return await party("operator")


async def test_one_matter_is_one_consultation(asker: Party, party: MakeParty) -> None:
    made = await sent(asker.client, "/consultations", QUERY)
    assert (made["state"], made["specification"]["medium"]) == ("open", "water")
    again = await sent(asker.client, "/consultations", QUERY | {"text": "  污水厂总氮超标 "}, status=409)
    assert again["code"] == "consultation-exists"
    other = await party("demand")
    await sent(other.client, "/consultations", QUERY)


async def test_a_need_is_handed_over_once_and_by_its_seeker(asker: Party, party: MakeParty) -> None:
    need = await sent(asker.client, "/needs", {"title": {"en": "Odour"}})
    path = f"/needs/{need['id']}/consultation"
    assert (await sent(asker.client, path, {"question": "What first?"}))["need_id"] == need["id"]
    await sent(asker.client, path, {"question": "What first?"}, status=409)
    stranger = await party("demand")
    await sent(stranger.client, path, {"question": "What first?"}, status=404)


async def test_experts_see_what_is_theirs_to_answer_and_not_who_asks(
    asker: Party, expert: Party, operator: Party
) -> None:
    made = await sent(asker.client, "/consultations", QUERY)
    path = f"/consultations/{made['id']}"
    await got(expert.client, path, status=404)
    await sent(expert.browser, f"{path}/assign", {"organisation_id": str(expert.organisation_id)}, status=403)
    await sent(operator.browser, f"{path}/assign", {"organisation_id": str(expert.organisation_id)})
    seen = await got(expert.client, path)
    assert str(asker.organisation_id) not in str(seen)
    await sent(asker.client, f"{path}/answer", {"text": {"en": "mine"}}, status=403)
    await sent(expert.client, f"{path}/answer", {"text": {"zh": "建议分段进水。"}})
    assert (await got(asker.client, path))["answers"][0]["text"]["zh"] == "建议分段进水。"


async def test_only_verified_experts_are_given_matters(asker: Party, operator: Party, party: MakeParty) -> None:
    made = await sent(asker.client, "/consultations", QUERY)
    for wrong in (await party("holder"), await party("assessor", verified=False)):
        body = {"organisation_id": str(wrong.organisation_id)}
        refused = await sent(operator.browser, f"/consultations/{made['id']}/assign", body, status=400)
        assert refused["errors"][0]["field"] == "organisation_id"


async def assign(party: MakeParty, operator: Party, path: str, expert: Party) -> None:
    """By somebody of the operator's who has just signed in: sessions end while the clock runs on."""
    fresh = await party("operator", of=operator)
    await sent(fresh.browser, f"{path}/assign", {"organisation_id": str(expert.organisation_id)})


async def answered(asker: Party, expert: Party, operator: Party, party: MakeParty, clock: SetClock, days: int) -> str:
    made = await sent(asker.client, "/consultations", QUERY | {"text": f"{days}天"})
    path = f"/consultations/{made['id']}"
    await assign(party, operator, path, expert)
    clock.advance(timedelta(days=days))
    await sent(expert.client, f"{path}/answer", {"text": {"en": "Do this."}})
    return path


async def test_response_times_are_measured_and_shown(
    client: httpx.AsyncClient, asker: Party, expert: Party, operator: Party, party: MakeParty, clock: SetClock
) -> None:
    empty = await got(client, "/consultations/response-times")
    assert (empty["answered"], empty["median_days"]) == (0, None)
    for days in (1, 2, 6):
        path = await answered(asker, expert, operator, party, clock, days)
    shown = await got(client, "/consultations/response-times")
    assert (shown["answered"], shown["median_days"], shown["waiting"]) == (3, 2, 0)
    clock.advance(timedelta(days=3))
    await sent(asker.client, f"{path}/reopen", {"note": "And in winter?"})
    assert (await got(client, "/consultations/response-times"))["waiting"] == 1
    await assign(party, operator, path, expert)
    await sent(expert.client, f"{path}/answer", {"text": {"en": "Cover the tanks."}})
    answers = (await got(asker.client, path))["answers"]
    assert [(answer["number"], answer["waited_days"]) for answer in answers] == [(1, 6), (2, 0)]


async def test_nothing_lies_about_unnoticed(
    asker: Party, expert: Party, operator: Party, party: MakeParty, clock: SetClock, context: Context
) -> None:
    made = await sent(asker.client, "/consultations", QUERY)
    path = f"/consultations/{made['id']}"
    clock.advance(timedelta(days=4))
    await drain(context)
    assert (await got(asker.client, path))["state"] == "escalated"
    await assign(party, operator, path, expert)
    clock.advance(timedelta(days=8))
    await drain(context)
    assert (await got(asker.client, path))["state"] == "escalated"
    await assign(party, operator, path, expert)
    await sent(expert.client, f"{path}/answer", {"text": {"en": "Done."}})
    clock.advance(timedelta(days=15))
    await drain(context)
    assert (await got(asker.client, path))["state"] == "closed"
    await sent(asker.client, "/consultations", QUERY, status=409)
    fresh = await party("operator", of=operator)
    await sent(fresh.browser, f"{path}/archive", {"note": "settled"})
    await sent(asker.client, "/consultations", QUERY)


async def test_an_answer_names_published_technologies_only(asker: Party, expert: Party, operator: Party) -> None:
    made = await sent(asker.client, "/consultations", QUERY)
    path = f"/consultations/{made['id']}"
    await sent(operator.browser, f"{path}/assign", {"organisation_id": str(expert.organisation_id)})
    body = {"text": {"en": "This one."}, "listing_ids": [made["id"]]}
    refused = await sent(expert.client, f"{path}/answer", body, status=400)
    assert refused["errors"][0]["field"] == "listing_ids.0"
    assert (await got(asker.client, path))["state"] == "assigned"
