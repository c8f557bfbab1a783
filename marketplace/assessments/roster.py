"""The assessors: what they can judge, how busy they are, and from what they must be kept away."""

import datetime
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from marketplace.actors import actor_of
from marketplace.assessments.independence import Conflict, Judge, Judged, Relation, conflicts, mail_domain
from marketplace.assessments.models import Assessor, Assignment, ListingAssessment, StatedRelation
from marketplace.assessments.process import PENDING
from marketplace.database import clock_of
from marketplace.errors import FieldError, Invalid
from marketplace.listings.models import Listing
from marketplace.people.models import Membership, Organisation, Person
from scoring.technology import Technology


class Profile(Struct, frozen=True, kw_only=True):
    """What an assessor says of themselves."""

    media: tuple[str, ...]
    pollutants: tuple[str, ...] = ()
    languages: tuple[str, ...] = ("zh",)
    capacity: int = 3
    available: bool = True


class Known(NamedTuple):
    """An assessor with what decides about a seat."""

    assessor: Assessor
    judge: Judge
    load: int


async def keep_profile(
    session: AsyncSession, *, person_id: uuid.UUID, organisation_id: uuid.UUID, profile: Profile
) -> Assessor:
    """Write one's own profile, for the first time or again."""
    found = await profile_of(session, person_id)
    if found is None:
        found = Assessor(person_id=person_id, version=1)
        session.add(found)
    found.organisation_id = organisation_id
    found.media, found.pollutants = list(profile.media), list(profile.pollutants)
    found.languages, found.capacity, found.available = list(profile.languages), profile.capacity, profile.available
    await session.flush()
    return found


async def profile_of(session: AsyncSession, person_id: uuid.UUID | None) -> Assessor | None:
    found: Assessor | None = await session.scalar(select(Assessor).where(Assessor.person_id == person_id))
    return found


async def state_relation(
    session: AsyncSession,
    *,
    assessor: Assessor,
    organisation_id: uuid.UUID,
    kind: str,
    ended_on: datetime.date | None = None,
    note: str = "",
) -> StatedRelation:
    """Say what one has, or had, to do with an organisation; it stays on record."""
    if await session.get(Organisation, organisation_id) is None:
        expected, zh = "an organisation on the platform", "须为平台上的机构"
        raise Invalid([FieldError(field="organisation_id", expected=expected, expected_zh=zh)])
    stated = StatedRelation(
        assessor_id=assessor.id,
        organisation_id=organisation_id,
        kind=kind,
        ended_on=ended_on,
        note=note,
        stated_by=actor_of(session).id,
    )
    session.add(stated)
    await session.flush()
    return stated


async def relations_of(session: AsyncSession, assessor: Assessor) -> Sequence[StatedRelation]:
    query = select(StatedRelation).where(StatedRelation.assessor_id == assessor.id)
    return (await session.scalars(query.order_by(StatedRelation.id.desc()))).all()


async def known_assessors(session: AsyncSession, ids: Iterable[uuid.UUID] | None = None) -> list[Known]:
    """These assessors, or all who are available and whose organisations are verified."""
    query = (
        select(Assessor)
        .join(Assessor.organisation)
        .join(Assessor.person)
        .where(Organisation.state == "verified", Assessor.available, Person.disabled_at.is_(None))
        .options(joinedload(Assessor.organisation), joinedload(Assessor.person))
        .order_by(Assessor.id)
    )
    if ids is not None:
        query = query.where(Assessor.id.in_(list(ids)))
    found = (await session.scalars(query)).all()
    loads = await loads_of(session, found)
    relations, memberships = await _relations(session, found), await _memberships(session, found)
    return [
        Known(assessor, _judge(assessor, relations[assessor.id], memberships[assessor.person_id]), loads[assessor.id])
        for assessor in found
    ]


async def loads_of(session: AsyncSession, assessors: Sequence[Assessor]) -> Mapping[uuid.UUID, int]:
    query = (
        select(Assignment.assessor_id, func.count())
        .where(Assignment.assessor_id.in_([a.id for a in assessors]), Assignment.state.in_(PENDING))
        .group_by(Assignment.assessor_id)
    )
    return defaultdict(int, dict(list(await session.execute(query))))


async def _relations(session: AsyncSession, assessors: Sequence[Assessor]) -> Mapping[uuid.UUID, list[Relation]]:
    query = select(StatedRelation).where(StatedRelation.assessor_id.in_([a.id for a in assessors]))
    found: dict[uuid.UUID, list[Relation]] = defaultdict(list)
    for stated in await session.scalars(query):
        found[stated.assessor_id].append(Relation(str(stated.organisation_id), stated.kind, stated.ended_on))
    return found


async def _memberships(session: AsyncSession, assessors: Sequence[Assessor]) -> Mapping[uuid.UUID, list[Organisation]]:
    query = (
        select(Membership)
        .where(Membership.person_id.in_([a.person_id for a in assessors]))
        .options(joinedload(Membership.organisation))
    )
    found: dict[uuid.UUID, list[Organisation]] = defaultdict(list)
    for member in await session.scalars(query):
        found[member.person_id].append(member.organisation)
    return found


def _judge(assessor: Assessor, relations: list[Relation], memberships: list[Organisation]) -> Judge:
    organisations = [assessor.organisation, *memberships]
    return Judge(
        organisations=frozenset(str(organisation.id) for organisation in organisations),
        organisation_names=tuple(organisation.name for organisation in organisations),
        mail_domains=frozenset(
            {mail_domain(assessor.person.email), *(organisation.email_domain for organisation in organisations)}
        ),
        relations=tuple(relations),
    )


async def judged_side(session: AsyncSession, listing: Listing, technology: Technology) -> Judged:
    """The holder of a listing as far as independence goes."""
    holder = await session.get_one(Organisation, listing.organisation_id)
    people = await session.scalars(
        select(Person.email).join(Membership, Membership.person_id == Person.id).where(
            Membership.organisation_id == holder.id
        )
    )  # fmt: skip
    return Judged(
        organisation=str(holder.id),
        mail_domains=frozenset({holder.email_domain, *map(mail_domain, people)}),
        technology=technology,
    )


def conflicts_of(session: AsyncSession, known: Known, judged: Judged) -> list[Conflict]:
    return conflicts(known.judge, judged, clock_of(session).now().date())


async def taken_seats(session: AsyncSession, assessments: Sequence[ListingAssessment]) -> Sequence[Assignment]:
    """Everybody ever asked in these assessments, with their organisations."""
    query = (
        select(Assignment)
        .where(Assignment.assessment_id.in_([assessment.id for assessment in assessments]))
        .options(joinedload(Assignment.assessor).joinedload(Assessor.person))
        .order_by(Assignment.id)
    )
    return (await session.scalars(query)).all()
