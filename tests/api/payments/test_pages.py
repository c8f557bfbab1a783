"""A deal's money as a browser without JavaScript sees and moves it."""

import re
from typing import Any

from sqlalchemy import update

from marketplace.actors import system
from marketplace.database import Sessions, clock_of, transaction
from marketplace.payments.models import DealPayment
from marketplace.people.models import LoginSession
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


async def disputed(party: Any, sessions: Sessions) -> tuple[Any, Any, Any, str]:
    """Payer, payee, operator, and the dispute's address on the operator's desk."""
    payer, payee, operator = await party("investor"), await party("holder"), await party("operator")
    deal = f"/desk/deals/{await agreed(sessions, payer, payee)}"
    await done(payer, f"{deal}/payment", provider="record-only")
    await done(payer, f"{deal}/money-steps", step="fund")
    order = address(await shown(payer, f"{deal}/money"), "orders")
    await done(payer, order, said="sent")
    await done(payee, order, said="received")
    stage = address(await shown(payer, f"{deal}/money"), "milestones")
    await done(payer, stage, step="dispute", note="Nothing was delivered.")
    desk = await shown(operator, "/desk/operator/money")
    found = re.search(r'href="(/desk/operator/disputes/[0-9a-f-]+)"', desk)
    assert found
    return payer, payee, operator, found[1]


async def test_the_operator_sees_what_a_split_means_before_deciding(party: Any, sessions: Sessions) -> None:
    payer, _, operator, case = await disputed(party, sessions)
    page = await shown(operator, case)
    assert "Nothing was delivered." in page
    assert "1,000.00" in page
    assert "days left" in page
    assert "50.00" in page  # the cap: five percent of what is held
    looked = await shown(operator, f"{case}?release=400")
    assert "600.00" in looked
    assert "The refund is paid first" in looked
    assert "退还付款方" in await shown(operator, f"{case}?release=400", "zh")
    assert "At most what is held" in await shown(operator, f"{case}?release=4000")
    assert (await payer.browser.get(case, headers=HTML)).status_code == 403


async def test_a_decision_needs_reasons_and_a_second_factor(party: Any, sessions: Sessions) -> None:
    _, _, operator, case = await disputed(party, sessions)
    for data, said in (
        ({"release": "400", "note": ""}, "the reasons"),
        ({"release": "4000", "note": "so"}, "0 to 100000"),
        ({"release": "400", "note": "so"}, "second factor"),
    ):
        answer = await operator.browser.post(case, data={"step": "decide"} | data, headers=HTML)
        assert (answer.status_code, said in answer.text) == (422, True), said
    await stepped_up(operator, sessions)
    await done(operator, case, step="decide", release="400", note="Half of the pilot ran.")
    page = await shown(operator, case)
    assert "Decided" in page
    assert "Half of the pilot ran." in page
    assert "600.00" in page


async def test_costs_of_a_dispute_end_at_their_cap(party: Any, sessions: Sessions) -> None:
    _, _, operator, case = await disputed(party, sessions)
    await done(operator, case, step="cost", cost="49")
    assert "49.00" in await shown(operator, case)
    beyond = await operator.browser.post(case, data={"step": "cost", "cost": "2"}, headers=HTML)
    assert (beyond.status_code, "the cap agreed" in beyond.text) == (422, True)
    early = await operator.browser.post(case, data={"step": "propose", "release": "400"}, headers=HTML)
    assert early.status_code == 422  # the sides still negotiate


async def stepped_up(party: Any, sessions: Sessions) -> None:
    """As after showing the second factor."""
    async with transaction(sessions, system("test")) as session:
        await session.execute(
            update(LoginSession).values(stepped_up_at=clock_of(session).now()).where(
                LoginSession.person_id == party.person_id
            )
        )  # fmt: skip


async def test_what_one_operator_sends_back_another_one_approves(party: Any, sessions: Sessions) -> None:
    payer, payee, first, case = await disputed(party, sessions)
    second = await party("operator", of=first)
    async with transaction(sessions, system("test")) as session:
        await session.execute(update(DealPayment).values(four_eyes_from_minor=50_000))
    for operator in (first, second):
        await stepped_up(operator, sessions)
    assert "A second operator has to approve the refund." in await shown(first, f"{case}?release=400")
    await done(first, case, step="decide", release="0", note="Nothing came.")
    money = re.search(r'href="(/desk/deals/[0-9a-f-]+/money)"', await shown(first, case))
    assert money
    refund = address(await shown(second, money[1]), "refunds")
    for side in (payer, payee):
        assert refund not in await shown(side, money[1])
        answer = await side.browser.post(refund, data={"step": "approve"}, headers=HTML)
        assert answer.status_code == 403
    again = await first.browser.post(refund, data={"step": "approve"}, headers=HTML)
    assert (again.status_code, "a second person has to" in again.text) == (422, True)
    await done(second, refund, step="approve")
    assert "Being refunded" in await shown(payer, money[1])
