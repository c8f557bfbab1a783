"""Investors' mandates, who was shown what, and cohorts whose places are given out together."""

import datetime
import uuid
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.base import Base, Record, unique
from marketplace.calls.models import Call
from marketplace.listings.models import Listing
from marketplace.matching.process import COHORT
from marketplace.people.models import Organisation
from marketplace.process import InProcess
from scoring.technology import Text


class Mandate(Record):
    """What an investor or incubator looks for at any time, call or no call. `terms` is a `Terms` as JSON.

    Holders see one only if it is `open_to_holders`; it is used no more from `ended_at` on.
    """

    __tablename__ = "mandate"

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    title: Mapped[Text]
    thesis: Mapped[Text]
    terms: Mapped[dict[str, Any]]
    open_to_holders: Mapped[bool] = mapped_column(server_default="false")
    ended_at: Mapped[datetime.datetime | None]
    version: Mapped[int] = mapped_column(server_default="1")

    organisation: Mapped[Organisation] = relationship(lazy="raise")

    __table_args__ = (
        Index("ix_mandate_organisation_id", "organisation_id"),
        Index("ix_mandate_open", "id", postgresql_where=sql("open_to_holders AND ended_at IS NULL")),
    )
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own name and type


class Impression(Base):
    """A technology was on a page that an organisation was shown on this day; once a day, however often it looked."""

    __tablename__ = "impression"
    __audited__: ClassVar[bool] = False

    day: Mapped[datetime.date] = mapped_column(primary_key=True)
    listing_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("listing.id"), primary_key=True)
    viewer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)


class Cohort(Record, InProcess):
    """Several calls of one organisation whose seats are given out together.

    `result` is the assignment as JSON, once there is one.
    """

    __tablename__ = "cohort"
    __process__ = COHORT.name

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    title: Mapped[Text]
    wishes_until: Mapped[datetime.datetime]
    proposing: Mapped[str]
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    version: Mapped[int] = mapped_column(server_default="1")

    __table_args__ = (
        CheckConstraint("proposing IN ('technologies', 'calls')", name="proposing_is_known"),
        CheckConstraint("state <> 'placed' OR result IS NOT NULL", name="placed_with_a_result"),
        Index("ix_cohort_organisation_id", "organisation_id"),
    )
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own name and type


class CohortTrack(Record):
    """A call of a cohort, how many it takes, and whom it would take: tiers of listing ids, the best first."""

    __tablename__ = "cohort_track"

    cohort_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cohort.id"))
    call_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("call.id"))
    seats: Mapped[int]
    ranking: Mapped[list[list[str]]] = mapped_column(JSONB, server_default="[]")

    call: Mapped[Call] = relationship(lazy="raise")

    __table_args__ = (
        unique(
            "cohort_id", "call_id",
            code="track-exists", message="This call is in the cohort already.", message_zh="该征集已在此批次中。",
        ),
        CheckConstraint("seats BETWEEN 0 AND 10000", name="seats_are_sane"),
        Index("ix_cohort_track_call_id", "call_id"),
    )  # fmt: skip


class CohortWish(Record):
    """The calls that a technology wishes for: tiers of call ids, the best first. Only its holder reads it."""

    __tablename__ = "cohort_wish"

    cohort_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cohort.id"))
    listing_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("listing.id"))
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    wishes: Mapped[list[list[str]]] = mapped_column(JSONB)

    listing: Mapped[Listing] = relationship(lazy="raise")

    __table_args__ = (
        unique(
            "cohort_id", "listing_id",
            code="wished-already", message="This technology has wished already.", message_zh="该技术已提交志愿。",
        ),
        Index("ix_cohort_wish_organisation_id", "organisation_id"),
    )  # fmt: skip
