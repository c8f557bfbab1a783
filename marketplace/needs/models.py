"""Needs, the solutions proposed for them, and consultations."""

import datetime
import uuid
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import Text as TextColumn

from marketplace.base import Record, unique, unique_where
from marketplace.listings.models import Listing
from marketplace.needs.process import CLOSING_REASONS, CONSULTATION, NEED, REASONS, SOLUTION
from marketplace.people.models import Organisation
from marketplace.process import InProcess
from scoring.technology import Text

_OPEN_NEEDS = sql("state IN ('published', 'answered')")


class Need(Record, InProcess):
    """`organisation_id` is the seeker, whom nobody else learns without their consent: public queries never load it."""

    __tablename__ = "need"
    __process__ = NEED.name

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    title: Mapped[Text]
    summary: Mapped[Text]
    specification: Mapped[dict[str, Any]]
    medium: Mapped[str | None]
    pollutants: Mapped[list[str]] = mapped_column(ARRAY(TextColumn))
    # Until then only its proposer sees a solution.
    embargo_until: Mapped[datetime.datetime | None]
    open_until: Mapped[datetime.datetime | None]
    published_at: Mapped[datetime.datetime | None]
    version: Mapped[int] = mapped_column(server_default="1")

    __table_args__ = (
        CheckConstraint("embargo_until <= open_until", name="embargo_ends_in_time"),
        Index("ix_need_organisation_id", "organisation_id"),
        Index("ix_need_open", "id", postgresql_where=_OPEN_NEEDS),
        Index("ix_need_pollutants", "pollutants", postgresql_using="gin"),
    )
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own name and type


class Solution(Record, InProcess):
    """What somebody proposes for a need. The seeker is not named here, and the proposer is no audience of its log."""

    __tablename__ = "solution"
    __process__ = SOLUTION.name

    need_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("need.id"))
    proposer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    listing_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("listing.id"))
    text: Mapped[Text]
    reason_code: Mapped[str | None]
    reason_note: Mapped[str] = mapped_column(server_default="")
    # The seeker's consent to be known to this proposer.
    revealed_at: Mapped[datetime.datetime | None]
    version: Mapped[int] = mapped_column(server_default="1")

    need: Mapped[Need] = relationship(lazy="raise")
    proposer: Mapped[Organisation] = relationship(lazy="raise")
    listing: Mapped[Listing] = relationship(lazy="raise")

    __table_args__ = (
        unique_where(
            "uq_solution_listing",
            "need_id",
            "proposer_id",  # what others proposed must not show, not even by a conflict
            "listing_id",
            where=sql("state <> 'withdrawn'"),
            code="solution-exists",
            message="You have proposed this technology for this need already.",
            message_zh="您已就该技术对此需求提出过方案。",
        ),
        unique_where(
            "uq_solution_accepted",
            "need_id",
            where=sql("state = 'accepted'"),
            code="need-solved",
            message="Another solution has been accepted for this need.",
            message_zh="该需求已采纳其他方案。",
        ),
        CheckConstraint(
            f"reason_code IN ({', '.join(repr(code) for code in (*REASONS, *CLOSING_REASONS))})",
            name="reason_code_is_known",
        ),
        CheckConstraint("state <> 'declined' OR reason_code IS NOT NULL", name="declined_for_a_reason"),
        Index("ix_solution_proposer_id", "proposer_id"),
        Index("ix_solution_need_id", "need_id"),
    )
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own name and type


class Consultation(Record, InProcess):
    """One matter that staff or experts answer: a need, or a query in plain words, with the technologies found for it.

    `results` is what was found when it was handed over; `opened_at` is when it was last opened.
    """

    __tablename__ = "consultation"
    __process__ = CONSULTATION.name

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    # The same for the same need, or the same words of the same asker.
    matter_hash: Mapped[bytes] = mapped_column(LargeBinary)
    need_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("need.id"))
    query: Mapped[str]
    specification: Mapped[dict[str, Any]]
    results: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    question: Mapped[str]
    assignee_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("organisation.id"))
    opened_at: Mapped[datetime.datetime]
    version: Mapped[int] = mapped_column(server_default="1")

    __table_args__ = (
        unique_where(
            "uq_consultation_matter",
            "matter_hash",
            where=sql("state <> 'archived'"),
            code="consultation-exists",
            message="This matter has a consultation already; reopen it instead.",
            message_zh="该事项已有咨询，请重新开启原咨询。",
        ),
        Index("ix_consultation_organisation_id", "organisation_id"),
        Index("ix_consultation_assignee_id", "assignee_id"),
        Index("ix_consultation_need_id", "need_id"),
        Index("ix_consultation_waiting", "id", postgresql_where=sql("state IN ('open', 'escalated')")),
    )
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own name and type


class ConsultationAnswer(Record):
    """What staff or experts answered; never changed (append-only)."""

    __tablename__ = "consultation_answer"
    __audited__: ClassVar[bool] = False

    consultation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("consultation.id"))
    number: Mapped[int]
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    text: Mapped[Text]
    listing_ids: Mapped[list[str]] = mapped_column(server_default="[]")
    # From here to `answered_at` the asker waited.
    asked_at: Mapped[datetime.datetime]
    answered_at: Mapped[datetime.datetime]

    __table_args__ = (
        unique(
            "consultation_id",
            "number",
            code="answered-meanwhile",
            message="Somebody answered this at the same moment; look again.",
            message_zh="他人刚刚答复，请刷新后重试。",
        ),
    )
