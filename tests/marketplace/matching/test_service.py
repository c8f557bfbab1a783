import datetime
import uuid

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.calls.content import Amount
from marketplace.calls.eligibility import Rule
from marketplace.errors import Conflict, Invalid
from marketplace.matching.asked import further, terms_of
from marketplace.matching.mandates import MandateContent, end_mandate, open_mandate, rewrite_mandate, visible_mandates
from marketplace.matching.models import Impression
from marketplace.matching.profiles import profiles_of, published_profiles
from marketplace.matching.service import (
    Viewing,
    askers_for,
    forget_impressions,
    impressions,
    note_impressions,
    technologies_for,
)
from marketplace.matching.terms import Terms
from scoring.technology import Text
from tests.marketplace.matching import world

DAY = datetime.date(2026, 3, 2)


def viewing(viewer: uuid.UUID, shown: dict[uuid.UUID, int] | None = None) -> Viewing:
    return Viewing(viewer=viewer, day=DAY, shown=shown or {})


def test_the_terms_of_a_call_are_its_fields_and_its_conditions_on_the_same_facts() -> None:
    content = world.call_content(
        regions=("CN-JS", "CN"), trl_low=4, ticket_min=Amount(0, "CNY"),
        eligibility=(
            Rule(id="a", field="cases", operator="at-least", value=1),
            Rule(id="b", field="cases", operator="at-least", value=3),
            Rule(id="c", field="pollutant", operator="any-of", value=("TN",)),
            Rule(id="d", field="pollutant", operator="any-of", value=("TP",)),
            Rule(id="e", field="organisation-verified", operator="is", value=True),
        ),
    )  # fmt: skip
    found = terms_of(content)
    assert (found.regions, found.instruments, found.trl_min, found.ticket_low_minor) == (("CN",), ("loan",), 4, None)
    assert (found.at_least, found.any_of) == ({"cases": 3}, {"pollutant": ("TN",)})
    assert [rule.id for rule in further(content)] == ["d", "e"]


async def test_only_published_technologies_are_found(session: AsyncSession) -> None:
    holder = await world.organisation(session, "holder")
    shown = await world.listing(session, holder)
    await world.listing(session, holder, number=1, published=False)
    profiles = await published_profiles(session)
    assert [profile.id for profile in profiles] == [shown.id]
    assert profiles[0].asks_minor == 500_000_000
    assert (profiles[0].instrument, profiles[0].regions) == ("loan", ("CN",))
    found = technologies_for(terms_of(world.call_content()), profiles, viewing=viewing(holder.id))
    assert [entry.profile.id for entry in found.items] == [shown.id]


async def test_what_to_relax_is_named_with_the_technology_that_comes_in(session: AsyncSession) -> None:
    holder = await world.organisation(session, "holder")
    listing = await world.listing(session, holder)
    terms = terms_of(world.call_content(ticket_max=Amount(400_000_000, "CNY")))
    found = technologies_for(terms, await published_profiles(session), viewing=viewing(holder.id))
    assert (found.total, found.missing_one) == (0, 1)
    (change,) = found.relaxations
    assert (change.limit, change.by, change.technology.id) == ("ticket", 100_000_000, listing.id)
    assert change.terms.ticket_high_minor == 500_000_000


async def test_a_technology_finds_calls_and_mandates_best_first(session: AsyncSession) -> None:
    holder = await world.organisation(session, "holder")
    listing = await world.listing(session, holder, published=False)
    profile = (await profiles_of(session, [listing.id]))[listing.id]
    tight, wide = Terms(ticket_high_minor=510_000_000, currency="CNY"), Terms(ticket_high_minor=10**10, currency="CNY")
    closed = Terms(instruments=("equity",))
    found = askers_for(profile, [("closed", closed), ("tight", tight), ("wide", wide)], most=2)
    assert [entry.asker for entry in found] == ["wide", "tight"]
    assert [entry.asker for entry in askers_for(profile, [("closed", closed)], most=5)] == ["closed"]
    assert askers_for(profile, [], most=5) == []


async def test_impressions_count_readers_and_days_before_today(session: AsyncSession) -> None:
    holder, reader = [await world.organisation(session, kind) for kind in ("holder", "investor")]
    listing = await world.listing(session, holder)
    for days in (0, 1, 1, 29, 45):
        day = DAY - datetime.timedelta(days=days)
        await note_impressions(session, viewer=reader.id, day=day, listing_ids=[listing.id])
    assert await impressions(session, before=DAY) == {listing.id: 2}
    await forget_impressions(session, before=DAY)
    assert len((await session.scalars(select(Impression.day))).all()) == 3


async def test_holders_see_running_mandates_that_are_open_to_them_alone(session: AsyncSession) -> None:
    holder, stranger, investor = [await world.organisation(session, k) for k in ("holder", "investor", "investor")]
    shown = await world.mandate(session, investor, Terms(trl_min=4))
    hidden = await world.mandate(session, investor, Terms(trl_min=5), shown=False)

    async def seen(by: object) -> set[uuid.UUID]:
        return {entry.id for entry in (await session.scalars(visible_mandates(world.acting_for(by)))).all()}  # type: ignore[arg-type]

    assert await seen(holder) == {shown.id}
    assert await seen(investor) == {shown.id, hidden.id}
    assert await seen(stranger) == set()
    await end_mandate(session, mandate=shown)
    assert await seen(holder) == set()


async def test_an_ended_mandate_is_not_changed_and_an_impossible_one_is_refused(session: AsyncSession) -> None:
    investor = await world.organisation(session, "investor")
    mandate = await world.mandate(session, investor, Terms())
    await end_mandate(session, mandate=mandate)
    content = MandateContent(title=Text(en="T"), terms=Terms(trl_min=8, trl_max=2))
    with pytest.raises(Conflict):
        await rewrite_mandate(session, mandate=mandate, content=content)
    with pytest.raises(Invalid):
        await open_mandate(session, organisation=investor, content=content)
