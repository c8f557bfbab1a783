"""Who could be asked into a round's pool."""

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from marketplace.assessments.models import Assessor
from marketplace.people.models import Membership, Organisation, Person
from marketplace.review.models import ReviewRound
from marketplace.review.queries import pool_of
from scoring.technology import Text

MOST = 500


class Candidate(Struct, frozen=True, kw_only=True):
    """A member of the organiser, or an available assessor of a verified organisation."""

    person: Person
    organisation: Text
    member: bool
    media: list[str]
    languages: list[str]


async def candidates_for(session: AsyncSession, review_round: ReviewRound) -> list[Candidate]:
    """Those not in the pool yet: members first, then assessors, the more of the call's fields they know the earlier."""
    asked = {one.person_id for one in await pool_of(session, review_round)}
    members = [
        Candidate(person=one.person, organisation=one.organisation.name, member=True, media=[], languages=[])
        for one in await _members(session, review_round)
    ]
    theirs = {one.person.id for one in members}
    assessors = [one for one in await _assessors(session) if one.person.id not in theirs]
    wanted = set(review_round.call.media)
    assessors.sort(key=lambda one: (-len(wanted & set(one.media)), str(one.person.id)))
    return [one for one in [*members, *assessors] if one.person.id not in asked]


async def _members(session: AsyncSession, review_round: ReviewRound) -> list[Membership]:
    query = (
        select(Membership)
        .join(Membership.person)
        .where(Membership.organisation_id == review_round.call.organisation_id, Person.disabled_at.is_(None))
        .options(joinedload(Membership.person), joinedload(Membership.organisation))
        .order_by(Membership.id)
    )
    return list(await session.scalars(query.limit(MOST)))


async def _assessors(session: AsyncSession) -> list[Candidate]:
    query = (
        select(Assessor)
        .join(Assessor.person)
        .join(Assessor.organisation)
        .where(Assessor.available, Organisation.state == "verified", Person.disabled_at.is_(None))
        .options(joinedload(Assessor.person), joinedload(Assessor.organisation))
        .order_by(Assessor.id)
    )
    return [
        Candidate(
            person=one.person,
            organisation=one.organisation.name,
            member=False,
            media=one.media,
            languages=one.languages,
        )
        for one in await session.scalars(query.limit(MOST))
    ]
