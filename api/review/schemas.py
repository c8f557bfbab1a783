"""What goes in and out around rounds of reviews, for organisers and applicants."""

import datetime
import uuid
from typing import Annotated, Literal

from msgspec import Meta, Struct

from marketplace.calls.content import Rubric, Stage
from marketplace.people.models import Person
from marketplace.review.agreement import Apart
from marketplace.review.merits import CriterionMerit, Margin, Severity
from marketplace.review.models import ReferenceApplication, ReviewAssignment, Reviewer, ReviewRound
from marketplace.review.pack import MEANING
from marketplace.review.placing import Pair, Proposal
from marketplace.review.rounds import Expertise, Plan
from marketplace.review.rubric import rubric_of
from marketplace.review.standing import Placed, Standing
from marketplace.review.stopping import Next, Saving, Side
from marketplace.texts import LongText, ShortText
from scoring.technology import Medium, Text

Note = Annotated[str, Meta(max_length=4_000, pattern=r"^[^\x00]*$")]
Reason = Annotated[str, Meta(min_length=1, max_length=4_000, pattern=r"^[^\x00]*\S[^\x00]*$")]
Pollutants = Annotated[tuple[Annotated[str, Meta(max_length=60, pattern=r"^[^\x00]+$")], ...], Meta(max_length=50)]


class RoundIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`reviews_wanted` for everybody, up to `reviews_max` while an application's interval crosses the bar."""

    call_id: uuid.UUID
    stage: Stage
    due_at: Annotated[datetime.datetime, Meta(tz=True)]
    reviews_wanted: Annotated[int, Meta(ge=1, le=9)] = 2
    reviews_max: Annotated[int, Meta(ge=1, le=9)] = 4

    def plan(self) -> Plan:
        return Plan(
            stage=self.stage, due_at=self.due_at, reviews_wanted=self.reviews_wanted, reviews_max=self.reviews_max
        )


class RoundOut(Struct, frozen=True, kw_only=True):
    id: uuid.UUID
    call_id: uuid.UUID
    call: Text
    stage: str
    state: str
    since: datetime.datetime
    due_at: datetime.datetime
    reviews_wanted: int
    reviews_max: int
    blind_fields: list[str]
    rubric: Rubric

    @classmethod
    def of(cls, found: ReviewRound) -> "RoundOut":
        return cls(
            id=found.id,
            call_id=found.call_id,
            call=found.call.title,
            stage=found.stage,
            state=found.state,
            since=found.state_since,
            due_at=found.due_at,
            reviews_wanted=found.reviews_wanted,
            reviews_max=found.reviews_max,
            blind_fields=found.blind_fields,
            rubric=rubric_of(found.rubric),
        )


class ReviewerIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody for the pool: what they know, and how many reviews they take on."""

    person_id: uuid.UUID
    media: Annotated[tuple[Medium, ...], Meta(min_length=1, max_length=9)]
    pollutants: Pollutants = ()
    languages: Annotated[tuple[Literal["zh", "en"], ...], Meta(min_length=1, max_length=2)] = ("zh",)
    capacity: Annotated[int, Meta(ge=1, le=500)] = 10

    def expertise(self) -> Expertise:
        return Expertise(
            media=tuple(medium.value for medium in self.media),
            pollutants=self.pollutants,
            languages=self.languages,
            capacity=self.capacity,
        )


class ReviewerOut(Struct, frozen=True, kw_only=True):
    id: uuid.UUID
    person_id: uuid.UUID
    name: str
    media: list[str]
    languages: list[str]
    capacity: int
    declared_at: datetime.datetime | None
    left_at: datetime.datetime | None

    @classmethod
    def of(cls, found: Reviewer) -> "ReviewerOut":
        return cls(
            id=found.id,
            person_id=found.person_id,
            name=found.person.name,
            media=found.media,
            languages=found.languages,
            capacity=found.capacity,
            declared_at=found.declared_at,
            left_at=found.left_at,
        )


class CandidateOut(Struct, frozen=True, kw_only=True):
    """Somebody who could be asked into the pool; `media` are empty for members without a profile."""

    person_id: uuid.UUID
    name: str
    organisation: Text
    member: bool
    media: list[str]
    languages: list[str]

    @classmethod
    def of(
        cls, person: Person, organisation: Text, media: list[str], languages: list[str], *, member: bool
    ) -> "CandidateOut":
        return cls(
            person_id=person.id, name=person.name, organisation=organisation, member=member,
            media=media, languages=languages,
        )  # fmt: skip


class RemovalIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reviewer_id: uuid.UUID
    note: Reason


class NoteIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    note: Reason


class ReferenceIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reference application, invented or old, without anybody's name."""

    title: ShortText
    content: LongText


class ReferenceOut(Struct, frozen=True, kw_only=True):
    id: uuid.UUID
    title: Text
    content: Text

    @classmethod
    def of(cls, found: ReferenceApplication) -> "ReferenceOut":
        return cls(id=found.id, title=found.title, content=found.content)


class PairOut(Struct, frozen=True, kw_only=True):
    application_id: uuid.UUID
    reviewer_id: uuid.UUID
    fit: float
    further: bool

    @classmethod
    def of(cls, pair: Pair) -> "PairOut":
        return cls(
            application_id=pair.application.id,
            reviewer_id=pair.reviewer.id,
            fit=round(pair.fit, 3),
            further=pair.further,
        )


class ProposalOut(Struct, frozen=True, kw_only=True):
    """Fits are from 0 to 1. `worst_fit` is that of the application served worst; none could be above `bound`."""

    pairs: list[PairOut]
    mean_fit: float
    worst_fit: float
    bound: float

    @classmethod
    def of(cls, found: Proposal) -> "ProposalOut":
        return cls(
            pairs=[PairOut.of(pair) for pair in found.pairs],
            mean_fit=round(found.mean_fit, 3),
            worst_fit=round(found.worst_fit, 3),
            bound=round(found.bound, 3),
        )


class AssignmentOut(Struct, frozen=True, kw_only=True):
    id: uuid.UUID
    application_id: uuid.UUID
    reviewer_id: uuid.UUID
    state: str
    further: bool
    due_at: datetime.datetime

    @classmethod
    def of(cls, found: ReviewAssignment) -> "AssignmentOut":
        return cls(
            id=found.id,
            application_id=found.application_id,
            reviewer_id=found.reviewer_id,
            state=found.state,
            further=found.further,
            due_at=found.due_at,
        )


class PlacedOut(Struct, frozen=True, kw_only=True):
    """One application: its margin to the bar with its interval, what comes next, and where its reviewers differ."""

    application_id: uuid.UUID
    organisation: Text
    technology: Text
    side: Side
    next: Next
    submitted: int
    pending: int
    margin: Margin | None
    criteria: dict[str, CriterionMerit]
    apart: list[Apart]
    opposition: float

    @classmethod
    def of(cls, found: Placed) -> "PlacedOut":
        return cls(
            application_id=found.application.id,
            organisation=found.application.organisation.name,
            technology=found.application.listing.name,
            side=found.stand.side,
            next=found.stand.next,
            submitted=found.reviews.submitted,
            pending=found.reviews.pending,
            margin=found.merit.margin if found.merit else None,
            criteria=found.merit.criteria if found.merit else {},
            apart=found.apart,
            opposition=found.opposition,
        )


class StandingOut(Struct, frozen=True, kw_only=True):
    """The best margin first. `meaning` says what a margin is; `severities` are by reviewers' ids."""

    meaning: Text
    applications: list[PlacedOut]
    severities: dict[str, Severity]
    agreement: dict[str, float | None]
    saving: Saving

    @classmethod
    def of(cls, found: Standing) -> "StandingOut":
        severities = found.judged.severities if found.judged else {}
        return cls(
            meaning=MEANING,
            applications=[PlacedOut.of(one) for one in found.placed],
            severities={str(who): severity for who, severity in severities.items()},
            agreement=found.agreement,
            saving=found.saving,
        )
