"""What goes in and out about solutions and consultations."""

import datetime
import uuid
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from api.fields import Prose
from api.needs.schemas import AnswerIn, Plain, Question_
from marketplace.needs.consultations import consultation_specification
from marketplace.needs.models import Consultation, ConsultationAnswer, Solution
from marketplace.needs.process import CLOSING_REASONS, REASONS
from marketplace.needs.specification import Specification
from marketplace.people.models import Organisation
from marketplace.texts import LongText
from scoring.technology import Text

Reason = Literal[
    "limit-not-met", "scale", "too-expensive", "too-early", "no-reference", "site", "too-vague", "other"
]  # fmt: skip


ConsultationState = Literal["open", "escalated", "assigned", "answered", "closed", "archived"]


class SolutionIn(Struct, frozen=True, forbid_unknown_fields=True):
    listing_id: uuid.UUID
    text: LongText


class DeclineIn(Struct, frozen=True, forbid_unknown_fields=True):
    """A coded reason; `other` needs a note."""

    reason: Reason
    note: Prose = ""


class PartyOut(Struct, frozen=True):
    id: uuid.UUID
    name: Text

    @classmethod
    def of(cls, organisation: Organisation) -> "PartyOut":
        return cls(id=organisation.id, name=organisation.name)


class SolutionOut(Struct, frozen=True, kw_only=True):
    """`proposer` is shown to whoever sees the solution; `seeker` to its proposer once the seeker agreed."""

    id: uuid.UUID
    need_id: uuid.UUID
    listing_id: uuid.UUID
    technology: Text
    proposer: PartyOut
    seeker: PartyOut | None
    text: Text
    state: str
    reason: str | None
    reason_text: Text
    reason_note: str
    version: int
    created_at: datetime.datetime

    @classmethod
    def of(
        cls, found: Solution, *, technology: Text, proposer: Organisation, seeker: Organisation | None
    ) -> "SolutionOut":
        reasons = REASONS | CLOSING_REASONS
        return cls(
            id=found.id,
            need_id=found.need_id,
            listing_id=found.listing_id,
            technology=technology,
            proposer=PartyOut.of(proposer),
            seeker=PartyOut.of(seeker) if seeker else None,
            text=found.text,
            state=found.state,
            reason=found.reason_code,
            reason_text=reasons[found.reason_code] if found.reason_code else Text(),
            reason_note=found.reason_note,
            version=found.version,
            created_at=found.created_at,
        )


class SolutionsOut(Struct, frozen=True, kw_only=True):
    """Before the embargo ends there are no items, and `total` says how many wait."""

    items: list[SolutionOut]
    total: int
    embargo_until: datetime.datetime | None


class ConsultNeedIn(Struct, frozen=True, forbid_unknown_fields=True):
    question: Question_


class ConsultQueryIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A query as the interviewer had it, and what is asked about it."""

    text: Annotated[Plain, Meta(min_length=1)]
    answers: Annotated[list[AnswerIn], Meta(max_length=50)] = []
    question: Question_


class AssignIn(Struct, frozen=True, forbid_unknown_fields=True):
    organisation_id: uuid.UUID


class AnswerConsultationIn(Struct, frozen=True, forbid_unknown_fields=True):
    text: LongText
    listing_ids: Annotated[list[uuid.UUID], Meta(max_length=20)] = []


class ConsultationAnswerOut(Struct, frozen=True, kw_only=True):
    number: int
    text: Text
    listing_ids: list[str]
    answered_at: datetime.datetime
    waited_days: float

    @classmethod
    def of(cls, found: ConsultationAnswer) -> "ConsultationAnswerOut":
        waited = (found.answered_at - found.asked_at).total_seconds() / 86_400
        return cls(
            number=found.number,
            text=found.text,
            listing_ids=found.listing_ids,
            answered_at=found.answered_at,
            waited_days=round(waited, 2),
        )


class ConsultationOut(Struct, frozen=True, kw_only=True):
    """A matter with the technologies found for it. Who asked is not said to those who answer."""

    id: uuid.UUID
    state: str
    need_id: uuid.UUID | None
    query: str
    question: str
    specification: Specification
    results: list[dict[str, Any]]
    opened_at: datetime.datetime
    state_since: datetime.datetime
    version: int

    @classmethod
    def of(cls, found: Consultation) -> "ConsultationOut":
        return cls(
            id=found.id,
            state=found.state,
            need_id=found.need_id,
            query=found.query,
            question=found.question,
            specification=consultation_specification(found),
            results=found.results,
            opened_at=found.opened_at,
            state_since=found.state_since,
            version=found.version,
        )


class ConsultationDetail(ConsultationOut, frozen=True, kw_only=True):
    answers: list[ConsultationAnswerOut]

    @classmethod
    def with_answers(cls, found: Consultation, answers: list[ConsultationAnswerOut]) -> "ConsultationDetail":
        plain = ConsultationOut.of(found)
        shared = {name: getattr(plain, name) for name in ConsultationOut.__struct_fields__}
        return cls(**shared, answers=answers)
