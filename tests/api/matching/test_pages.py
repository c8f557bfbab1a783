"""Mandates as a browser without scripts meets them."""

from tests.api.conftest import MakeParty
from tests.api.site.browser import form_of

DESK = "/desk/mandates"
EN = {"accept": "text/html", "accept-language": "en"}
ZH = {"accept": "text/html", "accept-language": "zh"}
TYPED = {
    "title.en": "Nitrogen removal",
    "terms.fields": "water",
    "terms.regions": "cn，CN-JS",
    "terms.instruments": ["loan", "equity"],
    "terms.trl_min": "6",
    "terms.currency": "CNY",
    "terms.ticket_high_minor": "2000000",
    "terms.loss_share_max": "0.1",
}


async def test_a_mandate_is_written_changed_and_ended(party: MakeParty) -> None:
    investor, holder = await party("investor"), await party("holder")
    made = await investor.browser.post(f"{DESK}/new", data=TYPED, headers=EN)
    assert made.status_code == 303, made.text
    one = made.headers["location"]
    page = (await investor.browser.get(one, headers=ZH)).text
    for said in ("水", "贷款", "江苏", "¥2,000,000", "10.0%"):
        assert said in page, said
    fields = form_of((await investor.browser.get(f"{one}/edit", headers=EN)).text, f"{one}/edit")
    assert (fields["terms.ticket_high_minor"], fields["terms.regions"]) == ("2000000", "CN, CN-JS")
    assert (await holder.browser.get(one, headers=EN)).status_code == 404
    changed = fields | {"open_to_holders": "on", "terms.trl_max": "8"}
    assert (await investor.browser.post(f"{one}/edit", data=changed, headers=EN)).status_code == 303
    assert one in (await holder.browser.get(DESK, headers=EN)).text
    assert "Does yours fit?" in (await holder.browser.get(one, headers=EN)).text
    assert (await investor.browser.post(f"{one}/end", headers=EN)).status_code == 303
    assert "Ended" in (await investor.browser.get(one, headers=EN)).text
    assert one not in (await holder.browser.get(DESK, headers=EN)).text


async def test_limits_that_contradict_each_other_are_named_and_nothing_typed_is_lost(party: MakeParty) -> None:
    investor = await party("investor")
    wrong = TYPED | {"terms.trl_max": "3", "terms.ticket_high_minor": "a lot"}
    answer = await investor.browser.post(f"{DESK}/new", data=wrong, headers=ZH)
    assert answer.status_code == 422
    assert 'id="error-terms.ticket_high_minor"' in answer.text
    assert 'value="a lot"' in answer.text
    order = await investor.browser.post(f"{DESK}/new", data=TYPED | {"terms.trl_max": "3"}, headers=EN)
    assert (order.status_code, 'id="error-terms.trl_m' in order.text) == (422, True)
    assert "还没有投资意向" in (await investor.browser.get(DESK, headers=ZH)).text
