"""Profiles of listings: what they say, what scoring makes of it, and the financing their holders ask for."""

import uuid
from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import Select, Text, and_, cast, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.calls.facts import FIELDS, Applicant, Span
from marketplace.calls.models import FinancingRequest
from marketplace.listings.models import Listing
from marketplace.listings.process import PUBLISHED
from marketplace.matching.terms import NUMBERS, WORDS, LevelRange, Profile
from marketplace.people.models import Organisation
from marketplace.screening.facts import Facts
from marketplace.screening.models import ListingFacts
from scoring.technology import Technology

REVENUE, REVENUE_CURRENCY = "annual_revenue_minor", "annual_revenue_currency"
"""The features of a technology that say what its holder earns in a year."""

_TECHNOLOGY = msgspec.json.Decoder(Technology)
_FACTS = msgspec.json.Decoder(Facts)


async def published_profiles(session: AsyncSession) -> list[Profile]:
    """Every published technology, with what any verified financier may read of its financing request."""
    open_to_all = FinancingRequest.readers == []
    query = _profiles(open_to_all).where(Listing.state == PUBLISHED).order_by(Listing.id)
    return [_of_row(row) for row in (await session.execute(query)).all()]


async def profiles_of(session: AsyncSession, listing_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Profile]:
    """Listings in any state, for their holders: with their own requests, whoever may read those."""
    query = _profiles(FinancingRequest.id.is_not(None)).where(Listing.id.in_(list(listing_ids)))
    found = [_of_row(row) for row in (await session.execute(query)).all()]
    return {profile.id: profile for profile in found}


def _profiles(readable: Any) -> Select[Any]:
    known = and_(ListingFacts.listing_id == Listing.id, ListingFacts.version == Listing.version)
    request = and_(FinancingRequest.listing_id == Listing.id, FinancingRequest.state == "published", readable)
    return (
        select(
            Listing.id, Listing.organisation_id, Listing.completeness, Listing.trl_low, Listing.trl_high,
            cast(Listing.technology, Text).label("technology"), Organisation.country, ListingFacts.facts,
            FinancingRequest.instrument,
            FinancingRequest.__table__.c.budget_minor, FinancingRequest.__table__.c.budget_currency,
        )
        .join(Organisation, Organisation.id == Listing.organisation_id)
        .outerjoin(ListingFacts, known)
        .outerjoin(FinancingRequest, request)
    )  # fmt: skip


def _of_row(row: Any) -> Profile:
    technology = _TECHNOLOGY.decode(row.technology)
    facts = _FACTS.decode(row.facts) if row.facts is not None else None
    applicant = Applicant(technology=technology, completeness=row.completeness, country=row.country)
    return Profile(
        id=row.id,
        holder_id=row.organisation_id,
        name=technology.name,
        fields=tuple(medium.value for medium in technology.media),
        regions=(row.country,),
        trl=_level(row, facts),
        loss_share=facts.loss_share if facts else None,
        numbers=_numbers(applicant),
        words=_words(applicant),
        **_asked(row, technology),
        **_revenue(technology),
    )


def _level(row: Any, facts: Facts | None) -> LevelRange | None:
    """What scoring believes; without it, what the listing's evidence and claim leave open, acted on from below."""
    if facts is not None and facts.level is not None:
        return LevelRange(facts.level.low, facts.level.level, facts.level.high)
    return None if row.trl_low is None else LevelRange(row.trl_low, row.trl_low, row.trl_high)


def _asked(row: Any, technology: Technology) -> dict[str, Any]:
    """The published request if there is one, else what the technology's own description asks for."""
    described = technology.financing
    if row.budget_minor is not None:
        asked: dict[str, Any] = {
            "instrument": row.instrument, "asks_minor": row.budget_minor, "asks_currency": row.budget_currency,
        }  # fmt: skip
    elif described is not None:
        asked = {
            "instrument": described.instrument,
            "asks_minor": described.amount_minor,
            "asks_currency": described.currency,
        }
    else:
        return {}
    return asked | {"term_months": described.term_months if described else None}


def _revenue(technology: Technology) -> dict[str, Any]:
    minor, currency = technology.features.get(REVENUE), technology.features.get(REVENUE_CURRENCY)
    if isinstance(minor, bool) or not isinstance(minor, int) or not isinstance(currency, str):
        return {}
    return {"revenue_minor": minor, "revenue_currency": currency}


def _numbers(applicant: Applicant) -> dict[str, float]:
    seen = {name: FIELDS[name].read(applicant, name, None) for name in NUMBERS}
    return {name: span.low for name, span in seen.items() if isinstance(span, Span) and span.low is not None}


def _words(applicant: Applicant) -> dict[str, tuple[str, ...]]:
    seen = {name: FIELDS[name].read(applicant, name, None) for name in WORDS}
    return {name: tuple(sorted(words)) for name, words in seen.items() if isinstance(words, frozenset)}
