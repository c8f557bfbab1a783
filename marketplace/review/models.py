"""Rounds, reviewers and their independence, assignments and reviews.

Who may review what is kept by the database: an assignment that is held refers to a row in which its reviewer stands
declared independent of the applicant, so that there is none before the declaration and none against it.
"""

import datetime
import uuid
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import Text as TextColumn

from marketplace.applications.models import STAGES, Application
from marketplace.assessments.models import RELATION_KINDS
from marketplace.base import Record, check, secret, unique, unique_where
from marketplace.calls.models import Call
from marketplace.errors import Sentence
from marketplace.people.models import Organisation, Person
from marketplace.process import InProcess
from marketplace.review import decision_models  # noqa: F401 - tables of this capability, too
from marketplace.review.process import ASSIGNMENT, HELD, ROUND
from scoring.technology import Text

# Why a reviewer is not independent: what they state themselves, and what the platform finds.
CONFLICT_KINDS = (*RELATION_KINDS, "same-organisation", "same-domain", "issued-evidence")


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(map(repr, values))})", name=f"{column}_is_known")


class ReviewRound(Record, InProcess):
    """The applications to one stage of a call, judged by its rubric as it stood when the round was made.

    Each gets `reviews_wanted` reviews, and up to `reviews_max` while its interval crosses the bar.
    """

    __tablename__ = "review_round"
    __process__ = ROUND.name

    call_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("call.id"))
    stage: Mapped[str]
    rubric: Mapped[dict[str, Any]]
    blind_fields: Mapped[list[str]] = mapped_column(ARRAY(TextColumn))
    reviews_wanted: Mapped[int]
    reviews_max: Mapped[int]
    due_at: Mapped[datetime.datetime]

    call: Mapped[Call] = relationship(lazy="raise")

    __table_args__ = (
        unique_where(
            "uq_review_round_live",
            "call_id",
            "stage",
            where=sql("state <> 'cancelled'"),
            code="round-exists",
            message="This stage of the call has a round of reviews already.",
            message_zh="该征集的此阶段已有评审轮次。",
        ),
        _one_of("stage", STAGES),
        check(
            "reviews_are_possible",
            "reviews_wanted BETWEEN 1 AND reviews_max AND reviews_max <= 9",
            field="reviews_max",
            code="reviews-out-of-range",
            message="1 to 9 reviews, and not fewer than are wanted",
            message_zh="评审数须为1至9，且不少于基本评审数",
        ),
        Index("ix_review_round_call_id", "call_id"),
    )


class Reviewer(Record):
    """A person in a round's pool. Nothing of any application opens before `declared_at`."""

    __tablename__ = "reviewer"

    round_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("review_round.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    capacity: Mapped[int]
    media: Mapped[list[str]] = mapped_column(ARRAY(TextColumn))
    pollutants: Mapped[list[str]] = mapped_column(ARRAY(TextColumn), server_default="{}")
    languages: Mapped[list[str]] = mapped_column(ARRAY(TextColumn))
    declared_at: Mapped[datetime.datetime | None]
    # Declined, or taken out of the pool: no further assignments.
    left_at: Mapped[datetime.datetime | None]

    round: Mapped[ReviewRound] = relationship(lazy="raise")
    person: Mapped[Person] = relationship(lazy="raise")

    __table_args__ = (
        unique(
            "round_id",
            "person_id",
            code="in-the-pool",
            message="This person is in the pool already.",
            message_zh="此人已在评审专家库中。",
        ),
        CheckConstraint("capacity BETWEEN 1 AND 500", name="capacity_is_possible"),
        Index("ix_reviewer_person_id", "person_id"),
    )


class Independence(Record):
    """What a reviewer declared, or the platform found, about one applicant."""

    __tablename__ = "reviewer_independence"

    reviewer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("reviewer.id"))
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    independent: Mapped[bool]
    kind: Mapped[str | None]
    note: Mapped[str] = mapped_column(server_default="", info=secret())

    organisation: Mapped[Organisation] = relationship(lazy="raise")

    __table_args__ = (
        unique(
            "reviewer_id",
            "organisation_id",
            code="declared-already",
            message="You have declared this already.",
            message_zh="您已作过该项声明。",
        ),
        # What assignments refer to.
        unique(
            "reviewer_id",
            "organisation_id",
            "independent",
            name="uq_reviewer_independence_as_declared",
            code="declared-already",
            message="You have declared this already.",
            message_zh="您已作过该项声明。",
        ),
        CheckConstraint("independent = (kind IS NULL)", name="conflict_has_a_kind"),
        CheckConstraint(f"kind IN ({', '.join(map(repr, CONFLICT_KINDS))})", name="kind_is_known"),
    )


class ReviewAssignment(Record, InProcess):
    """One reviewer asked about one application; `independent` is null once it is no longer held."""

    __tablename__ = "review_assignment"
    __process__ = ASSIGNMENT.name

    round_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("review_round.id"))
    reviewer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("reviewer.id"))
    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"))
    organisation_id: Mapped[uuid.UUID]
    independent: Mapped[bool | None]
    # Asked for because two or more reviews left it open.
    further: Mapped[bool] = mapped_column(server_default="false")
    due_at: Mapped[datetime.datetime]

    round: Mapped[ReviewRound] = relationship(lazy="raise")
    reviewer: Mapped[Reviewer] = relationship(lazy="raise")
    application: Mapped[Application] = relationship(lazy="raise")

    __table_args__ = (
        unique(
            "reviewer_id",
            "application_id",
            code="assigned-already",
            message="This reviewer was asked about this application already.",
            message_zh="该专家已被指派评审此申请。",
        ),
        # What reviews refer to.
        unique(
            "id",
            "reviewer_id",
            "application_id",
            name="uq_review_assignment_whole",
            code="assigned-already",
            message="This reviewer was asked about this application already.",
            message_zh="该专家已被指派评审此申请。",
        ),
        ForeignKeyConstraint(
            ["reviewer_id", "organisation_id", "independent"],
            [
                "reviewer_independence.reviewer_id",
                "reviewer_independence.organisation_id",
                "reviewer_independence.independent",
            ],
            name="fk_review_assignment_independence",
            info={
                "sentence": Sentence(
                    code="not-independent",
                    message="This reviewer is not declared independent of the applicant.",
                    message_zh="该专家未声明与申请方无利益关系。",
                )
            },
        ),
        CheckConstraint(
            f"state NOT IN ({', '.join(map(repr, HELD))}) OR independent IS TRUE", name="held_by_the_independent"
        ),
        Index("ix_review_assignment_round_id", "round_id", "state"),
        Index("ix_review_assignment_application_id", "application_id"),
    )


class SubmittedReview(Record):
    """What one reviewer says of one application, once and for good (append-only).

    `comment` is for the committee, `advice` for the applicant, who never learns from whom.
    """

    __tablename__ = "review"

    assignment_id: Mapped[uuid.UUID]
    reviewer_id: Mapped[uuid.UUID]
    application_id: Mapped[uuid.UUID]
    # [{"criterion", "level", "rationale"}]
    ratings: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, info=secret())
    comment: Mapped[str] = mapped_column(info=secret())
    advice: Mapped[str] = mapped_column(info=secret())

    __table_args__ = (
        unique(
            "reviewer_id",
            "application_id",
            code="reviewed-already",
            message="You have submitted your review; it cannot be changed.",
            message_zh="您已提交评审意见，不可更改。",
        ),
        ForeignKeyConstraint(
            ["assignment_id", "reviewer_id", "application_id"],
            ["review_assignment.id", "review_assignment.reviewer_id", "review_assignment.application_id"],
            name="fk_review_assignment_id",
        ),
        Index("ix_review_application_id", "application_id"),
    )


class ReferenceApplication(Record):
    """An application, invented or old, that everybody in the pool rates first, so that it shows who is severe."""

    __tablename__ = "review_reference"

    round_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("review_round.id"))
    title: Mapped[Text]
    content: Mapped[Text]

    __table_args__ = (Index("ix_review_reference_round_id", "round_id"),)


class ReferenceRating(Record):
    """What one reviewer says of a reference application (append-only)."""

    __tablename__ = "review_reference_rating"

    reference_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("review_reference.id"))
    reviewer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("reviewer.id"))
    ratings: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, info=secret())

    __table_args__ = (
        unique(
            "reference_id",
            "reviewer_id",
            code="rated-already",
            message="You have rated this reference application.",
            message_zh="您已完成该校准样本的评分。",
        ),
    )
