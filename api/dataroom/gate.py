"""The one gate to rooms: load, authorise, and log who was turned away.

A refusal is logged in a transaction of its own, after the request's has ended: the request fails, its trace stays.
"""

import uuid
from typing import Any, NamedTuple, NoReturn

from litestar import Request
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from api.platform import actor_of, platform_of
from api.transaction import CURRENT
from marketplace.database import clock_of, transaction
from marketplace.dataroom.models import Room
from marketplace.dataroom.standing import (
    Attempt,
    Standing,
    log_attempt,
    refusal_of,
    standing_of,
    why_not_enter,
)
from marketplace.errors import only

# What a caller has to be: to know of the room, to see into it, to see it as its owner, to change it.
KNOW, ENTER, OWN, MANAGE = "know", "enter", "own", "manage"
AnyRequest = Request[Any, Any, Any]


class Entry(NamedTuple):
    """A room, and who the caller is towards it."""

    room: Room
    standing: Standing


def ip_of(request: AnyRequest) -> str:
    return request.client.host if request.client else ""


def attempt(request: AnyRequest, room_id: uuid.UUID, action: str, **more: Any) -> Attempt:
    return Attempt(room_id=room_id, action=action, actor=actor_of(request), ip_address=ip_of(request), **more)


async def deny(request: AnyRequest, tried: Attempt, reason: str, *, kind: str = "room") -> NoReturn:
    """Turn somebody away; whatever the request did so far is undone, and the log of the room tells of it."""
    await CURRENT.get().end(keep=False)
    async with transaction(platform_of(request).sessions, actor_of(request)) as session:
        session.add(log_attempt(tried, clock_of(session).now(), denied=reason))
    raise refusal_of(reason, kind)


async def enter(
    request: AnyRequest,
    session: AsyncSession,
    room_id: uuid.UUID | None,
    need: str,
    *,
    kind: str = "room",
    document_id: uuid.UUID | None = None,
) -> Entry:
    """The room, for whoever is what `need` says.

    Raises
    ------
    NotFound
        There is none, or the caller may not know of it.
    Forbidden
        The caller may know of it and not do this.
    """
    query = select(Room).where(Room.id == room_id).options(joinedload(Room.organisation))
    room: Room = only(await session.scalar(query), kind)
    standing = await standing_of(session, room, actor_of(request))
    tried = attempt(request, room.id, request.route_handler.fn.__name__, document_id=document_id)
    if standing is None:
        await deny(request, tried, "stranger", kind=kind)
    if reason := _reason(need, room, standing):
        await deny(request, tried, reason, kind=kind)
    return Entry(room, standing)


def _reason(need: str, room: Room, standing: Standing) -> str | None:
    if need == KNOW:
        return None
    if need == ENTER:
        return why_not_enter(room, standing)
    if standing.side != "owner":
        return "owner-only"
    return None if need == OWN or standing.writer else "no-writer"
