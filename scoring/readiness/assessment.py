"""What an assessment says: an interval, what it rests on, what blocks, and what would help most."""

from datetime import date
from enum import StrEnum
from typing import Literal

from msgspec import Struct

from scoring.technology import EvidenceGrade, Text

UnknownPolicy = Literal["worst", "ignore", "best"]


class Status(StrEnum):
    """How a criterion stands."""

    PROVEN = "proven"  # evidence of at least the level's grade, and nobody denies it
    CLAIMED = "claimed"  # somebody says so; the evidence is missing or too weak
    UNKNOWN = "unknown"  # nobody says anything
    DISPUTED = "disputed"  # somebody says so and somebody denies it
    DENIED = "denied"  # it is said not to be met
    NOT_APPLICABLE = "not-applicable"  # with a written reason


class CriterionResult(Struct, frozen=True):
    """One criterion: how it stands, on what grade, resting on which documents."""

    criterion: str
    status: Status
    grade: EvidenceGrade | None
    evidence: tuple[str, ...]


class ScaleResult(Struct, frozen=True, kw_only=True):
    """Where one scale of the framework stands; ``level`` is None where an unknown scale is left out."""

    scale: str
    name: Text
    level: int | None
    low: int
    high: int
    known: bool


class Blocker(Struct, frozen=True):
    """A criterion that is not proven and stands before the next level."""

    criterion: str
    level: int
    status: Status
    text: Text


class Discount(Struct, frozen=True, kw_only=True):
    """A document, or a rating, that counted for less than it says, and why."""

    evidence: str
    reason: Text


class NextEvidence(Struct, frozen=True, kw_only=True):
    """The one document that would raise the proven level most.

    ``low`` and ``high`` are the interval after it: of the framework, or of ``scale`` where there is no total.
    """

    supports: str
    scale: str
    level: int
    grade: EvidenceGrade
    document: Text
    low: int
    high: int


class Assessment(Struct, frozen=True, kw_only=True, tag="assessment"):
    """The readiness of one technology under one framework on one day.

    Attributes
    ----------
    level : int or None
        The level to act on. Under ``unknown="worst"`` it is ``low``. None where the framework gives no total.
    low, high : int or None
        The level lies between what evidence proves and what is claimed and not disproved.
    profile : tuple of ScaleResult
        Every scale by itself, in the framework's order.
    criteria : tuple of CriterionResult
        Every criterion that applies.
    blocking : tuple of Blocker
        What stands before the next proven level.
    missing : tuple of str
        References nobody has said anything about, the nearest levels first.
    next_best_evidence : NextEvidence or None
        None where no document would help: everything is proven, or a denial has to be resolved first.
    discounted : tuple of Discount
        Evidence that counted for less than it says.
    band, route : str or None
        The readiness band of ARL; the way into the NEETT library, ``"formal-check"`` or ``"review"``.
    """

    technology: str
    framework: str
    aggregator: str
    as_of: date
    unknown: UnknownPolicy
    level: int | None
    low: int | None
    high: int | None
    profile: tuple[ScaleResult, ...]
    criteria: tuple[CriterionResult, ...]
    blocking: tuple[Blocker, ...]
    missing: tuple[str, ...]
    next_best_evidence: NextEvidence | None
    discounted: tuple[Discount, ...]
    explanation: Text
    band: str | None = None
    route: str | None = None
