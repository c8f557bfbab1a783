"""A claim on a payee by page: two operators make it, the payee repays, and both sides see how it stands."""

import re
from typing import Any

from sqlalchemy import update

from marketplace.actors import system
from marketplace.database import Sessions, transaction
from marketplace.payments.models import DealPayment
from tests.api.payments import things
from tests.api.payments.test_pages import HTML, done, shown, stepped_up


async def claimed(party: Any, sessions: Sessions, payee: Any) -> tuple[Any, Any, str, str]:
    """Two operators, the page of the deal's money, and the claim's address after one has proposed it."""
    first = await party("operator")
    second = await party("operator", of=first)
    deal = await things.charged_back_deal(sessions, payee)
    money = f"/desk/deals/{deal}/money"
    assert "CN¥975.00" in await shown(first, money)
    wish = {"amount": "975", "note": "Paid out before the bank took it back.", "netting_basis": "clause 9.3"}
    without = await first.browser.post(f"/desk/operator/deals/{deal}/claims", data=wish, headers=HTML)
    assert (without.status_code, "clause 9.3" in without.text) == (422, True)
    for operator in (first, second):
        await stepped_up(operator, sessions)
    await done(first, f"/desk/operator/deals/{deal}/claims", **wish)
    found = re.search(r'action="(/desk/claims/[0-9a-f-]+)"', await shown(first, money))
    assert found
    return first, second, money, found[1]


async def test_two_operators_claim_and_the_payee_repays(party: Any, sessions: Sessions) -> None:
    payee = await party("holder")
    first, second, money, claim = await claimed(party, sessions, payee)
    own = await first.browser.post(claim, data={"step": "approve"}, headers=HTML)
    assert (own.status_code, "a second person has to" in own.text) == (422, True)
    assert "Paid out before the bank took it back." in await shown(payee, money)
    await done(second, claim, step="approve")
    page = await shown(payee, money)
    assert ("clause 9.3" in page, "still owed:" in page) == (True, True)
    over = await payee.browser.post(
        claim, data={"step": "say-repaid", "amount": "976", "bank_reference": "ICBC 5"}, headers=HTML
    )
    assert (over.status_code, "1 to 97500" in over.text, "ICBC 5" in over.text) == (422, True, True)
    await done(payee, claim, step="say-repaid", amount="500", bank_reference="ICBC 5")
    assert "Repaid, says the payee" in await shown(first, "/desk/operator/money")
    await done(first, claim, step="confirm-repaid")
    assert "CN¥475.00" in await shown(payee, money)
    assert "尚欠" in await shown(payee, money, "zh")
    await done(payee, claim, step="say-repaid", bank_reference="ICBC 6")
    await done(first, claim, step="confirm-repaid")
    assert "Settled" in await shown(payee, money)
    assert "Owed by the payee" in await shown(payee, "/desk/statement")


async def test_a_write_off_takes_two_operators_and_a_reason(party: Any, sessions: Sessions) -> None:
    payee = await party("holder")
    first, second, money, claim = await claimed(party, sessions, payee)
    await done(second, claim, step="approve")
    assert (await first.browser.post(claim, data={"step": "doubt"}, headers=HTML)).status_code == 422
    await done(first, claim, step="doubt", note="The payee is bankrupt.")
    assert (await first.browser.post(claim, data={"step": "write-off"}, headers=HTML)).status_code == 422
    await done(second, claim, step="write-off")
    assert "Written off" in await shown(payee, money)


async def test_each_side_takes_its_own_steps(party: Any, sessions: Sessions) -> None:
    payee, stranger = await party("holder"), await party("holder")
    *_, claim = await claimed(party, sessions, payee)
    assert (await payee.browser.post(claim, data={"step": "approve"}, headers=HTML)).status_code == 422
    assert (await stranger.browser.post(claim, data={"step": "approve"}, headers=HTML)).status_code == 404


async def test_one_operator_alone_confirms_no_large_repayment(party: Any, sessions: Sessions) -> None:
    payee = await party("holder")
    first, second, money, claim = await claimed(party, sessions, payee)
    await done(second, claim, step="approve")
    async with transaction(sessions, system("test")) as session:
        await session.execute(update(DealPayment).values(four_eyes_from_minor=50_000))
    await done(payee, claim, step="say-repaid", bank_reference="ICBC 6")
    assert "So much is confirmed by two operators." in await shown(first, money)
    await done(first, claim, step="confirm-repaid")
    assert "Repaid, says the payee" in await shown(payee, money)
    again = await first.browser.post(claim, data={"step": "confirm-repaid"}, headers=HTML)
    assert (again.status_code, "a second person has to" in again.text) == (422, True)
    await done(second, claim, step="confirm-repaid")
    assert "Settled" in await shown(payee, money)
