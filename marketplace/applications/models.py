"""Applications, the scores frozen with them, and what a holder answered before."""

import datetime
import uuid
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.applications.process import APPLICATION, REASONS
from marketplace.base import Record, secret, unique, unique_where
from marketplace.calls.models import Call
from marketplace.listings.models import Listing, ListingVersion
from marketplace.money import Money, money_checks, money_column
from marketplace.people.models import Organisation
from marketplace.process import InProcess

STAGES = ("concept", "proposal", "interview")


class Application(Record, InProcess):
    """One technology's application to one call.

    `answers` is what is being written, by the keys of the call's questions; at a submission it stays as it is.
    `eligibility`, `score` and `facts` are frozen at each submission. Once forgotten (`anonymised_at`), who applied,
    the answers and the documents are gone for good; `facts` stay for statistics.
    """

    __tablename__ = "application"
    __process__ = APPLICATION.name

    call_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("call.id"))
    # Both null once anonymised, which happens to nothing that is still under way.
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"), nullable=True)
    listing_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("listing.id"), nullable=True)
    # The technology as it was at the last submission.
    listing_version_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("listing_version.id"))
    stage: Mapped[str]
    # The call's edition that the applicant last agreed to.
    call_edition: Mapped[int]
    # Kept out of the log, which never forgets.
    answers: Mapped[dict[str, Any]] = mapped_column(server_default="{}", info=secret())
    # [{"key", "name", "sha256"}] by the keys of the call's documents.
    documents: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]", info=secret())
    amount: Mapped[Money | None] = money_column("amount", nullable=True)
    eligibility: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]", info=secret())
    score: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    facts: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    submitted_at: Mapped[datetime.datetime | None]
    reason_code: Mapped[str | None]
    # Told to the applicant.
    reason_note: Mapped[str] = mapped_column(server_default="", info=secret())
    anonymised_at: Mapped[datetime.datetime | None]
    version: Mapped[int] = mapped_column(server_default="1")

    call: Mapped[Call] = relationship(lazy="raise")
    organisation: Mapped[Organisation] = relationship(lazy="raise")
    listing: Mapped[Listing] = relationship(lazy="raise")
    listing_version: Mapped[ListingVersion | None] = relationship(lazy="raise")

    __table_args__ = (
        unique_where(
            "uq_application_listing",
            "call_id",
            "listing_id",
            where=sql("state <> 'withdrawn'"),
            code="applied-already",
            message="This technology has applied to this call already.",
            message_zh="该技术已申报此征集。",
        ),
        *money_checks("amount", minimum=1),
        CheckConstraint(f"stage IN ({', '.join(map(repr, STAGES))})", name="stage_is_known"),
        CheckConstraint(f"reason_code IN ({', '.join(map(repr, REASONS))})", name="reason_code_is_known"),
        CheckConstraint("state <> 'rejected' OR reason_code IS NOT NULL", name="rejected_for_a_reason"),
        CheckConstraint(
            "state NOT IN ('submitted', 'invited', 'waitlisted', 'accepted') OR submitted_at IS NOT NULL",
            name="submitted_at_a_time",
        ),
        CheckConstraint(
            "(organisation_id IS NULL) = (anonymised_at IS NOT NULL) "
            "AND (listing_id IS NULL) = (anonymised_at IS NOT NULL) "
            "AND (anonymised_at IS NULL OR listing_version_id IS NULL)",
            name="anonymised_is_whole",
        ),
        Index("ix_application_call_id", "call_id", "state"),
        Index("ix_application_organisation_id", "organisation_id"),
        Index("ix_application_listing_id", "listing_id"),
    )
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own name and type


class ApplicationScore(Record):
    """The score at one submission with the library's receipt, as bytes. Never changed; gone when it is forgotten."""

    __tablename__ = "application_score"
    __audited__: ClassVar[bool] = False

    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"))
    stage: Mapped[str]
    listing_version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("listing_version.id"))
    receipt_id: Mapped[str]
    receipt: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (
        unique(
            "application_id",
            "stage",
            code="submitted-already",
            message="This stage has been submitted.",
            message_zh="该阶段已提交。",
        ),
    )


class ApplicantProfile(Record):
    """What an organisation last answered about one of its technologies, by question: the next draft begins with it."""

    __tablename__ = "applicant_profile"

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    listing_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("listing.id"))
    answers: Mapped[dict[str, Any]] = mapped_column(server_default="{}", info=secret())

    __table_args__ = (
        unique(
            "listing_id",
            code="profile-exists",
            message="Somebody wrote this profile at the same moment; try again.",
            message_zh="他人刚刚保存了该资料，请重试。",
        ),
    )
