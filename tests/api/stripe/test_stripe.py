"""Stripe's door believes signatures alone; organisations ask for pages; the operator sees what is explained."""

import json
from dataclasses import replace

import pytest
import stripe
from msgspec.structs import replace as with_settings
from sqlalchemy import select

from api.stripe.routes import EVENT_BYTES_MAX
from marketplace.actors import system
from marketplace.database import transaction
from marketplace.jobs import Context, drain
from marketplace.settings import Secret
from marketplace.stripe.models import StripeAccount, StripeEvent

SECRET = "whsec_of_the_api"
DOOR = "/api/v1/stripe/webhooks"
BODY = json.dumps(
    {"id": "evt_1", "object": "event", "type": "coupon.created", "created": 5, "data": {"object": {"id": "x"}}}
)


@pytest.fixture
def platform(platform):
    settings = with_settings(platform.settings, stripe_webhook_key=Secret(SECRET))
    return replace(platform, settings=settings)


def header(body=BODY, secret=SECRET):
    return {"stripe-signature": stripe.WebhookSignature.generate_signature_header(body, secret)}


async def test_a_signed_event_is_stored_once(client, sessions):
    first = await client.post(DOOR, content=BODY, headers=header())
    again = await client.post(DOOR, content=BODY, headers=header())
    assert [first.json(), again.json()] == [{"new": True}, {"new": False}]
    async with sessions() as session:
        assert (await session.scalars(select(StripeEvent.event_id))).all() == ["evt_1"]


@pytest.mark.parametrize("headers", [{}, {"stripe-signature": "t=1,v1=00"}, header(secret="whsec_guess")])
async def test_anybody_else_is_turned_away(client, headers):
    answer = await client.post(DOOR, content=BODY, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")


async def test_a_changed_body_is_turned_away(client):
    answer = await client.post(DOOR, content=BODY.replace("coupon", "charge"), headers=header())
    assert answer.status_code == 403


async def test_it_needs_no_cookie_and_no_csrf_token(party):
    """Also somebody's browser that is signed in: Stripe is known by its signature alone."""
    browser = (await party("holder")).browser
    browser.headers.pop("x-csrf-token")
    assert (await browser.post(DOOR, content=BODY, headers=header())).status_code == 200


async def test_too_long_a_body_is_not_even_read(client):
    body = BODY + " " * EVENT_BYTES_MAX
    assert (await client.post(DOOR, content=body, headers=header(body))).status_code == 413


class TestManyEvents:
    """From one address in a minute, as Stripe sends them after an outage."""

    PER_MINUTE = 30

    @pytest.fixture
    def platform(self, platform):
        return replace(platform, settings=with_settings(platform.settings, requests_per_minute=self.PER_MINUTE))

    async def test_signed_events_are_not_limited(self, client):
        answers = [await client.post(DOOR, content=BODY, headers=header()) for _ in range(self.PER_MINUTE * 2)]
        assert {answer.status_code for answer in answers} == {200}

    async def test_they_leave_the_address_what_it_may_ask_for(self, client):
        for _ in range(self.PER_MINUTE * 2):
            assert (await client.post(DOOR, content=BODY)).status_code == 403
        assert (await client.get("/api/v1/session")).status_code != 429

    async def test_trying_keys_at_this_door_counts(self, client):
        headers = {"authorization": "Bearer gh_abc.def"}
        answers = [await client.post(DOOR, content=BODY, headers=headers) for _ in range(self.PER_MINUTE * 2)]
        assert {answer.status_code for answer in answers} == {401, 429}


class TestLinks:
    async def test_a_payee_asks_for_a_page_and_reads_its_address_later(self, party, sessions, clock):
        holder = await party("holder")
        ours = f"/api/v1/organisations/{holder.organisation_id}/stripe"
        link = (await holder.browser.post(f"{ours}/links", json={"kind": "onboarding"})).json()
        assert (link["url"], link["problem"]) == (None, "")
        await drain(Context(sessions=sessions, clock=clock))
        shown = (await holder.browser.get(f"{ours}/links/{link['id']}")).json()
        assert shown["problem"] == "nothing is held at Stripe here"

    @pytest.mark.parametrize("wanted", [{"kind": "plan"}, {"kind": "onboarding", "plan": "investor-api"}])
    async def test_a_plan_is_named_where_there_is_one(self, party, wanted):
        investor = await party("investor")
        path = f"/api/v1/organisations/{investor.organisation_id}/stripe/links"
        answer = await investor.browser.post(path, json=wanted)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "plan")

    async def test_there_is_nothing_to_change_before_there_is_a_plan(self, party):
        investor = await party("investor")
        path = f"/api/v1/organisations/{investor.organisation_id}/stripe/links"
        assert (await investor.browser.post(path, json={"kind": "portal"})).status_code == 409

    async def test_the_standing_says_whether_one_can_be_paid(self, party, sessions, clock):
        holder = await party("holder")
        ours = f"/api/v1/organisations/{holder.organisation_id}/stripe"
        assert (await holder.browser.get(ours)).json()["transfers"] is None
        async with transaction(sessions, system("test")) as session:
            account = StripeAccount(
                organisation_id=holder.organisation_id, account_id="acct_1", transfers="active", checked_at=clock.now()
            )
            session.add(account)
        assert (await holder.browser.get(ours)).json()["transfers"] == "active"


async def test_the_operator_sees_what_is_explained(party):
    operator = await party("operator")
    shown = (await operator.browser.get("/api/v1/stripe/reconciliation")).json()
    assert (shown["complete"], shown["open"], shown["currencies"]) == (True, [], [])
    assert (await operator.browser.get("/api/v1/stripe/chargebacks")).json() == {"items": [], "next": None, "total": 0}
    investor = await party("investor")
    assert (await investor.client.get("/api/v1/stripe/reconciliation")).status_code == 403
