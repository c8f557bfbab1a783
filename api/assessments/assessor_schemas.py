"""What assessors send and get."""

import datetime
import uuid
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from api.assessments.schemas import Reason, ScoreOut
from api.fields import Line
from marketplace.assessments.models import Assessor, Assignment, ListingAssessment, StatedRelation
from marketplace.assessments.panel import Disagreement
from marketplace.assessments.process import ANSWER_WITHIN, SCORE_WITHIN
from marketplace.assessments.roster import Profile
from marketplace.assessments.work import Declared
from marketplace.errors import FieldError, Invalid
from marketplace.listings.content import Effect
from scoring.readiness.framework import FRAMEWORKS
from scoring.technology import Medium, Rating, Technology, Text

RelationKind = Literal[
    "co-author", "employment", "consulting", "investment", "supervision", "family", "dispute", "other"
]


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


class AssignmentOut(Struct, frozen=True, kw_only=True):
    """One's own assignment. Before the declaration title and summary alone, and whose it is: one declares on that."""

    id: uuid.UUID
    holder: Text
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
            holder=listing.organisation.name,
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
