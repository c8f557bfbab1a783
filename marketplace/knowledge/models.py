"""Knowledge items, what the public sees of them, and the seats of events."""

import datetime
import uuid
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import Text as TextColumn

from marketplace.base import Base, Record, check, unique_where
from marketplace.knowledge.process import KINDS, KNOWLEDGE, REGISTRATION
from marketplace.people.models import Organisation, Person
from marketplace.process import InProcess
from scoring.technology import Text


class KnowledgeItem(Record, InProcess):
    """An item as its author writes it; what the public sees is a `KnowledgePublication`."""

    __tablename__ = "knowledge_item"
    __process__ = KNOWLEDGE.name

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    kind: Mapped[str]
    title: Mapped[Text]
    summary: Mapped[Text]
    media: Mapped[list[str]] = mapped_column(ARRAY(TextColumn))
    content: Mapped[dict[str, Any]]
    links: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    version: Mapped[int] = mapped_column(server_default="1")

    organisation: Mapped[Organisation] = relationship(lazy="raise")

    __table_args__ = (
        CheckConstraint(f"kind IN ({', '.join(repr(kind) for kind in KINDS)})", name="kind_is_known"),
        Index("ix_knowledge_item_organisation_id", "organisation_id"),
    )
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own name and type


class KnowledgeVersion(Record):
    """What an item said when a version of it was made; never changed (append-only)."""

    __tablename__ = "knowledge_version"
    __audited__: ClassVar[bool] = False

    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("knowledge_item.id"))
    version: Mapped[int]
    said: Mapped[dict[str, Any]]
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    made_by: Mapped[uuid.UUID | None]

    __table_args__ = (Index("uq_knowledge_version", "item_id", "version", unique=True),)


class KnowledgePublication(Base):
    """The reviewed text of an item, as two JSON texts that lists and pages hand out as they are.

    It follows from the item's version, whose steps the log has; an item without one is not public.
    """

    __tablename__ = "knowledge_publication"
    __audited__: ClassVar[bool] = False

    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("knowledge_item.id"), primary_key=True)
    kind: Mapped[str]
    media: Mapped[list[str]] = mapped_column(ARRAY(TextColumn))
    published_at: Mapped[datetime.datetime]
    starts_at: Mapped[datetime.datetime | None]
    version: Mapped[int]
    card: Mapped[bytes] = mapped_column(LargeBinary)
    detail: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (
        Index("ix_knowledge_publication_newest", "published_at", "item_id"),
        Index("ix_knowledge_publication_media", "media", postgresql_using="gin"),
        Index("ix_knowledge_publication_starts_at", "starts_at", postgresql_where=text("starts_at IS NOT NULL")),
    )


class KnowledgeLink(Base):
    """What a published item is about, by type and id: whatever it names may live in any capability's table."""

    __tablename__ = "knowledge_link"
    __audited__: ClassVar[bool] = False

    item_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("knowledge_publication.item_id", ondelete="CASCADE"), primary_key=True
    )
    subject_type: Mapped[str] = mapped_column(primary_key=True)
    subject_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)

    __table_args__ = (Index("ix_knowledge_link_subject", "subject_type", "subject_id"),)


class EventSeating(Base):
    """The seats of an event. A trigger counts `taken` from the registrations, whoever writes them."""

    __tablename__ = "event_seating"
    __audited__: ClassVar[bool] = False

    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("knowledge_item.id"), primary_key=True)
    seats: Mapped[int]
    taken: Mapped[int] = mapped_column(server_default="0")
    starts_at: Mapped[datetime.datetime]
    ends_at: Mapped[datetime.datetime]
    registration_deadline: Mapped[datetime.datetime]

    __table_args__ = (
        check(
            "seats_suffice",
            "taken BETWEEN 0 AND seats",
            field="content.seats",
            code="too-few-seats",
            message="at least as many seats as people who have one",
            message_zh="席位数不得少于已确认人数",
        ),
    )


class EventRegistration(Record, InProcess):
    """One person of an organisation who wants to come."""

    __tablename__ = "event_registration"
    __process__ = REGISTRATION.name

    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("event_seating.event_id"))
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    # The beginning that the person was told last: whoever was told another one is written to.
    told_starts_at: Mapped[datetime.datetime]
    reminded_at: Mapped[datetime.datetime | None]

    person: Mapped[Person] = relationship(lazy="raise")
    organisation: Mapped[Organisation] = relationship(lazy="raise")

    __table_args__ = (
        unique_where(
            "uq_event_registration_person",
            "event_id",
            "person_id",
            where=text("state <> 'cancelled'"),
            code="registered-already",
            message="This person is registered for the event already.",
            message_zh="该人员已报名此活动。",
        ),
        Index("ix_event_registration_organisation_id", "organisation_id"),
        Index("ix_event_registration_waiting", "event_id", "id", postgresql_where=text("state = 'waiting'")),
    )
