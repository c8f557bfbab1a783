"""A deal's money as a browser without JavaScript sees and moves it."""

import re
from typing import Any

from marketplace.database import Sessions
from tests.api.payments.test_payments import agreed

HTML = {"accept": "text/html", "accept-language": "en"}


async def shown(party: Any, address: str, language: str = "en") -> str:
    answer = await party.browser.get(address, headers=HTML | {"accept-language": language})
    assert answer.status_code == 200, answer.text
    return answer.text  # type: ignore[no-any-return]


async def done(party: Any, address: str, **data: str) -> None:
    answer = await party.browser.post(address, data=data, headers=HTML)
    assert answer.status_code == 303, answer.text


def address(html: str, kind: str) -> str:
    """Where the first form about such a thing leads."""
    found = re.search(rf'action="(/desk/{kind}/[0-9a-f-]+)"', html)
    assert found
    return found[1]


async def test_from_the_choice_of_the_holder_to_the_release(party: Any, sessions: Sessions) -> None:
    payer, payee, operator = await party("investor"), await party("holder"), await party("operator")
    deal = f"/desk/deals/{await agreed(sessions, payer, payee)}"
    assert "Who holds the money?" in await shown(payer, f"{deal}/money")
    assert "Who holds the money?" not in await shown(payee, f"{deal}/money")
    await done(payer, f"{deal}/payment", provider="record-only")
    await done(payer, f"{deal}/money-steps", step="fund")
    order = address(await shown(payer, f"{deal}/money"), "orders")
    await done(payer, order, said="sent", bank_reference="B7")
    assert "B7" in await shown(payee, f"{deal}/money")
    assert "unexplained" in await shown(operator, "/desk/operator/money")
    await done(payee, order, said="received")
    stage = address(await shown(payee, f"{deal}/money"), "milestones")
    await done(payee, stage, step="submit", evidence="acceptance report\ntest report")
    page = await shown(payer, f"{deal}/money")
    assert re.search(r"\d+ days left", page)
    assert "test report" in page
    assert "天" in await shown(payer, f"{deal}/money", "zh")
    early = await payer.browser.post(stage, data={"step": "refund", "note": "Too much", "amount": "a"}, headers=HTML)
    assert early.status_code == 422
    assert "an amount of money" in early.text
    assert "Too much" in early.text
    await done(payer, stage, step="accept")
    release = address(await shown(payer, f"{deal}/money"), "orders")
    await done(payer, release, said="sent")
    await done(payee, release, said="received")
    assert "Released" in await shown(payee, f"{deal}/money")
    assert "1,000.00" in await shown(payee, "/desk/statement")


async def test_a_dispute_holds_the_money_and_needs_its_reason(party: Any, sessions: Sessions) -> None:
    payer, payee = await party("investor"), await party("holder")
    deal = f"/desk/deals/{await agreed(sessions, payer, payee)}"
    await done(payer, f"{deal}/payment", provider="record-only")
    await done(payer, f"{deal}/money-steps", step="fund")
    order = address(await shown(payer, f"{deal}/money"), "orders")
    await done(payer, order, said="sent")
    await done(payee, order, said="received")
    stage = address(await shown(payer, f"{deal}/money"), "milestones")
    empty = await payer.browser.post(stage, data={"step": "dispute"}, headers=HTML)
    assert empty.status_code == 422
    await done(payer, stage, step="dispute", note="Nothing was delivered.")
    page = await shown(payee, f"{deal}/money")
    assert "Nothing was delivered." in page
    await done(payee, address(page, "disputes"), step="mediate")
    assert "In mediation" in await shown(payer, f"{deal}/money")
