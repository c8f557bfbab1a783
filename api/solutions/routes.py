"""Trains for a need, for everybody; plans for a city or a park, for those who are signed in."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
from litestar import Request
from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.platform import Platform, actor_of, platform_of
from api.routing import PUBLIC, SIGNED_IN, post
from api.solutions.schemas import TrainsIn, TrainsOut
from marketplace.errors import FieldError, Invalid, only
from marketplace.needs.models import Need
from marketplace.needs.process import OPEN
from marketplace.needs.service import specification_of
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


@post("/solutions/trains", access=PUBLIC, status_code=200)
async def find_trains(
    request: Request[Any, Any, Any], data: JSONBody[TrainsIn], session: NamedDependency[AsyncSession]
) -> TrainsOut:
    """Chains of published technologies that keep all limits of a need: the cheapest for each room and maturity."""
    specification = await _specification(request, data, session)
    if faults := list(impossible(specification)):
        raise Invalid(faults)
    solvers = await _solvers(platform_of(request), session)
    answer: Answer = await asyncio.get_running_loop().run_in_executor(_ONE_AT_A_TIME, trains, specification, solvers)
    used = {step.technology for stream in answer.streams for train in stream.trains for step in train.steps}
    medium = specification.medium.value if specification.medium else ""
    known = await knowing(session, medium=medium, technologies=sorted(used))
    return TrainsOut(currency=answer.currency, streams=list(answer.streams), known=known)


@post("/solutions/plan", access=SIGNED_IN, problems=(), status_code=200)
async def make_plan(
    request: Request[Any, Any, Any], data: JSONBody[Brief], session: NamedDependency[AsyncSession]
) -> Plan:
    """Measures for sources and targets within a budget: what each does for every target, and what stays uncovered."""
    solvers = await _solvers(platform_of(request), session)
    made: Plan = await asyncio.get_running_loop().run_in_executor(_ONE_AT_A_TIME, plan, data, solvers)
    return made


async def _specification(request: Request[Any, Any, Any], data: TrainsIn, session: AsyncSession) -> Specification:
    """What was sent, or that of a need which the caller may see."""
    if (data.need_id is None) == (data.specification is None):
        expected = "either need_id or specification"
        raise Invalid([FieldError(field="need_id", expected=expected, expected_zh="need_id与specification须二选一")])
    if data.specification is not None:
        return data.specification
    actor = actor_of(request)
    query = select(Need).where(Need.id == data.need_id)
    if "operator" not in actor.roles:
        query = query.where(Need.state.in_(OPEN) | (Need.organisation_id == actor.organisation_id))
    return specification_of(only(await session.scalar(query), "need"))


async def _solvers(platform: Platform, session: AsyncSession) -> list[Solver]:
    """All published technologies, kept until something is published."""
    if kept := platform.catalogue.get(_SOLVERS):
        return msgspec.msgpack.decode(kept.content, type=list[Solver])
    epoch = platform.catalogue.epoch
    found = await published_solvers(session)
    platform.catalogue.put(_SOLVERS, msgspec.msgpack.encode(found), epoch=epoch)
    return found


ROUTES = [find_trains, make_plan]
