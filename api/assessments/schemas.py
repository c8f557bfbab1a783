"""What goes in and out. Only operators ever get an assessor's name."""

import datetime
import uuid
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from api.bilingual import LongText
from api.fields import Line, Prose
from marketplace.assessments.decision import Verdict
from marketplace.assessments.feedback import CODES, Change
from marketplace.assessments.models import Assessor, Assignment, Decision, ListingAssessment, Score, StatedRelation
from marketplace.assessments.panel import Disagreement, PanelView
from marketplace.assessments.process import ANSWER_WITHIN, SCORE_WITHIN
from marketplace.assessments.roster import Profile
from marketplace.assessments.seating import Plan, Proposal
from marketplace.assessments.work import Declared
from marketplace.errors import FieldError, Invalid
from marketplace.listings.content import Effect
from scoring.readiness.framework import FRAMEWORKS
from scoring.technology import Medium, Rating, Technology, Text

RelationKind = Literal[
    "co-author", "employment", "consulting", "investment", "supervision", "family", "dispute", "other"
]
Level = Annotated[int, Meta(ge=1, le=9)]
Reason = Annotated[str, Meta(max_length=4_000, pattern=r"^[^\x00]*$")]


class ProfileIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one can judge, in which languages, and how many at the same time."""

    media: Annotated[list[Medium], Meta(min_length=1, max_length=9)]
    pollutants: Annotated[list[Line], Meta(max_length=100)] = []
    languages: Annotated[list[Literal["zh", "en"]], Meta(min_length=1, max_length=2)]
    capacity: Annotated[int, Meta(ge=0, le=50)] = 3
    available: bool = True

    def profile(self) -> Profile:
        return Profile(
            media=tuple(dict.fromkeys(medium.value for medium in self.media)),
            pollutants=tuple(dict.fromkeys(self.pollutants)),
            languages=tuple(dict.fromkeys(self.languages)),
            capacity=self.capacity,
            available=self.available,
        )


class ProfileOut(Struct, frozen=True, kw_only=True):
    id: uuid.UUID
    media: list[str]
    pollutants: list[str]
    languages: list[str]
    capacity: int
    available: bool

    @classmethod
    def of(cls, found: Assessor) -> "ProfileOut":
        return cls(
            id=found.id,
            media=found.media,
            pollutants=found.pollutants,
            languages=found.languages,
            capacity=found.capacity,
            available=found.available,
        )


class RelationIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one has, or had, to do with an organisation."""

    organisation_id: uuid.UUID
    kind: RelationKind
    ended_on: datetime.date | None = None
    note: Reason = ""


class RelationOut(Struct, frozen=True, kw_only=True):
    organisation_id: uuid.UUID
    kind: str
    ended_on: datetime.date | None
    note: str
    at: datetime.datetime

    @classmethod
    def of(cls, found: StatedRelation) -> "RelationOut":
        return cls(
            organisation_id=found.organisation_id,
            kind=found.kind,
            ended_on=found.ended_on,
            note=found.note,
            at=found.created_at,
        )


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


class AssignmentOut(Struct, frozen=True, kw_only=True):
    """One's own assignment: before the declaration title and summary alone."""

    id: uuid.UUID
    name: Text
    summary: Text
    framework: str
    state: str
    due: datetime.datetime | None

    @classmethod
    def of(cls, found: Assignment) -> "AssignmentOut":
        within = {"invited": ANSWER_WITHIN, "declared": SCORE_WITHIN}.get(found.state)
        listing = found.assessment.listing
        return cls(
            id=found.id,
            name=listing.name,
            summary=listing.summary,
            framework=found.assessment.framework,
            state=found.state,
            due=found.state_since + within if within else None,
        )


class ConflictIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A conflict of interest, in one's own words."""

    kind: RelationKind
    note: Reason = ""


class DeclarationIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An empty list declares that there is no conflict. `confidential` promises to keep what is read to oneself."""

    conflicts: Annotated[list[ConflictIn], Meta(max_length=20)]
    confidential: bool

    def declared(self) -> list[Declared]:
        if not self.confidential:
            expected, zh = "true: what is read stays confidential", "须承诺保密"
            raise Invalid([FieldError(field="confidential", value="false", expected=expected, expected_zh=zh)])
        return [Declared(kind=conflict.kind, note=conflict.note) for conflict in self.conflicts]


class CriterionOut(Struct, frozen=True, kw_only=True):
    id: str
    scale: str
    level: int
    question: Text
    evidence: Text


class ScaleOut(Struct, frozen=True, kw_only=True):
    id: str
    name: Text
    decides: bool


class FormOut(Struct, frozen=True, kw_only=True):
    """What to judge, and what is asked."""

    technology: Technology
    effects: list[Effect]
    framework: Text
    values: list[str]
    scales: list[ScaleOut]
    criteria: list[CriterionOut]

    @classmethod
    def of(cls, assessment: ListingAssessment, technology: Technology) -> "FormOut":
        framework = FRAMEWORKS[assessment.framework]
        chosen = getattr(technology, framework.chosen_by) if framework.chosen_by else None
        scales = [scale for scale in framework.scales if chosen in (None, scale.id)]
        ids = {scale.id for scale in scales}
        return cls(
            technology=technology,
            effects=msgspec.convert(assessment.listing_version.effects, list[Effect]),
            framework=framework.name,
            values=list(framework.values),
            scales=[ScaleOut(id=scale.id, name=scale.name, decides=scale.decides) for scale in scales],
            criteria=[
                CriterionOut(id=c.id, scale=c.scale, level=c.level, question=c.question, evidence=c.evidence)
                for c in framework.criteria
                if c.scale in ids
            ],
        )


class RatingIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one says of a criterion or a scale, why, and on which documents of the listing it rests."""

    criterion: Line
    value: bool | Annotated[int, Meta(ge=-1_000, le=1_000)] | Line
    rationale: Reason
    evidence: Annotated[list[Line], Meta(max_length=50)] = []


class ScoreIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    ratings: Annotated[list[RatingIn], Meta(min_length=1, max_length=300)]

    def said(self) -> list[Rating]:
        return [
            Rating(criterion=r.criterion, value=r.value, rationale=r.rationale, evidence=tuple(r.evidence))
            for r in self.ratings
        ]


class PeersOut(Struct, frozen=True, kw_only=True):
    """What the others said, once one's own score is in."""

    scores: list[ScoreOut]
    disagreements: list[Disagreement]


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
