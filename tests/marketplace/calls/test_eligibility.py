"""Conditions: met, unmet or unknown, never a guess."""

import math
from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.calls.eligibility import Rule, blocking, evaluate, faults_of_rules
from marketplace.calls.facts import FIELDS, Applicant
from marketplace.money import Money
from scoring.technology import Case, Evidence, EvidenceGrade, Medium, Parameter, Patent, Provenance, Technology, Text

FULL = Technology(
    id="T",
    name=Text(en="T"),
    provenance=Provenance.AWARD,
    media=(Medium.WATER, Medium.CARBON),
    pollutants=("TN",),
    industries=("D4620",),
    claimed_trl=7,
    parameters=(
        Parameter(name="energy", unit="kWh/m3", low=0.2, high=0.4),
        Parameter(name="flow", unit="m3/h", value=10),
    ),
    cases=(Case(name=Text(en="A"), scale="full", months_in_operation=24), Case(name=Text(en="B"), scale="pilot")),
    patents=(Patent(number="1", status="granted"), Patent(number="2")),
    evidence=(Evidence(id="a", grade=EvidenceGrade.TESTED, dated=date(2025, 1, 1)),),
)
KNOWN = Applicant(
    technology=FULL, trl=(5, 7), completeness=80, published=True, country="CN", verified=True, asked=Money(500, "CNY")
)
NOTHING = Applicant(technology=Technology(id="T", name=Text(en="T")))


def outcome(applicant: Applicant = KNOWN, **rule: Any) -> str:
    (found,) = evaluate([Rule(**{"id": "r", "operator": "at-least"} | rule)], applicant)
    return found.outcome


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"field": "trl", "value": 5}, "met"),
        ({"field": "trl", "value": 6}, "unknown"),  # proven 5, claimed 7
        ({"field": "trl", "value": 8}, "unmet"),
        ({"field": "trl", "operator": "at-most", "value": 7}, "met"),
        ({"field": "trl", "operator": "at-most", "value": 4}, "unmet"),
        ({"field": "trl-claimed", "value": 7}, "met"),
        ({"field": "completeness", "value": 81}, "unmet"),
        ({"field": "evidence-grade", "value": 3}, "met"),
        ({"field": "cases", "value": 2}, "met"),
        ({"field": "cases-full-scale", "value": 2}, "unmet"),
        ({"field": "months-in-operation", "value": 24}, "met"),
        ({"field": "patents-granted", "value": 1}, "met"),
        ({"field": "amount-asked", "operator": "at-most", "value": 500, "unit": "CNY"}, "met"),
        ({"field": "amount-asked", "operator": "at-most", "value": 500, "unit": "EUR"}, "unknown"),
        ({"field": "parameter.energy", "operator": "at-most", "value": 0.4, "unit": "kWh/m3"}, "met"),
        ({"field": "parameter.energy", "operator": "at-most", "value": 0.3, "unit": "kWh/m3"}, "unknown"),
        ({"field": "parameter.flow", "value": 240, "unit": "m3/d"}, "met"),
        ({"field": "parameter.flow", "value": 240, "unit": "kg"}, "unknown"),
        ({"field": "parameter.none", "value": 1, "unit": "kg"}, "unknown"),
        ({"field": "medium", "operator": "any-of", "value": ("water", "air")}, "met"),
        ({"field": "medium", "operator": "all-of", "value": ("water", "air")}, "unmet"),
        ({"field": "medium", "operator": "none-of", "value": ("air",)}, "met"),
        ({"field": "country", "operator": "none-of", "value": ("CN",)}, "unmet"),
        ({"field": "provenance", "operator": "any-of", "value": ("award",)}, "met"),
        ({"field": "technology-class", "operator": "any-of", "value": ("product",)}, "unknown"),
        ({"field": "organisation-verified", "operator": "is", "value": True}, "met"),
        ({"field": "listing-published", "operator": "is", "value": False}, "unmet"),
    ],
)
def test_conditions(rule: dict[str, Any], expected: str) -> None:
    assert not list(faults_of_rules([Rule(**{"id": "r", "operator": "at-least"} | rule)]))
    assert outcome(**rule) == expected


@pytest.mark.parametrize("field", sorted(FIELDS))
def test_what_is_not_stated_is_unknown(field: str) -> None:
    operator, value = {"number": ("at-least", 0), "words": ("none-of", ("x",)), "flag": ("is", False)}[
        FIELDS[field].kind
    ]
    rule = Rule(id="r", field=field, operator=operator, value=value, unit="CNY")  # type: ignore[arg-type]
    (found,) = evaluate([rule], NOTHING)
    assert (found.outcome, found.seen, found.blocks) == ("unknown", None, False)
    (strict,) = evaluate([msgspec.structs.replace(rule, unknown_blocks=True)], NOTHING)
    assert strict.blocks


def test_the_margin_has_a_sign_and_the_sentence_the_value() -> None:
    (found,) = evaluate([Rule(id="r", field="trl", operator="at-least", value=6)], KNOWN)
    assert (found.margin_low, found.margin_high) == (-1, 1)
    (found,) = evaluate([Rule(id="r", field="trl", operator="at-most", value=6)], KNOWN)
    assert (found.margin_low, found.margin_high) == (-1, 1)
    assert found.sentence.en == "Readiness (TRL): at most 6 is asked, 5 to 7 was seen: cannot be told."
    assert found.sentence.zh == "技术成熟度：要求不高于6，现为5至7，无法判断。"


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({"field": "nonsense", "value": 1}, "eligibility.0.field"),
        ({"field": "parameter.", "value": 1}, "eligibility.0.field"),
        ({"field": "trl", "operator": "any-of", "value": 1}, "eligibility.0.operator"),
        ({"field": "trl", "value": True}, "eligibility.0.value"),
        ({"field": "trl", "value": ("5",)}, "eligibility.0.value"),
        ({"field": "medium", "operator": "any-of", "value": ("wine",)}, "eligibility.0.value"),
        ({"field": "parameter.flow", "value": 1}, "eligibility.0.unit"),
        ({"field": "trl", "value": 1, "unit": "kg"}, "eligibility.0.unit"),
        ({"id": "call.mine", "field": "trl", "value": 1}, "eligibility.0.id"),
    ],
)
def test_what_cannot_be_asked_is_named(rule: dict[str, Any], field: str) -> None:
    faults = list(faults_of_rules([Rule(**{"id": "r", "operator": "at-least"} | rule)]))
    assert [fault.field for fault in faults] == [field]
    assert all(fault.expected and fault.expected_zh for fault in faults)


levels = st.integers(1, 9)
intervals = st.tuples(levels, levels).map(lambda pair: (min(pair), max(pair)))


@given(seen=intervals, asked=levels)
def test_an_interval_is_met_only_whole_and_unmet_only_whole(seen: tuple[int, int], asked: int) -> None:
    applicant = msgspec.structs.replace(KNOWN, trl=seen)
    (found,) = evaluate([Rule(id="r", field="trl", operator="at-least", value=asked)], applicant)
    every = {level >= asked for level in range(seen[0], seen[1] + 1)}
    assert found.outcome == {(True,): "met", (False,): "unmet"}.get(tuple(every), "unknown")
    assert found.blocks == (every == {False})


@given(seen=intervals, asked=levels)
def test_knowing_more_never_turns_met_into_unmet(seen: tuple[int, int], asked: int) -> None:
    rule = [Rule(id="r", field="trl", operator="at-most", value=asked)]
    wide = evaluate(rule, msgspec.structs.replace(KNOWN, trl=seen))[0].outcome
    for level in range(seen[0], seen[1] + 1):
        narrow = evaluate(rule, msgspec.structs.replace(KNOWN, trl=(level, level)))[0].outcome
        assert wide in ("unknown", narrow)


numbers = st.floats(-1e15, 1e15).filter(math.isfinite)
rules = st.builds(
    Rule,
    id=st.just("r"),
    field=st.sampled_from([*FIELDS, "parameter.energy", "parameter.x", "other"]),
    operator=st.sampled_from(["at-least", "at-most", "any-of", "all-of", "none-of", "is"]),
    value=st.one_of(st.booleans(), numbers, st.lists(st.text(min_size=1, max_size=5), min_size=1).map(tuple)),
    unit=st.sampled_from([None, "CNY", "kWh/m3"]),
)


@given(rule=rules)
def test_a_rule_that_passes_can_be_evaluated_and_written_down(rule: Rule) -> None:
    if list(faults_of_rules([rule])):
        return
    for applicant in (KNOWN, NOTHING):
        findings = evaluate([rule], applicant)
        assert findings[0].sentence.zh
        assert findings[0].sentence.en
        assert set(blocking(findings)) <= set(findings)
        assert msgspec.convert(msgspec.to_builtins(findings), list[type(findings[0])]) == findings  # type: ignore[misc]
