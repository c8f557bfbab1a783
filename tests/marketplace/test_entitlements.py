"""What is free without a plan, what a plan adds, and that two at once are not both the last that is free."""

import asyncio
import uuid

import pytest

from marketplace.actors import Actor, system
from marketplace.database import Sessions, transaction
from marketplace.entitlements import FreeUse, free_use_in
from marketplace.errors import Conflict
from marketplace.listings.catalogue import CatalogueFilter
from marketplace.people.models import Organisation, Person
from marketplace.people.organisations import invite
from marketplace.process import begin
from marketplace.screening.models import Screen
from marketplace.screening.service import close_screen, save_screen
from marketplace.settings import Secret, Settings
from marketplace.stripe.models import StripeCustomer
from scoring.technology import Text

FREE = FreeUse(screens=2, seats=2)
AT_ONCE = 6


async def made(sessions: Sessions, kind: str, *features: str) -> uuid.UUID:
    """An organisation; with features, one that has taken a plan."""
    async with transaction(sessions, system("test")) as session:
        organisation = Organisation(name=Text(en=kind), kind=kind, country="CN", email_domain=f"{kind}.example")
        await begin(session, organisation)
        if features:
            customer = {"organisation_id": organisation.id, "customer_id": f"cus_{organisation.id}"}
            session.add(StripeCustomer(**customer, features=list(features)))
        return organisation.id


async def somebody(sessions: Sessions) -> uuid.UUID:
    async with transaction(sessions, system("test")) as session:
        person = Person(email=f"{uuid.uuid4().hex}@x.example", name="Li", password_hash="none", language="zh")
        session.add(person)
        await session.flush()
        return person.id


async def screen(sessions: Sessions, owner: uuid.UUID, free: FreeUse = FREE) -> Screen:
    async with transaction(sessions, Actor(kind="person", organisation_id=owner)) as session:
        session.info["free_use"] = free
        return await save_screen(
            session, organisation_id=owner, name=uuid.uuid4().hex, asked_of=CatalogueFilter(), alerts_to=None
        )


async def seat(sessions: Sessions, owner: uuid.UUID, email: str) -> None:
    async with transaction(
        sessions, Actor(kind="person", id=await somebody(sessions), organisation_id=owner)
    ) as session:
        session.info["free_use"] = FREE
        organisation = await session.get_one(Organisation, owner)
        await invite(session, organisation=organisation, email=email, role="member", public_url="https://x.example")


def test_everything_is_free_where_no_plan_can_be_bought() -> None:
    assert free_use_in(Settings(free_screens=1, free_seats=1)) == FreeUse()
    assert free_use_in(Settings(free_screens=1, stripe_key=Secret("sk_test_x"))) == FreeUse(screens=1, seats=None)


async def test_beyond_what_is_free_a_plan_is_needed_and_what_is_there_stays(sessions: Sessions) -> None:
    investor = await made(sessions, "investor")
    first = await screen(sessions, investor)
    await screen(sessions, investor)
    with pytest.raises(Conflict, match="2 screens") as refused:
        await screen(sessions, investor)
    assert refused.value.code == "plan-needed"
    async with transaction(sessions, system("test")) as session:
        await close_screen(session, screen=await session.get_one(Screen, first.id))
    await screen(sessions, investor)
    for _ in range(2):  # where nothing is sold, nothing is counted
        await screen(sessions, investor, FreeUse())


async def test_a_plan_adds_what_it_entitles_to_and_nothing_else(sessions: Sessions) -> None:
    investor = await made(sessions, "investor", "screens")
    for _ in range(4):
        await screen(sessions, investor)
    for email in ("a@investor.example", "b@investor.example"):
        await seat(sessions, investor, email)
    with pytest.raises(Conflict, match="2 seats"):
        await seat(sessions, investor, "c@investor.example")


async def test_holders_need_no_plan(sessions: Sessions) -> None:
    holder = await made(sessions, "holder")
    for name in "abc":
        await seat(sessions, holder, f"{name}@holder.example")


async def test_at_once_no_more_are_made_than_are_free(committed: Sessions) -> None:
    investor = await made(committed, "investor")
    answers = await asyncio.gather(*(screen(committed, investor) for _ in range(AT_ONCE)), return_exceptions=True)
    assert sum(isinstance(answer, Screen) for answer in answers) == FREE.screens
    assert sum(isinstance(answer, Conflict) for answer in answers) == AT_ONCE - 2
