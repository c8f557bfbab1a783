"""A technology as its holder offers it, and every version there ever was of it."""

import datetime
import uuid
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import Text as TextColumn

from marketplace.base import Record, unique_where
from marketplace.files.models import StoredFile
from marketplace.listings.process import LISTING, PUBLISHED
from marketplace.people.models import Organisation
from marketplace.process import InProcess
from scoring.technology import Text

INDUSTRY_GROUPS = ("traditional", "green", "emerging")
CHAIN_PLACES = ("material", "equipment", "monitoring", "treatment", "information")


class Listing(Record, InProcess):
    """`technology` is the scoring library's Technology as JSON; the columns beside it are what lists filter by.

    `confidential` is shown to the holder, and in their data rooms to whoever has accepted the agreement there.
    """

    __tablename__ = "listing"
    __process__ = LISTING.name

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    name: Mapped[Text]
    summary: Mapped[Text]
    technology: Mapped[dict[str, Any]]
    effects: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    confidential: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    media: Mapped[list[str]] = mapped_column(ARRAY(TextColumn))
    pollutants: Mapped[list[str]] = mapped_column(ARRAY(TextColumn))
    industries: Mapped[list[str]] = mapped_column(ARRAY(TextColumn))
    industry_group: Mapped[str | None]
    chain_place: Mapped[str | None]
    provenance: Mapped[str | None]
    trl_low: Mapped[int | None]
    trl_high: Mapped[int | None]
    completeness: Mapped[int] = mapped_column(server_default="0")
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    # What the public sees, written whenever it changes: a list reads these bytes and nothing else.
    public_card: Mapped[bytes] = mapped_column(LargeBinary, server_default="")
    public_detail: Mapped[bytes] = mapped_column(LargeBinary, server_default="")
    published_at: Mapped[datetime.datetime | None]
    expires_at: Mapped[datetime.datetime | None]
    # What an assessment found holds until then; no renewal carries a recommendation past it.
    assessed_until: Mapped[datetime.date | None]
    version: Mapped[int] = mapped_column(server_default="1")

    organisation: Mapped[Organisation] = relationship(lazy="raise")

    __table_args__ = (
        unique_where(
            "uq_listing_fingerprint",
            "organisation_id",
            "fingerprint",
            where=text("state <> 'withdrawn'"),
            code="listing-exists",
            message="You have a listing with this name and text already.",
            message_zh="您已有名称和内容相同的技术条目。",
        ),
        CheckConstraint("completeness BETWEEN 0 AND 100", name="completeness_is_percent"),
        CheckConstraint("trl_low BETWEEN 1 AND 9 AND trl_high BETWEEN trl_low AND 9", name="trl_is_interval"),
        Index("ix_listing_organisation_id", "organisation_id"),
        Index("ix_listing_published", "published_at", "id", postgresql_where=text(f"state = '{PUBLISHED}'")),
        Index("ix_listing_media", "media", postgresql_using="gin"),
        Index("ix_listing_pollutants", "pollutants", postgresql_using="gin"),
    )
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own name and type


class ListingVersion(Record):
    """What a listing said when a version of it was made; never changed (append-only)."""

    __tablename__ = "listing_version"
    __audited__: ClassVar[bool] = False

    listing_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("listing.id"))
    version: Mapped[int]
    technology: Mapped[dict[str, Any]]
    effects: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    made_by: Mapped[uuid.UUID | None]

    __table_args__ = (Index("uq_listing_version", "listing_id", "version", unique=True),)


class ListingFile(Record):
    """A file that some version of a listing names by its hash as evidence (append-only)."""

    __tablename__ = "listing_file"
    __audited__: ClassVar[bool] = False

    listing_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("listing.id"))
    sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"))
    file_name: Mapped[str]

    file: Mapped[StoredFile] = relationship(lazy="raise")

    __table_args__ = (
        Index("uq_listing_file", "listing_id", "sha256", unique=True),
        Index("ix_listing_file_sha256", "sha256"),
    )
