"""Plans and accounts at Stripe as pages: what is said where Stripe is not switched on, and the way there."""

from dataclasses import replace
from typing import Any

import pytest
from msgspec.structs import replace as with_settings
from sqlalchemy import select

from api.platform import Platform
from marketplace.actors import system
from marketplace.clock import SetClock
from marketplace.database import Sessions, transaction
from marketplace.jobs import Context, drain
from marketplace.settings import Secret
from marketplace.stripe.models import StripeAccount, StripeCustomer, StripeLink, StripeSubscription

HTML = {"accept": "text/html", "accept-language": "en"}
US = system("test")


async def shown(party: Any, address: str) -> str:
    answer = await party.browser.get(address, headers=HTML)
    assert answer.status_code == 200, answer.text
    return answer.text  # type: ignore[no-any-return]


async def test_without_stripe_it_is_said_plainly(party: Any) -> None:
    investor = await party("investor")
    plan = await shown(investor, "/account/plan")
    assert ("No plan can be taken here." in plan, 'value="investor-team"' in plan) == (True, False)
    assert "one member" in plan
    payout = await shown(investor, "/account/payout")
    assert ("holds no money at Stripe" in payout, "/account/payout/stripe" in payout) == (True, False)


class TestSwitchedOn:
    @pytest.fixture
    def platform(self, platform: Platform) -> Platform:
        return replace(platform, settings=with_settings(platform.settings, stripe_key=Secret("sk_test_x")))

    async def test_a_plan_is_taken_on_stripe_s_page(self, party: Any, sessions: Sessions, clock: SetClock) -> None:
        investor = await party("investor")
        assert 'value="investor-team"' in await shown(investor, "/account/plan")
        data = {"kind": "plan", "plan": "investor-team"}
        assert (await investor.browser.post("/account/plan", data=data, headers=HTML)).status_code == 303
        assert "being prepared" in await shown(investor, "/account/plan")
        async with transaction(sessions, US) as session:
            link = (await session.scalars(select(StripeLink))).one()
            link.url, link.expires_at = "https://checkout.stripe.example/1", clock.now().replace(year=2100)
        page = await shown(investor, "/account/plan")
        assert 'href="https://checkout.stripe.example/1"' in page

    async def test_the_plan_that_runs_is_changed_and_not_doubled(
        self, party: Any, sessions: Sessions, clock: SetClock
    ) -> None:
        investor = await party("investor")
        own = {"organisation_id": investor.organisation_id}
        async with transaction(sessions, US) as session:
            session.add(StripeCustomer(**own, customer_id="cus_1", features=["screens", "seats"]))
            session.add(
                StripeSubscription(
                    **own, subscription_id="sub_1", plan="investor-team", status="active",
                    ends_at=clock.now(), told_at=clock.now(),
                )
            )  # fmt: skip
        page = await shown(investor, "/account/plan")
        assert page.count("✓ entitled") == 2
        assert ("Change or end the plan" in page, 'value="investor-api"' in page) == (True, False)
        data = {"kind": "plan", "plan": "investor-api"}
        doubled = await investor.browser.post("/account/plan", data=data, headers=HTML)
        assert (doubled.status_code, "change that one" in doubled.text) == (422, True)
        assert (await investor.browser.post("/account/plan", data={"kind": "portal"}, headers=HTML)).status_code == 303

    async def test_a_payee_sees_what_stripe_needs(self, party: Any, sessions: Sessions, clock: SetClock) -> None:
        holder = await party("holder")
        assert "Open an account at Stripe" in await shown(holder, "/account/payout")
        async with transaction(sessions, US) as session:
            account = StripeAccount(
                organisation_id=holder.organisation_id, account_id="acct_1", transfers="restricted",
                checked_at=clock.now(),
            )  # fmt: skip
            session.add(account)
        assert "Stripe needs something from you" in await shown(holder, "/account/payout")
        assert (await holder.browser.post("/account/payout/stripe", headers=HTML)).status_code == 303
        await drain(Context(sessions=sessions, clock=clock))
        assert "Stripe could not prepare its page." in await shown(holder, "/account/payout")
