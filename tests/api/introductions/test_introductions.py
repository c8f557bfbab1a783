import uuid
from typing import Any

import httpx
from sqlalchemy import update

from api.introductions.routes import A_DAY
from api.platform import Platform
from marketplace.database import Sessions, transaction
from marketplace.listings.models import Listing
from marketplace.people.models import Organisation
from marketplace.rate_limit import take
from tests.marketplace.matching import world

URL = "/api/v1/introductions"


async def listing_of(sessions: Sessions, party: Any, number: int = 0) -> str:
    async with transaction(sessions, world.LOADING) as session:
        holder = await session.get_one(Organisation, party.organisation_id)
        return str((await world.listing(session, holder, number=number)).id)


def interest(listing_id: str, **changed: Any) -> dict[str, Any]:
    return {
        "listing_id": listing_id,
        "purpose": "invest",
        "instrument": "loan",
        "amount": {"amount_minor": 500_000_000, "currency": "CNY"},
        "start_from": "2026-06-01",
        "message": {"zh": "希望面谈。", "en": "We would like to talk."},
    } | changed


async def test_from_interest_to_contact_data(party: Any, sessions: Sessions) -> None:
    holder, investor, stranger = await party("holder"), await party("investor"), await party("investor")
    made = await investor.browser.post(URL, json=interest(await listing_of(sessions, holder)))
    assert made.status_code == 201, made.text
    at = f"{URL}/{made.json()['id']}"
    assert (await stranger.browser.get(at)).status_code == 404
    assert (await holder.browser.get(f"{URL}?side=recipient")).json()["total"] == 1
    assert (await stranger.browser.get(URL)).json() == {"items": [], "next": None, "total": 0}

    assert (await investor.browser.post(f"{at}/reciprocate")).status_code == 403
    assert (await holder.browser.post(f"{at}/reciprocate")).json()["state"] == "mutual"
    for who in (holder, investor):
        assert (await who.browser.get(f"{at}/contacts")).json() == []
        seen = (await who.browser.post(f"{at}/consent", json={})).json()
    assert seen["state"] == "opened"
    assert (seen["initiator"]["consented"], seen["recipient"]["consented"]) == (True, True)
    contacts = (await holder.browser.get(f"{at}/contacts")).json()
    assert [contact["side"] for contact in contacts] == ["initiator", "recipient"]
    assert all("@" in contact["email"] for contact in contacts)
    assert (await stranger.browser.get(f"{at}/contacts")).status_code == 404
    ended = await holder.browser.post(f"{at}/conclude", json={"outcome": "nda"})
    assert ended.json()["state"] == "concluded"
    steps = [step["transition"] for step in (await investor.browser.get(f"{at}/history")).json()]
    assert steps == ["begin", "reciprocate", "open", "conclude"]


async def test_nothing_that_is_sent_before_holds_an_address(party: Any, sessions: Sessions) -> None:
    holder, investor = await party("holder"), await party("investor")
    made = await investor.browser.post(URL, json=interest(await listing_of(sessions, holder)))
    at = f"{URL}/{made.json()['id']}"
    await holder.browser.post(f"{at}/reciprocate")
    await investor.browser.post(f"{at}/consent", json={})
    for path in (at, f"{at}/history", f"{at}/contacts", URL):
        assert "@" not in (await holder.browser.get(path)).text


async def test_a_refusal_is_read_in_both_languages(party: Any, sessions: Sessions) -> None:
    holder, investor = await party("holder"), await party("investor")
    made = await investor.browser.post(URL, json=interest(await listing_of(sessions, holder)))
    at = f"{URL}/{made.json()['id']}"
    assert (await holder.browser.post(f"{at}/decline", json={"reason": "rude"})).status_code == 400
    await holder.browser.post(f"{at}/decline", json={"reason": "too-early", "note": "Come back with a pilot."})
    seen = (await investor.browser.get(at)).json()
    assert (seen["reason"], seen["reason_text"]["zh"]) == ("too-early", "技术尚处早期")
    again = await investor.browser.post(URL, json=interest(seen["listing_id"]))
    assert (again.status_code, again.json()["code"]) == (409, "declined-recently")


async def test_a_second_one_for_the_same_two_is_refused(party: Any, sessions: Sessions) -> None:
    holder, investor = await party("holder"), await party("investor")
    body = interest(await listing_of(sessions, holder))
    assert (await investor.browser.post(URL, json=body)).status_code == 201
    again = await investor.browser.post(URL, json=body)
    assert (again.status_code, again.json()["code"]) == (409, "introduction-exists")


async def test_all_faults_are_named_at_once(party: Any, sessions: Sessions) -> None:
    holder, investor = await party("holder"), await party("investor")
    body = interest(await listing_of(sessions, holder), amount=None, instrument=None, start_from="2020-01-01")
    answer = await investor.browser.post(URL, json=body)
    assert answer.status_code == 400
    assert [fault["field"] for fault in answer.json()["errors"]] == ["amount", "instrument", "start_from"]
    nothing = await investor.browser.post(URL, json=body | {"listing_id": str(uuid.uuid4())})
    assert nothing.json()["errors"][0]["field"] == "listing_id"


async def test_a_key_names_whose_contact_opens(party: Any, sessions: Sessions) -> None:
    holder, investor = await party("holder"), await party("investor")
    made = await investor.client.post(URL, json=interest(await listing_of(sessions, holder)))
    at = f"{URL}/{made.json()['id']}"
    await holder.client.post(f"{at}/reciprocate")
    assert (await holder.client.post(f"{at}/consent", json={})).status_code == 400
    theirs = await holder.client.post(f"{at}/consent", json={"contact_id": str(investor.person_id)})
    assert theirs.status_code == 400
    mine = await holder.client.post(f"{at}/consent", json={"contact_id": str(holder.person_id)})
    assert mine.json()["recipient"]["consented"] is True
    back = await holder.client.delete(f"{at}/consent")
    assert back.json()["recipient"]["consented"] is False


async def test_writing_to_everybody_ends_for_the_day(party: Any, platform: Platform) -> None:
    investor = await party("investor")
    body = interest(str(uuid.uuid4()))
    await take(platform.sessions, f"introductions:{investor.organisation_id}", A_DAY, cost=A_DAY.count)
    refused = await investor.browser.post(URL, json=body)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 3600


async def test_response_times_are_refused_while_few(party: Any) -> None:
    holder, investor = await party("holder"), await party("investor")
    answer = (await investor.browser.get(f"{URL}/response-times/{holder.organisation_id}")).json()
    assert answer["response_time"] is None
    assert answer["refusal"]["reason"] == "too-few"
    assert answer["refusal"]["message_zh"]
    assert (await investor.browser.get(f"{URL}/response-times/{uuid.uuid4()}")).status_code == 404


async def test_codes_are_public(client: httpx.AsyncClient) -> None:
    found = (await client.get(f"{URL}/codes")).json()
    assert set(found) == {"purposes", "reasons", "outcomes"}
    assert all(text["zh"] and text["en"] for codes in found.values() for text in codes.values())


async def test_a_draft_of_somebody_else_s_is_not_there(party: Any, sessions: Sessions) -> None:
    holder, investor = await party("holder"), await party("investor")
    draft = await listing_of(sessions, holder)
    async with transaction(sessions, world.LOADING) as session:
        await session.execute(update(Listing).where(Listing.id == uuid.UUID(draft)).values(state="draft"))
    said = []
    for listing_id in (draft, str(uuid.uuid4())):
        answer = await investor.browser.post(URL, json=interest(listing_id))
        said.append((answer.status_code, answer.text.replace(listing_id, "")))
    assert said[0] == said[1]
    assert said[0][0] == 400


async def test_how_fast_somebody_answers_who_is_not_verified_is_nobody_s_business(party: Any) -> None:
    hidden, investor = await party("holder", verified=False), await party("investor")
    path = f"{URL}/response-times/{hidden.organisation_id}"
    assert (await investor.browser.get(path)).status_code == 404
    assert (await hidden.browser.get(path)).status_code == 200
