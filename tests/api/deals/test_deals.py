import hashlib
from typing import Any

import msgspec
from sqlalchemy import text

from marketplace.clock import SetClock
from marketplace.database import Sessions, transaction
from tests.api.conftest import MakeParty, Party
from tests.api.deals.things import MAKING
from tests.marketplace.deals.table import CONDITION, make_listing, terms


def plain_terms(amount: int = 1_000_000, **more: Any) -> dict[str, Any]:
    return msgspec.to_builtins(terms(amount, cooling_off_days=4, **more))


async def listed(sessions: Sessions, holder: Party) -> str:
    from marketplace.people.models import Organisation, Person
    from tests.marketplace.deals.table import Party as Side

    async with transaction(sessions, MAKING) as session:
        organisation = await session.get_one(Organisation, holder.organisation_id)
        side = Side(organisation, [await session.get_one(Person, holder.person_id)])
        found = await make_listing(session, side)
        found.trl_low, found.trl_high = 5, 6
    return str(found.id)


async def begun(sessions: Sessions, party: MakeParty) -> tuple[Party, Party, str]:
    holder, buyer = await party("holder"), await party("demand")
    made = await buyer.browser.post(
        "/api/v1/deals", json={"listing_id": await listed(sessions, holder), "link": "co-development"}
    )
    assert made.status_code == 201, made.text
    return holder, buyer, f"/api/v1/deals/{made.json()['id']}"


async def test_from_the_table_to_signed_and_what_was_signed_on_paper(
    party: MakeParty, sessions: Sessions, clock: SetClock
) -> None:
    holder, buyer, deal = await begun(sessions, party)
    first = await buyer.browser.post(f"{deal}/offers", json={"terms": plain_terms(900_000)})
    assert first.status_code == 201, first.text
    second = await holder.browser.post(
        f"{deal}/offers", json={"terms": plain_terms(1_000_000, conditions=[CONDITION]), "message": "Our costs."}
    )
    changed = (await buyer.browser.get(f"{deal}/differences", params={"before": 1, "after": 2})).json()
    assert {"amount.amount_minor", "conditions.permit.text.en"} <= {change["path"] for change in changed}
    assert [step["name"] for step in (await buyer.browser.get(deal)).json()["steps"]] == [
        "counter", "decline", "accept", "withdraw"
    ]  # fmt: skip
    document = await buyer.browser.get(f"{deal}/offers/2/document")
    sha256 = hashlib.sha256(document.content).hexdigest()
    assert sha256 == second.json()["sha256"]
    wrong = await buyer.browser.post(f"{deal}/accept", json={"sha256": first.json()["sha256"]})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "other-terms")
    accepted = await buyer.browser.post(f"{deal}/accept", json={"sha256": sha256})
    assert accepted.json()["state"] == "cooling-off"
    met = await buyer.browser.post(f"{deal}/conditions/permit/confirm", json={})
    assert met.json()["state"] == "met"
    async with transaction(sessions, MAKING) as session:  # four days later
        await session.execute(text("UPDATE deal SET cooling_off_until = :now"), {"now": clock.now()})
    worded = plain_terms(1_000_000, conditions=[CONDITION], notes={"en": "As discussed."})
    changed_sha = (await holder.browser.post(f"{deal}/changes", json={"terms": worded})).json()["sha256"]
    accepted = await buyer.browser.post(f"{deal}/changes/accept", json={"sha256": changed_sha})
    assert accepted.json()["state"] == "signing"
    for side in (holder, buyer):
        signed = await side.browser.post(f"{deal}/sign", json={"sha256": changed_sha})
    assert signed.json()["state"] == "awaiting-funds"
    paper = await holder.browser.get(f"{deal}/offers/3/terms.pdf")
    assert paper.content.startswith(b"%PDF-")
    detail = (await holder.browser.get(deal)).json()
    assert [consent["kind"] for consent in detail["consents"]].count("signed") == 2
    assert [(m["amount"]["amount_minor"], m["due_on"]) for m in detail["milestones"]] == [
        (500_000, "2026-09-01"), (500_000, "2027-03-01")
    ]  # fmt: skip
    history = (await buyer.browser.get(f"{deal}/history")).json()
    assert [(step["transition"], step["by"]) for step in history][:4] == [
        ("begin", "financier"), ("offer", "financier"), ("counter", "holder"), ("accept", "financier")
    ]  # fmt: skip


async def test_a_program_reads_and_offers_nothing_that_binds(party: MakeParty, sessions: Sessions) -> None:
    holder, buyer, deal = await begun(sessions, party)
    assert (await holder.client.get(deal)).status_code == 200
    offered = await buyer.client.post(f"{deal}/offers", json={"terms": plain_terms()})
    assert (offered.status_code, offered.json()["code"]) == (403, "person-only")


async def test_tranches_are_compared_for_the_readiness_of_the_listing(party: MakeParty, sessions: Sessions) -> None:
    _, buyer, deal = await begun(sessions, party)
    await buyer.browser.post(f"{deal}/offers", json={"terms": plain_terms(100_000_000)})
    design = (await buyer.browser.get(f"{deal}/tranches", params={"milestones_max": 4})).json()
    own, proposed = design["own"]["expected_loss_minor"], design["proposed"]["expected_loss_minor"]
    assert proposed["value_minor"] < own["value_minor"]
    assert own["low_minor"] < own["value_minor"] < own["high_minor"]
    paid = sum(row["upfront_minor"] + row["holdback_minor"] for row in design["proposed"]["rows"])
    assert paid == 100_000_000


async def test_bad_terms_are_named_field_by_field(party: MakeParty, sessions: Sessions) -> None:
    _, buyer, deal = await begun(sessions, party)
    broken = plain_terms() | {"law": "China", "cooling_off_days": -1, "colour": "green"}
    refused = await buyer.browser.post(f"{deal}/offers", json={"terms": broken})
    assert refused.status_code == 400
    assert {fault["field"] for fault in refused.json()["errors"]} == {
        "terms.law", "terms.cooling_off_days", "terms.colour"
    }  # fmt: skip


async def test_caps_are_set_by_administrators_and_exposure_by_the_operator(party: MakeParty) -> None:
    fund, staff = await party("investor"), await party("operator")
    caps = f"/api/v1/organisations/{fund.organisation_id}/caps"
    cap = {"kind": "fund", "amount_minor": 5_000, "currency": "CNY"}
    assert (await fund.browser.put(caps, json=cap)).json()["limit"] == {"amount_minor": 5_000, "currency": "CNY"}
    assert (await fund.browser.put(caps, json=cap | {"amount_minor": 6_000})).json()["limit"]["amount_minor"] == 6_000
    assert (await fund.browser.put(caps, json=cap | {"kind": "exposure"})).status_code == 403
    assert (await staff.browser.put(caps, json=cap | {"kind": "exposure"})).status_code == 200
    assert (await staff.browser.put(caps, json=cap)).status_code == 403
    assert (await fund.browser.put(caps, json=cap | {"kind": "call-budget"})).status_code == 400
    assert {found["kind"] for found in (await fund.browser.get(caps)).json()} == {"fund", "exposure"}
