"""Folders and documents with their versions, and the index that each reader sees."""

import uuid
from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from marketplace.actors import actor_of
from marketplace.database import clock_of
from marketplace.dataroom.models import Document, DocumentVersion, Folder, Right, Room
from marketplace.dataroom.process import ARRANGEABLE
from marketplace.dataroom.rights import NONE, Levels, Tree, depth_of, full_levels, levels_in, shown_parent
from marketplace.dataroom.standing import Standing
from marketplace.errors import Conflict, FieldError, Invalid
from marketplace.files.service import Received

DEPTH_MAX = 12
FOLDERS_MAX = 2_000
DOCUMENTS_MAX = 10_000


class Entry(Struct, frozen=True, kw_only=True):
    """One line of an index. `number` is its place ("2.1.3"); `parent_id` the nearest folder that the reader may know.

    Folders have no version.
    """

    number: str
    id: uuid.UUID
    parent_id: uuid.UUID | None
    name: str
    level: str
    version: DocumentVersion | None = None
    is_folder: bool = False


async def tree_of(session: AsyncSession, room: Room) -> Tree:
    folders = await session.execute(select(Folder.id, Folder.parent_id).where(Folder.room_id == room.id))
    there = (Document.room_id == room.id, Document.removed_at.is_(None))
    documents = await session.execute(select(Document.id, Document.folder_id).where(*there))
    return Tree(dict(folders.all()), dict(documents.all()))


async def levels_for(session: AsyncSession, tree: Tree, standing: Standing) -> Levels:
    """What somebody with this standing may do with everything in the room."""
    if standing.side == "owner":
        return full_levels(tree)
    rights = await session.scalars(select(Right).where(Right.group_id == standing.group_id))
    return levels_in(tree, {right.document_id or right.folder_id: right.level for right in rights})


async def index_for(session: AsyncSession, room: Room, standing: Standing) -> list[Entry]:
    """Everything that the reader may know of, in order."""
    tree = await tree_of(session, room)
    levels = await levels_for(session, tree, standing)
    known = [thing for thing, level in levels.items() if level != NONE]
    folders = (await session.scalars(select(Folder).where(Folder.id.in_(known)))).all()
    documents = (await session.scalars(select(Document).where(Document.id.in_(known)))).all()
    versions = await newest_versions(session, known)
    entries = [
        Entry(
            number="", id=folder.id, name=folder.name, level=levels[folder.id], is_folder=True,
            parent_id=shown_parent(tree, levels, folder.parent_id),
        )
        for folder in folders
    ] + [
        Entry(
            number="", id=document.id, name=document.name, level=levels[document.id],
            parent_id=shown_parent(tree, levels, document.folder_id), version=versions.get(document.id),
        )
        for document in documents
    ]  # fmt: skip
    return numbered(entries)


def numbered(entries: Sequence[Entry]) -> list[Entry]:
    """Folders before documents, each by name, with their places written out."""
    children: dict[uuid.UUID | None, list[Entry]] = {}
    for entry in sorted(entries, key=lambda entry: (not entry.is_folder, entry.name.casefold(), entry.id)):
        children.setdefault(entry.parent_id, []).append(entry)
    ordered: list[Entry] = []

    def walk(parent: uuid.UUID | None, prefix: str) -> None:
        for place, entry in enumerate(children.get(parent, ()), start=1):
            number = f"{prefix}{place}"
            ordered.append(replace(entry, number=number))
            walk(entry.id, f"{number}.")

    walk(None, "")
    return ordered


async def newest_versions(
    session: AsyncSession, document_ids: Sequence[uuid.UUID]
) -> Mapping[uuid.UUID, DocumentVersion]:
    newest = (
        select(DocumentVersion.document_id, func.max(DocumentVersion.number))
        .where(DocumentVersion.document_id.in_(document_ids))
        .group_by(DocumentVersion.document_id)
    )
    query = (
        select(DocumentVersion)
        .where(tuple_(DocumentVersion.document_id, DocumentVersion.number).in_(newest))
        .options(joinedload(DocumentVersion.file))
    )
    return {version.document_id: version for version in await session.scalars(query)}


async def versions_of(session: AsyncSession, document: Document) -> Sequence[DocumentVersion]:
    """The newest first."""
    query = select(DocumentVersion).where(DocumentVersion.document_id == document.id)
    query = query.order_by(DocumentVersion.number.desc()).options(joinedload(DocumentVersion.file))
    return (await session.scalars(query)).all()


def _arrangeable(room: Room) -> None:
    if room.state not in ARRANGEABLE:
        raise Conflict("room-is-still", "Nothing changes in a frozen or closed room.", "资料室已冻结或关闭，不可更改。")


async def add_folder(session: AsyncSession, *, room: Room, name: str, parent_id: uuid.UUID | None) -> Folder:
    _arrangeable(room)
    await _locked(session, room)
    tree = await tree_of(session, room)
    await _check_place(tree, "parent_id", parent_id)
    if len(tree.folders) >= FOLDERS_MAX:
        raise Conflict("room-full", f"A room holds at most {FOLDERS_MAX:,} folders.", "文件夹数量已达上限。")
    folder = Folder(room_id=room.id, parent_id=parent_id, name=name)
    session.add(folder)
    await session.flush()
    return folder


async def change_folder(
    session: AsyncSession, *, room: Room, folder: Folder, name: str, parent_id: uuid.UUID | None
) -> None:
    """Rename or move a folder; not into itself."""
    _arrangeable(room)
    await _locked(session, room)
    tree = await tree_of(session, room)
    await _check_place(tree, "parent_id", parent_id)
    try:
        depth_of({**tree.folders, folder.id: parent_id}, folder.id)
    except ValueError:
        expected, expected_zh = "a folder that is not inside this one", "不能移入自身的子文件夹"
        fault = FieldError(field="parent_id", value=str(parent_id), expected=expected, expected_zh=expected_zh)
        raise Invalid([fault]) from None
    folder.name, folder.parent_id = name, parent_id
    await session.flush()


async def remove_folder(session: AsyncSession, *, room: Room, folder: Folder) -> None:
    """Only an empty one, so that nothing disappears unseen."""
    _arrangeable(room)
    await _locked(session, room)
    inside = select(Document.id).where(Document.folder_id == folder.id).union_all(
        select(Folder.id).where(Folder.parent_id == folder.id)
    )  # fmt: skip
    if await session.scalar(select(func.count()).select_from(inside.subquery())):
        raise Conflict("folder-not-empty", "There is, or was, something in this folder.", "文件夹内有或曾有内容。")
    for right in await session.scalars(select(Right).where(Right.folder_id == folder.id)):
        await session.delete(right)
    await session.delete(folder)
    await session.flush()


async def _locked(session: AsyncSession, room: Room) -> None:
    """Who rearranges at the same time does so one after the other: two moves could make a circle together."""
    await session.execute(select(Room.id).where(Room.id == room.id).with_for_update())


async def _check_place(tree: Tree, field: str, folder_id: uuid.UUID | None) -> None:
    known = folder_id is None or folder_id in tree.folders
    if not known or depth_of(tree.folders, folder_id) >= DEPTH_MAX:
        expected = f"a folder of this room, at most {DEPTH_MAX} deep"
        expected_zh = f"须为本室文件夹，层级不超过{DEPTH_MAX}"
        raise Invalid([FieldError(field=field, value=str(folder_id), expected=expected, expected_zh=expected_zh)])


async def add_document(session: AsyncSession, *, room: Room, name: str, folder_id: uuid.UUID | None) -> Document:
    """A name for a document; its content follows."""
    _arrangeable(room)
    tree = await tree_of(session, room)
    await _check_place(tree, "folder_id", folder_id)
    if len(tree.documents) >= DOCUMENTS_MAX:
        raise Conflict("room-full", f"A room holds at most {DOCUMENTS_MAX:,} documents.", "文件数量已达上限。")
    document = Document(room_id=room.id, folder_id=folder_id, name=name)
    session.add(document)
    await session.flush()
    return document


async def change_document(
    session: AsyncSession, *, room: Room, document: Document, name: str, folder_id: uuid.UUID | None
) -> None:
    _arrangeable(room)
    await _check_place(await tree_of(session, room), "folder_id", folder_id)
    document.name, document.folder_id = name, folder_id
    await session.flush()


async def remove_document(session: AsyncSession, *, room: Room, document: Document) -> None:
    """Nobody sees it from now on; who saw it before stays known."""
    _arrangeable(room)
    document.removed_at = clock_of(session).now()
    await session.flush()


async def add_version(session: AsyncSession, *, room: Room, document: Document, received: Received) -> DocumentVersion:
    """The next version of a document, of a file that was taken in; the content it has already adds none."""
    _arrangeable(room)
    known = await versions_of(session, document)
    if known and known[0].sha256 == received.sha256:
        return known[0]
    version = DocumentVersion(
        document_id=document.id, number=known[0].number + 1 if known else 1, sha256=received.sha256,
        file_name=received.name, made_by=actor_of(session).id,
    )  # fmt: skip
    session.add(version)
    await session.flush()
    await session.refresh(version, ["file"])
    return version
