"""What goes in and out about rooms, their content and their visitors."""

import datetime
import uuid
from collections.abc import Sequence
from typing import Annotated, Literal

from msgspec import Meta, Struct

from api.fields import Line
from marketplace.dataroom.documents import Entry
from marketplace.dataroom.models import (
    Document,
    DocumentVersion,
    Folder,
    Group,
    Right,
    Room,
    RoomAccess,
    Visitor,
)
from marketplace.dataroom.rooms import Admission, Grant, RoomPlan
from marketplace.dataroom.standing import Standing
from marketplace.texts import ShortText
from scoring.technology import Text

# No path, no control character, none that turns the direction of writing to hide an extension.
_REFUSED = r"\x00-\x1f/\\\u202a-\u202e\u2066-\u2069"
FILE_NAME = rf"^[^{_REFUSED}]*[^{_REFUSED}\s.][^{_REFUSED}]*$"
FileName = Annotated[str, Meta(min_length=1, max_length=200, pattern=FILE_NAME)]
Level = Literal["none", "name", "view", "download"]


class RoomIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Without `nda_id` visitors accept nothing before they enter."""

    name: ShortText
    listing_id: uuid.UUID | None = None
    deal_id: uuid.UUID | None = None
    nda_id: uuid.UUID | None = None
    questions_per_day: Annotated[int, Meta(ge=0, le=1000, description="Of each group, in 24 hours")] = 20

    def plan(self) -> RoomPlan:
        return RoomPlan(
            name=self.name.text(),
            listing_id=self.listing_id,
            deal_id=self.deal_id,
            nda_id=self.nda_id,
            questions_per_day=self.questions_per_day,
        )


class RoomOut(Struct, frozen=True, kw_only=True):
    """`side` is what the caller is here: owner, visitor or operator. `accepted`: no agreement is left to accept.

    Which deal a room is for is told to its owner alone.
    """

    id: uuid.UUID
    organisation_id: uuid.UUID
    owner: Text
    name: Text
    listing_id: uuid.UUID | None
    deal_id: uuid.UUID | None
    nda_id: uuid.UUID | None
    questions_per_day: int
    state: str
    since: datetime.datetime
    closes_at: datetime.datetime | None
    side: str
    accepted: bool
    may_ask: bool

    @classmethod
    def of(cls, room: Room, standing: Standing) -> "RoomOut":
        return cls(
            id=room.id,
            organisation_id=room.organisation_id,
            owner=room.organisation.name,
            name=room.name,
            listing_id=room.listing_id,
            deal_id=room.deal_id if standing.side == "owner" else None,
            nda_id=room.nda_id,
            questions_per_day=room.questions_per_day,
            state=room.state,
            since=room.state_since,
            closes_at=room.closes_at,
            side=standing.side,
            accepted=standing.side == "owner" or standing.accepted,
            may_ask=standing.may_ask,
        )


class StepIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`closes_at` with `open` and `extend`; without it a room stays open for 90 days."""

    step: Literal["open", "extend", "freeze", "reopen", "close", "suspend", "release", "end"]
    note: Annotated[str, Meta(max_length=2_000, pattern=r"^[^\x00]*$")] = ""
    closes_at: datetime.datetime | None = None


class FolderIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: FileName
    parent_id: uuid.UUID | None = None


class FolderOut(Struct, frozen=True, kw_only=True):
    id: uuid.UUID
    name: str
    parent_id: uuid.UUID | None

    @classmethod
    def of(cls, found: Folder) -> "FolderOut":
        return cls(id=found.id, name=found.name, parent_id=found.parent_id)


class DocumentIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: FileName
    folder_id: uuid.UUID | None = None


class VersionOut(Struct, frozen=True, kw_only=True):
    number: int
    file_name: str
    sha256: str
    size_bytes: int
    media_type: str
    sent_at: datetime.datetime

    @classmethod
    def of(cls, found: DocumentVersion) -> "VersionOut":
        return cls(
            number=found.number,
            file_name=found.file_name,
            sha256=found.sha256,
            size_bytes=found.file.size_bytes,
            media_type=found.file.media_type,
            sent_at=found.created_at,
        )


class DocumentOut(Struct, frozen=True, kw_only=True):
    id: uuid.UUID
    name: str
    folder_id: uuid.UUID | None
    versions: list[VersionOut]

    @classmethod
    def of(cls, found: Document, versions: Sequence[DocumentVersion]) -> "DocumentOut":
        return cls(
            id=found.id,
            name=found.name,
            folder_id=found.folder_id,
            versions=[VersionOut.of(version) for version in versions],
        )


class EntryOut(Struct, frozen=True, kw_only=True):
    """One line of the index. `level` is what the caller may do; only from `view` on is the version told."""

    number: str
    kind: Literal["folder", "document"]
    id: uuid.UUID
    parent_id: uuid.UUID | None
    name: str
    level: str
    version: VersionOut | None

    @classmethod
    def of(cls, found: Entry) -> "EntryOut":
        told = found.version if found.level in ("view", "download") else None
        return cls(
            number=found.number,
            kind="folder" if found.is_folder else "document",
            id=found.id,
            parent_id=found.parent_id,
            name=found.name,
            level=found.level,
            version=VersionOut.of(told) if told else None,
        )


class LinkIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Without `version`: the newest."""

    action: Literal["view", "download"]
    version: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None


class LinkOut(Struct, frozen=True, kw_only=True):
    """Good for whoever asked for it, signed in as they are now, and until `until`."""

    url: str
    until: datetime.datetime


class GroupIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Line
    may_ask: bool = True


class GroupOut(Struct, frozen=True, kw_only=True):
    id: uuid.UUID
    name: str
    may_ask: bool

    @classmethod
    def of(cls, found: Group) -> "GroupOut":
        return cls(id=found.id, name=found.name, may_ask=found.may_ask)


class VisitorIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Without `person_id`: everybody of the organisation."""

    organisation_id: uuid.UUID
    person_id: uuid.UUID | None = None

    def admission(self) -> Admission:
        return Admission(organisation_id=self.organisation_id, person_id=self.person_id)


class VisitorOut(Struct, frozen=True, kw_only=True):
    id: uuid.UUID
    group_id: uuid.UUID
    organisation_id: uuid.UUID
    organisation: Text
    person_id: uuid.UUID | None
    person: str | None

    @classmethod
    def of(cls, found: Visitor) -> "VisitorOut":
        return cls(
            id=found.id,
            group_id=found.group_id,
            organisation_id=found.organisation_id,
            organisation=found.organisation.name,
            person_id=found.person_id,
            person=found.person.name if found.person else None,
        )


class RightIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For a folder and everything in it, for one document, or (neither) for the whole room."""

    level: Level
    folder_id: uuid.UUID | None = None
    document_id: uuid.UUID | None = None

    def grant(self) -> Grant:
        return Grant(level=self.level, folder_id=self.folder_id, document_id=self.document_id)


class RightsIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    rights: Annotated[list[RightIn], Meta(max_length=5_000)]


class RightOut(Struct, frozen=True, kw_only=True):
    level: str
    folder_id: uuid.UUID | None
    document_id: uuid.UUID | None

    @classmethod
    def of(cls, found: Right) -> "RightOut":
        return cls(level=found.level, folder_id=found.folder_id, document_id=found.document_id)


class AccessOut(Struct, frozen=True, kw_only=True):
    """One line of the log. `id` is the serial on the watermark; `reason` says why somebody was turned away."""

    id: uuid.UUID
    at: datetime.datetime
    action: str
    granted: bool
    reason: str
    document_id: uuid.UUID | None
    version: int | None
    actor_kind: str
    actor_id: uuid.UUID | None
    actor_name: str
    organisation_id: uuid.UUID | None
    ip_address: str

    @classmethod
    def of(cls, found: RoomAccess) -> "AccessOut":
        return cls(
            id=found.id,
            at=found.at,
            action=found.action,
            granted=found.granted,
            reason=found.reason,
            document_id=found.document_id,
            version=found.version_number,
            actor_kind=found.actor_kind,
            actor_id=found.actor_id,
            actor_name=found.actor_name,
            organisation_id=found.organisation_id,
            ip_address=found.ip_address,
        )
