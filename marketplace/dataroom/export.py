"""Everything about a room as one archive: index, rights, visitors, acceptances, questions, and the whole log.

The documents themselves stay in the room; the index names each version by its hash.
"""

import datetime
import hashlib
import io
import json
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.dataroom import documents, ndas, rooms
from marketplace.dataroom.models import Document, Question, Room, RoomAccess
from marketplace.dataroom.standing import Standing
from marketplace.process import history
from scoring.io.writing import write_rows

Rows = list[dict[str, Any]]
# Of a line of the log, its own columns.
_ACCESS = (
    "id", "at", "action", "granted", "reason", "document_id", "version_number",
    "actor_kind", "actor_id", "actor_name", "organisation_id", "ip_address",
)  # fmt: skip
_QUESTION = (
    "id", "asked_at", "state", "group_id", "document_id", "asked_by", "asker_organisation_id", "text", "answer",
    "readers",
)  # fmt: skip


async def tables_of(session: AsyncSession, room: Room) -> dict[str, Rows]:
    """Every table of the export, by its name."""
    groups = await rooms.groups_of(session, room)
    rights = [right for group in groups for right in await rooms.rights_of(session, group.id)]
    accesses = await session.scalars(select(RoomAccess).where(RoomAccess.room_id == room.id).order_by(RoomAccess.id))
    questions = await session.scalars(select(Question).where(Question.room_id == room.id).order_by(Question.id))
    return {
        "index": await _index(session, room),
        "versions": await _versions(session, room),
        "groups": [{"id": str(group.id), "name": group.name, "may_ask": group.may_ask} for group in groups],
        "rights": _columns(rights, ("group_id", "folder_id", "document_id", "level")),
        "visitors": _columns(
            await rooms.visitors_of(session, room), ("id", "created_at", "group_id", "organisation_id", "person_id")
        ),
        "acceptances": _columns(
            await ndas.acceptances_of(session, room),
            ("accepted_at", "person_id", "organisation_id", "nda_version_id", "sha256", "ip_address"),
        ),
        "questions": _columns(questions.all(), _QUESTION),
        "accesses": _columns(accesses.all(), _ACCESS),
        "steps": _columns(
            await history(session, room), ("at", "transition", "to_state", "actor_kind", "actor_id", "note")
        ),
    }


async def _index(session: AsyncSession, room: Room) -> Rows:
    return [
        {
            "number": entry.number,
            "id": str(entry.id),
            "kind": "folder" if entry.is_folder else "document",
            "name": entry.name,
            "version": entry.version.number if entry.version else None,
            "sha256": entry.version.sha256 if entry.version else None,
            "size_bytes": entry.version.file.size_bytes if entry.version else None,
        }
        for entry in await documents.index_for(session, room, Standing(side="owner"))
    ]


async def _versions(session: AsyncSession, room: Room) -> Rows:
    """Of removed documents, too."""
    rows: Rows = []
    for document in await session.scalars(select(Document).where(Document.room_id == room.id).order_by(Document.id)):
        for version in await documents.versions_of(session, document):
            columns = ("document_id", "number", "created_at", "made_by", "sha256", "file_name")
            rows += _columns([version], columns)
            rows[-1] |= {"document": document.name, "removed_at": _plain(document.removed_at)}
    return rows


def _columns(found: Sequence[Any], names: Sequence[str]) -> Rows:
    return [{name: _plain(getattr(item, name)) for name in names} for item in found]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def archive(tables: dict[str, Rows], *, room_id: str, at: datetime.datetime) -> bytes:
    """A ZIP of CSV files, and a list of their hashes. No text in them becomes a formula."""
    out = io.BytesIO()
    sums = {}
    with tempfile.TemporaryDirectory(prefix="greenhatch-export-") as folder, zipfile.ZipFile(out, "w") as zipped:
        for name, rows in tables.items():
            file = Path(folder) / f"{name}.csv"
            write_rows(rows, file)
            content = file.read_bytes()
            sums[file.name] = hashlib.sha256(content).hexdigest()
            zipped.writestr(_entry(file.name, at), content, zipfile.ZIP_DEFLATED)
        manifest = {"room": room_id, "exported_at": at.isoformat(), "sha256": sums}
        zipped.writestr(_entry("manifest.json", at), json.dumps(manifest, indent=1, sort_keys=True))
    return out.getvalue()


def _entry(name: str, at: datetime.datetime) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(name, at.timetuple()[:6])
