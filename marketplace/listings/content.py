"""What a listing says, and what of it is still missing: checked, classified, scored for completeness, fingerprinted."""

import datetime
import hashlib
import unicodedata
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from marketplace.errors import FieldError
from marketplace.solutions.physics import impossibilities
from scoring.readiness.assess import assess
from scoring.readiness.assessment import Assessment
from scoring.technology import Technology, Text

FORMAL_CHECK_ONLY = frozenset({"award", "ministry-catalogue", "national-project"})


class Effect(Struct, frozen=True, kw_only=True):
    """What treating one unit brings: pollution removed, or greenhouse gas avoided, with what is assumed (减污降碳)."""

    kind: str  # "pollution-removed" or "greenhouse-gas-avoided"
    subject: str
    amount: float
    unit: str
    per_unit: str
    assumption: Text


class Content(Struct, frozen=True, kw_only=True):
    """Everything a holder says about a technology."""

    technology: Technology
    effects: tuple[Effect, ...] = ()
    industry_group: str | None = None
    chain_place: str | None = None
    confidential: dict[str, str] = {}


# What a reader decides on, and how much of the whole it is worth; it adds up to 100.
_WEIGHTS: tuple[tuple[str, int], ...] = (
    ("summary.zh", 8),
    ("summary.en", 8),
    ("media", 6),
    ("pollutants", 6),
    ("industries", 6),
    ("chain_place", 4),
    ("parameters", 12),
    ("costs", 10),
    ("cases", 12),
    ("evidence", 12),
    ("patents", 4),
    ("team", 4),
    ("effects", 8),
)


def gaps(content: Content) -> list[str]:
    """What is missing, most valuable first."""
    technology = content.technology
    present = {
        "summary.zh": bool(technology.summary.zh),
        "summary.en": bool(technology.summary.en),
        "chain_place": content.chain_place is not None,
        "effects": bool(content.effects),
    }
    missing = [
        (weight, name)
        for name, weight in _WEIGHTS
        if not (present[name] if name in present else bool(getattr(technology, name)))
    ]
    return [name for _, name in sorted(missing, key=lambda gap: -gap[0])]


def completeness(content: Content) -> int:
    """From 0 to 100: the weight of what is there."""
    weights = dict(_WEIGHTS)
    return 100 - sum(weights[name] for name in gaps(content))


def faults(content: Content) -> list[FieldError]:
    """What cannot be true, or is too little to be submitted: every fault at once, with the sum that shows it."""
    return [*_missing(content), *_impossible(content)]


def _missing(content: Content) -> Iterator[FieldError]:
    technology = content.technology
    for name, zh in (("summary", "简介"), ("media", "所属领域"), ("parameters", "技术参数")):
        if not getattr(technology, name):
            yield FieldError(
                field=f"technology.{name}", expected="a value before submission", expected_zh=f"提交前请填写{zh}"
            )
    if technology.provenance is None:
        expected = "how the technology was found: award, ministry-catalogue, national-project or self-nominated"
        yield FieldError(field="technology.provenance", expected=expected, expected_zh="请填写技术来源类别")


def _impossible(content: Content) -> Iterator[FieldError]:
    for number, parameter in enumerate(content.technology.parameters):
        field = f"technology.parameters.{number}"
        ends = (parameter.low, parameter.value, parameter.high)
        known = [end for end in ends if end is not None]
        if known != sorted(known):
            yield FieldError(field=field, expected="low <= value <= high", expected_zh="下限≤取值≤上限")
    yield from impossibilities(content.technology)


class Derived(NamedTuple):
    """Columns computed from the content."""

    media: list[str]
    pollutants: list[str]
    industries: list[str]
    provenance: str | None
    trl_low: int | None
    trl_high: int | None
    completeness: int
    fingerprint: bytes


def derived(content: Content, on: datetime.date) -> Derived:
    technology = content.technology
    found = assess(technology, "trl", as_of=on)
    known = isinstance(found, Assessment)
    return Derived(
        media=[medium.value for medium in technology.media],
        pollutants=list(technology.pollutants),
        industries=list(technology.industries),
        provenance=technology.provenance.value if technology.provenance else None,
        trl_low=found.low if known else None,  # type: ignore[union-attr]
        trl_high=found.high if known else None,  # type: ignore[union-attr]
        completeness=completeness(content),
        fingerprint=fingerprint(technology),
    )


def fingerprint(technology: Technology) -> bytes:
    """The same for the same name and summary, whatever the width, case and spacing of the characters."""
    texts = (technology.name.zh, technology.name.en, technology.summary.zh, technology.summary.en)
    return hashlib.sha256("\n".join(_folded(text or "") for text in texts).encode()).digest()


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def as_json(value: Any) -> Any:
    """What the database keeps of a struct."""
    return msgspec.to_builtins(value)
