"""What is scored: a technology and the evidence that hangs on it.

Every quantity has its unit in its name or beside it; every fact may be absent, and an absent fact is unknown,
never zero. Texts exist in Chinese, English or both.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

Level = Annotated[int, Meta(ge=1, le=9)]
"""A readiness level."""

Minor = Annotated[int, Meta(ge=0)]
"""An amount of money in whole minor units of its currency."""

Duration = Annotated[float, Meta(ge=0)]
Share = Annotated[float, Meta(ge=0, le=1)]


class Text(Struct, frozen=True, gc=False):
    """A text in Chinese, English or both."""

    zh: str | None = None
    en: str | None = None

    def in_language(self, language: str) -> str:
        """The text in ``"zh"`` or ``"en"``, or the other where that one is absent."""
        first, second = (self.zh, self.en) if language == "zh" else (self.en, self.zh)
        return first or second or ""

    def __bool__(self) -> bool:
        return bool(self.zh or self.en)


class Medium(StrEnum):
    AIR = "air"
    WATER = "water"
    SOIL = "soil"
    SOLID_WASTE = "solid-waste"
    RESOURCE_RECOVERY = "resource-recovery"
    CARBON = "carbon"
    NOISE = "noise"
    ECOLOGY = "ecology"
    MONITORING = "monitoring"


MEDIUM_NAMES = {
    Medium.WATER: Text(zh="水", en="Water"),
    Medium.AIR: Text(zh="大气", en="Air"),
    Medium.SOIL: Text(zh="土壤", en="Soil"),
    Medium.SOLID_WASTE: Text(zh="固体废物", en="Solid waste"),
    Medium.RESOURCE_RECOVERY: Text(zh="资源回收", en="Resource recovery"),
    Medium.CARBON: Text(zh="碳", en="Carbon"),
    Medium.NOISE: Text(zh="噪声", en="Noise"),
    Medium.ECOLOGY: Text(zh="生态", en="Ecology"),
    Medium.MONITORING: Text(zh="监测", en="Monitoring"),
}


class TechnologyClass(StrEnum):
    """The three classes of the Water Major Project, each with a ladder of its own."""

    TREATMENT = "treatment"
    MANAGEMENT = "management"
    PRODUCT = "product"


class Provenance(StrEnum):
    """How a technology entered the catalogue; the first three pass on a formal check alone."""

    AWARD = "award"
    CATALOGUE = "ministry-catalogue"
    NATIONAL_PROJECT = "national-project"
    SELF_NOMINATED = "self-nominated"


class EvidenceGrade(StrEnum):
    """How far a document can be believed, weakest first."""

    CLAIMED = "E0"  # the holder says so
    DOCUMENTED = "E1"  # the holder's own report or data
    REVIEWED = "E2"  # read by an independent expert, or published after peer review
    TESTED = "E3"  # measured by an accredited third party
    VERIFIED = "E4"  # verified under a standard (ETV) or accepted by an authority in operation


class Evidence(Struct, frozen=True, kw_only=True):
    """A document and what it is offered for.

    ``supports`` names criteria as ``"framework.criterion"``, for example ``"trl.6"``, ``"doe-arl.capital-flow"``
    or ``"kth-irl.crl.5"``.
    """

    id: str
    title: Text = Text()
    grade: EvidenceGrade = EvidenceGrade.CLAIMED
    dated: date | None = None
    expires: date | None = None
    sha256: str | None = None
    issuer: str | None = None
    supports: tuple[str, ...] = ()


class Rating(Struct, frozen=True, kw_only=True):
    """What somebody says of one criterion, on the scale of its framework, with the evidence for it.

    ``value`` is a level (``6``), a risk (``"low"``, ``"medium"``, ``"high"``, ``"n/a"``) or a yes or no.
    """

    criterion: str
    value: bool | int | str
    rationale: str | None = None
    evidence: tuple[str, ...] = ()
    rater: str | None = None
    dated: date | None = None


class Parameter(Struct, frozen=True, kw_only=True):
    """A quantity of the technology: a point, a range, or a bound, always with its unit."""

    name: str
    unit: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    condition: str | None = None
    evidence: tuple[str, ...] = ()


class Cost(Struct, frozen=True, kw_only=True):
    """A cost per unit of capacity (capex) or of what is treated (opex).

    ``per_unit`` is that unit, ``"m3/d"`` or ``"t"``; ``"1000 t"`` where the cost of one is no whole minor unit; and
    ``"installation"`` for the cost of a whole plant.
    """

    kind: str  # "capex" or "opex"
    amount_minor: Minor
    currency: str
    per_unit: str
    year: int | None = None


class Case(Struct, frozen=True, kw_only=True):
    """A place where the technology runs or ran."""

    name: Text
    site: str | None = None
    scale: str | None = None  # "laboratory", "pilot", "demonstration" or "full"
    started: date | None = None
    months_in_operation: Duration | None = None
    succeeded: bool | None = None
    evidence: tuple[str, ...] = ()


class Patent(Struct, frozen=True, kw_only=True):
    number: str
    status: str = "filed"  # "filed", "granted", "lapsed" or "refused"
    jurisdiction: str | None = None
    filed: date | None = None
    expires: date | None = None


class TeamMember(Struct, frozen=True, kw_only=True):
    role: str
    full_time: bool | None = None
    years_of_experience: Duration | None = None


class FundingRound(Struct, frozen=True, kw_only=True):
    kind: str  # "grant", "angel", "venture", "loan", "equity" or the round's own name
    amount_minor: Minor
    currency: str
    dated: date | None = None


class Stage(Struct, frozen=True, kw_only=True):
    """One tranche of the financing asked for, and how the holder sees it end."""

    name: Text
    cost_minor: Minor
    months: Duration
    target_level: Level | None = None


class FinancingRequest(Struct, frozen=True, kw_only=True):
    instrument: str  # "grant", "loan", "convertible", "equity" or "revenue-share"
    amount_minor: Minor
    currency: str
    term_months: Duration | None = None
    stages: tuple[Stage, ...] = ()
    collateral_minor: Minor | None = None
    guaranteed_share: Share | None = None


class Technology(Struct, frozen=True, kw_only=True):
    """One technology, as a holder offers it and an investor screens it.

    ``ratings`` holds, per framework, what was said criterion by criterion. ``features`` holds columns of the
    input that a card may ask for and that have no field of their own.
    """

    id: str
    name: Text
    summary: Text = Text()
    holder: str | None = None
    holder_kind: str | None = None
    country: str | None = None
    provenance: Provenance | None = None
    technology_class: TechnologyClass | None = None
    media: tuple[Medium, ...] = ()
    pollutants: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    claimed_trl: Level | None = None
    as_of: date | None = None
    parameters: tuple[Parameter, ...] = ()
    costs: tuple[Cost, ...] = ()
    cases: tuple[Case, ...] = ()
    patents: tuple[Patent, ...] = ()
    team: tuple[TeamMember, ...] = ()
    funding: tuple[FundingRound, ...] = ()
    financing: FinancingRequest | None = None
    evidence: tuple[Evidence, ...] = ()
    ratings: dict[str, tuple[Rating, ...]] = {}
    features: dict[str, float | int | str | bool | None] = {}
    source: str | None = None
