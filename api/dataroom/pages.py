"""Data rooms as pages: the agreement first, then folders and documents by right, questions, and the owner's log."""

import tempfile
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Literal

from litestar import Request, Response
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from api.dataroom import document_routes, nda_routes, nda_schemas, question_routes, routes, schemas, words
from api.dataroom import question_schemas as asking
from api.dataroom.access_pages import ACCESS_PAGES
from api.dataroom.dependencies import InRoom
from api.dataroom.gate import KNOW, MANAGE, Entry, enter
from api.dataroom.new_room_pages import NEW_ROOM_PAGES
from api.dataroom.uploading import chunks_of, receive
from api.paging import Cursor
from api.platform import actor_of, platform_of
from api.routing import SIGNED_IN, get, post
from api.site.attempt import carried_out
from api.site.forms import Form, read_form
from api.site.render import page, see_other
from api.transaction import CURRENT, provide_session
from marketplace.database import clock_of
from marketplace.dataroom import documents
from marketplace.dataroom.models import Document, Room
from marketplace.dataroom.standing import current_nda, refusal_of, why_not_enter
from marketplace.errors import FieldError, Forbidden, Invalid, MarketplaceError, NotFound, only
from marketplace.files.service import take_in
from marketplace.files.store import file_store

AnyRequest = Request[Any, Any, Any]
_ROOM = "/desk/rooms/{room_id:uuid}"


@get("/desk/rooms", access=SIGNED_IN, problems=(), include_in_schema=False)
async def show_rooms(
    request: AnyRequest, session: NamedDependency[AsyncSession], cursor: Cursor = None
) -> Response[bytes]:
    """Rooms of one's own, and those one is invited to."""
    found = await routes.list_rooms.fn(request, session, cursor, 20)
    return page(request, "dataroom/list.html", found=found, words=words)


@get(_ROOM, access=SIGNED_IN, include_in_schema=False)
async def show_room_page(
    request: AnyRequest, session: NamedDependency[AsyncSession], known_room: NamedDependency[Entry]
) -> Response[bytes]:
    """A room: its agreement until it is accepted, then what one may see in it."""
    return await _room_page(request, session, known_room, None)


async def _room_page(
    request: AnyRequest, session: AsyncSession, entry: Entry, form: Form[Any] | None
) -> Response[bytes]:
    room, standing = entry
    closed = why_not_enter(room, standing)
    inside = {} if closed else await _inside(request, session, entry)
    text = await current_nda(session, room) if closed == "nda-first" else None
    return page(
        request,
        "dataroom/room.html",
        status=422 if form else 200,
        room=schemas.RoomOut.of(room, standing),
        writer=standing.side == "owner" and standing.writer,
        closed=refusal_of(closed, "room") if closed else None,
        nda=nda_schemas.NdaVersionOut.of(text) if text else None,
        form=form,
        words=words,
        now=clock_of(session).now(),
        **({"index": [], "questions": [], "confidential": {}, "log": []} | inside),
    )


async def _inside(request: AnyRequest, session: AsyncSession, entry: Entry) -> dict[str, Any]:
    found = {
        "index": await document_routes.list_index.fn(request, session, entry),
        "questions": (await question_routes.list_questions.fn(session, entry, None, 50)).items,
        "confidential": await document_routes.list_confidential.fn(request, session, entry),
    }
    if entry.standing.side != "owner":
        return found
    return found | {"log": (await routes.list_accesses.fn(session, entry.room, None, None, None, 30)).items}


async def _taken(
    request: AnyRequest,
    session: AsyncSession,
    room_id: uuid.UUID,
    kind: type[Any],
    act: Callable[[Any], Awaitable[Any]],
) -> Response[bytes]:
    """Do what the form says; the page with the reason where it was refused."""
    form = await read_form(request, kind)
    # Whoever is turned away has lost the transaction, too.
    if await carried_out(session, form, act, turned_away=(Forbidden, NotFound)):
        return see_other(f"/desk/rooms/{room_id}")
    return await _room_page(request, session, await enter(request, session, room_id, KNOW), form)


class AcceptForm(Struct, frozen=True):
    """Not ticked is not authorised."""

    sha256: nda_schemas.Hash
    authorised: bool = False


@post(f"{_ROOM}/nda", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_acceptance(
    request: AnyRequest, session: NamedDependency[AsyncSession], known_room: NamedDependency[Entry]
) -> Response[bytes]:
    """Accept the text that was read."""
    if known_room.standing.side != "visitor":
        raise refusal_of("visitors-only", "room")

    async def act(given: AcceptForm) -> None:
        accepted = nda_schemas.AcceptIn(sha256=given.sha256, authorised=given.authorised)
        await nda_routes.accept_nda.fn(request, accepted, session, known_room)

    return await _taken(request, session, known_room.room.id, AcceptForm, act)


class OpenForm(Struct, frozen=True):
    action: Literal["view", "download"] = "view"


@post("/desk/room-documents/{document_id:uuid}", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def open_document(
    request: AnyRequest, document_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> Response[bytes]:
    """Open or download a document, by a link for the reader alone."""
    form = await read_form(request, OpenForm)
    action = form.value.action if form.value else "view"
    link = await document_routes.make_link.fn(request, document_id, schemas.LinkIn(action=action), session)
    return see_other("/api/v1/" + link.url.partition("/api/v1/")[2])


@post(f"{_ROOM}/questions", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_question(
    request: AnyRequest, session: NamedDependency[AsyncSession], entered_room: NamedDependency[Entry]
) -> Response[bytes]:
    """Put a question to the owner."""
    if not entered_room.standing.may_ask:
        raise refusal_of("may-not-ask", "room")

    async def act(given: asking.QuestionIn) -> None:
        await question_routes.ask.fn(request, given, session, entered_room)

    return await _taken(request, session, entered_room.room.id, asking.QuestionIn, act)


@post("/desk/room-questions/{question_id:uuid}", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_room_answer(
    request: AnyRequest, session: NamedDependency[AsyncSession], coordinated_question: NamedDependency[InRoom]
) -> Response[bytes]:
    """Answer the group that asked, or all of them."""

    async def act(given: asking.AnswerIn) -> None:
        await question_routes.publish_answer.fn(given, session, coordinated_question)

    return await _taken(request, session, coordinated_question.room.id, asking.AnswerIn, act)


@post(f"{_ROOM}/folders", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_folder(
    request: AnyRequest, session: NamedDependency[AsyncSession], managed_room: NamedDependency[Room]
) -> Response[bytes]:
    """Make a folder."""

    async def act(given: schemas.FolderIn) -> None:
        await document_routes.add_folder.fn(given, session, managed_room)

    return await _taken(request, session, managed_room.id, schemas.FolderIn, act)


@post(f"{_ROOM}/documents", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_document(
    request: AnyRequest, room_id: FromPath[uuid.UUID], managed_room: NamedDependency[Room]
) -> Response[bytes]:
    """Add a document; its kind is checked, and nothing with macros or programs is kept."""
    sent = await request.form()
    file, folder = sent.get("file"), str(sent.get("folder_id") or "")
    await CURRENT.get().end(keep=False)  # no transaction waits while a file is checked
    try:
        if not isinstance(file, UploadFile) or not file.filename:
            raise Invalid([FieldError(field="file", expected="a file", expected_zh="请选择文件")])
        await _keep(request, room_id, file, _folder(folder))
        return see_other(f"/desk/rooms/{room_id}")
    except MarketplaceError as error:
        await CURRENT.get().end(keep=False)
        session = await provide_session(request)
        form: Form[Any] = Form({"folder_id": folder})
        return await _room_page(request, session, await enter(request, session, room_id, KNOW), form.refuse(error))


def _folder(typed: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(typed) if typed else None
    except ValueError:
        raise Invalid([FieldError(field="folder_id", expected="a folder", expected_zh="请选择文件夹")]) from None


async def _keep(request: AnyRequest, room_id: uuid.UUID, file: UploadFile, folder_id: uuid.UUID | None) -> None:
    platform = platform_of(request)
    with tempfile.TemporaryDirectory(prefix="greenhatch-upload-") as place:
        received = await receive(
            chunks_of(file), name=file.filename, folder=Path(place), bytes_max=platform.settings.upload_bytes_max
        )
        store = file_store(platform.settings)
        await take_in(platform.sessions, store, actor=actor_of(request), received=received)
    session = await provide_session(request)
    room = (await enter(request, session, room_id, MANAGE)).room
    made = await documents.add_document(session, room=room, name=file.filename, folder_id=folder_id)
    document = only(await session.get(Document, made.id), "document")
    await documents.add_version(session, room=room, document=document, received=received)


PAGES = [
    *NEW_ROOM_PAGES,
    *ACCESS_PAGES,
    show_rooms,
    show_room_page,
    take_acceptance,
    open_document,
    take_question,
    take_room_answer,
    take_folder,
    take_document,
]
