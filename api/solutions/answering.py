"""Trains and plans out of what is published now, computed beside the requests and not in their way."""

import asyncio
import uuid
from concurrent.futures import ThreadPoolExecutor

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.platform import Platform
from api.solutions.schemas import TrainsOut
from marketplace.actors import Actor
from marketplace.errors import Invalid, only
from marketplace.needs.models import Need
from marketplace.needs.process import OPEN
from marketplace.needs.specification import Specification, impossible
from marketplace.solutions.brief import Brief
from marketplace.solutions.knowing import knowing
from marketplace.solutions.planning import plan
from marketplace.solutions.reporting import Plan
from marketplace.solutions.technologies import Solver, published_solvers
from marketplace.solutions.trains import Answer, trains

_SOLVERS = "solutions/solvers"
# A hard question takes seconds of a processor: others wait for it here, and the rest of the platform does not.
_ONE_AT_A_TIME = ThreadPoolExecutor(max_workers=1, thread_name_prefix="solutions")


async def answered(
    platform: Platform, session: AsyncSession, specification: Specification, *, of: Need | None = None
) -> TrainsOut:
    """The trains of every stream, and who has done the like; those `of` a need are kept until something is published.

    Only of needs, of which there are not so many as anybody may ask for.
    """
    if faults := list(impossible(specification)):
        raise Invalid(faults)
    name = f"solutions/trains/{of.id}/{of.version}" if of else ""
    if of and (kept := platform.catalogue.get(name)):
        answer = msgspec.msgpack.decode(kept.content, type=Answer)
    else:
        epoch, solvers = platform.catalogue.epoch, await _solvers(platform, session)
        answer = await asyncio.get_running_loop().run_in_executor(_ONE_AT_A_TIME, trains, specification, solvers)
        if of:
            platform.catalogue.put(name, msgspec.msgpack.encode(answer), epoch=epoch)
    used = {step.technology for stream in answer.streams for train in stream.trains for step in train.steps}
    medium = specification.medium.value if specification.medium else ""
    known = await knowing(session, medium=medium, technologies=sorted(used))
    return TrainsOut(currency=answer.currency, streams=list(answer.streams), known=known)


async def planned(platform: Platform, session: AsyncSession, brief: Brief) -> Plan:
    """The measures for a city or a park."""
    solvers = await _solvers(platform, session)
    made: Plan = await asyncio.get_running_loop().run_in_executor(_ONE_AT_A_TIME, plan, brief, solvers)
    return made


async def seen_need(session: AsyncSession, actor: Actor, need_id: uuid.UUID) -> Need:
    """A need that the caller may see: an open one, their own, or any for operators."""
    query = select(Need).where(Need.id == need_id)
    if "operator" not in actor.roles:
        query = query.where(Need.state.in_(OPEN) | (Need.organisation_id == actor.organisation_id))
    need: Need = only(await session.scalar(query), "need")
    return need


async def _solvers(platform: Platform, session: AsyncSession) -> list[Solver]:
    """All published technologies, kept until something is published."""
    if kept := platform.catalogue.get(_SOLVERS):
        return msgspec.msgpack.decode(kept.content, type=list[Solver])
    epoch = platform.catalogue.epoch
    found = await published_solvers(session)
    platform.catalogue.put(_SOLVERS, msgspec.msgpack.encode(found), epoch=epoch)
    return found
