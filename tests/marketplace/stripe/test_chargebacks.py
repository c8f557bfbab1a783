"""What a chargeback does to the ledger, whatever has been paid out by then, and who bears it."""

from typing import Any

import pytest

from marketplace.ledger.checks import faults

STAGE, FEE, PAID_OUT = 100_000, 2_500, 97_500
OF_THE_DISPUTE = 1_500
ALL = 3 * STAGE


async def released(desk: Any, number: int) -> str:
    """So many milestones of three are paid out; the charge they were paid from."""
    fund = await desk.fund()
    for position in range(number):
        await desk.accept(position)
        await desk.work()
        await desk.hear()
    return str(fund.reference)


async def charged_back(desk: Any, charge: str, *statuses: str, amount: int = ALL) -> str:
    dispute = desk.fake.control(f"charges/{charge}/dispute", amount=amount)
    for status in statuses:
        desk.fake.control(f"disputes/{dispute['id']}/close", status=status)
    await desk.hear()
    return str(dispute["id"])


async def books(desk: Any) -> dict[str, int]:
    """The deal's accounts, after what must hold of them whatever happened."""
    found: dict[str, int] = await desk.balances()
    assert (sum(found.values()), found["clearing"]) == (0, 0)
    async with desk.context.transaction() as session:
        assert await faults(session) == []
    assert (await desk.explained()).is_complete
    return found


@pytest.mark.parametrize("number", [0, 1, 3])
async def test_lost_it_comes_out_of_what_is_held_and_then_from_the_platform(desk: Any, number: int) -> None:
    await charged_back(desk, await released(desk, number), "lost")
    found = await books(desk)
    assert (found["payer"], found["held"]) == (0, 0)
    assert (found["payee"], found["fees"]) == (number * PAID_OUT, number * FEE)
    assert found["platform"] == -(number * STAGE + OF_THE_DISPUTE)
    assert found["provider"] == OF_THE_DISPUTE


async def test_lost_in_part_it_spares_what_is_nearest_to_done(desk: Any) -> None:
    charge = await released(desk, 1)
    await charged_back(desk, charge, "lost", amount=STAGE + 20_000)
    assert (await books(desk))["held"] == STAGE - 20_000
    async with desk.context.transaction() as session:
        first, second, third = await desk.held(session)
    assert (first, second, third) == (0, STAGE - 20_000, 0)


async def test_while_it_is_open_nothing_is_booked(desk: Any) -> None:
    await charged_back(desk, await released(desk, 1))
    found = await desk.balances()
    assert (found["held"], "platform" in found) == (2 * STAGE, False)


async def test_won_it_costs_the_fee_alone(desk: Any) -> None:
    await charged_back(desk, await released(desk, 1), "won")
    found = await books(desk)
    assert (found["held"], found["platform"], found["payer"]) == (2 * STAGE, -OF_THE_DISPUTE, -ALL)


@pytest.mark.parametrize("number", [0, 1, 3])
async def test_won_after_it_was_lost_is_reversed_and_payments_go_on(desk: Any, number: int) -> None:
    charge = await released(desk, number)
    before = await desk.balances()
    dispute = await charged_back(desk, charge, "lost")
    desk.fake.control(f"disputes/{dispute}/overturn")
    told = desk.deliveries()
    await desk.hear(told * 2)
    after = await books(desk)
    assert {name: after[name] for name in before} == before
    assert after["platform"] == -OF_THE_DISPUTE
    if number < 3:
        await desk.accept(number)
        await desk.work()
        await desk.hear()
        assert (await books(desk))["payee"] == (number + 1) * PAID_OUT


async def test_a_loss_that_is_heard_of_before_its_payment_is_booked_with_it(desk: Any) -> None:
    await desk.order_funds()
    fund = await desk.order("fund")
    desk.fake.control(f"checkout/{fund.reference}/pay")
    charge = (await desk.gate.v1.charges.list_async({"transfer_group": f"deal:{desk.payment.deal_id}"})).data[0]
    dispute = desk.fake.control(f"charges/{charge.id}/dispute", amount=ALL)
    desk.fake.control(f"disputes/{dispute['id']}/close", status="lost")
    await desk.hear(desk.deliveries()[::-1])
    found = await books(desk)
    assert (found["payer"], found["held"], found["platform"]) == (0, 0, -OF_THE_DISPUTE)


async def test_nothing_more_is_paid_out_of_a_lost_payment(desk: Any) -> None:
    charge = await released(desk, 0)
    await desk.accept(0)  # ordered, and not asked for yet
    await charged_back(desk, charge, "lost")
    await desk.work()
    found = await desk.balances()
    assert (found.get("payee", 0), sum(found.values())) == (0, 0)
    assert (await desk.order("release")).state == "refused"
