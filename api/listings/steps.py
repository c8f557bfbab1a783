"""The steps of a listing's process."""

from typing import Any

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from api.platform import actor_of
from api.routing import OPERATOR, SIGNED_IN, get, post
from api.steps import StepIn, StepOut
from marketplace.actors import act_as
from marketplace.listings import service
from marketplace.listings.models import Listing
from marketplace.process import history

_BASE = "/listings/{listing_id:uuid}"


@get(f"{_BASE}/history", access=SIGNED_IN)
async def list_steps(session: NamedDependency[AsyncSession], own_listing: NamedDependency[Listing]) -> list[StepOut]:
    """What has happened to the listing."""
    return [StepOut.of(event) for event in await history(session, own_listing)]


@post(f"{_BASE}/submit", access=SIGNED_IN)
async def submit(session: NamedDependency[AsyncSession], editable_listing: NamedDependency[Listing]) -> StepOut:
    """Hand the draft in; all that is missing or impossible is named at once."""
    return StepOut.of(await service.submit_listing(session, listing=editable_listing))


@post(f"{_BASE}/renew", access=SIGNED_IN)
async def renew(session: NamedDependency[AsyncSession], editable_listing: NamedDependency[Listing]) -> StepOut:
    """Say that it is still true."""
    return StepOut.of(await service.renew_listing(session, listing=editable_listing))


def _holder_step(transition: str, says: str) -> Any:
    @post(f"{_BASE}/{transition}", access=SIGNED_IN, operation_id=f"{transition}_listing", summary=says)
    async def step(
        request: Request[Any, Any, Any],
        data: JSONBody[StepIn],
        session: NamedDependency[AsyncSession],
        editable_listing: NamedDependency[Listing],
    ) -> StepOut:
        act_as(session, actor_of(request).acting_as("holder"))
        event = await service.move_listing(session, listing=editable_listing, transition=transition, note=data.note)
        return StepOut.of(event)

    return step


def _operator_step(transition: str, says: str) -> Any:
    @post(f"{_BASE}/{transition}", access=OPERATOR, operation_id=f"{transition}_listing", summary=says)
    async def step(
        data: JSONBody[StepIn],
        session: NamedDependency[AsyncSession],
        own_listing: NamedDependency[Listing],
    ) -> StepOut:
        event = await service.move_listing(session, listing=own_listing, transition=transition, note=data.note)
        return StepOut.of(event)

    return step


@post(f"{_BASE}/formal-check", access=OPERATOR)
async def pass_formal_check(session: NamedDependency[AsyncSession], own_listing: NamedDependency[Listing]) -> StepOut:
    """Pass the formal check: awards and catalogue items are recommended at once, others go to the assessors."""
    return StepOut.of(await service.pass_formal_check(session, listing=own_listing))


@post(f"{_BASE}/recommend", access=OPERATOR)
async def recommend(
    data: JSONBody[StepIn], session: NamedDependency[AsyncSession], own_listing: NamedDependency[Listing]
) -> StepOut:
    """Recommend a technology after its assessment."""
    return StepOut.of(await service.recommend_listing(session, listing=own_listing, note=data.note))


STEPS = [
    list_steps,
    submit,
    renew,
    _holder_step("revise", "Take a recommended listing back into a draft"),
    _holder_step("withdraw", "Withdraw a listing for good"),
    _holder_step("reopen", "Open a suspended listing again"),
    pass_formal_check,
    recommend,
    _operator_step("return", "Return a listing to its holder, with a reason"),
    _operator_step("suspend", "Suspend a recommended listing, with a reason"),
]
