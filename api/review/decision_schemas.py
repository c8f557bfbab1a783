"""What goes in and out when a committee decides: for the organiser, and for applicants."""

import datetime
import uuid
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from api.review.schemas import Note
from marketplace.applications.process import REASONS
from marketplace.calls.content import Rubric
from marketplace.review.counterfactual import CODES, Change, CriterionView, Feedback
from marketplace.review.deciding import Verdict
from marketplace.review.decision_models import ReviewDecision
from marketplace.review.models import ReviewRound
from marketplace.review.rubric import rubric_of
from marketplace.review.stopping import Side
from scoring.technology import Text


class DecisionIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`reason` is a coded one, for a rejection; `note` is told to the applicant, and explains what goes against

    the reviews.
    """

    application_id: uuid.UUID
    outcome: Literal["accepted", "waitlisted", "rejected", "invited"]
    reason: Annotated[str, Meta(max_length=60, pattern=r"^[a-z-]+$")] | None = None
    note: Note = ""

    def verdict(self) -> Verdict:
        return Verdict(outcome=self.outcome, reason=self.reason, note=self.note)


class DecisionOut(Struct, frozen=True, kw_only=True):
    application_id: uuid.UUID
    outcome: str
    reason: str | None
    note: str
    pack_sha256: str
    decided_at: datetime.datetime

    @classmethod
    def of(cls, found: ReviewDecision) -> "DecisionOut":
        return cls(
            application_id=found.application_id,
            outcome=found.outcome,
            reason=found.reason,
            note=found.note,
            pack_sha256=found.pack_sha256,
            decided_at=found.created_at,
        )


class FeedbackOut(Struct, frozen=True, kw_only=True):
    """For the applicant: how each criterion was seen, what would have crossed the bar, and what reviewers advise.

    Levels count the rubric's anchors from 0. `single` are changes of which each alone would have been enough;
    `together`, where there are none, would have been enough jointly. Nobody learns who reviewed.
    """

    outcome: str
    reason: str | None
    reason_text: Text | None
    note: str
    side: Side
    rubric: Rubric
    criteria: tuple[CriterionView, ...]
    single: tuple[Change, ...]
    together: tuple[Change, ...]
    advice: list[str]
    codes: dict[str, Text]

    @classmethod
    def of(cls, found: ReviewDecision, review_round: ReviewRound, advice: list[str]) -> "FeedbackOut":
        told = msgspec.convert(found.feedback[0], Feedback) if found.feedback else None
        views = told.criteria if told else ()
        used = {view.code for view in views}
        return cls(
            outcome=found.outcome,
            reason=found.reason,
            reason_text=REASONS.get(found.reason or ""),
            note=found.note,
            side=found.standing["side"],
            rubric=rubric_of(review_round.rubric),
            criteria=views,
            single=told.single if told else (),
            together=told.together if told else (),
            advice=advice,
            codes={code: text for code, text in CODES.items() if code in used},
        )
