"""What goes in and out about applications."""

import datetime
import uuid
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from api.calls.schemas import MoneyIn
from api.fields import Prose
from marketplace.actors import Actor
from marketplace.applications.answers import Answer, Document
from marketplace.applications.models import Application
from marketplace.applications.process import REASONS
from marketplace.calls.eligibility import Finding, Key
from marketplace.money import Money
from marketplace.process import possible
from scoring.technology import Technology, Text

_Edition = Annotated[int, Meta(ge=1, le=1_000_000)]


class ApplyIn(Struct, frozen=True, forbid_unknown_fields=True):
    """The technology that applies."""

    listing_id: uuid.UUID


class SaveIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Only what is given changes: an answer of null is taken back, `documents` replaces those of this stage."""

    answers: Annotated[dict[Key, Answer | None], Meta(max_length=60)] = {}
    documents: Annotated[list[Document], Meta(max_length=30)] | None = None
    asked: MoneyIn | None = None


class EditionIn(Struct, frozen=True, forbid_unknown_fields=True):
    """The edition of the call that one has read."""

    edition: _Edition


class NoteIn(Struct, frozen=True, forbid_unknown_fields=True):
    note: Prose = ""


class RejectIn(Struct, frozen=True, forbid_unknown_fields=True):
    """A reason out of the list; `other` wants the note, which the applicant reads."""

    reason: Annotated[str, Meta(max_length=40, pattern=r"^[a-z-]+$")]
    note: Prose = ""


class ScoreOut(Struct, frozen=True, kw_only=True):
    """The score frozen at the last submission; `reason` and `message` where none could be given."""

    framework: str
    as_of: datetime.date
    receipt_id: str
    level: int | None = None
    low: int | None = None
    high: int | None = None
    reason: str | None = None
    message: str | None = None
    message_zh: str | None = None


class ApplicationCard(Struct, frozen=True, kw_only=True):
    """An application in a list."""

    id: uuid.UUID
    call_id: uuid.UUID
    call: Text
    listing_id: uuid.UUID
    technology: Text
    applicant: Text
    stage: str
    state: str
    asked: Money | None
    submitted_at: datetime.datetime | None
    score: ScoreOut | None

    @classmethod
    def of(cls, found: Application) -> "ApplicationCard":
        return cls(**_card(found))


class ApplicationOut(ApplicationCard, frozen=True, kw_only=True):
    """A whole application. `steps` are what the reader may do with it now; `agreed` says whether the applicant has

    agreed to the call as it stands; `subject` is the technology as it was submitted.
    """

    answers: dict[str, bool | float | str]
    documents: list[Document]
    eligibility: list[Finding]
    call_edition: int
    agreed: bool
    reason: str | None
    reason_text: Text | None
    reason_note: str
    subject: Technology | None
    steps: list[str]
    version: int

    @classmethod
    def of(cls, found: Application, actor: Actor | None = None) -> "ApplicationOut":
        applicant = actor is not None and actor.organisation_id == found.organisation_id
        acting = actor.acting_as("applicant" if applicant else "poster") if actor else None
        version = found.listing_version
        return cls(
            **_card(found),
            answers=found.answers,
            documents=msgspec.convert(found.documents, list[Document]),
            eligibility=msgspec.convert(found.eligibility, list[Finding]),
            call_edition=found.call_edition,
            agreed=found.call_edition == found.call.edition,
            reason=found.reason_code,
            reason_text=REASONS[found.reason_code] if found.reason_code else None,
            reason_note=found.reason_note,
            subject=msgspec.convert(version.technology, Technology) if version else None,
            steps=[way.name for way in possible(found, acting)] if acting else [],
            version=found.version,
        )


def _card(found: Application) -> dict[str, Any]:
    copied = ("id", "call_id", "listing_id", "stage", "state", "submitted_at")
    return {
        **{name: getattr(found, name) for name in copied},
        "call": found.call.title,
        "technology": found.listing.name,
        "applicant": found.organisation.name,
        "asked": found.amount,
        "score": msgspec.convert(found.score, ScoreOut) if found.score else None,
    }
