"""An assessment, an assignment or a profile, loaded and authorised in one step."""

import uuid
from typing import Any, NamedTuple

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from api.platform import actor_of
from marketplace.assessments import queries
from marketplace.assessments.models import Assessor, Assignment, Decision, ListingAssessment
from marketplace.assessments.process import PENDING
from marketplace.assessments.roster import profile_of
from marketplace.errors import Forbidden, only


class AssessingPerson(NamedTuple):
    """Somebody who judges, and for whom they are signed in."""

    person_id: uuid.UUID
    organisation_id: uuid.UUID


async def assessing_person(request: Request[Any, Any, Any]) -> AssessingPerson:
    """Somebody signed in for an organisation of assessors: judging is for people, not for programs."""
    actor = actor_of(request)
    signed_in = actor.kind == "person" and "kind:assessor" in actor.roles
    if not signed_in or actor.id is None or actor.organisation_id is None:
        raise Forbidden("assessors-only", "This is for assessors, signed in as themselves.", "仅限评估专家本人操作。")
    return AssessingPerson(actor.id, actor.organisation_id)


async def own_profile(
    assessing_person: NamedDependency[AssessingPerson], session: NamedDependency[AsyncSession]
) -> Assessor:
    """One's own profile as an assessor."""
    found: Assessor = only(await profile_of(session, assessing_person.person_id), "profile")
    return found


async def any_assessment(
    request: Request[Any, Any, Any], assessment_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> ListingAssessment:
    """Any assessment, for operators; for others none exists here."""
    query = (
        select(ListingAssessment)
        .where(ListingAssessment.id == assessment_id)
        .options(joinedload(ListingAssessment.listing), joinedload(ListingAssessment.listing_version))
    )
    found = await session.scalar(query) if "operator" in actor_of(request).roles else None
    assessment: ListingAssessment = only(found, "assessment")
    return assessment


async def own_assignment(
    request: Request[Any, Any, Any], assignment_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> Assignment:
    """An assignment of the caller's own; nobody else may know who judges."""
    actor = actor_of(request)
    mine = actor.kind == "person" and "kind:assessor" in actor.roles
    found = await queries.assignment_of(session, assignment_id, person_id=actor.id) if mine else None
    assignment: Assignment = only(found, "assignment")
    return assignment


async def open_assignment(own_assignment: NamedDependency[Assignment]) -> Assignment:
    """The same, once a declaration without conflicts has opened its content."""
    if own_assignment.state == "scored" or (own_assignment.state in PENDING and own_assignment.state != "invited"):
        return own_assignment
    raise Forbidden("declare-first", "Declare your interests first; then you can read it.", "请先声明利益关系。")


async def published_decision(listing_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]) -> Decision:
    """The decision behind a published listing."""
    found: Decision = only(await queries.published_decision(session, listing_id), "assessment")
    return found


DEPENDENCIES = {
    "assessing_person": assessing_person,
    "own_profile": own_profile,
    "any_assessment": any_assessment,
    "own_assignment": own_assignment,
    "open_assignment": open_assignment,
    "published_decision": published_decision,
}
