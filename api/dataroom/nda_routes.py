"""Confidentiality agreements of an organisation, and their acceptance at the door of a room."""

import uuid

from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from api.dataroom import nda_schemas as schemas
from api.dataroom.gate import AnyRequest, Entry, attempt, deny, ip_of
from api.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from api.platform import actor_of
from api.routing import PUBLIC, SIGNED_IN, get, post
from marketplace.database import clock_of
from marketplace.dataroom import ndas
from marketplace.dataroom.models import Nda, NdaAcceptance, Room
from marketplace.dataroom.standing import current_nda, log_attempt
from marketplace.errors import only
from marketplace.paging import count, newest_first, page
from marketplace.people.models import Organisation


@get("/nda-templates", access=PUBLIC, problems=())
async def list_templates() -> list[schemas.TemplateOut]:
    """Texts to begin with."""
    return [schemas.TemplateOut(title=ndas.TEMPLATE_TITLE, text=ndas.TEMPLATE)]


@get("/ndas", access=SIGNED_IN, problems=())
async def list_ndas(
    request: AnyRequest, session: NamedDependency[AsyncSession], cursor: Cursor = None, limit: Limit = 20
) -> Page[schemas.NdaOut]:
    """The agreements of the caller's organisation."""
    query = select(Nda).where(Nda.organisation_id == actor_of(request).organisation_id)
    after = decode_cursor(cursor, tuple[uuid.UUID]) if cursor else None
    found = await page(session, query, order=newest_first(Nda), after=after, limit=limit)
    items = [schemas.NdaOut.of(nda, await ndas.versions_of(session, nda)) for nda in found.items]
    return Page(items, encode_cursor(found.position) if found.position else None, await count(session, query))


@post("/ndas", access=SIGNED_IN, problems=())
async def draft_nda(
    data: JSONBody[schemas.NdaIn], session: NamedDependency[AsyncSession], room_owner: NamedDependency[Organisation]
) -> schemas.NdaOut:
    """Make an agreement, with its first version."""
    made = await ndas.draft_nda(session, owner=room_owner, title=data.title.text(), text=data.text.text())
    return schemas.NdaOut.of(await session.get_one(Nda, made.nda_id), [made])


@get("/ndas/{nda_id:uuid}", access=SIGNED_IN)
async def show_nda(session: NamedDependency[AsyncSession], own_nda: NamedDependency[Nda]) -> schemas.NdaOut:
    """An agreement with all its versions."""
    return schemas.NdaOut.of(own_nda, await ndas.versions_of(session, own_nda))


@post("/ndas/{nda_id:uuid}/versions", access=SIGNED_IN)
async def publish_version(
    data: JSONBody[schemas.NdaTextIn],
    session: NamedDependency[AsyncSession],
    changeable_nda: NamedDependency[Nda],
) -> schemas.NdaVersionOut:
    """A new text: visitors of all rooms with this agreement accept it before they see anything more."""
    made = await ndas.publish_version(session, nda=changeable_nda, text=data.text.text())
    return schemas.NdaVersionOut.of(made)


@get("/rooms/{room_id:uuid}/nda", access=SIGNED_IN)
async def show_room_nda(
    session: NamedDependency[AsyncSession], known_room: NamedDependency[Entry]
) -> schemas.RoomNdaOut:
    """The text that holds in this room now."""
    version = only(await current_nda(session, known_room.room), "nda")
    nda = await session.get_one(Nda, version.nda_id)
    return schemas.RoomNdaOut(
        title=nda.title, version=schemas.NdaVersionOut.of(version), accepted=known_room.standing.accepted
    )


@post("/rooms/{room_id:uuid}/nda/acceptance", access=SIGNED_IN)
async def accept_nda(
    request: AnyRequest,
    data: JSONBody[schemas.AcceptIn],
    session: NamedDependency[AsyncSession],
    known_room: NamedDependency[Entry],
) -> schemas.AcceptanceOut:
    """Accept the text that was read, by its hash, for the organisation the caller is signed in for."""
    room, standing = known_room
    if standing.side != "visitor":
        await deny(request, attempt(request, room.id, "accept"), "visitors-only")
    made = await ndas.accept_nda(
        session,
        room=room,
        sha256=data.sha256,
        authorised=data.authorised,
        person=actor_of(request),
        ip_address=ip_of(request),
    )
    session.add(log_attempt(attempt(request, room.id, "accept"), clock_of(session).now()))
    query = select(NdaAcceptance).where(NdaAcceptance.id == made.id).execution_options(populate_existing=True)
    joined = (joinedload(NdaAcceptance.nda_version), joinedload(NdaAcceptance.person))
    query = query.options(*joined, joinedload(NdaAcceptance.organisation))
    return schemas.AcceptanceOut.of((await session.scalars(query)).one())


@get("/rooms/{room_id:uuid}/acceptances", access=SIGNED_IN)
async def list_acceptances(
    session: NamedDependency[AsyncSession], own_room: NamedDependency[Room]
) -> list[schemas.AcceptanceOut]:
    """For the owner: who accepted which version."""
    return [schemas.AcceptanceOut.of(found) for found in await ndas.acceptances_of(session, own_room)]


NDA_ROUTES = [
    list_templates,
    list_ndas,
    draft_nda,
    show_nda,
    publish_version,
    show_room_nda,
    accept_nda,
    list_acceptances,
]
