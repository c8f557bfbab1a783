"""What goes in and out for reviewers."""

import datetime
import uuid
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from marketplace.calls.content import Rubric
from marketplace.people.models import Organisation
from marketplace.review.declaring import Interest
from marketplace.review.models import Independence, ReviewAssignment, Reviewer, SubmittedReview
from marketplace.review.rubric import Given, rubric_of
from scoring.technology import Text

Kind = Literal["co-author", "employment", "consulting", "investment", "supervision", "family", "dispute", "other"]
Note = Annotated[str, Meta(min_length=1, max_length=4_000, pattern=r"^[^\x00]*\S[^\x00]*$")]
Prose = Annotated[str, Meta(max_length=20_000, pattern=r"^[^\x00]*$")]
Ratings = Annotated[list[Given], Meta(min_length=1, max_length=40)]


class PlaceOut(Struct, frozen=True, kw_only=True):
    """A place in a pool, and what to do there next."""

    id: uuid.UUID
    call_id: uuid.UUID
    call: Text
    stage: str
    state: str
    due_at: datetime.datetime
    next: Literal["wait", "declare", "review"]

    @classmethod
    def of(cls, found: Reviewer) -> "PlaceOut":
        following: Literal["wait", "declare", "review"] = "wait"
        if found.round.state == "reviewing":
            following = "review" if found.declared_at else "declare"
        return cls(
            id=found.id,
            call_id=found.round.call_id,
            call=found.round.call.title,
            stage=found.round.stage,
            state=found.round.state,
            due_at=found.round.due_at,
            next=following,
        )


class ApplicantOut(Struct, frozen=True, kw_only=True):
    """Somebody who applied. `independent` is null until it is declared; `kind` says what stands against it."""

    organisation_id: uuid.UUID
    name: Text
    independent: bool | None
    kind: str | None

    @classmethod
    def of(cls, found: Organisation, declared: Independence | None) -> "ApplicantOut":
        return cls(
            organisation_id=found.id,
            name=found.name,
            independent=declared.independent if declared else None,
            kind=declared.kind if declared else None,
        )


class InterestIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    organisation_id: uuid.UUID
    kind: Kind
    note: Note

    def interest(self) -> Interest:
        return Interest(organisation_id=self.organisation_id, kind=self.kind, note=self.note)


class DeclarationIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One's interests in applicants; an empty list declares that there are none."""

    interests: Annotated[list[InterestIn], Meta(max_length=2_000)]


class RecusalIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    kind: Kind
    note: Note


class ReferenceRatingIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reference_id: uuid.UUID
    ratings: Ratings


class OwnAssignmentOut(Struct, frozen=True, kw_only=True):
    id: uuid.UUID
    state: str
    due_at: datetime.datetime

    @classmethod
    def of(cls, found: ReviewAssignment) -> "OwnAssignmentOut":
        return cls(id=found.id, state=found.state, due_at=found.due_at)


class ReviewIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every criterion once, at the level of one of its anchors, with a reason. `comment` is for the committee,

    `advice` for the applicant.
    """

    ratings: Ratings
    comment: Prose = ""
    advice: Prose = ""


class ReviewOut(Struct, frozen=True, kw_only=True):
    """A review, without who wrote it."""

    ratings: list[Given]
    comment: str
    advice: str
    at: datetime.datetime

    @classmethod
    def of(cls, found: SubmittedReview) -> "ReviewOut":
        return cls(
            ratings=msgspec.convert(found.ratings, list[Given]),
            comment=found.comment,
            advice=found.advice,
            at=found.created_at,
        )


class TaskOut(Struct, frozen=True, kw_only=True):
    """What is to be reviewed, by which rubric; `application["hidden"]` names what the blind pass leaves out."""

    id: uuid.UUID
    state: str
    due_at: datetime.datetime
    rubric: Rubric
    application: dict[str, Any]
    review: ReviewOut | None

    @classmethod
    def of(cls, found: ReviewAssignment, content: dict[str, Any], own: SubmittedReview | None) -> "TaskOut":
        return cls(
            id=found.id,
            state=found.state,
            due_at=found.due_at,
            rubric=rubric_of(found.round.rubric),
            application=content,
            review=ReviewOut.of(own) if own else None,
        )
