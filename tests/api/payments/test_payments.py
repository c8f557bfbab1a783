"""A deal's money over HTTP, from the first choice to the statement."""

from typing import Any

import pytest
from sqlalchemy import update

from marketplace.clock import SetClock
from marketplace.database import Sessions, transaction
from marketplace.payments.models import DealPayment
from marketplace.people.models import LoginSession, Organisation
from tests.api.payments import things
from tests.marketplace.payments.making import EVERYBODY, Stage, signed_deal

P = "/api/v1/payments"


@pytest.fixture
async def parties(party: Any) -> tuple[Any, Any, Any]:
    return await party("investor"), await party("holder"), await party("operator")


async def agreed(sessions: Sessions, payer: Any, payee: Any) -> str:
    async with transaction(sessions, EVERYBODY) as session:
        holder = await session.get_one(Organisation, payee.organisation_id)
        financier = await session.get_one(Organisation, payer.organisation_id)
        deal = await signed_deal(session, Stage(100_000), Stage(50_000), holder=holder, financier=financier)
    return str(deal.id)


async def ok(answer: Any) -> Any:
    assert answer.status_code < 300, answer.text
    return answer.json()


async def both_say(payer: Any, payee: Any, order: str) -> Any:
    await ok(await payer.browser.post(f"{P}/orders/{order}/proofs", json={"said": "sent", "bank_reference": "B7"}))
    return await ok(await payee.browser.post(f"{P}/orders/{order}/proofs", json={"said": "received"}))


async def test_a_deal_is_paid_and_everybody_sees_how(sessions: Sessions, parties: Any) -> None:
    payer, payee, operator = parties
    deal = await agreed(sessions, payer, payee)
    await ok(await payer.browser.post(f"{P}/unpaid-deals/{deal}", json={}))
    order = await ok(await payer.browser.post(f"{P}/deals/{deal}/fund"))
    assert (order["amount"], order["state"]) == ({"amount_minor": 150_000, "currency": "CNY"}, "requested")
    await ok(await payer.browser.post(f"{P}/orders/{order['id']}/proofs", json={"said": "sent"}))
    desk = await ok(await operator.browser.get(f"{P}/desk"))
    assert (desk["explained"][0]["percent"], len(desk["clearing"])) == (0.0, 1)
    await ok(await payee.browser.post(f"{P}/orders/{order['id']}/proofs", json={"said": "received"}))

    shown = await ok(await payee.browser.get(f"{P}/deals/{deal}"))
    first = shown["stages"][0]
    assert (first["state"], first["held"]["amount_minor"]) == ("funded", 100_000)
    submitted = await ok(await payee.browser.post(f"{P}/milestones/{first['id']}/submit", json={"evidence": ["a"]}))
    assert submitted["inspection_ends_at"] is not None
    assert submitted["silence"]["zh"] == "视为验收通过并放款"
    await ok(await payer.browser.post(f"{P}/milestones/{first['id']}/accept", json={}))
    shown = await ok(await payer.browser.get(f"{P}/deals/{deal}"))
    release = shown["orders"][-1]
    assert (release["kind"], release["key"]) == ("release", f"release:{first['milestone_id']}:a1")
    assert (await both_say(payer, payee, release["id"]))["state"] == "confirmed"

    shown = await ok(await payer.browser.get(f"{P}/deals/{deal}"))
    assert [stage["state"] for stage in shown["stages"]] == ["released", "funded"]
    assert {moment["kind"] for moment in shown["timeline"]} == {"step", "word", "booking"}
    statement = await ok(await payee.browser.get(f"{P}/organisations/{payee.organisation_id}/statement"))
    assert statement["closing"] == {"CNY": 100_000}
    desk = await ok(await operator.browser.get(f"{P}/desk"))
    assert (desk["explained"][0]["percent"], desk["clearing"]) == (100.0, [])
    trial = await ok(await operator.browser.get(f"{P}/trial-balance"))
    assert trial["sums"] == {"CNY": 0}


async def test_exports_open_where_accountants_work(sessions: Sessions, parties: Any) -> None:
    payer, _, operator = parties
    await things.submitted_milestone(sessions, payer)
    as_text = (await operator.browser.get(f"{P}/journal?as=hledger")).text
    assert "2000.00 CNY" in as_text
    assert as_text.count(" * fund") == 3  # it left, and arrived for two milestones
    rows = (await operator.browser.get(f"{P}/journal?as=csv")).text.splitlines()
    assert rows[0].startswith("recorded_at,at,currency")
    assert len(rows) == 4
    assert (await operator.browser.get(f"{P}/journal?as=xlsx")).content[:2] == b"PK"
    naive = await operator.browser.get(f"{P}/trial-balance?at=2026-01-01T00:00:00")
    assert naive.status_code == 400


async def test_large_sums_ask_for_the_second_factor_and_a_second_person(
    sessions: Sessions, parties: Any, party: Any, clock: SetClock
) -> None:
    payer, *_ = parties
    paid = await things.submitted_milestone(sessions, payer)
    async with transaction(sessions, EVERYBODY) as session:
        await session.execute(update(DealPayment).values(four_eyes_from_minor=100))
    refused = await payer.browser.post(f"{P}/milestones/{paid}/accept", json={})
    assert (refused.status_code, refused.json()["code"]) == (403, "step-up-needed")
    colleague = await party("investor", of=payer)
    async with transaction(sessions, EVERYBODY) as session:
        await session.execute(update(LoginSession).values(stepped_up_at=clock.now()))
    assert (await ok(await payer.browser.post(f"{P}/milestones/{paid}/accept", json={})))["state"] == "accepted"
    again = await payer.browser.post(f"{P}/milestones/{paid}/approve")
    assert (again.status_code, again.json()["code"]) == (409, "four-eyes")
    assert (await ok(await colleague.browser.post(f"{P}/milestones/{paid}/approve")))["state"] == "releasing"


async def test_a_program_cannot_approve_and_sees_what_it_may(sessions: Sessions, parties: Any) -> None:
    payer, *_ = parties
    paid = await things.submitted_milestone(sessions, payer)
    answer = await payer.client.post(f"{P}/milestones/{paid}/accept", json={})
    assert (answer.status_code, answer.json()["code"]) == (403, "browser-only")


async def test_a_payout_account_is_masked_and_a_change_cools_off(
    sessions: Sessions, parties: Any, clock: SetClock
) -> None:
    _, payee, _ = parties
    url = f"{P}/organisations/{payee.organisation_id}/payout-account"
    body = {"holder_name": "示范环保", "bank": "ICBC", "number": "6222021234567890"}
    assert (await payee.browser.post(url, json=body)).json()["code"] == "step-up-needed"
    async with transaction(sessions, EVERYBODY) as session:
        await session.execute(update(LoginSession).values(stepped_up_at=clock.now()))
    first = await ok(await payee.browser.post(url, json=body))
    second = await ok(await payee.browser.post(url, json={**body, "number": "6222029999990000"}))
    assert (first["number"], second["number"]) == ("…7890", "…0000")
    assert first["effective_at"] < second["effective_at"]


async def test_disputes_and_refunds_are_answered_by_the_other_side(sessions: Sessions, parties: Any) -> None:
    payer, payee, operator = parties
    deal = await agreed(sessions, payer, payee)
    await ok(await payer.browser.post(f"{P}/unpaid-deals/{deal}", json={}))
    order = await ok(await payer.browser.post(f"{P}/deals/{deal}/fund"))
    await both_say(payer, payee, order["id"])
    first, second = (await ok(await payer.browser.get(f"{P}/deals/{deal}")))["stages"]
    wish = {"amount_minor": 50_000, "reason": "no permit"}
    refund = await ok(await payer.browser.post(f"{P}/milestones/{second['id']}/refunds", json=wish))
    own = await payer.browser.post(f"{P}/refunds/{refund['id']}/approve")
    assert (own.status_code, own.json()["code"]) == (403, "own-proposal")
    assert (await ok(await payee.browser.post(f"{P}/refunds/{refund['id']}/approve")))["state"] == "approved"
    dispute = await ok(await payee.browser.post(f"{P}/milestones/{first['id']}/disputes", json={"note": "unpaid"}))
    await ok(await payer.browser.post(f"{P}/disputes/{dispute['id']}/mediate"))
    over = await operator.browser.post(f"{P}/disputes/{dispute['id']}/proposal", json={"release_minor": 100_001})
    assert over.status_code == 400
    await ok(await operator.browser.post(f"{P}/disputes/{dispute['id']}/proposal", json={"release_minor": 60_000}))
    capped = await operator.browser.post(f"{P}/disputes/{dispute['id']}/costs", json={"cost_minor": 5_001})
    assert (capped.status_code, capped.json()["code"]) == (400, "dispute-cost-cap")
    for side in (payer, payee):
        settled = await ok(await side.browser.post(f"{P}/disputes/{dispute['id']}/accept"))
    assert settled["state"] == "settled"


async def test_nobody_is_chosen_to_hold_money_who_is_not_there(party: Any, sessions: Sessions) -> None:
    payer, payee = await party("investor"), await party("holder")
    deal = await agreed(sessions, payer, payee)
    answer = await payer.client.post(f"/api/v1/payments/unpaid-deals/{deal}", json={"provider": "stripe"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "provider")
    assert "Through Stripe" not in (await payer.browser.get(f"/desk/deals/{deal}/money")).text
