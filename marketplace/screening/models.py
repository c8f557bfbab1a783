"""Screens, their runs, portfolios that were uploaded, and lists of watched listings."""

import datetime
import uuid
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.base import Base, Record, unique, unique_where
from marketplace.listings.models import Listing
from marketplace.people.models import Person

RUN_STATES = ("waiting", "done", "failed")


class Portfolio(Record):
    """Technologies that an organisation uploaded, kept once by the hash of what they say; never changed."""

    __tablename__ = "portfolio"
    __audited__: ClassVar[bool] = False

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    file_name: Mapped[str]
    # Megabytes: read by themselves where they are needed.
    technologies: Mapped[bytes] = mapped_column(LargeBinary, deferred=True, deferred_raiseload=True)
    technology_count: Mapped[int]

    __table_args__ = (Index("uq_portfolio_content", "organisation_id", "sha256", unique=True),)


class Screen(Record):
    """A saved question: over the catalogue as far as `wanted` says, or over a portfolio."""

    __tablename__ = "screen"

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    name: Mapped[str]
    wanted: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    portfolio_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("portfolio.id"))
    # Who gets a mail when the answer changes; nobody after the link in such a mail was used.
    alerts_to: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    closed_at: Mapped[datetime.datetime | None]
    # Links that were made until then show nothing any more.
    links_ended_at: Mapped[datetime.datetime | None]

    reader: Mapped[Person | None] = relationship(lazy="raise")

    __table_args__ = (
        CheckConstraint("num_nonnulls(wanted, portfolio_id) = 1", name="screens_one_thing"),
        unique_where(
            "uq_screen_name",
            "organisation_id",
            "name",
            where=text("closed_at IS NULL"),
            code="screen-exists",
            message="You have a screen of this name.",
            message_zh="您已有同名筛选。",
        ),
    )


class ScreeningRun(Record):
    """One answer. `rows` is the JSON of `results.Row`s, `changes` what differs from the run before."""

    __tablename__ = "screening_run"
    __audited__: ClassVar[bool] = False  # the rows are megabytes; that there was a run is recorded by itself

    screen_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("screen.id"))
    number: Mapped[int]
    state: Mapped[str] = mapped_column(server_default="waiting")
    as_of: Mapped[datetime.date | None]
    input_sha256: Mapped[bytes | None] = mapped_column(LargeBinary)
    ranked_by: Mapped[str | None]
    versions: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    rows: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True, deferred_raiseload=True)
    row_count: Mapped[int] = mapped_column(server_default="0")
    workbook: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True, deferred_raiseload=True)
    workbook_state: Mapped[str] = mapped_column(server_default="none")
    changes: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    done_at: Mapped[datetime.datetime | None]

    screen: Mapped[Screen] = relationship(lazy="raise")

    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'done', 'failed')", name="state_is_known"),
        CheckConstraint("workbook_state IN ('none', 'waiting', 'done', 'failed')", name="workbook_state_is_known"),
        Index("uq_screening_run_number", "screen_id", "number", unique=True),
        unique_where(
            "uq_screening_run_waiting",
            "screen_id",
            where=text("state = 'waiting'"),
            code="run-underway",
            message="This screen is being run already.",
            message_zh="该筛选正在运行。",
        ),
    )


class ListingFacts(Base):
    """What scoring says of one listing by itself, kept until its text, the day or the models change."""

    __tablename__ = "listing_facts"
    __audited__: ClassVar[bool] = False

    listing_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("listing.id"), primary_key=True)
    version: Mapped[int]
    as_of: Mapped[datetime.date]
    models: Mapped[str]
    facts: Mapped[bytes] = mapped_column(LargeBinary)


class Watch(Record):
    """A listing on an organisation's list; a mail goes to `alerts_to` when its state changes."""

    __tablename__ = "watch"

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    listing_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("listing.id"))
    alerts_to: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    # The step of the listing that the last mail was about: none is told twice.
    told_entry: Mapped[int | None]

    listing: Mapped[Listing] = relationship(lazy="raise")
    reader: Mapped[Person | None] = relationship(lazy="raise")

    __table_args__ = (
        unique(
            "organisation_id",
            "listing_id",
            code="watched-already",
            message="This listing is on your list already.",
            message_zh="该技术已在关注列表中。",
        ),
        Index("ix_watch_listing_id", "listing_id"),
    )
