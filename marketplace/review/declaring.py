"""Independence first: who applied is shown without what with, and nothing else opens before a reviewer has declared."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from marketplace.actors import actor_of
from marketplace.applications.models import Application
from marketplace.assessments.independence import Judge, Judged, Relation, conflicts, mail_domain
from marketplace.assessments.models import Assessor, StatedRelation
from marketplace.database import clock_of
from marketplace.errors import Conflict, FieldError, Invalid
from marketplace.people.models import Membership, Organisation, Person
from marketplace.process import ProcessEvent, advance
from marketplace.review.models import Independence, ReviewAssignment, Reviewer
from marketplace.review.queries import applications_in, independence_of
from scoring.technology import Technology


class Interest(Struct, frozen=True, kw_only=True):
    """What a reviewer has, or had, to do with an applicant."""

    organisation_id: uuid.UUID
    kind: str
    note: str = ""


async def declare(session: AsyncSession, *, reviewer: Reviewer, interests: Sequence[Interest]) -> None:
    """State one's interests in all applicants at once; whoever is not named, one is independent of.

    What was stated stays. The platform adds what it finds itself. A declaration can be made again: about applicants
    that came later, or to add an interest, which ends the assignments that it forbids.
    """
    if reviewer.round.state != "reviewing" or reviewer.left_at is not None:
        raise Conflict("not-declaring", "There is nothing to declare now.", "目前无需声明。")
    applications = await applications_in(session, reviewer.round)
    applicants = {one.organisation_id for one in applications}
    if faults := _faults(interests, applicants):
        raise Invalid(faults)
    stated = {interest.organisation_id: (interest.kind, interest.note) for interest in interests}
    found = await _found(session, reviewer, applications)
    known = {one.organisation_id: one for one in await independence_of(session, [reviewer.id])}
    for organisation_id in sorted(applicants, key=str):
        against = stated.get(organisation_id) or found.get(organisation_id)
        await _keep(session, reviewer, organisation_id, known.get(organisation_id), against)
    reviewer.declared_at = clock_of(session).now()
    await session.flush()


async def recuse(session: AsyncSession, *, assignment: ReviewAssignment, interest: Interest) -> ProcessEvent:
    """Give one application up on seeing a conflict in it; the rest of that applicant's follow."""
    known = await independence_of(session, [assignment.reviewer_id])
    row = next(one for one in known if one.organisation_id == assignment.organisation_id)
    event = await _give_up(session, assignment, f"{interest.kind}: {interest.note}")
    await _keep(session, assignment.reviewer, assignment.organisation_id, row, (interest.kind, interest.note))
    return event


def _faults(interests: Sequence[Interest], applicants: Iterable[uuid.UUID]) -> list[FieldError]:
    known, seen, faults = set(applicants), set(), []
    for number, interest in enumerate(interests):
        field, value = f"interests.{number}.organisation_id", str(interest.organisation_id)
        if interest.organisation_id not in known:
            faults.append(FieldError(field=field, value=value, expected="an applicant", expected_zh="须为申请方"))
        elif interest.organisation_id in seen:
            expected = "each applicant once"
            faults.append(FieldError(field=field, value=value, expected=expected, expected_zh="每个申请方只能列一次"))
        seen.add(interest.organisation_id)
    return faults


async def _keep(
    session: AsyncSession,
    reviewer: Reviewer,
    organisation_id: uuid.UUID,
    row: Independence | None,
    against: tuple[str, str] | None,
) -> None:
    kind, note = against or (None, "")
    if row is None:
        session.add(
            Independence(
                reviewer_id=reviewer.id,
                organisation_id=organisation_id,
                independent=against is None,
                kind=kind,
                note=note,
            )
        )
    elif row.independent and against is not None:
        await _end_assignments(session, reviewer, organisation_id, f"{kind}: {note}")
        row.independent, row.kind, row.note = False, kind, note
    await session.flush()


async def _end_assignments(session: AsyncSession, reviewer: Reviewer, organisation_id: uuid.UUID, note: str) -> None:
    query = select(ReviewAssignment).where(
        ReviewAssignment.reviewer_id == reviewer.id,
        ReviewAssignment.organisation_id == organisation_id,
        ReviewAssignment.independent.is_(True),
    )
    for assignment in (await session.scalars(query)).all():
        if assignment.state == "submitted":
            message = "You have submitted a review of this applicant; tell the organiser."
            raise Conflict("reviewed-already", message, "您已提交对该申请方的评审，请联系组织方。")
        await _give_up(session, assignment, note)


async def _give_up(session: AsyncSession, assignment: ReviewAssignment, note: str) -> ProcessEvent:
    event = await advance(session, assignment, "recuse", actor=actor_of(session).acting_as("reviewer"), note=note)
    assignment.independent = None
    await session.flush()
    return event


async def _found(
    session: AsyncSession, reviewer: Reviewer, applications: Sequence[Application]
) -> dict[uuid.UUID, tuple[str, str]]:
    """What the platform itself knows to speak against a reviewer, by applicant."""
    judge, today = await _judge(session, reviewer), clock_of(session).now().date()
    domains = await _domains(session, {one.organisation_id for one in applications})
    found = {}
    for application in applications:
        judged = Judged(
            organisation=str(application.organisation_id),
            mail_domains=domains[application.organisation_id],
            technology=_technology(application),
        )
        if against := conflicts(judge, judged, today):
            kind = against[0].code.removeprefix("stated-")
            found[application.organisation_id] = (kind, against[0].detail.in_language("en"))
    return found


def _technology(application: Application) -> Technology:
    if application.listing_version is None:
        raise RuntimeError("what was submitted has a version of its technology")
    return msgspec.convert(application.listing_version.technology, Technology)


async def _judge(session: AsyncSession, reviewer: Reviewer) -> Judge:
    person = await session.get_one(Person, reviewer.person_id)
    memberships = select(Membership).where(Membership.person_id == person.id)
    members = (await session.scalars(memberships.options(joinedload(Membership.organisation)))).all()
    organisations = [member.organisation for member in members]
    relations = (
        select(StatedRelation)
        .join(Assessor, Assessor.id == StatedRelation.assessor_id)
        .where(Assessor.person_id == person.id)
    )
    return Judge(
        organisations=frozenset(str(organisation.id) for organisation in organisations),
        organisation_names=tuple(organisation.name for organisation in organisations),
        mail_domains=frozenset({mail_domain(person.email), *(one.email_domain for one in organisations)}),
        relations=tuple(
            Relation(str(stated.organisation_id), stated.kind, stated.ended_on)
            for stated in await session.scalars(relations)
        ),
    )


async def _domains(session: AsyncSession, ids: Iterable[uuid.UUID]) -> Mapping[uuid.UUID, frozenset[str]]:
    """The mail domains of organisations and of their people."""
    query = (
        select(Organisation.id, Organisation.email_domain, Person.email)
        .outerjoin(Membership, Membership.organisation_id == Organisation.id)
        .outerjoin(Person, Person.id == Membership.person_id)
        .where(Organisation.id.in_(list(ids)))
    )
    found: dict[uuid.UUID, set[str]] = defaultdict(set)
    for organisation_id, domain, email in await session.execute(query):
        found[organisation_id] |= {domain} | ({mail_domain(email)} if email else set())
    return {organisation_id: frozenset(domains) for organisation_id, domains in found.items()}
