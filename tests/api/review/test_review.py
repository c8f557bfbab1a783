"""A call reviewed over HTTP: what each side can do, and what each may know."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from marketplace.actors import system
from marketplace.applications.models import Application
from marketplace.clock import SetClock
from marketplace.database import Sessions, transaction
from marketplace.review.models import ReviewAssignment
from tests.api.conftest import MakeParty, Party
from tests.api.review.things import call_to_review, profile_for

PREFIX = "/api/v1"


async def got(client: httpx.AsyncClient, path: str, status: int = 200) -> Any:
    answer = await client.get(PREFIX + path)
    assert answer.status_code == status, answer.text
    return answer.json()


async def sent(client: httpx.AsyncClient, path: str, body: Any = None, status: int = 201) -> Any:
    answer = await client.post(PREFIX + path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


@pytest.fixture
async def organiser(party: MakeParty) -> Party:
    return await party("investor")


@pytest.fixture
async def reviewers(party: MakeParty, sessions: Sessions) -> list[Party]:
    made = [await party("assessor") for _ in range(3)]
    async with transaction(sessions, system("test")) as session:
        for one in made:
            await profile_for(session, one)
    return made


def rated(rubric: Any, place: int) -> list[dict[str, Any]]:
    return [
        {
            "criterion": one["id"],
            "level": one["anchors"][min(place, len(one["anchors"]) - 1)]["level"],
            "rationale": "seen",
        }
        for one in rubric["criteria"]
    ]


async def test_a_call_is_reviewed_over_http(
    organiser: Party, reviewers: list[Party], party: MakeParty, sessions: Sessions, clock: SetClock
) -> None:
    call = await call_to_review(sessions, organiser)
    due = (clock.now() + timedelta(days=21)).isoformat()
    body = {"call_id": str(call.id), "stage": "concept", "due_at": due}
    made = await sent(organiser.browser, "/review-rounds", body)
    path = f"/review-rounds/{made['id']}"
    candidates = await got(organiser.browser, f"{path}/candidates")
    assert {str(one.person_id) for one in reviewers} <= {one["person_id"] for one in candidates}
    text = {"zh": "样本", "en": "A sample"}
    await sent(organiser.browser, f"{path}/references", {"title": text, "content": text})
    for one in reviewers:
        adding = {"person_id": str(one.person_id), "media": ["water"], "languages": ["en", "zh"]}
        await sent(organiser.browser, f"{path}/reviewers", adding)
    await sent(organiser.browser, f"{path}/open", status=200)

    for one in reviewers:
        (place,) = (await got(one.browser, "/reviewing"))["items"]
        assert place["next"] == "declare"
        own = f"/reviewing/{place['id']}"
        await got(one.browser, f"{own}/references", status=403)
        applicants = await got(one.browser, f"{own}/declaration")
        assert [who["independent"] for who in applicants] == [None, None]
        declared = await sent(one.browser, f"{own}/declaration", {"interests": []}, status=200)
        assert [who["independent"] for who in declared] == [True, True]
        (reference,) = await got(one.browser, f"{own}/references")
        rating = {"reference_id": reference["id"], "ratings": rated(made["rubric"], 2)}
        await sent(one.browser, f"{own}/references", rating, status=204)

    proposal = await got(organiser.browser, f"{path}/proposal")
    assert len(proposal["pairs"]) == 4
    await sent(organiser.browser, f"{path}/assignments")
    assert (await got(organiser.browser, f"{path}/assignments"))["total"] == 4

    best = proposal["pairs"][0]["application_id"]
    for one in reviewers:
        (place,) = (await got(one.browser, "/reviewing"))["items"]
        for task in (await got(one.browser, f"/reviewing/{place['id']}/assignments"))["items"]:
            read = await got(one.browser, f"/reviews/{task['id']}")
            assert read["application"]["hidden"] == sorted(made["blind_fields"])
            await got(one.browser, f"/reviews/{task['id']}/others", status=403)
            application = await _reviewed(sessions, task["id"])
            height = 9 if application == best else 0
            review = {"ratings": rated(made["rubric"], height), "advice": "Show the energy balance."}
            await sent(one.browser, f"/reviews/{task['id']}/submit", review)
            await sent(one.browser, f"/reviews/{task['id']}/submit", review, status=409)
            await got(one.browser, f"/reviews/{task['id']}/others")

    standing = await got(organiser.browser, f"{path}/standing")
    assert [one["application_id"] == best for one in standing["applications"]] == [True, False]
    await got(organiser.browser, f"{path}/pack", status=404)
    await sent(organiser.browser, f"{path}/close", status=200)
    pack = await got(organiser.browser, f"{path}/pack")
    worst = pack["applications"][1]
    assert worst["side"] in ("below", "open")
    await sent(organiser.browser, f"{path}/decisions", {"application_id": best, "outcome": "accepted"})
    rejected = {"application_id": worst["application_id"], "outcome": "rejected", "reason": "below-the-bar"}
    await sent(organiser.browser, f"{path}/decisions", rejected)
    assert (await got(organiser.browser, path))["state"] == "decided"
    assert len(await got(organiser.browser, f"{path}/decisions")) == 2
    assert [one["transition"] for one in await got(organiser.browser, f"{path}/history")] == [
        "begin", "open", "close", "finish",
    ]  # fmt: skip

    applicant = await party("holder", of=await _applicant(sessions, worst["application_id"], organiser))
    feedback = await got(applicant.browser, f"/review-feedback/{worst['application_id']}")
    assert feedback["reason"] == "below-the-bar"
    assert feedback["single"] or feedback["together"]
    assert feedback["advice"] == ["Show the energy balance."] * 2
    text = str(feedback)
    assert not any(str(one.person_id) in text for one in reviewers)
    await got(organiser.browser, f"/review-feedback/{worst['application_id']}", status=404)


async def _reviewed(sessions: Sessions, assignment_id: str) -> str:
    """What a reviewer is not told: which application it is."""
    async with transaction(sessions, system("test")) as session:
        return str((await session.get_one(ReviewAssignment, assignment_id)).application_id)


async def _applicant(sessions: Sessions, application_id: str, like: Party) -> Party:
    async with transaction(sessions, system("test")) as session:
        application = await session.get_one(Application, application_id)
        return Party(application.organisation_id, like.person_id, "holder", like.client, like.browser)


async def test_who_is_short_is_named_over_http(
    organiser: Party, reviewers: list[Party], sessions: Sessions, clock: SetClock
) -> None:
    call = await call_to_review(sessions, organiser, applications=1)
    due = (clock.now() + timedelta(days=21)).isoformat()
    made = await sent(organiser.browser, "/review-rounds", {"call_id": str(call.id), "stage": "concept", "due_at": due})
    path = f"/review-rounds/{made['id']}"
    adding = {"person_id": str(reviewers[0].person_id), "media": ["water"]}
    await sent(organiser.browser, f"{path}/reviewers", adding)
    await sent(organiser.browser, f"{path}/reviewers", adding, status=409)
    await sent(organiser.browser, f"{path}/open", status=200)
    answer = await organiser.browser.get(f"{PREFIX}{path}/proposal")
    assert answer.status_code == 400
    problem = answer.json()
    assert problem["code"] == "reviewers-short"
    assert problem["detail_zh"]
    assert problem["errors"][0]["field"].startswith("applications.")


async def test_everything_wrong_with_a_round_is_named_at_once(
    organiser: Party, party: MakeParty, sessions: Sessions
) -> None:
    call = await call_to_review(sessions, organiser, applications=1)
    body = {
        "call_id": str(call.id), "stage": "interview", "due_at": "2020-01-01T00:00:00Z",
        "reviews_wanted": 3, "reviews_max": 2,
    }  # fmt: skip
    refused = await sent(organiser.browser, "/review-rounds", body, status=400)
    fields = {error["field"] for error in refused["errors"]}
    assert {"due_at", "reviews_max"} <= fields
    stranger = await party("investor")
    refused = await sent(stranger.browser, "/review-rounds", body, status=400)
    assert [error["field"] for error in refused["errors"]] == ["call_id"]


async def test_a_program_reviews_nothing(reviewers: list[Party]) -> None:
    assert (await got(reviewers[0].client, "/reviewing"))["total"] == 0


async def test_a_member_who_reviews_sees_no_scores_before_the_end(
    organiser: Party, party: MakeParty, sessions: Sessions, clock: SetClock
) -> None:
    member = await party("investor", role="member", of=organiser)
    call = await call_to_review(sessions, organiser, applications=1)
    due = (clock.now() + timedelta(days=21)).isoformat()
    body = {"call_id": str(call.id), "stage": "concept", "due_at": due, "reviews_wanted": 1}
    path = f"/review-rounds/{(await sent(organiser.browser, '/review-rounds', body))['id']}"
    adding = {"person_id": str(member.person_id), "media": ["water"]}
    await sent(organiser.browser, f"{path}/reviewers", adding)
    await sent(organiser.browser, f"{path}/open", status=200)
    await got(member.browser, f"{path}/standing", status=403)
    await got(organiser.browser, f"{path}/standing")
    await sent(organiser.browser, f"{path}/close", status=200)
    await got(member.browser, f"{path}/standing")
