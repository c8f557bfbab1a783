"""Rooms: their course, their visitors and rights, their log."""

import asyncio
import uuid

from litestar import Response
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody
from sqlalchemy import Select, false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from api.conditional import require_version, version_tag
from api.dataroom import schemas
from api.dataroom.dependencies import DEPENDENCIES as PROVIDERS
from api.dataroom.dependencies import InRoom
from api.dataroom.document_routes import DOCUMENT_ROUTES
from api.dataroom.gate import AnyRequest, Entry, attempt, deny
from api.dataroom.nda_routes import NDA_ROUTES
from api.dataroom.question_routes import QUESTION_ROUTES
from api.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from api.platform import actor_of
from api.routing import SIGNED_IN, delete, get, post, put
from api.steps import StepOut
from marketplace.actors import Actor
from marketplace.database import clock_of
from marketplace.dataroom import export, rooms
from marketplace.dataroom.models import Group, Room, RoomAccess, Visitor
from marketplace.dataroom.process import PREPARING
from marketplace.dataroom.standing import Standing, standing_of
from marketplace.paging import count, newest_first, page
from marketplace.people.models import Organisation
from marketplace.process import history

_OWNER = Standing(side="owner")
_BY_OPERATOR = ("suspend", "release", "end")


@get("/rooms", access=SIGNED_IN, problems=())
async def list_rooms(
    request: AnyRequest, session: NamedDependency[AsyncSession], cursor: Cursor = None, limit: Limit = 20
) -> Page[schemas.RoomOut]:
    """Rooms that the caller's organisation owns, and those that the caller visits; the newest first."""
    actor = actor_of(request)
    visited = Room.id.in_(_visited(actor)) & (Room.state != PREPARING)
    query = select(Room).where(or_(Room.organisation_id == actor.organisation_id, visited))
    after = decode_cursor(cursor, tuple[uuid.UUID]) if cursor else None
    shown = query.options(joinedload(Room.organisation))
    found = await page(session, shown, order=newest_first(Room), after=after, limit=limit)
    items = [schemas.RoomOut.of(room, await standing_of(session, room, actor) or _OWNER) for room in found.items]
    return Page(items, encode_cursor(found.position) if found.position else None, await count(session, query))


def _visited(actor: Actor) -> Select[uuid.UUID]:
    """By people: a program of theirs visits none."""
    mine = (Visitor.organisation_id == actor.organisation_id) & (
        Visitor.person_id.is_(None) | (Visitor.person_id == actor.id)
    )
    return select(Visitor.room_id).where(mine if actor.kind != "key" else false())


@post("/rooms", access=SIGNED_IN, problems=())
async def prepare_room(
    data: JSONBody[schemas.RoomIn], session: NamedDependency[AsyncSession], room_owner: NamedDependency[Organisation]
) -> schemas.RoomOut:
    """Make a room; visitors see it once it is opened."""
    made = await rooms.prepare_room(session, owner=room_owner, plan=data.plan())
    made.organisation = room_owner
    return schemas.RoomOut.of(made, _OWNER)


@get("/rooms/{room_id:uuid}", access=SIGNED_IN)
async def show_room(known_room: NamedDependency[Entry]) -> Response[schemas.RoomOut]:
    """A room, and what the caller is in it."""
    room, standing = known_room
    return Response(schemas.RoomOut.of(room, standing), headers={"ETag": version_tag(room.version)})


@put("/rooms/{room_id:uuid}", access=SIGNED_IN, problems=(404, 412, 428))
async def change_room(
    request: AnyRequest,
    data: JSONBody[schemas.RoomIn],
    session: NamedDependency[AsyncSession],
    managed_room: NamedDependency[Room],
) -> Response[schemas.RoomOut]:
    """Change what the owner says of the room; `If-Match` names the version that was read."""
    require_version(request, managed_room.version)
    await rooms.change_room(session, room=managed_room, plan=data.plan())
    await session.flush()
    headers = {"ETag": version_tag(managed_room.version)}
    return Response(schemas.RoomOut.of(managed_room, _OWNER), headers=headers)


@post("/rooms/{room_id:uuid}/steps", access=SIGNED_IN)
async def take_step(
    request: AnyRequest,
    data: JSONBody[schemas.StepIn],
    session: NamedDependency[AsyncSession],
    known_room: NamedDependency[Entry],
) -> StepOut:
    """The owner opens, extends, freezes, reopens and closes; the platform suspends, releases and ends."""
    room, standing = known_room
    if data.step in _BY_OPERATOR:
        if "operator" not in actor_of(request).roles:
            await deny(request, attempt(request, room.id, data.step), "operators-only")
    elif standing.side != "owner" or not standing.writer:
        await deny(request, attempt(request, room.id, data.step), "owner-only")
    event = await rooms.take_step(session, room=room, step=data.step, note=data.note, closes_at=data.closes_at)
    return StepOut.of(event)


@get("/rooms/{room_id:uuid}/history", access=SIGNED_IN)
async def list_room_steps(session: NamedDependency[AsyncSession], own_room: NamedDependency[Room]) -> list[StepOut]:
    """For the owner: what has happened to the room."""
    return [StepOut.of(event) for event in await history(session, own_room)]


@get("/rooms/{room_id:uuid}/groups", access=SIGNED_IN)
async def list_groups(
    session: NamedDependency[AsyncSession], own_room: NamedDependency[Room]
) -> list[schemas.GroupOut]:
    """For the owner: the groups of visitors."""
    return [schemas.GroupOut.of(group) for group in await rooms.groups_of(session, own_room)]


@post("/rooms/{room_id:uuid}/groups", access=SIGNED_IN)
async def add_group(
    data: JSONBody[schemas.GroupIn], session: NamedDependency[AsyncSession], managed_room: NamedDependency[Room]
) -> schemas.GroupOut:
    """Make a group; it sees nothing until it is given rights."""
    made = await rooms.add_group(session, room=managed_room, name=data.name, may_ask=data.may_ask)
    return schemas.GroupOut.of(made)


@put("/room-groups/{group_id:uuid}", access=SIGNED_IN)
async def change_group(
    data: JSONBody[schemas.GroupIn], session: NamedDependency[AsyncSession], managed_group: NamedDependency[InRoom]
) -> schemas.GroupOut:
    """Rename a group, or say whether it may put questions."""
    group: Group = managed_group.thing
    group.name, group.may_ask = data.name, data.may_ask
    await session.flush()
    return schemas.GroupOut.of(group)


@get("/room-groups/{group_id:uuid}/rights", access=SIGNED_IN)
async def list_rights(
    session: NamedDependency[AsyncSession], own_group: NamedDependency[Group]
) -> list[schemas.RightOut]:
    """For the owner: what the group may do. What is not named inherits from the folder above, in the end nothing."""
    return [schemas.RightOut.of(right) for right in await rooms.rights_of(session, own_group.id)]


@put("/room-groups/{group_id:uuid}/rights", access=SIGNED_IN)
async def set_rights(
    data: JSONBody[schemas.RightsIn], session: NamedDependency[AsyncSession], managed_group: NamedDependency[InRoom]
) -> list[schemas.RightOut]:
    """Replace all rights of a group, from the next look on."""
    group: Group = managed_group.thing
    await rooms.set_rights(session, group=group, grants=[given.grant() for given in data.rights])
    return [schemas.RightOut.of(right) for right in await rooms.rights_of(session, group.id)]


@get("/rooms/{room_id:uuid}/visitors", access=SIGNED_IN)
async def list_visitors(
    session: NamedDependency[AsyncSession], own_room: NamedDependency[Room]
) -> list[schemas.VisitorOut]:
    """For the owner: who is let in."""
    return [schemas.VisitorOut.of(visitor) for visitor in await rooms.visitors_of(session, own_room)]


@post("/room-groups/{group_id:uuid}/visitors", access=SIGNED_IN)
async def admit(
    data: JSONBody[schemas.VisitorIn], session: NamedDependency[AsyncSession], managed_group: NamedDependency[InRoom]
) -> schemas.VisitorOut:
    """Let an organisation, or one of its people, into a group."""
    group, room = managed_group
    made = await rooms.admit(session, room=room, group=group, admission=data.admission())
    await session.refresh(made, ["organisation", "person"])
    return schemas.VisitorOut.of(made)


@delete("/room-visitors/{visitor_id:uuid}", access=SIGNED_IN, status_code=204)
async def turn_out(session: NamedDependency[AsyncSession], managed_visitor: NamedDependency[InRoom]) -> None:
    """Close the room to a visitor, at once: links they hold open nothing any more."""
    await rooms.turn_out(session, visitor=managed_visitor.thing)


@get("/rooms/{room_id:uuid}/accesses", access=SIGNED_IN)
async def list_accesses(
    session: NamedDependency[AsyncSession],
    own_room: NamedDependency[Room],
    granted: FromQuery[bool | None] = None,
    document_id: FromQuery[uuid.UUID | None] = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Page[schemas.AccessOut]:
    """For the owner: who opened what, and who was turned away (`granted=false`); the newest first."""
    query = select(RoomAccess).where(RoomAccess.room_id == own_room.id)
    if granted is not None:
        query = query.where(RoomAccess.granted == granted)
    if document_id is not None:
        query = query.where(RoomAccess.document_id == document_id)
    after = decode_cursor(cursor, tuple[uuid.UUID]) if cursor else None
    found = await page(session, query, order=newest_first(RoomAccess), after=after, limit=limit)
    items = [schemas.AccessOut.of(line) for line in found.items]
    return Page(items, encode_cursor(found.position) if found.position else None, await count(session, query))


@get("/rooms/{room_id:uuid}/export", access=SIGNED_IN, media_type="application/octet-stream")
async def export_room(session: NamedDependency[AsyncSession], own_room: NamedDependency[Room]) -> Response[bytes]:
    """For the owner: index, rights, visitors, acceptances, questions and the whole log, as a ZIP of CSV files."""
    tables, now = await export.tables_of(session, own_room), clock_of(session).now()
    content = await asyncio.to_thread(export.archive, tables, room_id=str(own_room.id), at=now)
    headers = {"Content-Disposition": f'attachment; filename="room-{own_room.id}.zip"'}
    return Response(content, media_type="application/octet-stream", headers=headers)


DEPENDENCIES = PROVIDERS
ROUTES = [
    list_rooms,
    prepare_room,
    show_room,
    change_room,
    take_step,
    list_room_steps,
    list_groups,
    add_group,
    change_group,
    list_rights,
    set_rights,
    list_visitors,
    admit,
    turn_out,
    list_accesses,
    export_room,
    *NDA_ROUTES,
    *DOCUMENT_ROUTES,
    *QUESTION_ROUTES,
]
