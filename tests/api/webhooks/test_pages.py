"""Webhooks as a browser without scripts meets them."""

from marketplace.actors import system
from marketplace.database import Sessions, transaction
from marketplace.webhooks.models import WebhookDelivery
from tests.api.conftest import MakeParty
from tests.api.site.browser import HTML, fill, form_of

LIST = "/account/webhooks"
ZH = HTML | {"accept-language": "zh"}


async def test_a_webhook_is_added_paused_and_deleted(party: MakeParty, sessions: Sessions) -> None:
    holder = await party("holder")
    browser = holder.browser
    fields = form_of((await browser.get(LIST, headers=HTML)).text, LIST)
    made = await fill(browser, LIST, fields | {"url": "https://hooks.example/in", "actions": "listing.，deal."})
    assert made.status_code == 200, made.text
    assert 'value="whsec_' in made.text
    page = (await browser.get(LIST, headers=HTML)).text
    assert "whsec_" not in page
    one = page.partition(f'href="{LIST}/')[2].partition('"')[0]
    assert "<code>deal.</code> <code>listing.</code>" in (await browser.get(f"{LIST}/{one}", headers=HTML)).text
    assert (await fill(browser, f"{LIST}/{one}/pause", {})).headers["location"] == f"{LIST}/{one}"
    assert "已暂停" in (await browser.get(LIST, headers=ZH)).text
    assert (await fill(browser, f"{LIST}/{one}/resume", {})).status_code == 303
    async with transaction(sessions, system("test")) as session:
        sent = WebhookDelivery(webhook_id=one, first_event=3, last_event=5, events=2, error="the answer was 500")
        session.add(sent)
    assert "the answer was 500" in (await browser.get(f"{LIST}/{one}", headers=HTML)).text
    again = await fill(browser, f"{LIST}/{one}/deliveries/{sent.id}/again", {})
    assert "being sent again" in (await browser.get(again.headers["location"], headers=HTML)).text
    assert (await fill(browser, f"{LIST}/{one}/delete", {})).status_code == 303
    assert (await browser.get(f"{LIST}/{one}", headers=HTML)).status_code == 404


async def test_an_address_that_cannot_be_is_named_and_kept(party: MakeParty) -> None:
    browser = (await party("holder")).browser
    typed = {"url": "https://user:word@hooks.example/in", "actions": "Listing!"}
    answer = await fill(browser, LIST, typed)
    assert (answer.status_code, 'id="error-actions' in answer.text or "actions" in answer.text) == (422, True)
    answer = await fill(browser, LIST, typed | {"actions": ""})
    assert (answer.status_code, 'id="error-url"' in answer.text) == (422, True)
    assert 'value="https://user:word@hooks.example/in"' in answer.text


async def test_a_member_who_does_not_administer_is_turned_away(party: MakeParty) -> None:
    member = await party("holder", role="member", of=await party("holder"))
    assert (await member.browser.get(LIST, headers=HTML)).status_code == 403
