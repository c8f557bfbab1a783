"""What is bargained about: terms as data, and the one document that is hashed, accepted and signed."""

import datetime
import hashlib
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from marketplace.deals.models import Deal
from marketplace.listings.models import Listing
from marketplace.money import Money
from marketplace.people.models import Organisation
from scoring.technology import Text

FORMAT = "greenhatch-terms/1"
AMOUNT_MAX = 2**53 - 1  # beyond it JSON numbers lose units in other languages

Key = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$", description="A short name, unique in its list")]
_Prose = Annotated[str, Meta(min_length=1, max_length=4_000, pattern=r"^[^\x00]+$")]
_Line = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00\r\n]+$")]
Minor = Annotated[int, Meta(ge=0, le=AMOUNT_MAX, description="Whole minor units (fen, cents)")]
Positive = Annotated[int, Meta(ge=1, le=AMOUNT_MAX, description="Whole minor units (fen, cents)")]
BasisPoints = Annotated[int, Meta(ge=0, le=10_000, description="Hundredths of a percent")]
Side = Literal["holder", "financier"]
Instrument = Literal["grant", "loan", "convertible", "equity", "revenue-share"]


class Wording(Struct, frozen=True, forbid_unknown_fields=True):
    """A clause in Chinese, in English or in both."""

    zh: _Prose | None = None
    en: _Prose | None = None

    def text(self) -> Text:
        return Text(zh=self.zh, en=self.en)


class MilestoneTerms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is delivered by when, what is paid for it, and what silence after inspection means."""

    title: Wording
    deliverable: Wording
    amount_minor: Positive
    due_on: datetime.date
    inspection_days: Annotated[int, Meta(ge=1, le=90)] = 14
    silence_rule: Literal["accepted", "escalated"] = "escalated"
    holdback_minor: Minor = 0
    evidence: Annotated[tuple[_Line, ...], Meta(max_length=20)] = ()


class ConditionTerms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A condition precedent: who brings it about, and who may confirm or waive it."""

    key: Key
    text: Wording
    responsible: Literal["holder", "financier", "operator"]
    beneficiary: Side


class LoanTerms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    interest_bps_per_year: BasisPoints
    months: Annotated[int, Meta(ge=1, le=360)]
    security: Wording = Wording()


class ConvertibleTerms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Converts at the better of the cap's price and the discounted price of the next round."""

    kind: Literal["note", "safe"] = "note"
    cap_minor: Positive | None = None
    discount_bps: Annotated[int, Meta(ge=0, le=9_000)] = 0
    interest_bps_per_year: BasisPoints = 0
    matures_on: datetime.date | None = None


class EquityTerms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pre_money_minor: Positive
    share_class: _Line = "Common"


class RevenueShareTerms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A share of revenue until `repaid_at_most_minor` has come back."""

    share_bps: Annotated[int, Meta(ge=1, le=10_000)]
    repaid_at_most_minor: Positive
    months: Annotated[int, Meta(ge=1, le=360)]


class LicenceTerms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    exclusive: bool
    territories: Annotated[tuple[Annotated[str, Meta(pattern=r"^[A-Z]{2}$")], ...], Meta(min_length=1, max_length=250)]
    field_of_use: Wording
    months: Annotated[int, Meta(ge=1, le=360)] | None = None
    royalty_bps: BasisPoints = 0


class Kpi(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A measure agreed on beforehand, by which a trial is judged."""

    key: Key
    name: Wording
    unit: _Line
    direction: Literal["at-most", "at-least"]
    limit: Annotated[float, Meta(ge=-1e15, le=1e15)]

    def met_by(self, value: float) -> bool:
        return value <= self.limit if self.direction == "at-most" else value >= self.limit


class TrialTerms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """先用后转: free use for `days`, insured or not, judged by KPIs; then the option to take the technology over."""

    days: Annotated[int, Meta(ge=7, le=730)]
    insured: bool
    kpis: Annotated[tuple[Kpi, ...], Meta(min_length=1, max_length=20)]


class Terms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that two parties agree on. The block of the instrument, and that of the link, must be there."""

    instrument: Instrument
    amount: Money
    milestones: Annotated[tuple[MilestoneTerms, ...], Meta(min_length=1, max_length=50)]
    conditions: Annotated[tuple[ConditionTerms, ...], Meta(max_length=50)] = ()
    cooling_off_days: Annotated[int, Meta(ge=0, le=60)] = 2
    long_stop_on: datetime.date | None = None
    law: Annotated[str, Meta(pattern=r"^[A-Z]{2}$", description="Country whose law governs, ISO 3166-1")] = "CN"
    intellectual_property: Wording = Wording()
    loan: LoanTerms | None = None
    convertible: ConvertibleTerms | None = None
    equity: EquityTerms | None = None
    revenue_share: RevenueShareTerms | None = None
    licence: LicenceTerms | None = None
    trial: TrialTerms | None = None
    notes: Wording = Wording()


def read_terms(stored: dict[str, Any]) -> Terms:
    return msgspec.convert(stored, Terms)


def document_of(deal: Deal, *, number: int, listing: Listing, parties: dict[str, Organisation], terms: Terms) -> bytes:
    """The document both sides accept: canonical JSON (UTF-8, sorted keys, no blanks), so that equal means equal bytes.

    It holds whatever decides what was agreed: which technology in which version, between whom, on what terms.
    """
    content = {
        "format": FORMAT,
        "deal": str(deal.id),
        "offer": number,
        "link": deal.link,
        "technology": {"id": str(listing.id), "version": listing.version, "name": listing.name},
        "parties": {side: _party(organisation) for side, organisation in parties.items()},
        "terms": terms,
    }
    return msgspec.json.encode(msgspec.to_builtins(content), order="sorted")


def _party(organisation: Organisation) -> dict[str, Any]:
    return {
        "id": str(organisation.id),
        "name": organisation.name,
        "country": organisation.country,
        "registration_number": organisation.registration_number,
    }


def sha256_of(document: bytes) -> bytes:
    return hashlib.sha256(document).digest()
