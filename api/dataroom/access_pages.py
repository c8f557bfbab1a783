"""The owner's page of a room's visitors: who may see what, until when, and how access is taken back."""

import datetime
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, Literal

from litestar import Response
from litestar.di import NamedDependency
from litestar.exceptions import TooManyRequestsException
from msgspec import Meta, Struct
from sqlalchemy.ext.asyncio import AsyncSession

from api.dataroom import nda_schemas, schemas, words
from api.dataroom.dependencies import InRoom
from api.dataroom.gate import OWN, AnyRequest, enter
from api.fields import Email, Line
from api.limits import limit_guesses
from api.platform import actor_of, platform_of
from api.routing import SIGNED_IN, get, post
from api.site.attempt import carried_out
from api.site.formats import end_of
from api.site.forms import Form, read_form
from api.site.language import gettext
from api.site.render import page, see_other
from marketplace.database import clock_of
from marketplace.dataroom import documents, guests, ndas, opening, rooms
from marketplace.dataroom.models import Group, Right, Room
from marketplace.dataroom.standing import Standing
from marketplace.errors import Forbidden, NotFound

_OWNER = Standing(side="owner")
_ROOM = "/desk/rooms/{room_id:uuid}"
_WHOLE = "room"


@get(f"{_ROOM}/access", access=SIGNED_IN, include_in_schema=False)
async def show_access(
    request: AnyRequest, session: NamedDependency[AsyncSession], own_room: NamedDependency[Room]
) -> Response[bytes]:
    """Groups with their rights, visitors, acceptances, and the room's course."""
    return await _access_page(request, session, own_room.id, None)


async def _access_page(
    request: AnyRequest, session: AsyncSession, room_id: uuid.UUID, form: Form[Any] | None
) -> Response[bytes]:
    room, standing = await enter(request, session, room_id, OWN)
    entries = [schemas.EntryOut.of(one) for one in await documents.index_for(session, room, _OWNER)]
    groups = await rooms.groups_of(session, room)
    accepted = await ndas.acceptances_of(session, room)
    return page(
        request,
        "dataroom/access.html",
        status=422 if form else 200,
        room=schemas.RoomOut.of(room, standing),
        writer=standing.writer,
        form=form,
        entries=entries,
        groups=[(group, _levels(await rooms.rights_of(session, group.id))) for group in groups],
        visitors=await rooms.visitors_of(session, room),
        accepted=[nda_schemas.AcceptanceOut.of(one) for one in accepted],
        partners=await guests.partners_of(session, room.organisation_id),
        reader=await opening.reader_of(session, actor_of(request)),
        words=words,
        now=clock_of(session).now(),
    )


def _levels(rights: Any) -> dict[str, str]:
    """What a group was given, by the id of the folder or document; nothing where it inherits."""
    return {_key(right): right.level for right in rights}


def _key(right: Right) -> str:
    return str(right.folder_id or right.document_id or _WHOLE)


async def _taken(
    request: AnyRequest,
    session: AsyncSession,
    room_id: uuid.UUID,
    kind: type[Any],
    act: Callable[[Any], Awaitable[Any]],
    *,
    guess: str | None = None,
) -> Response[bytes]:
    """Do what the form says; the page with the reason where it was refused. Tries of the field `guess` are few."""
    form = await read_form(request, kind)
    try:
        if guess and getattr(form.value, guess, None):
            await limit_guesses(platform_of(request), "visitor", str(actor_of(request).organisation_id))
        # Whoever is turned away has lost the transaction, too.
        if await carried_out(session, form, act, turned_away=(Forbidden, NotFound)):
            return see_other(f"/desk/rooms/{room_id}/access")
    except TooManyRequestsException:
        form.refusal = gettext("Too many addresses were tried. Wait ten minutes.")
    return await _access_page(request, session, room_id, form)


class CourseForm(Struct, frozen=True):
    """A step of the room's; `closes_on` with opening and extending: the end of that day in Beijing."""

    step: Literal["open", "extend", "freeze", "reopen", "close"]
    note: Annotated[str, Meta(max_length=2_000, pattern=r"^[^\x00]*$")] = ""
    closes_on: datetime.date | None = None


@post(f"{_ROOM}/steps", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_room_step(
    request: AnyRequest, session: NamedDependency[AsyncSession], managed_room: NamedDependency[Room]
) -> Response[bytes]:
    """Open, extend, freeze, open again or close."""

    async def act(given: CourseForm) -> None:
        await rooms.take_step(
            session, room=managed_room, step=given.step, note=given.note, closes_at=end_of(given.closes_on)
        )

    return await _taken(request, session, managed_room.id, CourseForm, act)


class GroupForm(Struct, frozen=True):
    """A group with what it may do in the whole room."""

    name: Line
    level: schemas.Level = "name"
    may_ask: bool = False


@post(f"{_ROOM}/groups", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_group(
    request: AnyRequest, session: NamedDependency[AsyncSession], managed_room: NamedDependency[Room]
) -> Response[bytes]:
    """Make a group of visitors."""

    async def act(given: GroupForm) -> None:
        group = await rooms.add_group(session, room=managed_room, name=given.name, may_ask=given.may_ask)
        await rooms.set_rights(session, group=group, grants=[rooms.Grant(level=given.level)])

    return await _taken(request, session, managed_room.id, GroupForm, act)


class RightsForm(Struct, frozen=True):
    """A level for the whole room and for each folder or document; left open, it is inherited."""

    level: dict[str, schemas.Level] = {}
    may_ask: bool = False


@post("/desk/room-groups/{group_id:uuid}/rights", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_rights(
    request: AnyRequest, session: NamedDependency[AsyncSession], managed_group: NamedDependency[InRoom]
) -> Response[bytes]:
    """Replace what a group may see, from the next look on."""
    group, room = managed_group

    async def act(given: RightsForm) -> None:
        folders = {str(entry.id) for entry in await documents.index_for(session, room, _OWNER) if entry.is_folder}
        group.may_ask = given.may_ask
        await rooms.set_rights(session, group=group, grants=_grants(given.level, folders))

    return await _taken(request, session, room.id, RightsForm, act)


def _grants(levels: Mapping[str, str], folders: set[str]) -> list[rooms.Grant]:
    grants = []
    for key, level in levels.items():
        if key == _WHOLE:
            grants.append(rooms.Grant(level=level))
        elif key in folders:
            grants.append(rooms.Grant(level=level, folder_id=uuid.UUID(key)))
        elif _is_id(key):
            grants.append(rooms.Grant(level=level, document_id=uuid.UUID(key)))
    return grants


def _is_id(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


class VisitorForm(Struct, frozen=True):
    """Everybody of an organisation, or the person with this address alone."""

    organisation: Line
    email: Email | None = None


@post("/desk/room-groups/{group_id:uuid}/visitors", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_visitor(
    request: AnyRequest, session: NamedDependency[AsyncSession], managed_group: NamedDependency[InRoom]
) -> Response[bytes]:
    """Let somebody in."""
    group: Group = managed_group.thing

    async def act(given: VisitorForm) -> None:
        admission = await guests.admission_named(session, organisation=given.organisation, email=given.email)
        await rooms.admit(session, room=managed_group.room, group=group, admission=admission)

    # Else any number of addresses could be tried to learn for whom people work.
    return await _taken(request, session, managed_group.room.id, VisitorForm, act, guess="email")


@post("/desk/room-visitors/{visitor_id:uuid}/remove", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_visitor_out(
    session: NamedDependency[AsyncSession], managed_visitor: NamedDependency[InRoom]
) -> Response[bytes]:
    """Take a visitor's access back, at once."""
    await rooms.turn_out(session, visitor=managed_visitor.thing)
    return see_other(f"/desk/rooms/{managed_visitor.room.id}/access")


@post("/desk/room-documents/{document_id:uuid}/remove", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_document_out(
    session: NamedDependency[AsyncSession], managed_document: NamedDependency[InRoom]
) -> Response[bytes]:
    """Take a document out of the room."""
    await documents.remove_document(session, room=managed_document.room, document=managed_document.thing)
    return see_other(f"/desk/rooms/{managed_document.room.id}")


ACCESS_PAGES = [show_access, take_room_step, take_group, take_rights, take_visitor, take_visitor_out, take_document_out]
