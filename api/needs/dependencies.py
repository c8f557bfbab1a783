"""Needs, solutions and consultations, loaded and authorised in one step."""

import uuid
from typing import Any

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.platform import actor_of
from marketplace.actors import Actor
from marketplace.errors import Forbidden, only
from marketplace.needs.consultations import consultation_visible_to
from marketplace.needs.models import Consultation, Need, Solution
from marketplace.needs.queries import open_need
from marketplace.needs.solutions import solution_visible
from marketplace.people.models import Organisation

WRITERS = frozenset({"member:owner", "member:admin", "member:member"})
SOLVERS = frozenset({"kind:holder", "kind:assessor"})


def may_write(actor: Actor) -> bool:
    return actor.kind == "key" or bool(WRITERS & actor.roles)


def _require_writer(actor: Actor) -> None:
    if not may_write(actor):
        raise Forbidden("viewers-only-look", "Viewers only look.", "仅查看权限不能执行此操作。")


async def _organisation(session: AsyncSession, actor: Actor) -> Organisation:
    if actor.organisation_id is None:
        raise Forbidden("organisation-only", "This is for members of an organisation.", "仅限机构成员操作。")
    organisation = await session.get_one(Organisation, actor.organisation_id)
    if organisation.state != "verified":
        raise Forbidden("not-verified", "Your organisation is verified first.", "请先完成机构核验。")
    return organisation


async def seeking_organisation(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Organisation:
    """The verified demand-side organisation that the caller acts for."""
    actor = actor_of(request)
    if "kind:demand" not in actor.roles:
        raise Forbidden("seekers-only", "This is for the demand side.", "仅限需求方操作。")
    _require_writer(actor)
    return await _organisation(session, actor)


async def solving_organisation(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Organisation:
    """The verified holder or expert that the caller acts for."""
    actor = actor_of(request)
    if not SOLVERS & actor.roles:
        raise Forbidden("solvers-only", "This is for technology holders and experts.", "仅限技术持有方和专家操作。")
    _require_writer(actor)
    return await _organisation(session, actor)


async def asking_organisation(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Organisation:
    """Any verified organisation may ask staff and experts."""
    actor = actor_of(request)
    _require_writer(actor)
    return await _organisation(session, actor)


async def own_need(
    request: Request[Any, Any, Any], need_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> Need:
    """A need of the caller's organisation; operators see all. For others it does not exist here."""
    actor = actor_of(request)
    query = select(Need).where(Need.id == need_id)
    if "operator" not in actor.roles:
        query = query.where(Need.organisation_id == actor.organisation_id)
    need: Need = only(await session.scalar(query), "need")
    return need


async def editable_need(request: Request[Any, Any, Any], own_need: NamedDependency[Need]) -> Need:
    """The same for its seeker's members who do more than look."""
    actor = actor_of(request)
    if own_need.organisation_id != actor.organisation_id or not may_write(actor):
        raise Forbidden("seeker-only", "Only its seeker's members may change a need.", "仅需求方成员可修改。")
    return own_need


async def endable_need(request: Request[Any, Any, Any], own_need: NamedDependency[Need]) -> Need:
    """The same, for its seeker or the operator."""
    _require_writer(actor_of(request))
    return own_need


async def answerable_need(need_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]) -> Need:
    """An open need, whole: for services, which know whose it is; what is sent never says so."""
    only(await open_need(session, need_id), "need")
    return await session.get_one(Need, need_id, populate_existing=True)


async def visible_solution(
    request: Request[Any, Any, Any], solution_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> Solution:
    """A solution of one's own, or one that the embargo no longer hides from seeker and experts."""
    found: Solution = only(
        await solution_visible(session, solution_id=solution_id, actor=actor_of(request)), "solution"
    )
    return found


async def sought_solution(
    request: Request[Any, Any, Any],
    visible_solution: NamedDependency[Solution],
    session: NamedDependency[AsyncSession],
) -> Solution:
    """The same for the seeker of its need, with the need loaded."""
    actor = actor_of(request)
    need = await session.get_one(Need, visible_solution.need_id)
    if need.organisation_id != actor.organisation_id or not may_write(actor):
        raise Forbidden("seeker-only", "Only the seeker decides on solutions.", "仅需求方可处理方案。")
    return visible_solution


async def proposed_solution(request: Request[Any, Any, Any], visible_solution: NamedDependency[Solution]) -> Solution:
    """The same for its proposer."""
    actor = actor_of(request)
    if visible_solution.proposer_id != actor.organisation_id or not may_write(actor):
        raise Forbidden("proposer-only", "Only its proposer may do this.", "仅方案提出方可操作。")
    return visible_solution


async def visible_consultation(
    request: Request[Any, Any, Any], consultation_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> Consultation:
    """A matter one asked, one is assigned to, or, for staff, any."""
    query = select(Consultation).where(Consultation.id == consultation_id, consultation_visible_to(actor_of(request)))
    found: Consultation = only(await session.scalar(query), "consultation")
    return found


async def asked_consultation(
    request: Request[Any, Any, Any], visible_consultation: NamedDependency[Consultation]
) -> Consultation:
    """The same for its asker."""
    actor = actor_of(request)
    if visible_consultation.organisation_id != actor.organisation_id or not may_write(actor):
        raise Forbidden("asker-only", "Only its asker may do this.", "仅提问方可操作。")
    return visible_consultation


async def assigned_consultation(
    request: Request[Any, Any, Any], visible_consultation: NamedDependency[Consultation]
) -> Consultation:
    """The same for those it is assigned to."""
    actor = actor_of(request)
    if visible_consultation.assignee_id != actor.organisation_id or not may_write(actor):
        raise Forbidden("assignee-only", "Only those it is assigned to may do this.", "仅受派机构可操作。")
    return visible_consultation


PROVIDED = {
    provider.__name__: provider
    for provider in (
        seeking_organisation,
        solving_organisation,
        asking_organisation,
        own_need,
        editable_need,
        endable_need,
        answerable_need,
        visible_solution,
        sought_solution,
        proposed_solution,
        visible_consultation,
        asked_consultation,
        assigned_consultation,
    )
}
