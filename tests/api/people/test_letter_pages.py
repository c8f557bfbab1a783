"""Choosing which mails come, as a browser without scripts does it."""

from tests.api.conftest import MakeParty
from tests.api.site.browser import HTML, fill, form_of

PAGE = "/account/letters"


async def test_a_choice_is_kept_and_the_rest_stays(party: MakeParty) -> None:
    browser = (await party("holder")).browser
    fields = form_of((await browser.get(PAGE, headers=HTML)).text, PAGE)
    assert fields["topics.deals"] == fields["topics.events"] == "immediately"
    saved = await fill(browser, PAGE, {"topics.deals": "daily", "topics.alerts": "never"})
    assert saved.status_code == 303
    page = (await browser.get(saved.headers["location"], headers=HTML | {"accept-language": "zh"})).text
    kept = form_of(page, PAGE)
    assert "已保存" in page
    assert (kept["topics.deals"], kept["topics.alerts"], kept["topics.events"]) == ("daily", "never", "immediately")


async def test_what_cannot_be_chosen_is_named(party: MakeParty) -> None:
    browser = (await party("holder")).browser
    wrong = await fill(browser, PAGE, {"topics.deals": "sometimes"})
    assert (wrong.status_code, 'id="error-topics.deals"' in wrong.text) == (422, True)
    assert (await fill(browser, PAGE, {"topics.payments": "never"})).status_code == 422
