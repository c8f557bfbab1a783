"""Pages that Stripe hosts for us: accounts of payees, plans of investors, and what is kept of both."""

import logging

import pytest
from sqlalchemy import select

from marketplace.people.models import Organisation
from marketplace.stripe import links, plans
from marketplace.stripe.accounts import account_of
from marketplace.stripe.jobs import refresh_accounts
from marketplace.stripe.models import StripeAccount, StripeInvoice, StripeLink, StripeSubscription


@pytest.fixture
def contract():
    return True


async def ask(desk, organisation_id, kind, plan=None):
    async with desk.context.transaction() as session:
        organisation = await session.get_one(Organisation, organisation_id)
        link = await links.ask_for_link(session, organisation=organisation, kind=kind, plan=plan)
    await desk.work()
    async with desk.context.transaction() as session:
        return await session.get_one(StripeLink, link.id)


class TestOnboarding:
    async def test_an_account_is_made_once_and_a_link_each_time(self, desk):
        payer = desk.sides.payer.id
        first, second = [await ask(desk, payer, "onboarding") for _ in range(2)]
        assert first.url.startswith("https://connect.stripe.test/setup/acct_")
        assert first.url != second.url
        async with desk.context.transaction() as session:
            account = await account_of(session, payer)
        assert (account.transfers, first.problem) == ("restricted", "")

    async def test_finished_onboarding_is_heard_of(self, desk):
        await ask(desk, desk.sides.payer.id, "onboarding")
        async with desk.context.transaction() as session:
            account = await account_of(session, desk.sides.payer.id)
        desk.fake.control(f"accounts/{account.account_id}", status="active")
        await desk.hear()
        async with desk.context.transaction() as session:
            assert (await account_of(session, desk.sides.payer.id)).transfers == "active"

    async def test_what_was_not_heard_is_asked_for_at_night(self, desk):
        desk.fake.control(f"accounts/{desk.account}", status="restricted")
        desk.deliveries()
        await refresh_accounts(desk.context)
        async with desk.context.transaction() as session:
            assert (await session.scalars(select(StripeAccount.transfers))).all() == ["restricted"]


class TestPlans:
    @pytest.fixture
    async def price(self, desk):
        made = await desk.gate.v1.prices.create_async(
            {
                "currency": "eur",
                "unit_amount": 9_900,
                "lookup_key": "investor-team",
                "recurring": {"interval": "month"},
                "product_data": {"name": "Team", "metadata": {"features": "screens seats"}},
            }
        )
        return made.id

    async def take(self, desk):
        link = await ask(desk, desk.sides.payer.id, "plan", "investor-team")
        desk.fake.control(f"checkout/{link.url.rpartition('/')[2]}/pay")
        return link

    async def entitled(self, desk, feature):
        async with desk.context.transaction() as session:
            return await plans.is_entitled(session, organisation_id=desk.sides.payer.id, feature=feature)

    @pytest.mark.parametrize("turn", [1, -1])
    async def test_a_plan_entitles_once_it_is_paid_in_whatever_order_that_is_heard(self, desk, price, turn):
        await self.take(desk)
        assert not await self.entitled(desk, "screens")
        await desk.hear(desk.deliveries()[::turn])
        assert await self.entitled(desk, "screens")
        assert not await self.entitled(desk, "api-volume")
        async with desk.context.transaction() as session:
            subscription = (await session.scalars(select(StripeSubscription))).one()
            invoice = (await session.scalars(select(StripeInvoice))).one()
        assert (subscription.plan, subscription.status) == ("investor-team", "active")
        assert (invoice.total_minor, invoice.currency, invoice.status) == (9_900, "EUR", "paid")
        assert (await desk.explained()).is_complete

    @pytest.mark.parametrize("turn", [1, -1])
    async def test_what_is_cancelled_entitles_no_more_and_stays_cancelled(self, desk, price, turn):
        await self.take(desk)
        subscription = await self.subscription(desk)
        await desk.gate.v1.subscriptions.cancel_async(subscription)
        await desk.hear(desk.deliveries()[::turn])
        async with desk.context.transaction() as session:
            assert (await session.scalars(select(StripeSubscription.status))).one() == "canceled"

    async def subscription(self, desk):
        import json

        found = [json.loads(one["body"]) for one in desk.deliveries(keep=True)]
        return next(e["data"]["object"]["id"] for e in found if e["type"] == "customer.subscription.created")

    async def test_a_plan_without_a_price_is_said_to_have_none(self, desk):
        link = await ask(desk, desk.sides.payer.id, "plan", "investor-api")
        assert (link.url, link.problem) == (None, "there is no price investor-api at Stripe")

    async def test_the_portal_changes_a_plan(self, desk, price):
        await self.take(desk)
        link = await ask(desk, desk.sides.payer.id, "portal")
        assert link.url.startswith("https://billing.stripe.test/")


async def test_no_secret_reaches_a_log(desk, caplog, capsys):
    caplog.set_level(logging.DEBUG)
    await desk.fund()
    await desk.accept(0)
    await desk.work()
    said = caplog.text + "".join(capsys.readouterr()) + repr(desk.context.settings)
    assert "sk_test_fake" not in said
    assert "whsec_of_these_tests" not in said
