"""What goes in and out. Only operators ever get an assessor's name."""

import datetime
import uuid
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from api.fields import Line, Prose
from marketplace.assessments.decision import Verdict
from marketplace.assessments.feedback import CODES, Change
from marketplace.assessments.models import Assignment, Decision, ListingAssessment, Score
from marketplace.assessments.panel import Disagreement, PanelView
from marketplace.assessments.seating import Plan, Proposal
from marketplace.texts import LongText
from scoring.technology import Rating, Text

Level = Annotated[int, Meta(ge=1, le=9)]
Reason = Annotated[str, Meta(max_length=4_000, pattern=r"^[^\x00]*$")]


class AssessorOut(Struct, frozen=True, kw_only=True):
    """For operators. `severity` is in steps of the framework's scale; below 0 rates too low, null is not known yet."""

    id: uuid.UUID
    name: str
    organisation: Text
    media: list[str]
    languages: list[str]
    capacity: int
    available: bool
    load: int
    severity: float | None


class AssessmentIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to assess, by what, and which level passes."""

    listing_id: uuid.UUID
    framework: Line
    bar: Level
    assessors_wanted: Annotated[int, Meta(ge=1, le=9)] = 2
    assessors_max: Annotated[int, Meta(ge=1, le=9)] = 4

    def plan(self) -> Plan:
        return Plan(
            framework=self.framework,
            bar=self.bar,
            assessors_wanted=self.assessors_wanted,
            assessors_max=self.assessors_max,
        )


class AssessmentOut(Struct, frozen=True, kw_only=True):
    id: uuid.UUID
    listing_id: uuid.UUID
    listing_name: Text
    framework: str
    bar: int
    as_of: datetime.date
    assessors_wanted: int
    assessors_max: int
    state: str
    since: datetime.datetime

    @classmethod
    def of(cls, found: ListingAssessment) -> "AssessmentOut":
        return cls(
            id=found.id,
            listing_id=found.listing_id,
            listing_name=found.listing.name,
            framework=found.framework,
            bar=found.bar,
            as_of=found.as_of,
            assessors_wanted=found.assessors_wanted,
            assessors_max=found.assessors_max,
            state=found.state,
            since=found.state_since,
        )


class PanelOut(Struct, frozen=True, kw_only=True):
    """What the panel says together: the level with its central 90 % interval."""

    level: int
    low: int
    high: int
    bar: int
    chance_at_bar: float
    crosses_bar: bool

    @classmethod
    def of(cls, found: PanelView | None) -> "PanelOut | None":
        return None if found is None else cls(
            level=found.level,
            low=found.low,
            high=found.high,
            bar=found.bar,
            chance_at_bar=found.chance_at_bar,
            crosses_bar=found.crosses_bar,
        )  # fmt: skip


class SeatOut(Struct, frozen=True, kw_only=True):
    """For operators: who was asked."""

    id: uuid.UUID
    assessor_id: uuid.UUID
    name: str
    state: str
    since: datetime.datetime
    further: bool
    conflicts: list[dict[str, Any]] | None

    @classmethod
    def of(cls, found: Assignment) -> "SeatOut":
        return cls(
            id=found.id,
            assessor_id=found.assessor_id,
            name=found.assessor.person.name,
            state=found.state,
            since=found.state_since,
            further=found.further,
            conflicts=found.conflicts,
        )


class ScoreOut(Struct, frozen=True, kw_only=True):
    """One score, under a made-up name."""

    name: str
    low: int
    high: int
    ratings: list[Rating]
    receipt_id: str
    at: datetime.datetime

    @classmethod
    def of(cls, found: Score, name: str) -> "ScoreOut":
        return cls(
            name=name,
            low=found.low,
            high=found.high,
            ratings=msgspec.convert(found.ratings, list[Rating]),
            receipt_id=found.receipt_id,
            at=found.created_at,
        )


class DecisionOut(Struct, frozen=True, kw_only=True):
    """How an assessment ended: level, interval, conditions and validity."""

    outcome: str
    framework: str
    bar: int
    as_of: datetime.date
    level: int
    low: int
    high: int
    conditions: Text
    valid_until: datetime.date | None
    decided_at: datetime.datetime
    receipt_id: str

    @classmethod
    def of(cls, found: Decision, assessment: ListingAssessment) -> "DecisionOut":
        return cls(
            outcome=found.outcome,
            framework=assessment.framework,
            bar=assessment.bar,
            as_of=assessment.as_of,
            level=found.level,
            low=found.low,
            high=found.high,
            conditions=found.conditions,
            valid_until=found.valid_until,
            decided_at=found.created_at,
            receipt_id=found.receipt_id,
        )


class DossierOut(Struct, frozen=True, kw_only=True):
    """Everything about one assessment, for operators."""

    assessment: AssessmentOut
    seats: list[SeatOut]
    scores: list[ScoreOut]
    disagreements: list[Disagreement]
    panel: PanelOut | None
    decision: DecisionOut | None


class ProposalOut(Struct, frozen=True, kw_only=True):
    """An assessor proposed for an open seat; `fit` is between 0 and 1."""

    assessment_id: uuid.UUID
    assessor_id: uuid.UUID
    name: str
    organisation: Text
    fit: float
    load: int

    @classmethod
    def of(cls, found: Proposal) -> "ProposalOut":
        return cls(
            assessment_id=found.assessment_id,
            assessor_id=found.assessor.id,
            name=found.assessor.person.name,
            organisation=found.assessor.organisation.name,
            fit=round(found.fit, 3),
            load=found.load,
        )


class AssignIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    assessor_ids: Annotated[list[uuid.UUID], Meta(min_length=1, max_length=9)]


class ReasonIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    note: Annotated[str, Meta(min_length=1, max_length=4_000, pattern=r"^[^\x00]*\S[^\x00]*$")]


class DecisionIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A recommendation states conditions and until when it holds; a return states why."""

    outcome: Literal["recommended", "returned"]
    conditions: LongText | None = None
    valid_until: datetime.date | None = None
    note: Reason = ""

    def verdict(self) -> Verdict:
        return Verdict(
            outcome=self.outcome,
            conditions=self.conditions.text() if self.conditions else Text(),
            valid_until=self.valid_until,
            note=self.note,
        )


class FeedbackOut(Struct, frozen=True, kw_only=True):
    """For the holder: why, and the smallest change that would have passed. `codes` explains the codes used."""

    state: str
    decision: DecisionOut | None
    note: Prose
    changes: list[Change]
    codes: dict[str, Text]

    @classmethod
    def of(cls, found: Decision | None, assessment: ListingAssessment, note: str) -> "FeedbackOut":
        changes = msgspec.convert(found.feedback, list[Change]) if found else []
        used = {change.code for change in changes}
        return cls(
            state=assessment.state,
            decision=DecisionOut.of(found, assessment) if found else None,
            note=note if found else "",
            changes=changes,
            codes={code: text for code, text in CODES.items() if code in used},
        )


class PublishedOut(Struct, frozen=True, kw_only=True):
    """A published score: what was found, under which conditions, until when, and the proof."""

    decision: DecisionOut
    valid: bool
    receipt: str
    panel: str
