"""What goes in and out about introductions."""

import datetime
import uuid
from typing import Literal

from msgspec import Struct

from api.calls.schemas import MoneyIn
from api.fields import Prose
from marketplace.introductions.interest import Interest
from marketplace.introductions.models import Introduction, IntroductionContact
from marketplace.introductions.process import INTRODUCTION, REASONS
from marketplace.introductions.queries import ResponseTime
from marketplace.money import Money
from marketplace.people.models import Organisation
from marketplace.texts import LongText
from scoring.errors import Refusal
from scoring.portfolio.deal import Instrument
from scoring.technology import Text

Purpose = Literal["invest", "incubate", "co-develop", "pilot", "license", "acquire"]
Reason = Literal[
    "too-early", "benefit-unclear", "market-unclear", "description-unclear", "evidence-missing", "rights-unclear",
    "outside-focus", "terms", "no-capacity", "conflict", "other",
]  # fmt: skip
Outcome = Literal["deal", "nda", "talks", "nothing", "no-contact"]
SideName = Literal["initiator", "recipient"]
State = Literal["expressed", "mutual", "opened", "concluded", "declined", "withdrawn", "expired", "closed"]


class InterestIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one wants, how much of it, by which instrument, to begin when.

    A holder names the call or the mandate that it writes to; anybody else writes to the technology's holder, and may
    name a call or a mandate of their own.
    """

    listing_id: uuid.UUID
    call_id: uuid.UUID | None = None
    mandate_id: uuid.UUID | None = None
    purpose: Purpose
    instrument: Instrument | None = None
    amount: MoneyIn | None = None
    start_from: datetime.date | None = None
    start_until: datetime.date | None = None
    message: LongText

    def interest(self) -> Interest:
        amount = self.amount
        return Interest(
            purpose=self.purpose,
            instrument=self.instrument,
            amount=Money(amount.amount_minor, amount.currency) if amount else None,
            start_from=self.start_from,
            start_until=self.start_until,
            message=self.message.text(),
        )


class DeclineIn(Struct, frozen=True, forbid_unknown_fields=True):
    """A coded reason; `other` needs a note."""

    reason: Reason
    note: Prose = ""


class WithdrawIn(Struct, frozen=True, forbid_unknown_fields=True):
    note: Prose = ""


class CloseIn(Struct, frozen=True, forbid_unknown_fields=True):
    note: Prose


class ConsentIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Whose name and address the other side may have: one of one's own people, by default oneself."""

    contact_id: uuid.UUID | None = None


class ConcludeIn(Struct, frozen=True, forbid_unknown_fields=True):
    outcome: Outcome
    note: Prose = ""


class SideOut(Struct, frozen=True):
    id: uuid.UUID
    name: Text
    kind: str
    consented: bool

    @classmethod
    def of(cls, organisation: Organisation, consented_at: datetime.datetime | None) -> "SideOut":
        return cls(organisation.id, organisation.name, organisation.kind, consented_at is not None)


class IntroductionOut(Struct, frozen=True, kw_only=True):
    """`reason_text` is the sentence for `reason`. Contact data are never in here."""

    id: uuid.UUID
    state: str
    state_text: Text
    state_since: datetime.datetime
    listing_id: uuid.UUID
    technology: Text
    call_id: uuid.UUID | None
    mandate_id: uuid.UUID | None
    initiator: SideOut
    recipient: SideOut
    purpose: str
    instrument: str | None
    amount: Money | None
    start_from: datetime.date | None
    start_until: datetime.date | None
    message: Text
    expressed_at: datetime.datetime
    answered_at: datetime.datetime | None
    reason: str | None
    reason_text: Text
    reason_note: str
    outcome: str | None

    @classmethod
    def of(cls, found: Introduction) -> "IntroductionOut":
        return cls(
            id=found.id,
            state=found.state,
            state_text=INTRODUCTION.state(found.state).label,
            state_since=found.state_since,
            listing_id=found.listing_id,
            technology=found.listing.name,
            call_id=found.call_id,
            mandate_id=found.mandate_id,
            initiator=SideOut.of(found.initiator, found.initiator_consented_at),
            recipient=SideOut.of(found.recipient, found.recipient_consented_at),
            purpose=found.purpose,
            instrument=found.instrument,
            amount=found.amount,
            start_from=found.start_from,
            start_until=found.start_until,
            message=found.message,
            expressed_at=found.expressed_at,
            answered_at=found.answered_at,
            reason=found.reason_code,
            reason_text=REASONS[found.reason_code] if found.reason_code else Text(),
            reason_note=found.reason_note,
            outcome=found.outcome,
        )


class ContactOut(Struct, frozen=True, kw_only=True):
    side: str
    name: str
    email: str

    @classmethod
    def of(cls, found: IntroductionContact) -> "ContactOut":
        return cls(side=found.side, name=found.name, email=found.email)


class CodesOut(Struct, frozen=True, kw_only=True):
    """Every code with its sentence."""

    purposes: dict[str, Text]
    reasons: dict[str, Text]
    outcomes: dict[str, Text]


class ResponseTimeOut(Struct, frozen=True, kw_only=True):
    """One of the two: a median with its interval, or why there is none."""

    response_time: ResponseTime | None
    refusal: Refusal | None

    @classmethod
    def of(cls, found: ResponseTime | Refusal) -> "ResponseTimeOut":
        if isinstance(found, Refusal):
            return cls(response_time=None, refusal=found)
        return cls(response_time=found, refusal=None)
