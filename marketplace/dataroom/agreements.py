"""The tables of confidentiality agreements, and of who accepted them."""

import datetime
import uuid

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.base import Record, unique
from marketplace.people.models import Organisation, Person
from scoring.technology import Text


class Nda(Record):
    """An organisation's confidentiality agreement; what it says is in its versions."""

    __tablename__ = "nda"

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    title: Mapped[Text]

    __table_args__ = (Index("ix_nda_organisation_id", "organisation_id"),)


class NdaVersion(Record):
    """One text; `sha256` is of its canonical JSON, and is what people accept (append-only)."""

    __tablename__ = "nda_version"

    nda_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("nda.id"))
    number: Mapped[int]
    text: Mapped[Text]
    sha256: Mapped[str]
    made_by: Mapped[uuid.UUID | None]

    __table_args__ = (
        unique(
            "nda_id",
            "number",
            code="nda-changed",
            message="Somebody published a version at the same moment; look again.",
            message_zh="他人刚发布了新版本，请刷新后重试。",
        ),
        unique(
            "nda_id",
            "sha256",
            name="uq_nda_version_text",
            code="nda-same-text",
            message="A version with this very text exists already.",
            message_zh="已有内容相同的版本。",
        ),
    )


class NdaAcceptance(Record):
    """Somebody accepted a text for one room, with hash, time and address (append-only)."""

    __tablename__ = "nda_acceptance"

    room_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("data_room.id"))
    nda_version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("nda_version.id"))
    sha256: Mapped[str]
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    accepted_at: Mapped[datetime.datetime]
    ip_address: Mapped[str]

    nda_version: Mapped[NdaVersion] = relationship(lazy="raise")
    person: Mapped[Person] = relationship(lazy="raise")
    organisation: Mapped[Organisation] = relationship(lazy="raise")

    __table_args__ = (
        unique(
            "room_id",
            "nda_version_id",
            "person_id",
            "organisation_id",
            name="uq_nda_acceptance_once",
            code="nda-accepted-already",
            message="You have accepted this version already.",
            message_zh="您已接受该版本。",
        ),
    )
