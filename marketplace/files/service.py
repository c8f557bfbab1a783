"""Taking a file in, in the order that loses nothing: its row, its bytes, and only then whatever names it."""

import asyncio
import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, delete, exists, func, select
from sqlalchemy.dialects.postgresql import Insert, insert

from marketplace.actors import Actor
from marketplace.base import Base
from marketplace.database import Sessions, clock_of, transaction
from marketplace.errors import FieldError, Invalid
from marketplace.files import inspection
from marketplace.files.kinds import KINDS, extension_of, fault_of_head
from marketplace.files.models import StoredFile
from marketplace.files.store import FileStore

# Far longer than anybody needs between sending a file and the row that names it.
UNNAMED_FOR = datetime.timedelta(hours=24)
HEAD_BYTES = 4096


class Received(NamedTuple):
    """A file that came in, under the name that its sender gave it; `place` is where it lies for the moment."""

    name: str
    place: Path
    sha256: str
    size_bytes: int


async def take_in(sessions: Sessions, store: FileStore, *, actor: Actor, received: Received) -> None:
    """Check a received file and keep it. Its row and its bytes come before whatever names them; see `sweep`.

    Raises
    ------
    Invalid
        The content is not what its name says, or is nothing to hand on.
    """
    extension = extension_of(received.name)
    fault = bad_name(received.name) or fault_of_head(extension, await asyncio.to_thread(_head, received.place))
    if fault is not None:
        raise Invalid([fault], code="bad-file", message="This file is not accepted.", message_zh="不接受此文件。")
    facts = await inspection.inspect(received.place, extension)
    values: dict[str, Any] = {
        "sha256": received.sha256,
        "size_bytes": received.size_bytes,
        "media_type": KINDS[extension].media_type,
        "facts": dict(facts),
    }
    async with transaction(sessions, actor) as session:
        values["touched_at"] = clock_of(session).now()
        await session.execute(_upserted(values))
    await store.keep(received.sha256, received.place)


def _head(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(HEAD_BYTES)


def _upserted(values: Mapping[str, Any]) -> Insert:
    # Touched again even when known: the sweep then leaves it for another day.
    added = insert(StoredFile).values(values)
    return added.on_conflict_do_update(index_elements=["sha256"], set_={"touched_at": values["touched_at"]})


async def sweep(sessions: Sessions, store: FileStore, *, actor: Actor, most: int = 1000) -> int:
    """Forget files that nothing names; how many.

    Each is deleted while its row is locked: whoever sends the same bytes meanwhile waits, and then keeps them anew.
    """
    swept = 0
    while swept < most:
        async with transaction(sessions, actor) as session:
            oldest = clock_of(session).now() - UNNAMED_FOR
            query = select(StoredFile.sha256).where(StoredFile.touched_at < oldest, ~_named())
            sha256 = await session.scalar(query.limit(1).with_for_update(skip_locked=True))
            if sha256 is None:
                break
            await session.execute(delete(StoredFile).where(StoredFile.sha256 == sha256))
            await store.forget(sha256)
        swept += 1
    return swept


def _named() -> ColumnElement[bool]:
    """Whether any table names the file, found by its foreign keys: a new capability needs no line here."""
    key = StoredFile.__table__.c.sha256
    columns = [
        column
        for table in Base.metadata.tables.values()
        for column in table.columns
        if any(foreign.column is key for foreign in column.foreign_keys)
    ]
    naming = [exists(select(1).select_from(column.table).where(column == key)) for column in columns]
    result: ColumnElement[bool] = func.coalesce(naming[0], False)
    for found in naming[1:]:
        result = result | found
    return result


def bad_name(name: str) -> FieldError | None:
    """What is wrong with the name of a file, before any of it is read."""
    extension = extension_of(name)
    if extension in KINDS:
        return None
    kinds = ", ".join(sorted(KINDS))
    return FieldError(
        field="file_name", value=name[-80:], expected=f"a file named {kinds}", expected_zh=f"扩展名须为{kinds}"
    )
