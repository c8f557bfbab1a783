"""What goes in and out about deals."""

import datetime
import uuid
from collections.abc import Sequence
from typing import Annotated, Literal

from msgspec import Meta, Struct

from api.fields import AmountMinor, Currency, Prose
from marketplace.deals.models import Consent, Deal, DealCondition, DealMilestone, Offer
from marketplace.deals.terms import Instrument, Key, Terms, read_terms
from marketplace.deals.trial import KpiStanding
from marketplace.money import Money
from marketplace.people.models import Organisation
from marketplace.process import ProcessEvent, Transition, process_of
from scoring.technology import Text

Link = Literal[
    "assessment", "co-development", "licence", "transfer", "equity-contribution", "trial-first", "incubation"
]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$", description="The hash of the document you read, in hex")]
Time = Annotated[datetime.datetime, Meta(tz=True)]


class DealIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`financier_id` is for holders, who name the other side; a financier opens a deal for itself."""

    listing_id: uuid.UUID
    link: Link
    instrument: Instrument = "grant"
    financier_id: uuid.UUID | None = None
    application_id: uuid.UUID | None = None


class OfferIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    terms: Terms
    message: Prose = ""
    expires_at: Time | None = None


class ChangeIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    terms: Terms
    message: Prose = ""


class ConsentIn(Struct, frozen=True, forbid_unknown_fields=True):
    """A yes to the document with this hash, and to no other."""

    sha256: Sha256

    @property
    def digest(self) -> bytes:
        return bytes.fromhex(self.sha256)


class NoteIn(Struct, frozen=True, forbid_unknown_fields=True):
    note: Prose = ""


class ResultIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    kpi: Key
    value: Annotated[float, Meta(ge=-1e15, le=1e15)]
    measured_on: datetime.date
    note: Prose = ""


class PartyOut(Struct, frozen=True):
    id: uuid.UUID
    name: Text

    @classmethod
    def of(cls, found: Organisation) -> "PartyOut":
        return cls(id=found.id, name=found.name)


class StepOut(Struct, frozen=True):
    name: str
    label: Text

    @classmethod
    def of(cls, way: Transition) -> "StepOut":
        return cls(name=way.name, label=way.label)


class DealOut(Struct, frozen=True, kw_only=True):
    """`due_at` is when the state ends by itself."""

    id: uuid.UUID
    listing_id: uuid.UUID
    technology: Text
    holder: PartyOut
    financier: PartyOut
    link: str
    instrument: str
    amount: Money | None
    state: str
    state_label: Text
    state_since: datetime.datetime
    due_at: datetime.datetime | None
    process_version: int
    terms_sha256: str | None
    signed_at: datetime.datetime | None
    version: int

    @classmethod
    def of(cls, found: Deal) -> "DealOut":
        known = found.amount_minor is not None and found.currency is not None
        return cls(
            id=found.id,
            listing_id=found.listing_id,
            technology=found.listing.name,
            holder=PartyOut.of(found.holder),
            financier=PartyOut.of(found.financier),
            link=found.link,
            instrument=found.instrument,
            amount=Money(found.amount_minor or 0, found.currency or "") if known else None,
            state=found.state,
            state_label=process_of(found).state(found.state).label,
            state_since=found.state_since,
            due_at=found.due_at,
            process_version=found.process_version,
            terms_sha256=found.terms_sha256.hex() if found.terms_sha256 else None,
            signed_at=found.signed_at,
            version=found.version,
        )


class OfferOut(Struct, frozen=True, kw_only=True):
    number: int
    side: str
    sha256: str
    message: str
    made_at: datetime.datetime
    expires_at: datetime.datetime
    is_open: bool
    is_agreed: bool
    terms: Terms

    @classmethod
    def of(cls, found: Offer, deal: Deal) -> "OfferOut":
        return cls(
            number=found.number,
            side=found.side,
            sha256=found.sha256.hex(),
            message=found.message,
            made_at=found.made_at,
            expires_at=found.expires_at,
            is_open=found.id == deal.open_offer_id,
            is_agreed=found.id == deal.agreed_offer_id,
            terms=read_terms(found.terms),
        )


class MilestoneOut(Struct, frozen=True, kw_only=True):
    id: uuid.UUID
    position: int
    title: Text
    deliverable: Text
    amount: Money
    holdback: Money
    due_on: datetime.date
    inspection_days: int
    silence_rule: str
    evidence: list[str]

    @classmethod
    def of(cls, found: DealMilestone) -> "MilestoneOut":
        return cls(
            id=found.id,
            position=found.position,
            title=found.title,
            deliverable=found.deliverable,
            amount=Money(found.amount_minor, found.currency),
            holdback=Money(found.holdback_minor, found.currency),
            due_on=found.due_on,
            inspection_days=found.inspection_days,
            silence_rule=found.silence_rule,
            evidence=found.evidence,
        )


class ConditionOut(Struct, frozen=True, kw_only=True):
    key: str
    text: Text
    responsible: str
    beneficiary: str
    state: str
    note: str
    settled_at: datetime.datetime | None

    @classmethod
    def of(cls, found: DealCondition) -> "ConditionOut":
        return cls(**{name: getattr(found, name) for name in cls.__struct_fields__})


class ConsentOut(Struct, frozen=True, kw_only=True):
    kind: str
    side: str
    round: int
    person_name: str
    organisation_name: Text
    given_at: datetime.datetime
    sha256: str

    @classmethod
    def of(cls, found: Consent) -> "ConsentOut":
        shared = {name: getattr(found, name) for name in cls.__struct_fields__ if name != "sha256"}
        return cls(**shared, sha256=found.sha256.hex())


class DealDetail(DealOut, frozen=True, kw_only=True):
    """`steps` is what the caller can do now."""

    steps: list[StepOut]
    offer: OfferOut | None
    milestones: list[MilestoneOut]
    conditions: list[ConditionOut]
    consents: list[ConsentOut]
    trial: list[KpiStanding]


class DealStep(Struct, frozen=True, kw_only=True):
    """A step that was taken, and where the deal stands now: it may have moved on by itself."""

    transition: str
    state: str
    at: datetime.datetime

    @classmethod
    def of(cls, event: ProcessEvent, deal: Deal) -> "DealStep":
        return cls(transition=event.transition, state=deal.state, at=event.at)


class HistoryOut(Struct, frozen=True, kw_only=True):
    transition: str
    from_state: str | None
    to_state: str
    at: datetime.datetime
    by: str
    note: str

    @classmethod
    def of(cls, event: ProcessEvent, deal: Deal) -> "HistoryOut":
        sides = {deal.holder_organisation_id: "holder", deal.financier_organisation_id: "financier"}
        by = sides.get(event.organisation_id, event.actor_kind) if event.organisation_id else event.actor_kind
        return cls(
            transition=event.transition,
            from_state=event.from_state,
            to_state=event.to_state,
            at=event.at,
            by=by,
            note=event.note,
        )


def histories(events: Sequence[ProcessEvent], deal: Deal) -> list[HistoryOut]:
    return [HistoryOut.of(event, deal) for event in events]


class CapIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`fund` caps all that the organisation commits, `call-budget` what it commits under one of its calls."""

    kind: Literal["fund", "call-budget", "exposure"] = "fund"
    amount_minor: AmountMinor
    currency: Currency
    call_id: uuid.UUID | None = None
    counterparty_id: uuid.UUID | None = None


class CapOut(Struct, frozen=True, kw_only=True):
    id: uuid.UUID
    kind: str
    limit: Money
    committed: Money
    call_id: uuid.UUID | None
    counterparty_id: uuid.UUID | None
