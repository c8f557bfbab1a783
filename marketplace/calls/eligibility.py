"""Conditions as data: each is met, unmet or unknown for a technology, with what was seen and by how much.

Nothing here touches the database, so that matching judges ten thousand technologies by the same limits as an
applicant is judged by. A fact that is absent is unknown: it is neither met nor unmet.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Annotated, Any, Literal

from babel.numbers import format_currency, get_currency_precision
from msgspec import Meta, Struct

from marketplace.calls.facts import FIELDS, PARAMETER, WORDS, Applicant, Fact, FactKind, Seen, Span, fact_named, fact_of
from marketplace.errors import FieldError
from marketplace.texts import Line, ShortText
from scoring.technology import Text

Operator = Literal["at-least", "at-most", "any-of", "all-of", "none-of", "is"]
Outcome = Literal["met", "unmet", "unknown"]
RULES_MAX = 50
RESERVED = "call."
"""The limits that follow from a call's own fields are named so."""

Key = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[a-z0-9]+(?:[.-][a-z0-9]+)*$")]
Number = Annotated[float, Meta(ge=-1e15, le=1e15)]

OPERATORS: dict[FactKind, tuple[Operator, ...]] = {
    "number": ("at-least", "at-most"),
    "words": ("any-of", "all-of", "none-of"),
    "flag": ("is",),
}
_ASKED: dict[str, Text] = {
    "at-least": Text(zh="不低于{value}", en="at least {value}"),
    "at-most": Text(zh="不高于{value}", en="at most {value}"),
    "any-of": Text(zh="须为以下之一：{value}", en="one of {value}"),
    "all-of": Text(zh="须包含：{value}", en="all of {value}"),
    "none-of": Text(zh="不得为：{value}", en="none of {value}"),
    "is": Text(zh="须为{value}", en="{value}"),
}
_OUTCOMES: dict[Outcome, Text] = {
    "met": Text(zh="满足", en="met"),
    "unmet": Text(zh="不满足", en="not met"),
    "unknown": Text(zh="无法判断", en="cannot be told"),
}
_NOT_STATED = Text(zh="未填写", en="nothing is stated")


class Rule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One condition. `unit` is for parameters and money; `unknown_blocks` asks that the fact be stated at all."""

    id: Key
    field: Line
    operator: Operator
    value: bool | Number | Annotated[tuple[Line, ...], Meta(min_length=1, max_length=300)]
    unit: Line | None = None
    unknown_blocks: bool = False
    note: ShortText | None = None


class Finding(Struct, frozen=True, kw_only=True):
    """How a condition stands. `seen` is what was found, and null where nothing was.

    `margin_low` and `margin_high` say by how much a number keeps its limit (+) or misses it (−), in the limit's unit.
    """

    rule: str
    field: str
    outcome: Outcome
    blocks: bool
    seen: Text | None
    margin_low: float | None = None
    margin_high: float | None = None
    sentence: Text


def evaluate(rules: Iterable[Rule], applicant: Applicant) -> list[Finding]:
    """Every condition against one applicant, in the rules' order."""
    return [_finding(rule, applicant) for rule in rules]


def blocking(findings: Iterable[Finding]) -> list[Finding]:
    """What stops an application."""
    return [finding for finding in findings if finding.blocks]


def as_errors(findings: Iterable[Finding]) -> list[FieldError]:
    """What stops an application, as it is told at its submission."""
    return [
        FieldError(
            field=f"eligibility.{finding.rule}",
            value=(finding.seen.en or "") if finding.seen else "",
            expected=finding.sentence.en or "",
            expected_zh=finding.sentence.zh or "",
        )
        for finding in blocking(findings)
    ]


def _finding(rule: Rule, applicant: Applicant) -> Finding:
    fact = fact_named(rule.field)
    seen = None if fact is None else fact_of(fact, rule.field, rule.unit, applicant)
    low, high = _margins(rule, seen)
    outcome = _outcome(rule, seen, low, high)
    blocks = outcome == "unmet" or (outcome == "unknown" and rule.unknown_blocks)
    return Finding(
        rule=rule.id,
        field=rule.field,
        outcome=outcome,
        blocks=blocks,
        seen=None if seen is None else shown(seen, rule.unit, _digits(rule)),
        margin_low=low,
        margin_high=high,
        sentence=_sentence(rule, fact, seen, outcome),
    )


def _margins(rule: Rule, seen: Seen) -> tuple[float | None, float | None]:
    if not isinstance(seen, Span) or isinstance(rule.value, (bool, tuple)):
        return None, None
    low = None if seen.low is None else seen.low - rule.value
    high = None if seen.high is None else seen.high - rule.value
    if rule.operator == "at-least":
        return low, high
    return None if high is None else -high, None if low is None else -low


def _outcome(rule: Rule, seen: Seen, low: float | None, high: float | None) -> Outcome:
    if seen is None:
        return "unknown"
    if isinstance(seen, Span):
        # The whole interval keeps the limit, or the whole of it misses it; anything else is open.
        if low is not None and low >= 0:
            return "met"
        return "unmet" if high is not None and high < 0 else "unknown"
    if isinstance(seen, bool):
        return "met" if seen == rule.value else "unmet"
    return "met" if _words_fit(rule, seen) else "unmet"


def _words_fit(rule: Rule, seen: frozenset[str]) -> bool:
    asked = frozenset(rule.value) if isinstance(rule.value, tuple) else frozenset()
    if rule.operator == "all-of":
        return asked <= seen
    return bool(asked & seen) == (rule.operator == "any-of")


def _sentence(rule: Rule, fact: Fact | None, seen: Seen, outcome: Outcome) -> Text:
    label = label_of(rule, fact)
    asked, said = asked_of(rule), _NOT_STATED if seen is None else shown(seen, rule.unit, _digits(rule))
    return Text(
        zh=f"{label.zh}：要求{(asked.zh or '').removeprefix('须')}，现为{said.zh}，{_OUTCOMES[outcome].zh}。",
        en=f"{label.en}: {asked.en} is asked, {said.en} was seen: {_OUTCOMES[outcome].en}.",
    )


def label_of(rule: Rule, fact: Fact | None) -> Text:
    if rule.field.startswith(PARAMETER):
        name = rule.field.removeprefix(PARAMETER)
        return Text(zh=f"参数“{name}”", en=f"Parameter {name!r}")
    return fact.label if fact else Text(zh=rule.field, en=rule.field)


def asked_of(rule: Rule) -> Text:
    """What a rule asks for, in words."""
    phrase, value = _ASKED[rule.operator], _said(rule.value, rule.unit, _digits(rule))
    return Text(zh=(phrase.zh or "").format(value=value.zh), en=(phrase.en or "").format(value=value.en))


def _digits(rule: Rule) -> int | None:
    """Money is counted in minor units and read in whole ones; None where it is no money."""
    return get_currency_precision(rule.unit) if rule.field == "amount-asked" and rule.unit else None


def shown(seen: Span | frozenset[str] | bool, unit: str | None = None, digits: int | None = None) -> Text:
    """What was seen, in words; an amount of money's last `digits` stand behind the point."""
    if not isinstance(seen, Span):
        return _said(tuple(sorted(seen)) if isinstance(seen, frozenset) else seen, unit)
    low, high = (Text(zh="…", en="…") if end is None else _said(end, unit, digits) for end in seen)
    return low if low == high else Text(zh=f"{low.zh}至{high.zh}", en=f"{low.en} to {high.en}")


def _said(value: Any, unit: str | None, digits: int | None = None) -> Text:
    if isinstance(value, bool):
        return Text(zh="是" if value else "否", en="yes" if value else "no")
    if isinstance(value, tuple):
        words = [WORDS.get(word, Text(zh=word, en=word)) for word in value]
        zh, en = ([word.in_language(language) for word in words] for language in ("zh", "en"))
        return Text(zh="、".join(zh) or "无", en=", ".join(en) or "nothing")
    if digits is not None and unit:
        return Text(zh=_money(value, unit, digits, "zh_Hans_CN"), en=_money(value, unit, digits, "en"))
    number = f"{value:,.10g}" + (f" {unit}" if unit else "")
    return Text(zh=number, en=number)


def _money(value: float, currency: str, digits: int, locale: str) -> str:
    amount = Decimal(value).scaleb(-digits)
    shown = "¤#,##0" if amount == amount.to_integral_value() else "¤#,##0.00"
    return format_currency(amount, currency, format=shown, locale=locale, currency_digits=False)


def faults_of_rules(rules: Sequence[Rule], prefix: str = "eligibility") -> Iterator[FieldError]:
    """Everything wrong with conditions as they were written."""
    ids = [rule.id for rule in rules]
    for number, rule in enumerate(rules):
        place = f"{prefix}.{number}"
        if ids.index(rule.id) != number:
            yield _fault(f"{place}.id", rule.id, "each id once", "编号不得重复")
        if rule.id.startswith(RESERVED):
            yield _fault(
                f"{place}.id", rule.id, f"an id that does not begin with {RESERVED}", f"编号不得以{RESERVED}开头"
            )
        yield from _faults_of_rule(place, rule)


def _faults_of_rule(place: str, rule: Rule) -> Iterator[FieldError]:
    fact = fact_named(rule.field)
    if fact is None:
        known = ", ".join([*FIELDS, f"{PARAMETER}<name>"])
        yield _fault(f"{place}.field", rule.field, f"one of {known}", f"须为以下之一：{known}")
        return
    allowed = OPERATORS[fact.kind]
    if rule.operator not in allowed:
        said = ", ".join(allowed)
        yield _fault(f"{place}.operator", rule.operator, f"one of {said}", f"须为以下之一：{said}")
    if _kind_of(rule.value) != fact.kind:
        yield _fault(f"{place}.value", rule.value, f"a value of the kind {fact.kind}", f"取值类型须为{fact.kind}")
    elif isinstance(rule.value, tuple) and fact.vocabulary:
        wrong = [word for word in rule.value if word not in fact.vocabulary]
        if wrong:
            known = ", ".join(fact.vocabulary)
            yield _fault(f"{place}.value", ", ".join(wrong), f"words out of {known}", f"须取自：{known}")
    if fact.needs_unit and rule.unit is None:
        yield _fault(f"{place}.unit", "", "the unit (or the currency) that the value is in", "请填写单位或币种")
    if not fact.needs_unit and rule.unit is not None:
        yield _fault(f"{place}.unit", rule.unit, "no unit: this field has none", "该字段没有单位")


def _kind_of(value: object) -> FactKind:
    if isinstance(value, bool):
        return "flag"
    return "words" if isinstance(value, tuple) else "number"


def _fault(field: str, value: object, expected: str, expected_zh: str) -> FieldError:
    return FieldError(field=field, value=str(value)[:200], expected=expected, expected_zh=expected_zh)
