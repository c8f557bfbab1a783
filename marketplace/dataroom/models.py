"""Rooms with folders and documents, who may see what, and who saw what.

What is confidential (names of files, questions, answers) is kept out of the platform's log.
"""

import datetime
import uuid
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.base import Record, secret, unique, unique_where
from marketplace.dataroom.agreements import Nda, NdaAcceptance, NdaVersion
from marketplace.dataroom.process import QUESTION, ROOM
from marketplace.files.models import StoredFile
from marketplace.people.models import Organisation, Person
from marketplace.process import InProcess
from scoring.technology import Text

__all__ = [
    "Document",
    "DocumentVersion",
    "Folder",
    "Group",
    "Nda",
    "NdaAcceptance",
    "NdaVersion",
    "Question",
    "Right",
    "Room",
    "RoomAccess",
    "Visitor",
]

# What a group may do with a thing; each includes those before it.
LEVELS = ("none", "name", "view", "download")
# Who reads a published answer.
READERS = ("group", "all")


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(value) for value in values)})", name=f"{column}_is_known")


class Room(Record, InProcess):
    """Documents that an organisation shows to chosen visitors, who accept its agreement first."""

    __tablename__ = "data_room"
    __process__ = ROOM.name

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    name: Mapped[Text]
    listing_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("listing.id"))
    deal_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("deal.id"))
    nda_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("nda.id"))
    questions_per_day: Mapped[int] = mapped_column(server_default="20")
    closes_at: Mapped[datetime.datetime | None]
    version: Mapped[int] = mapped_column(server_default="1")

    organisation: Mapped[Organisation] = relationship(lazy="raise")

    __table_args__ = (
        CheckConstraint("state = 'preparing' OR closes_at IS NOT NULL OR state = 'closed'", name="ends_some_day"),
        CheckConstraint("questions_per_day BETWEEN 0 AND 1000", name="questions_are_possible"),
        Index("ix_data_room_organisation_id", "organisation_id"),
    )
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own name and type


class Folder(Record):
    __tablename__ = "room_folder"

    room_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("data_room.id"))
    parent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("room_folder.id"))
    name: Mapped[str] = mapped_column(info=secret())

    __table_args__ = (
        unique_where(
            "uq_room_folder_name",
            "room_id",
            func.coalesce(text("parent_id"), text("room_id")),
            func.lower(text("name")),
            where=None,
            code="folder-exists",
            message="There is a folder of this name already.",
            message_zh="该处已有同名文件夹。",
        ),
        CheckConstraint("parent_id <> id", name="is_not_its_own_parent"),
    )


class Document(Record):
    """A name in a folder; what it holds is in its versions. Removed documents stay for the log."""

    __tablename__ = "room_document"

    room_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("data_room.id"))
    folder_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("room_folder.id"))
    name: Mapped[str] = mapped_column(info=secret())
    removed_at: Mapped[datetime.datetime | None]

    __table_args__ = (
        unique_where(
            "uq_room_document_name",
            "room_id",
            func.coalesce(text("folder_id"), text("room_id")),
            func.lower(text("name")),
            where=text("removed_at IS NULL"),
            code="document-exists",
            message="There is a document of this name already.",
            message_zh="该处已有同名文件。",
        ),
        Index("ix_room_document_folder_id", "folder_id"),
    )


class DocumentVersion(Record):
    """One content of a document (append-only)."""

    __tablename__ = "room_document_version"

    document_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("room_document.id"))
    number: Mapped[int]
    sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"))
    file_name: Mapped[str] = mapped_column(info=secret())
    made_by: Mapped[uuid.UUID | None]

    file: Mapped[StoredFile] = relationship(lazy="raise")

    __table_args__ = (
        unique(
            "document_id",
            "number",
            code="document-changed",
            message="Somebody sent a version at the same moment; look again.",
            message_zh="他人刚上传了新版本，请刷新后重试。",
        ),
        Index("ix_room_document_version_sha256", "sha256"),
    )


class Group(Record):
    """Visitors who see the same. `may_ask`: whether they may put questions."""

    __tablename__ = "room_group"

    room_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("data_room.id"))
    name: Mapped[str]
    may_ask: Mapped[bool] = mapped_column(server_default="true")

    __table_args__ = (
        unique(
            "room_id",
            "name",
            code="group-exists",
            message="There is a group of this name already.",
            message_zh="已有同名访客组。",
        ),
    )


class Visitor(Record):
    """An organisation, or one person of it, in a group; a person's own entry wins over that of the organisation."""

    __tablename__ = "room_visitor"

    room_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("data_room.id"))
    group_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("room_group.id"))
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))

    organisation: Mapped[Organisation] = relationship(lazy="raise")
    person: Mapped[Person | None] = relationship(lazy="raise")

    __table_args__ = (
        unique_where(
            "uq_room_visitor_once",
            "room_id",
            "organisation_id",
            func.coalesce(text("person_id"), text("organisation_id")),
            where=None,
            code="visitor-already",
            message="They are in a group of this room already.",
            message_zh="该访客已在本室的访客组中。",
        ),
        Index("ix_room_visitor_organisation_id", "organisation_id"),
        Index("ix_room_visitor_group_id", "group_id"),
    )


class Right(Record):
    """What a group may do with a folder and everything in it, with one document, or (neither) with the whole room."""

    __tablename__ = "room_right"

    group_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("room_group.id"))
    folder_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("room_folder.id"))
    document_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("room_document.id"))
    level: Mapped[str]

    __table_args__ = (
        CheckConstraint("num_nonnulls(folder_id, document_id) <= 1", name="is_for_one_thing"),
        _one_of("level", LEVELS),
        Index(
            "uq_room_right_thing",
            "group_id",
            func.coalesce(text("document_id"), text("folder_id"), text("group_id")),
            unique=True,
        ),
    )


class RoomAccess(Record):
    """Somebody opened something in a room, or tried to (append-only). `reason` says why it was denied."""

    __tablename__ = "room_access"
    __audited__: ClassVar[bool] = False

    room_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("data_room.id"))
    action: Mapped[str]
    granted: Mapped[bool]
    reason: Mapped[str] = mapped_column(server_default="")
    document_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("room_document.id"))
    version_number: Mapped[int | None]
    actor_kind: Mapped[str]
    actor_id: Mapped[uuid.UUID | None]
    actor_name: Mapped[str]
    organisation_id: Mapped[uuid.UUID | None]
    at: Mapped[datetime.datetime]
    ip_address: Mapped[str]

    __table_args__ = (Index("ix_room_access_room_id", "room_id", "id"),)


class Question(Record, InProcess):
    """A question of a group, and the owner's answer; answered for all, it does not say who asked."""

    __tablename__ = "room_question"
    __process__ = QUESTION.name

    room_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("data_room.id"))
    group_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("room_group.id"))
    document_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("room_document.id"))
    asked_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    asker_organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    asked_at: Mapped[datetime.datetime]
    text: Mapped[str] = mapped_column(info=secret())
    expert_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    answer: Mapped[str | None] = mapped_column(info=secret())
    readers: Mapped[str] = mapped_column(server_default="group")

    __table_args__ = (
        _one_of("readers", READERS),
        CheckConstraint("state <> 'answered' OR answer IS NOT NULL", name="answered_means_an_answer"),
        Index("ix_room_question_room_id", "room_id", "id"),
        Index("ix_room_question_group_id", "group_id", "asked_at"),
    )
