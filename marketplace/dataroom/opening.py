"""Handing out what a document holds: to visitors with their name across every page."""

import datetime
import json
import uuid

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from marketplace.actors import Actor
from marketplace.dataroom.models import Document, DocumentVersion
from marketplace.errors import Conflict, NotFound
from marketplace.files.inspection import apart
from marketplace.files.kinds import KINDS, extension_of
from marketplace.files.models import StoredFile
from marketplace.files.store import FileStore
from marketplace.people.models import Organisation, Person

VIEW, DOWNLOAD = ACTIONS = ("view", "download")


class Reader(Struct, frozen=True):
    """What the mark says of a reader."""

    name: str
    organisation: str
    email: str


def is_marked(version: DocumentVersion) -> bool:
    return KINDS[extension_of(version.file_name)].watermarked


async def version_to_open(session: AsyncSession, document: Document, number: int | None) -> DocumentVersion:
    """The newest version, or the one asked for."""
    query = select(DocumentVersion).where(DocumentVersion.document_id == document.id)
    if number is not None:
        query = query.where(DocumentVersion.number == number)
    query = query.order_by(DocumentVersion.number.desc()).limit(1).options(joinedload(DocumentVersion.file))
    found: DocumentVersion | None = await session.scalar(query)
    if found is None:
        raise NotFound("version", "This document has no such version yet.", "该文件尚无此版本。")
    return found


async def version_named(session: AsyncSession, version_id: uuid.UUID) -> DocumentVersion | None:
    query = select(DocumentVersion).where(DocumentVersion.id == version_id).options(joinedload(DocumentVersion.file))
    found: DocumentVersion | None = await session.scalar(query)
    return found


async def reader_of(session: AsyncSession, actor: Actor) -> Reader:
    """A person by name, organisation and address; a program of the owner's by the name of its key."""
    organisation = await session.get_one(Organisation, actor.organisation_id)
    person = None if actor.kind == "key" else await session.get(Person, actor.id)
    name, email = (person.name, person.email) if person else (actor.name, str(actor.id))
    return Reader(name, organisation.name.in_language("zh"), email)


async def content(store: FileStore, file: StoredFile, *, reader: Reader, at: datetime.datetime, serial: str) -> bytes:
    """The bytes for a reader; those of a PDF carry the reader's name, organisation, address, the time and `serial`.

    Raises
    ------
    Conflict
        The mark cannot be put on now; without it nothing leaves.
    """
    kept = await store.read(file.sha256)
    if file.media_type != KINDS[".pdf"].media_type:
        return kept
    # The address and the time in letters that every program shows; names in the reader's own.
    lines = (f"{reader.name} · {reader.organisation}", f"{reader.email} · {at:%Y-%m-%d %H:%M} UTC")
    mark = json.dumps({"lines": lines, "serial": serial})
    marked = await apart("marketplace.files.watermark", mark, given=kept)
    if marked is None:
        raise Conflict("try-again", "The watermark could not be put on; try again.", "水印添加失败，请重试。")
    return marked
