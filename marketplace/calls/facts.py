"""What conditions can be put on: the facts about a technology and its organisation, by name."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, NamedTuple

from msgspec import Struct

from marketplace.money import Money
from marketplace.needs.quantities import converted
from scoring.technology import (
    Case,
    EvidenceGrade,
    Medium,
    Parameter,
    Provenance,
    Technology,
    TechnologyClass,
    Text,
)

FactKind = Literal["number", "words", "flag"]
PARAMETER = "parameter."
# How sentences say the words of closed lists.
WORDS: dict[str, Text] = {
    "air": Text(zh="大气", en="air"),
    "water": Text(zh="水", en="water"),
    "soil": Text(zh="土壤", en="soil"),
    "solid-waste": Text(zh="固体废物", en="solid waste"),
    "resource-recovery": Text(zh="资源回收", en="resource recovery"),
    "carbon": Text(zh="碳", en="carbon"),
    "noise": Text(zh="噪声", en="noise"),
    "ecology": Text(zh="生态", en="ecology"),
    "monitoring": Text(zh="监测", en="monitoring"),
    "award": Text(zh="获奖成果", en="award"),
    "ministry-catalogue": Text(zh="部委目录", en="ministry catalogue"),
    "national-project": Text(zh="国家科技项目", en="national project"),
    "self-nominated": Text(zh="审核自荐", en="reviewed self-nomination"),
}
_GRADES = [grade.value for grade in EvidenceGrade]


class Applicant(Struct, frozen=True, kw_only=True):
    """Whom conditions are put to. `trl` runs from what is proven to what is claimed; None is unknown throughout."""

    technology: Technology
    trl: tuple[int, int] | None = None
    completeness: int | None = None
    published: bool | None = None
    country: str | None = None
    verified: bool | None = None
    asked: Money | None = None


class Span(NamedTuple):
    """A number as far as it is known; an end that is None is open."""

    low: float | None
    high: float | None


Seen = Span | frozenset[str] | bool | None


class Fact(Struct, frozen=True):
    """`read` gets the applicant, the field's whole name and the unit that is wanted."""

    kind: FactKind
    label: Text
    read: Callable[[Applicant, str, str | None], Seen]
    vocabulary: tuple[str, ...] = ()
    needs_unit: bool = False


def fact_named(field: str) -> Fact | None:
    return _PARAMETER if field.startswith(PARAMETER) and field != PARAMETER else FIELDS.get(field)


def fact_of(fact: Fact, field: str, unit: str | None, applicant: Applicant) -> Seen:
    return fact.read(applicant, field, unit)


def _point(value: float | None) -> Span | None:
    return None if value is None else Span(value, value)


def _some(words: Iterable[str]) -> frozenset[str] | None:
    return frozenset(words) or None


def _one(word: str | None) -> frozenset[str] | None:
    return None if word is None else frozenset({word})


def _count(things: Sequence[Any], wanted: Callable[[Any], bool] = lambda _: True) -> Span | None:
    """An empty list says that nothing was told, not that there is nothing."""
    return _point(sum(map(wanted, things))) if things else None


def _longest(cases: tuple[Case, ...]) -> Span | None:
    months = [case.months_in_operation for case in cases if case.months_in_operation is not None]
    return _point(max(months)) if months else None


def _grade(technology: Technology) -> Span | None:
    grades = [_GRADES.index(document.grade) for document in technology.evidence]
    return _point(max(grades)) if grades else None


def _asked(applicant: Applicant, currency: str | None) -> Span | None:
    asked = applicant.asked
    return None if asked is None or asked.currency != currency else _point(asked.amount_minor)


def _parameter(applicant: Applicant, field: str, unit: str | None) -> Span | None:
    name = field.removeprefix(PARAMETER)
    found = next((parameter for parameter in applicant.technology.parameters if parameter.name == name), None)
    return None if found is None or unit is None else _in_unit(found, unit)


def _in_unit(found: Parameter, unit: str) -> Span | None:
    ends = [found.value if end is None else end for end in (found.low, found.high)]
    known = [None if end is None else converted(end, found.unit, unit) for end in ends]
    return None if known == [None, None] else Span(*known)


def _fact(kind: FactKind, zh: str, en: str, read: Callable[[Applicant], Seen], *vocabulary: str) -> Fact:
    return Fact(kind, Text(zh=zh, en=en), lambda applicant, _, __: read(applicant), vocabulary)


FIELDS: dict[str, Fact] = {
    "trl": _fact("number", "技术成熟度", "Readiness (TRL)", lambda a: None if a.trl is None else Span(*a.trl)),
    "trl-claimed": _fact(
        "number", "自述成熟度", "Readiness as claimed (TRL)", lambda a: _point(a.technology.claimed_trl)
    ),
    "completeness": _fact("number", "资料完整度", "Completeness of the listing", lambda a: _point(a.completeness)),
    "evidence-grade": _fact(
        "number", "最高证据等级（0–4）", "Best grade of evidence (0 to 4)", lambda a: _grade(a.technology)
    ),
    "cases": _fact("number", "案例数", "Cases", lambda a: _count(a.technology.cases)),
    "cases-full-scale": _fact(
        "number",
        "工程规模案例数",
        "Cases at full scale",
        lambda a: _count(a.technology.cases, lambda case: bool(case.scale == "full")),
    ),
    "months-in-operation": _fact(
        "number", "最长运行月数", "Longest operation in months", lambda a: _longest(a.technology.cases)
    ),
    "patents-granted": _fact(
        "number",
        "授权专利数",
        "Patents granted",
        lambda a: _count(a.technology.patents, lambda patent: bool(patent.status == "granted")),
    ),
    "amount-asked": Fact(
        "number",
        Text(zh="申请金额", en="Amount asked"),
        lambda applicant, _, currency: _asked(applicant, currency),
        needs_unit=True,
    ),
    "medium": _fact("words", "技术领域", "Field", lambda a: _some(a.technology.media), *Medium),
    "pollutant": _fact("words", "污染物", "Pollutant", lambda a: _some(a.technology.pollutants)),
    "industry": _fact("words", "行业", "Industry", lambda a: _some(a.technology.industries)),
    "provenance": _fact("words", "技术来源", "Provenance", lambda a: _one(a.technology.provenance), *Provenance),
    "technology-class": _fact(
        "words", "技术类别", "Class of technology", lambda a: _one(a.technology.technology_class), *TechnologyClass
    ),
    "country": _fact("words", "注册国家或地区", "Country of registration", lambda a: _one(a.country)),
    "organisation-verified": _fact("flag", "机构已核验", "The organisation is verified", lambda a: a.verified),
    "listing-published": _fact("flag", "技术已在库公开", "The technology is published", lambda a: a.published),
}
_PARAMETER = Fact("number", Text(zh="参数", en="Parameter"), _parameter, needs_unit=True)
