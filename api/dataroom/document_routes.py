"""Folders and documents: arranging them, sending their content, and opening it by signed links."""

import tempfile
import uuid
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api.dataroom import schemas
from api.dataroom.dependencies import InRoom, document_to_manage
from api.dataroom.gate import ENTER, Entry, attempt, deny, enter
from api.dataroom.uploading import UploadOperation, receive
from api.platform import actor_of, platform_of
from api.routing import SIGNED_IN, delete, get, post, put
from api.transaction import CURRENT, provide_session
from marketplace.database import clock_of
from marketplace.dataroom import documents, links, opening
from marketplace.dataroom.confidential import confidential_entries
from marketplace.dataroom.models import Document, DocumentVersion, Room
from marketplace.dataroom.standing import log_attempt, why_not_open
from marketplace.errors import only
from marketplace.files.service import take_in
from marketplace.files.store import file_store

AnyRequest = Request[Any, Any, Any]
_OCTETS = "application/octet-stream"


@get("/rooms/{room_id:uuid}/index", access=SIGNED_IN)
async def list_index(
    request: AnyRequest, session: NamedDependency[AsyncSession], entered_room: NamedDependency[Entry]
) -> list[schemas.EntryOut]:
    """Folders and documents that the caller may know of, each with what they may do with it."""
    room, standing = entered_room
    session.add(log_attempt(attempt(request, room.id, "index"), clock_of(session).now()))
    return [schemas.EntryOut.of(entry) for entry in await documents.index_for(session, room, standing)]


@get("/rooms/{room_id:uuid}/confidential", access=SIGNED_IN)
async def list_confidential(
    request: AnyRequest, session: NamedDependency[AsyncSession], entered_room: NamedDependency[Entry]
) -> dict[str, str]:
    """What the holder of the room's technology tells only those who accepted the agreement, by names."""
    found = await confidential_entries(session, entered_room.room)
    if found:
        session.add(log_attempt(attempt(request, entered_room.room.id, "confidential"), clock_of(session).now()))
    return found


@post("/rooms/{room_id:uuid}/folders", access=SIGNED_IN)
async def add_folder(
    data: JSONBody[schemas.FolderIn], session: NamedDependency[AsyncSession], managed_room: NamedDependency[Room]
) -> schemas.FolderOut:
    """Make a folder."""
    made = await documents.add_folder(session, room=managed_room, name=data.name, parent_id=data.parent_id)
    return schemas.FolderOut.of(made)


@put("/room-folders/{folder_id:uuid}", access=SIGNED_IN)
async def change_folder(
    data: JSONBody[schemas.FolderIn], session: NamedDependency[AsyncSession], managed_folder: NamedDependency[InRoom]
) -> schemas.FolderOut:
    """Rename or move a folder."""
    folder, room = managed_folder
    await documents.change_folder(session, room=room, folder=folder, name=data.name, parent_id=data.parent_id)
    return schemas.FolderOut.of(folder)


@delete("/room-folders/{folder_id:uuid}", access=SIGNED_IN, status_code=204)
async def remove_folder(session: NamedDependency[AsyncSession], managed_folder: NamedDependency[InRoom]) -> None:
    """Remove an empty folder."""
    await documents.remove_folder(session, room=managed_folder.room, folder=managed_folder.thing)


@post("/rooms/{room_id:uuid}/documents", access=SIGNED_IN)
async def add_document(
    data: JSONBody[schemas.DocumentIn], session: NamedDependency[AsyncSession], managed_room: NamedDependency[Room]
) -> schemas.DocumentOut:
    """Make a place for a document; its content is sent next."""
    made = await documents.add_document(session, room=managed_room, name=data.name, folder_id=data.folder_id)
    return schemas.DocumentOut.of(made, [])


@get("/room-documents/{document_id:uuid}", access=SIGNED_IN)
async def show_document(
    session: NamedDependency[AsyncSession], own_document: NamedDependency[InRoom]
) -> schemas.DocumentOut:
    """For the owner: a document with all its versions."""
    document = own_document.thing
    return schemas.DocumentOut.of(document, await documents.versions_of(session, document))


@put("/room-documents/{document_id:uuid}", access=SIGNED_IN)
async def change_document(
    data: JSONBody[schemas.DocumentIn],
    session: NamedDependency[AsyncSession],
    managed_document: NamedDependency[InRoom],
) -> schemas.DocumentOut:
    """Rename or move a document."""
    document, room = managed_document
    await documents.change_document(session, room=room, document=document, name=data.name, folder_id=data.folder_id)
    return schemas.DocumentOut.of(document, await documents.versions_of(session, document))


@delete("/room-documents/{document_id:uuid}", access=SIGNED_IN, status_code=204)
async def remove_document(session: NamedDependency[AsyncSession], managed_document: NamedDependency[InRoom]) -> None:
    """Take a document out of the room; the log keeps who saw it."""
    await documents.remove_document(session, room=managed_document.room, document=managed_document.thing)


@put(
    "/room-documents/{document_id:uuid}/content",
    access=SIGNED_IN,
    request_max_body_size=None,
    operation_class=UploadOperation,
)
async def send_content(
    request: AnyRequest,
    document_id: FromPath[uuid.UUID],
    file_name: Annotated[str | None, QueryParameter(max_length=200, pattern=schemas.FILE_NAME)] = None,
) -> schemas.VersionOut:
    """Send the bytes of the next version. PDF, newer Office files, pictures, drawings and texts are taken, if their

    content is what `file_name` (without it, the document's name) says, and holds no macros or programs. Sending the
    content it has already changes nothing.
    """
    platform, actor = platform_of(request), actor_of(request)
    # Authorised first, and again at the end: no transaction waits while a body comes in.
    wanted = await document_to_manage(request, await provide_session(request), document_id)
    name: str = file_name or wanted.thing.name
    await CURRENT.get().end(keep=False)
    with tempfile.TemporaryDirectory(prefix="greenhatch-upload-") as folder:
        received = await receive(
            request.stream(), name=name, folder=Path(folder), bytes_max=platform.settings.upload_bytes_max
        )
        store = file_store(platform.settings)
        await take_in(platform.sessions, store, actor=actor, received=received)
    session = await provide_session(request)
    document, room = await document_to_manage(request, session, document_id)
    made = await documents.add_version(session, room=room, document=document, received=received)
    return schemas.VersionOut.of(made)


@post("/room-documents/{document_id:uuid}/links", access=SIGNED_IN)
async def make_link(
    request: AnyRequest,
    document_id: FromPath[uuid.UUID],
    data: JSONBody[schemas.LinkIn],
    session: NamedDependency[AsyncSession],
) -> schemas.LinkOut:
    """A link that opens one version, for the caller alone and for five minutes."""
    platform, actor = platform_of(request), actor_of(request)
    document: Document = only(await session.get(Document, document_id), "document")
    entry = await enter(request, session, document.room_id, ENTER, kind="document", document_id=document.id)
    version = await _to_open(request, session, entry, document, data.action, number=data.version)
    until = clock_of(session).now() + links.GOOD_FOR
    link = links.Link(version.id, data.action, _id(actor.id), _id(actor.organisation_id), int(until.timestamp()))
    token = links.signed(link, platform.key)
    return schemas.LinkOut(url=f"{platform.settings.public_url}/api/v1/room-files/{token}", until=until)


@get(
    "/room-files/{token:str}",
    access=SIGNED_IN,
    media_type=_OCTETS,
    responses={200: ResponseSpec(bytes, description="The file", media_type=_OCTETS)},
)
async def open_file(
    request: AnyRequest, token: FromPath[str], session: NamedDependency[AsyncSession]
) -> Response[bytes]:
    """What a link leads to. A PDF carries the reader's name, organisation, address, the time and a serial number.

    Rights are looked at again: whoever was turned out meanwhile reads nothing.
    """
    platform, actor, now = platform_of(request), actor_of(request), clock_of(session).now()
    link = links.read_link(token, platform.key, now)
    version = await opening.version_named(session, link.version_id) if link else None
    if link is None or version is None:
        raise only(None, "link")
    document = await session.get_one(Document, version.document_id)
    if (link.reader_id, link.organisation_id) != (actor.id, actor.organisation_id):
        await deny(request, attempt(request, document.room_id, link.action, document_id=document.id), "link-not-good")
    entry = await enter(request, session, document.room_id, ENTER, kind="link", document_id=document.id)
    await _to_open(request, session, entry, document, link.action, number=version.number)
    tried = attempt(request, entry.room.id, link.action, document_id=document.id, version_number=version.number)
    line = log_attempt(tried, now)
    session.add(line)
    await session.flush()
    reader = await opening.reader_of(session, actor)
    store = file_store(platform.settings)
    content = await opening.content(store, version.file, reader=reader, at=now, serial=str(line.id))
    return _served(content, version, link.action)


async def _to_open(
    request: AnyRequest, session: AsyncSession, entry: Entry, document: Document, action: str, *, number: int | None
) -> DocumentVersion:
    """The version, if the caller may do this with it now."""
    tree = await documents.tree_of(session, entry.room)
    tried = attempt(request, entry.room.id, action, document_id=document.id)
    if document.id not in tree.documents:
        await deny(request, tried, "removed", kind="document")
    level = (await documents.levels_for(session, tree, entry.standing))[document.id]
    if level == "none":
        await deny(request, tried, "no-right", kind="document")
    version = await opening.version_to_open(session, document, number)
    if reason := why_not_open(level, action, marked=opening.is_marked(version)):
        await deny(request, tried, reason, kind="document")
    return version


def _id(value: uuid.UUID | None) -> uuid.UUID:
    if value is None:
        raise RuntimeError("somebody without an identity got through the gate")
    return value


def _served(content: bytes, version: DocumentVersion, action: str) -> Response[bytes]:
    how = "inline" if action == opening.VIEW else "attachment"
    headers = {
        "Content-Disposition": f"{how}; filename*=UTF-8''{quote(version.file_name, safe='')}",
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
        "Content-Type": version.file.media_type,
    }
    return Response(content, media_type=version.file.media_type, headers=headers)


DOCUMENT_ROUTES = [
    list_index,
    list_confidential,
    add_folder,
    change_folder,
    remove_folder,
    add_document,
    show_document,
    change_document,
    remove_document,
    send_content,
    make_link,
    open_file,
]
