"""Applying as a browser without scripts does it: a draft, its documents, submitting, and what became of it."""

from typing import Any

from marketplace.applications.models import Application
from marketplace.database import Sessions, transaction
from tests.api.calls import things
from tests.api.calls.test_pages import own_listing
from tests.api.site.browser import HTML, fill, form_of
from tests.marketplace.applications.conftest import EVERYBODY

WRITTEN = {
    "asked": "1,000,000",
    "answers.problem": "Nitrogen",
    "answers.advantage": "Half the energy",
    "answers.use-of-funds": "A pilot",
}


async def begun(party: Any, sessions: Sessions) -> tuple[Any, Any, str]:
    """A holder and an investor, and the address of the holder's draft."""
    investor, holder = await party("investor"), await party("holder")
    call_id = await things.published_call(sessions, investor)
    listing_id = await own_listing(sessions, holder)
    page = await holder.browser.get(f"/calls/{call_id}/apply?listing={listing_id}", headers=HTML)
    made = await fill(holder.browser, f"/calls/{call_id}/apply", form_of(page.text, f"/calls/{call_id}/apply"))
    assert made.status_code == 303, made.text
    return holder, investor, made.headers["location"]


async def test_a_draft_is_kept_completed_submitted_and_decided(party: Any, sessions: Sessions) -> None:
    holder, investor, address = await begun(party, sessions)
    draft = form_of((await holder.browser.get(address, headers=HTML)).text, address)
    saved = await fill(holder.browser, address, draft | {"answers.problem": "Nitrogen", "answers.full-time": "6"})
    assert saved.status_code == 303
    draft = form_of((await holder.browser.get(address, headers=HTML)).text, address)
    assert (draft["answers.problem"], draft["answers.full-time"]) == ("Nitrogen", "6")
    early = await fill(holder.browser, f"{address}/submit", draft)
    assert early.headers["location"] == f"{address}?complete=true"
    told = await holder.browser.get(early.headers["location"], headers=HTML)
    assert 'id="error-answers.advantage"' in told.text
    assert "conditions stop this application" in told.text
    files = {"documents.deck": ("deck.pdf", b"a presentation", "application/pdf")}
    draft = form_of(told.text, address) | WRITTEN
    assert (await fill(holder.browser, f"{address}/submit", draft, files=files)).headers["location"] == address
    shown = (await holder.browser.get(address, headers=HTML)).text
    assert "deck.pdf" in shown
    assert "Half the energy" in shown
    received = (await investor.browser.get(address, headers=HTML)).text
    refused = await fill(
        investor.browser, f"{address}/decide", form_of(received, f"{address}/decide") | {"decision": "reject"}
    )
    assert (refused.status_code, 'id="error-reason"' in refused.text) == (422, True)
    given = {"decision": "reject", "reason": "other", "note": "We have financed one like it."}
    assert (await fill(investor.browser, f"{address}/decide", given)).status_code == 303
    zh = await holder.browser.get(address, headers={"accept-language": "zh"})
    assert "We have financed one like it." in zh.text
    assert "未入选" in zh.text
    assert "Membrane" in (await holder.browser.get("/desk/applications", headers=HTML)).text


async def test_a_field_saves_itself_and_a_stale_page_overwrites_nothing(party: Any, sessions: Sessions) -> None:
    holder, _, address = await begun(party, sessions)
    draft = form_of((await holder.browser.get(address, headers=HTML)).text, address)
    sent = draft | {"answers.problem": "Phosphorus"}
    by_itself = await holder.browser.post(address, data=sent, headers=HTML | {"hx-request": "true"})
    assert (by_itself.status_code, "<html" in by_itself.text) == (200, False)
    assert 'hx-swap-oob="true"' in by_itself.text
    stale = await fill(holder.browser, address, draft | {"answers.problem": "Typed elsewhere"})
    assert stale.status_code == 422
    assert "Typed elsewhere" in stale.text
    async with transaction(sessions, EVERYBODY) as session:
        kept = await session.get_one(Application, address.rsplit("/", 1)[1])
        assert kept.answers["problem"] == "Phosphorus"


async def test_what_is_no_number_is_named_and_stays(party: Any, sessions: Sessions) -> None:
    holder, _, address = await begun(party, sessions)
    draft = form_of((await holder.browser.get(address, headers=HTML)).text, address)
    refused = await fill(holder.browser, address, draft | {"asked": "a lot", "answers.full-time": "some"})
    assert refused.status_code == 422
    for name in ("asked", "answers.full-time"):
        assert f'id="error-{name}"' in refused.text
    assert 'value="a lot"' in refused.text


async def test_an_application_is_withdrawn(party: Any, sessions: Sessions) -> None:
    holder, investor, address = await begun(party, sessions)
    assert (await investor.browser.get(address, headers=HTML)).status_code == 404
    assert (await holder.browser.post(f"{address}/withdraw")).status_code == 303
    assert (await holder.browser.get(address, headers=HTML)).status_code == 200
