"""The deal room as a browser without JavaScript uses it."""

import re
from typing import Any

import httpx

from marketplace.database import Sessions
from tests.api.conftest import MakeParty, Party
from tests.api.deals.test_deals import listed
from tests.marketplace.deals.table import CONDITION

HTML = {"accept": "text/html", "accept-language": "en"}
OFFER = {
    "terms.instrument": "grant",
    "terms.amount.amount_minor": "12,000.50",
    "terms.amount.currency": "CNY",
    "terms.milestones.0.title.en": "Pilot",
    "terms.milestones.0.deliverable.en": "A pilot that runs for 90 days",
    "terms.milestones.0.amount_minor": "12000.50",
    "terms.milestones.0.holdback_minor": "1000",
    "terms.milestones.0.due_on": "2026-09-01",
    "terms.milestones.0.inspection_days": "14",
    "terms.milestones.0.silence_rule": "escalated",
    "terms.milestones.0.evidence": "pilot report\ntest report",
    "terms.milestones.1.silence_rule": "escalated",
    "terms.milestones.1.inspection_days": "14",
    "terms.conditions.0.text.en": CONDITION["text"]["en"],  # type: ignore[index]
    "terms.conditions.0.responsible": "holder",
    "terms.conditions.0.beneficiary": "financier",
    "terms.cooling_off_days": "4",
    "terms.law": "CN",
    "days_open": "14",
    "message": "Our costs.",
}


def fields(html: str) -> dict[str, str]:
    """The hidden fields of a page's forms."""
    return dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', html))


async def begun(sessions: Sessions, party: MakeParty) -> tuple[Party, Party, str]:
    holder, buyer = await party("holder"), await party("demand")
    made = await buyer.browser.post(
        "/api/v1/deals", json={"listing_id": await listed(sessions, holder), "link": "co-development"}
    )
    return holder, buyer, f"/desk/deals/{made.json()['id']}"


async def shown(party: Party, address: str, language: str = "en", **params: Any) -> str:
    answer = await party.browser.get(address, headers=HTML | {"accept-language": language}, params=params)
    assert answer.status_code == 200, answer.text
    return answer.text


async def sent(party: Party, address: str, data: dict[str, str]) -> httpx.Response:
    return await party.browser.post(address, data=data, headers=HTML)


async def offered(party: Party, deal: str, **changed: str) -> None:
    answer = await sent(party, f"{deal}/offer", OFFER | changed)
    assert (answer.status_code, answer.headers.get("location")) == (303, deal), answer.text


async def test_from_the_first_offer_over_a_counter_offer_to_the_condition(party: MakeParty, sessions: Sessions) -> None:
    holder, buyer, deal = await begun(sessions, party)
    assert "Your turn" in await shown(holder, "/desk/deals")
    await offered(buyer, deal)
    page = await shown(holder, deal)
    assert "It is your turn." in page
    assert "CN¥12,000.50" in page
    assert "Our costs." in page
    filled = await shown(holder, f"{deal}/offer")
    assert 'value="12000.50"' in filled
    assert "pilot report\ntest report" in filled
    await offered(holder, deal, **{"terms.milestones.0.title.en": "Long pilot", "terms.law": "SE"})
    page = await shown(buyer, deal)
    assert "<del>China</del>" in page
    assert "<ins>Sweden</ins>" in page
    assert "wording only" in page
    hash_read = fields(page)["sha256"]
    accepted = await sent(buyer, f"{deal}/steps", {"step": "accept", "sha256": hash_read})
    assert accepted.status_code == 303, accepted.text
    page = await shown(buyer, deal)
    assert "Cooling off" in page
    assert CONDITION["text"]["en"] in page
    said = {"key": "condition-1", "step": "condition-confirm"}
    assert (await sent(buyer, f"{deal}/conditions", said)).status_code == 303
    assert ">Met<" in await shown(holder, deal)


async def test_what_is_wrong_in_an_offer_stands_at_its_field_and_nothing_is_lost(
    party: MakeParty, sessions: Sessions
) -> None:
    _, buyer, deal = await begun(sessions, party)
    wrong = {"terms.instrument": "loan", "terms.milestones.0.due_on": "2020-01-01", "terms.notes.en": "Kept words"}
    answer = await sent(buyer, f"{deal}/offer", OFFER | wrong)
    assert answer.status_code == 422
    assert "terms.loan.interest_bps_per_year" in answer.text  # the block of the instrument that was chosen
    assert "Kept words" in answer.text
    assert 'id="errors"' in answer.text
    misread = await sent(buyer, f"{deal}/offer", OFFER | {"terms.amount.amount_minor": "much"})
    assert misread.status_code == 422
    assert 'id="error-terms.amount.amount_minor"' in misread.text


async def test_who_read_other_terms_is_told_so(party: MakeParty, sessions: Sessions) -> None:
    holder, buyer, deal = await begun(sessions, party)
    await offered(buyer, deal)
    refused = await sent(holder, f"{deal}/steps", {"step": "accept", "sha256": "0" * 64})
    assert refused.status_code == 422
    assert "read them again" in refused.text
    assert "Offer on the table" in refused.text
    without = await sent(holder, f"{deal}/steps", {"step": "accept"})
    assert without.status_code == 422


async def test_a_loan_goes_round_in_percent(party: MakeParty, sessions: Sessions) -> None:
    _, buyer, deal = await begun(sessions, party)
    loan = {"terms.instrument": "loan", "terms.loan.interest_bps_per_year": "3.5", "terms.loan.months": "24"}
    await offered(buyer, deal, **loan)
    assert "3.5%" in await shown(buyer, deal)
    assert "要约待答复" in await shown(buyer, deal, "zh")


async def test_the_schedule_beside_a_better_one_with_its_interval(party: MakeParty, sessions: Sessions) -> None:
    _, buyer, deal = await begun(sessions, party)
    assert (await buyer.browser.get(f"{deal}/tranches", headers=HTML)).status_code == 404
    await offered(buyer, deal)
    page = await shown(buyer, f"{deal}/tranches", milestones_max=4)
    assert "Your own schedule" in page
    assert "Proposed schedule" in page
    assert "90 %" in page


async def test_leaving_ends_it_and_it_is_found_among_the_ended(party: MakeParty, sessions: Sessions) -> None:
    holder, buyer, deal = await begun(sessions, party)
    gone = await sent(buyer, f"{deal}/steps", {"step": "withdraw", "note": "Other plans."})
    assert gone.status_code == 303
    assert "Other plans." in await shown(holder, deal)
    assert deal in await shown(holder, "/desk/deals", show="ended")
    assert deal not in await shown(holder, "/desk/deals")
