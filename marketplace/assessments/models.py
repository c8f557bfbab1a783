"""Assessors, assessments, assignments, scores and decisions."""

import datetime
import uuid
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import Text as TextColumn

from marketplace.assessments.process import ASSESSMENT, ASSIGNMENT, LIVE
from marketplace.base import Record, check, unique, unique_where
from marketplace.listings.models import Listing, ListingVersion
from marketplace.people.models import Organisation, Person
from marketplace.process import InProcess
from scoring.technology import Text

RELATION_KINDS = ("co-author", "employment", "consulting", "investment", "supervision", "family", "dispute", "other")
OUTCOMES = ("recommended", "returned")


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(value) for value in values)})", name=f"{column}_is_known")


class Assessor(Record):
    """A person who judges: in which media and languages, and how many technologies at the same time."""

    __tablename__ = "assessor"

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    media: Mapped[list[str]] = mapped_column(ARRAY(TextColumn))
    pollutants: Mapped[list[str]] = mapped_column(ARRAY(TextColumn))
    languages: Mapped[list[str]] = mapped_column(ARRAY(TextColumn))
    capacity: Mapped[int]
    available: Mapped[bool] = mapped_column(server_default="true")
    version: Mapped[int] = mapped_column(server_default="1")

    person: Mapped[Person] = relationship(lazy="raise")
    organisation: Mapped[Organisation] = relationship(lazy="raise")

    __table_args__ = (
        unique(
            "person_id",
            code="assessor-known",
            message="You have a profile as an assessor already.",
            message_zh="您已有评估专家档案。",
        ),
        check(
            "capacity_is_possible",
            "capacity BETWEEN 0 AND 50",
            field="capacity",
            code="capacity-out-of-range",
            message="0 to 50 assessments at the same time",
            message_zh="同时承担的评估数须为0至50",
        ),
    )
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own name and type


class StatedRelation(Record):
    """What an assessor has, or had, to do with an organisation; never taken back (append-only)."""

    __tablename__ = "assessor_relation"

    assessor_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("assessor.id"))
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    kind: Mapped[str]
    ended_on: Mapped[datetime.date | None]
    note: Mapped[str] = mapped_column(server_default="")
    stated_by: Mapped[uuid.UUID | None]

    __table_args__ = (
        Index("ix_assessor_relation_assessor_id", "assessor_id"),
        Index("ix_assessor_relation_organisation_id", "organisation_id"),
        _one_of("kind", RELATION_KINDS),
    )


class ListingAssessment(Record, InProcess):
    """One framework, one bar, one version of a listing, judged as of the day it was opened."""

    __tablename__ = "assessment"
    __process__ = ASSESSMENT.name

    listing_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("listing.id"))
    listing_version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("listing_version.id"))
    framework: Mapped[str]
    bar: Mapped[int]
    as_of: Mapped[datetime.date]
    assessors_wanted: Mapped[int]
    assessors_max: Mapped[int]

    listing: Mapped[Listing] = relationship(lazy="raise")
    listing_version: Mapped[ListingVersion] = relationship(lazy="raise")

    __table_args__ = (
        unique_where(
            "uq_assessment_live",
            "listing_id",
            where=text(f"state IN ({', '.join(repr(state) for state in LIVE)})"),
            code="being-assessed",
            message="This listing is being assessed already.",
            message_zh="该技术条目正在评估中。",
        ),
        CheckConstraint(
            "assessors_wanted BETWEEN 1 AND assessors_max AND assessors_max <= 9", name="panel_is_possible"
        ),
        Index("ix_assessment_listing_id", "listing_id"),
    )


class Assignment(Record, InProcess):
    """One assessor asked to judge. `conflicts` is what they declared; an empty list is a declaration, too."""

    __tablename__ = "assignment"
    __process__ = ASSIGNMENT.name

    assessment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("assessment.id"))
    assessor_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("assessor.id"))
    further: Mapped[bool] = mapped_column(server_default="false")
    conflicts: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB)
    declared_at: Mapped[datetime.datetime | None]

    assessment: Mapped[ListingAssessment] = relationship(lazy="raise")
    assessor: Mapped[Assessor] = relationship(lazy="raise")

    __table_args__ = (
        unique(
            "assessment_id",
            "assessor_id",
            code="assigned-already",
            message="This assessor was asked already.",
            message_zh="该专家已被指派。",
        ),
        Index("ix_assignment_assessor_id", "assessor_id"),
    )


class Score(Record):
    """What one assessor says, criterion by criterion, with the library's receipt of it (append-only)."""

    __tablename__ = "assessment_score"

    assignment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("assignment.id"))
    assessment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("assessment.id"))
    assessor_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("assessor.id"))
    ratings: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    low: Mapped[int]
    high: Mapped[int]
    receipt_id: Mapped[str]
    receipt: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (
        unique(
            "assignment_id",
            code="scored-already",
            message="You have submitted your score; it cannot be changed.",
            message_zh="您已提交评分，不可更改。",
        ),
        Index("ix_assessment_score_assessment_id", "assessment_id"),
        CheckConstraint("low <= high", name="is_interval"),
    )


class Decision(Record):
    """How an assessment ended (append-only). `receipt` and `panel` are the published bytes, as they were computed."""

    __tablename__ = "assessment_decision"

    assessment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("assessment.id"))
    outcome: Mapped[str]
    level: Mapped[int]
    low: Mapped[int]
    high: Mapped[int]
    conditions: Mapped[Text]
    valid_until: Mapped[datetime.date | None]
    feedback: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    receipt_id: Mapped[str]
    receipt: Mapped[bytes] = mapped_column(LargeBinary)
    panel: Mapped[bytes] = mapped_column(LargeBinary)
    decided_by: Mapped[uuid.UUID | None]

    assessment: Mapped[ListingAssessment] = relationship(lazy="raise")

    __table_args__ = (
        unique(
            "assessment_id",
            code="decided-already",
            message="This assessment is decided.",
            message_zh="该评估已作出决定。",
        ),
        _one_of("outcome", OUTCOMES),
        CheckConstraint("low <= level AND level <= high", name="is_interval"),
        CheckConstraint("(outcome = 'recommended') = (valid_until IS NOT NULL)", name="recommendation_ends"),
    )
