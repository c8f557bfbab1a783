"""A deal held at Stripe from the pay-in to the refund: what the ledger says is what Stripe did."""



from marketplace.stripe import reconciliation
from marketplace.stripe.jobs import reconcile

DAY_S = 86_400


async def test_a_deal_is_funded_released_and_refunded(desk, clock) -> None:
    funded = await desk.fund()
    assert (funded.state, str(funded.reference)[:3]) == ("confirmed", "ch_")
    assert (await desk.balances())["held"] == 300_000

    for number in (0, 1):
        await desk.accept(number)
        await desk.work()
    release = await desk.order("release")
    assert (release.state, str(release.reference)[:3]) == ("confirmed", "tr_")
    balances = await desk.balances()
    assert (balances["payee"], balances["fees"], balances["held"]) == (195_000, 5_000, 100_000)
    truth = desk.fake.truth()["accounts"]
    assert truth[desk.account]["eur"] == 195_000

    await desk.hear()
    await reconcile(desk.context)
    async with desk.context.transaction() as session:
        report = await reconciliation.report(session)
    assert (report.open, [found.share for found in report.currencies]) == ([], [1.0])
