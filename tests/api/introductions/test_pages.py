"""Introductions as a browser without JavaScript uses them."""

from typing import Any

from marketplace.database import Sessions
from tests.api.introductions.test_introductions import listing_of

HTML = {"accept": "text/html", "accept-language": "en"}


async def test_from_the_form_to_open_contact_data(party: Any, sessions: Sessions) -> None:
    holder, investor = await party("holder"), await party("investor")
    listing = await listing_of(sessions, holder)
    form = await investor.browser.get("/introductions/new", params={"listing": listing}, headers=HTML)
    assert form.status_code == 200, form.text
    given = {
        "listing_id": listing, "purpose": "invest", "instrument": "", "amount.amount_minor": "5,000,000",
        "amount.currency": "CNY", "message": "We would like to talk.",
    }  # fmt: skip
    refused = await investor.browser.post("/introductions", data=given, headers=HTML)
    assert refused.status_code == 422
    assert 'id="error-instrument"' in refused.text
    assert 'value="5,000,000"' in refused.text
    sent = await investor.browser.post("/introductions", data=given | {"instrument": "loan"}, headers=HTML)
    assert sent.status_code == 303, sent.text
    at = sent.headers["location"]
    assert "Your turn" in (await holder.browser.get("/desk/introductions", headers=HTML)).text
    for who, step in ((holder, "reciprocate"), (holder, "consent"), (investor, "consent")):
        assert "@" not in _contacts((await who.browser.get(at, headers=HTML)).text)
        answer = await who.browser.post(at, data={"step": step}, headers=HTML)
        assert answer.status_code == 303, answer.text
    shown = await holder.browser.get(at, headers=HTML | {"accept-language": "zh"})
    assert "联系方式" in shown.text
    assert "mailto:" in shown.text


def _contacts(html: str) -> str:
    return html.partition('id="contacts"')[2].partition("</section>")[0]


async def test_a_no_has_a_reason_and_what_was_typed_stays(party: Any, sessions: Sessions) -> None:
    holder, investor = await party("holder"), await party("investor")
    given = {"listing_id": await listing_of(sessions, holder), "purpose": "pilot", "message": "May we?"}
    at = (await investor.browser.post("/introductions", data=given, headers=HTML)).headers["location"]
    other = await holder.browser.post(at, data={"step": "decline", "reason": "other", "note": ""}, headers=HTML)
    assert other.status_code == 422
    foreign = await investor.browser.post(at, data={"step": "decline", "reason": "terms", "note": "Mine"}, headers=HTML)
    assert foreign.status_code == 422
    declined = await holder.browser.post(at, data={"step": "decline", "reason": "no-capacity"}, headers=HTML)
    assert declined.status_code == 303
    assert "We have no time or money" in (await investor.browser.get(at, headers=HTML)).text
