import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from marketplace.clock import SetClock
from marketplace.database import Sessions
from marketplace.jobs import Context, drain
from marketplace.mail import Mail
from tests.api.conftest import MakeParty, Party

NEED: dict[str, Any] = {
    "title": {"zh": "污水厂总氮提标", "en": "Total nitrogen upgrade"},
    "summary": {"zh": "出水总氮须稳定低于10 mg/L。", "en": "Effluent total nitrogen must stay below 10 mg/L."},
    "specification": {
        "medium": "water",
        "streams": [
            {
                "flow": {"amount": 20_000, "unit": "m3/d"},
                "pollutants": [{"name": "TN", "unit": "mg/L", "low": 30, "high": 40, "limit": 10}],
            }
        ],
        "capex": {"amount_minor": 300_000, "currency": "CNY", "per_unit": "m3/d"},
    },
}
PARAMETERS = [
    {"name": "influent.TN", "unit": "mg/L", "low": 20, "high": 60},
    {"name": "removal.TN", "unit": "share", "low": 0.76, "value": 0.8, "high": 0.9},
    {"name": "scale", "unit": "m3/d", "low": 5000, "high": 200_000},
]
API = "/api/v1"


async def sent(client: httpx.AsyncClient, path: str, body: Any = None, *, status: int = 201) -> Any:
    answer = await client.post(f"{API}{path}", json={} if body is None else body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def got(client: httpx.AsyncClient, path: str, *, status: int = 200, **params: Any) -> Any:
    answer = await client.get(f"{API}{path}", params=params)
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.fixture
async def seeker(party: MakeParty) -> Party:
    return await party("demand")


@pytest.fixture
async def operator(party: MakeParty) -> Party:
    return await party("operator")


Publish = Callable[..., Awaitable[tuple[Party, str]]]


@pytest.fixture
async def listed(party: MakeParty, operator: Party) -> Publish:
    """A new holder with a published technology."""

    async def publish(name: str = "Step-feed") -> tuple[Party, str]:
        holder = await party("holder")
        technology = {
            "id": name, "name": {"zh": name, "en": name}, "summary": {"zh": "脱氮", "en": "Nitrogen removal"},
            "provenance": "award", "media": ["water"], "pollutants": ["TN"], "parameters": PARAMETERS,
            "costs": [{"kind": "capex", "amount_minor": 240_000, "currency": "CNY", "per_unit": "m3/d"}],
        }  # fmt: skip
        made = await sent(holder.client, "/listings", {"technology": technology})
        await sent(holder.client, f"/listings/{made['id']}/submit")
        await sent(operator.browser, f"/listings/{made['id']}/formal-check")
        return holder, made["id"]

    return publish


async def published(seeker: Party, **times: str) -> str:
    need = await sent(seeker.client, "/needs", NEED)
    await sent(seeker.client, f"/needs/{need['id']}/publish", times)
    return str(need["id"])


async def proposed(holder: Party, need_id: str, listing_id: str) -> str:
    body = {"listing_id": listing_id, "text": {"en": "Ours fits."}}
    return str((await sent(holder.client, f"/published-needs/{need_id}/solutions", body))["id"])


def in_days(clock: SetClock, days: int) -> str:
    at: datetime = clock.now() + timedelta(days=days)
    return at.isoformat()


async def test_a_published_need_names_nobody(client: httpx.AsyncClient, seeker: Party) -> None:
    need_id = await published(seeker)
    shown = await got(client, "/published-needs", medium="water", pollutant="TN")
    one = await got(client, f"/published-needs/{need_id}")
    assert (shown["total"], shown["items"]) == (1, [one])
    assert str(seeker.organisation_id) not in str(shown)
    assert not {"state", "organisation_id", "version"} & one.keys()
    assert (await got(client, "/published-needs", medium="air"))["total"] == 0


async def test_a_draft_is_its_seekers_alone(client: httpx.AsyncClient, seeker: Party, party: MakeParty) -> None:
    need = await sent(seeker.client, "/needs", NEED)
    stranger = await party("demand")
    await got(stranger.client, f"/needs/{need['id']}", status=404)
    await got(client, f"/published-needs/{need['id']}", status=404)
    await sent(stranger.client, f"/needs/{need['id']}/publish", status=404)
    assert (await got(stranger.client, "/needs"))["total"] == 0


async def test_everything_that_stops_a_publication_is_said_at_once(seeker: Party, clock: SetClock) -> None:
    body = {"title": {"en": "Organisation 1 seeks help"}}
    need = await sent(seeker.client, "/needs", body)
    times = {"open_until": in_days(clock, 5), "embargo_until": in_days(clock, 9)}
    refused = await sent(seeker.client, f"/needs/{need['id']}/publish", times, status=400)
    fields = [error["field"] for error in refused["errors"]]
    assert fields == [
        "title.zh", "summary.zh", "summary.en", "specification.medium", "specification.streams", "title.en",
        "embargo_until",
    ]  # fmt: skip
    assert all(error["expected_zh"] for error in refused["errors"])
    assert (await got(seeker.client, f"/needs/{need['id']}"))["state"] == "draft"


async def test_ranges_the_wrong_way_round_are_refused_in_drafts_too(seeker: Party) -> None:
    pollutants = [{"name": "TN", "unit": "mg/L", "low": 50, "high": 40}, {"name": "TN", "unit": "mg/L"}]
    body = NEED | {"specification": {"streams": [{"pollutants": pollutants}]}}
    refused = await sent(seeker.client, "/needs", body, status=400)
    assert [error["field"].removeprefix("specification.streams.0.pollutants.") for error in refused["errors"]] == [
        "0.low",
        "1.name",
    ]


async def test_a_draft_is_not_overwritten_unseen(seeker: Party) -> None:
    need = await sent(seeker.client, "/needs", NEED)
    path = f"{API}/needs/{need['id']}"
    assert (await seeker.client.put(path, json=NEED)).status_code == 428
    changed = await seeker.client.put(path, json=NEED | {"title": {"en": "New"}}, headers={"if-match": '"v1"'})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"v2"')
    assert (await seeker.client.put(path, json=NEED, headers={"if-match": '"v1"'})).status_code == 412


async def test_only_the_demand_side_seeks_and_only_once_a_key(party: MakeParty, seeker: Party) -> None:
    holder = await party("holder")
    await sent(holder.client, "/needs", NEED, status=403)
    headers = {"idempotency-key": "once"}
    made = [await seeker.client.post(f"{API}/needs", json=NEED, headers=headers) for _ in range(2)]
    assert made[0].json() == made[1].json()
    assert (await got(seeker.client, "/needs"))["total"] == 1


async def test_matches_carry_signed_margins_and_the_limit_that_binds(seeker: Party, listed: Publish) -> None:
    _, listing_id = await listed()
    need = await sent(seeker.client, "/needs", NEED)
    found = await got(seeker.client, f"/needs/{need['id']}/matches")
    assert [(item["listing_id"], item["fit"]) for item in found["items"]] == [(listing_id, "fits")]
    margins = {margin["limit"]: margin for margin in found["items"][0]["margins"]}
    assert margins["streams.0.TN.effluent"]["low"] == pytest.approx((10 - 40 * 0.24) / 10)
    assert found["items"][0]["binding"] == "capex" or margins["capex"]["typical"] == pytest.approx(0.2)


async def test_the_embargo_hides_solutions_from_the_seeker_and_always_from_one_another(
    seeker: Party, listed: Publish, clock: SetClock
) -> None:
    (first, listing), (second, other) = await listed("A"), await listed("B")
    need_id = await published(seeker, embargo_until=in_days(clock, 10), open_until=in_days(clock, 40))
    mine, theirs = await proposed(first, need_id, listing), await proposed(second, need_id, other)
    sealed = await got(seeker.client, f"/needs/{need_id}/solutions")
    assert (sealed["items"], sealed["total"]) == ([], 2)
    await got(seeker.client, f"/solutions/{mine}", status=404)
    await sent(seeker.client, f"/solutions/{mine}/shortlist", status=404)
    await got(second.client, f"/solutions/{mine}", status=404)
    assert [item["id"] for item in (await got(first.client, "/solutions"))["items"]] == [mine]
    clock.advance(timedelta(days=11))
    opened = await got(seeker.client, f"/needs/{need_id}/solutions")
    assert [item["id"] for item in opened["items"]] == [mine, theirs]
    await got(second.client, f"/solutions/{mine}", status=404)


async def test_experts_consulted_on_a_need_see_its_solutions_when_the_embargo_ends(
    seeker: Party, operator: Party, party: MakeParty, listed: Publish, clock: SetClock
) -> None:
    (holder, listing), expert = await listed(), await party("assessor")
    need_id = await published(seeker, embargo_until=in_days(clock, 5))
    solution = await proposed(holder, need_id, listing)
    matter = await sent(seeker.client, f"/needs/{need_id}/consultation", {"question": "Which?"})
    body = {"organisation_id": str(expert.organisation_id)}
    await sent(operator.browser, f"/consultations/{matter['id']}/assign", body)
    await got(expert.client, f"/solutions/{solution}", status=404)
    clock.advance(timedelta(days=6))
    seen = await got(expert.client, f"/solutions/{solution}")
    assert seen["seeker"] is None
    await sent(expert.client, f"/solutions/{solution}/shortlist", status=403)
    outsider = await party("assessor")
    await got(outsider.client, f"/solutions/{solution}", status=404)


async def test_a_seeker_is_known_only_to_whom_they_agreed(seeker: Party, listed: Publish) -> None:
    (first, listing), (second, other) = await listed("A"), await listed("B")
    need_id = await published(seeker)
    mine, theirs = await proposed(first, need_id, listing), await proposed(second, need_id, other)
    assert (await got(first.client, f"/solutions/{mine}"))["seeker"] is None
    await sent(first.client, f"/solutions/{mine}/reveal", status=403)
    await sent(seeker.client, f"/solutions/{mine}/reveal")
    assert (await got(first.client, f"/solutions/{mine}"))["seeker"]["id"] == str(seeker.organisation_id)
    assert (await got(second.client, f"/solutions/{theirs}"))["seeker"] is None


async def test_one_solution_is_accepted_and_the_others_are_told_why_not(seeker: Party, listed: Publish) -> None:
    (first, listing), (second, other) = await listed("A"), await listed("B")
    need_id = await published(seeker)
    mine, theirs = await proposed(first, need_id, listing), await proposed(second, need_id, other)
    await sent(seeker.client, f"/solutions/{mine}/accept", status=409)
    await sent(seeker.client, f"/solutions/{mine}/shortlist")
    await sent(first.client, f"/solutions/{mine}/accept", status=403)
    await sent(seeker.client, f"/solutions/{mine}/accept")
    assert (await got(seeker.client, f"/needs/{need_id}"))["state"] == "solved"
    lost = await got(second.client, f"/solutions/{theirs}")
    assert (lost["state"], lost["reason"], lost["reason_text"]["zh"]) == (
        "declined",
        "another-accepted",
        "已采纳其他方案",
    )
    late = {"listing_id": other, "text": {"en": "late"}}
    await sent(second.client, f"/published-needs/{need_id}/solutions", late, status=404)


async def test_each_side_is_written_what_concerns_it_and_nobody_who_the_other_is(
    seeker: Party, listed: Publish, sessions: Sessions
) -> None:
    (first, listing), (second, other) = await listed("A"), await listed("B")
    need_id = await published(seeker)
    mine, _ = await proposed(first, need_id, listing), await proposed(second, need_id, other)
    await sent(seeker.client, f"/solutions/{mine}/shortlist")
    await sent(seeker.client, f"/solutions/{mine}/accept")
    async with sessions() as session:
        letters = (await session.scalars(select(Mail).where(Mail.kind.startswith("need-")))).all()
    got_by = {one.kind: one.to for one in letters}
    assert sorted(one.kind for one in letters) == [
        "need-accept",
        "need-decline",
        "need-proposed",
        "need-proposed",
        "need-shortlist",
    ]
    assert got_by["need-accept"] == got_by["need-shortlist"] != got_by["need-decline"]
    seekers = got_by["need-proposed"].partition("@")[2]
    assert not any(seekers in one.text for one in letters)
    assert all(need_id in one.text for one in letters if one.kind == "need-proposed")


async def test_a_decline_has_a_coded_reason(seeker: Party, listed: Publish) -> None:
    holder, listing = await listed()
    need_id = await published(seeker)
    solution = await proposed(holder, need_id, listing)
    await sent(seeker.client, f"/solutions/{solution}/decline", {"reason": "ugly"}, status=400)
    refused = await sent(seeker.client, f"/solutions/{solution}/decline", {"reason": "other"}, status=400)
    assert refused["errors"][0]["field"] == "note"
    await sent(seeker.client, f"/solutions/{solution}/decline", {"reason": "too-expensive"})
    told = await got(holder.client, f"/solutions/{solution}")
    assert (told["state"], told["reason"]) == ("declined", "too-expensive")


async def test_a_holder_proposes_only_technologies_of_their_own(seeker: Party, listed: Publish) -> None:
    (first, _), (_, other) = await listed("A"), await listed("B")
    need_id = await published(seeker)
    path = f"/published-needs/{need_id}/solutions"
    for listing_id in (other, str(uuid.uuid4())):
        refused = await sent(first.client, path, {"listing_id": listing_id, "text": {"en": "x"}}, status=400)
        assert refused["errors"][0]["field"] == "listing_id"
    await sent(seeker.client, path, {"listing_id": other, "text": {"en": "x"}}, status=403)


async def test_a_need_expires_unless_extended_and_takes_its_solutions_along(
    client: httpx.AsyncClient, seeker: Party, listed: Publish, clock: SetClock, context: Context
) -> None:
    holder, listing = await listed()
    need_id = await published(seeker, open_until=in_days(clock, 10))
    solution = await proposed(holder, need_id, listing)
    await sent(seeker.client, f"/needs/{need_id}/extend", {"open_until": in_days(clock, 30)})
    clock.advance(timedelta(days=20))
    await drain(context)
    await got(client, f"/published-needs/{need_id}")
    clock.advance(timedelta(days=11))
    await drain(context)
    await got(client, f"/published-needs/{need_id}", status=404)
    assert (await got(holder.client, f"/solutions/{solution}"))["reason"] == "need-closed"
    steps = await got(seeker.client, f"/needs/{need_id}/history")
    assert [step["transition"] for step in steps] == ["begin", "publish", "answer", "extend", "expire"]


async def test_what_a_seeker_reads_of_the_history_says_nothing_of_who_answered(
    seeker: Party, listed: Publish, clock: SetClock
) -> None:
    holder, listing = await listed()
    need_id = await published(seeker, embargo_until=in_days(clock, 10))
    await proposed(holder, need_id, listing)
    steps = await got(seeker.client, f"/needs/{need_id}/history")
    assert str(holder.organisation_id) not in str(steps)


async def test_a_visitor_is_interviewed(client: httpx.AsyncClient, listed: Publish) -> None:
    await listed("A")
    body = {"text": "我们污水厂进水总氮 35–50 mg/L，要求低于10 mg/L", "answers": []}
    heard = await sent(client, "/needs/interview", body, status=200)
    pollutant = heard["specification"]["streams"][0]["pollutants"][0]
    assert pollutant == {"name": "TN", "unit": "mg/L", "low": 35, "high": 50, "limit": 10}
    assert heard["remaining"] == heard["total"] == 1
    assert heard["question"] is None
    for finding in heard["findings"]:
        assert body["text"][finding["start"] : finding["end"]] == finding["quote"]  # type: ignore[index]
    wrong = body | {"answers": [{"question": "medium", "option": "plasma"}, {"question": "size", "option": "1"}]}
    refused = await sent(client, "/needs/interview", wrong, status=400)
    assert [error["field"] for error in refused["errors"]] == ["answers.0.option", "answers.1.option"]
