from datetime import date

import pytest

from scoring.readiness.facts import CasesNeeded, FundingNeeded, PatentsNeeded, ProvenanceNeeded, met
from scoring.technology import Case, FundingRound, Patent, Provenance, Text
from tests.scoring.readiness.making import TODAY, technology

GRADES = {"strong": 3, "weak": 1}
TWO_PLANTS = CasesNeeded(scales=("full",), months=12, count=2)


def plant(*evidence, months=12.0, scale="full", started=None):
    fields = {"months_in_operation": months, "scale": scale, "started": started, "succeeded": True}
    return Case(name=Text(en="plant"), evidence=evidence, **fields)


@pytest.mark.parametrize(
    ("cases", "rank"),
    [
        ([plant("strong"), plant("strong")], 3),
        ([plant("strong"), plant("weak")], 1),
        ([plant("strong"), plant("weak"), plant("strong")], 3),
        ([plant("strong"), plant()], 0),
        ([plant("strong", "weak"), plant("strong")], 3),
        ([plant("strong"), plant("no-such-document")], 0),
        ([plant("strong")], None),
        ([plant("strong"), plant("strong", months=11)], None),
        ([plant("strong"), plant("strong", scale="pilot")], None),
        ([plant("strong"), plant("strong", started=date(2025, 6, 1))], None),
        ([plant("strong"), plant("strong", started=date(2024, 6, 1))], 3),
    ],
)
def test_of_several_cases_the_weakest_counted_one_decides(cases, rank):
    found = met(TWO_PLANTS, technology(cases=tuple(cases)), GRADES, TODAY)
    assert found is None if rank is None else found[0] == rank


@pytest.mark.parametrize(
    ("patents", "there"),
    [
        ([Patent(number="1", status="granted", jurisdiction="CN")], False),
        ([Patent(number=n, status="granted", jurisdiction="CN") for n in "12"], False),
        ([Patent(number=n, status="granted", jurisdiction=j) for n, j in (("1", "CN"), ("2", "EP"))], True),
        ([Patent(number=n, status="filed", jurisdiction=j) for n, j in (("1", "CN"), ("2", "EP"))], False),
        ([Patent(number=j, status="granted", jurisdiction=j, expires=date(2025, 1, 1)) for j in ("CN", "EP")], False),
        ([Patent(number=j, status="granted", jurisdiction=j, filed=date(2027, 1, 1)) for j in ("CN", "EP")], False),
    ],
)
def test_patents_are_counted_in_force_and_by_jurisdiction(patents, there):
    needs = PatentsNeeded(statuses=("granted",), count=2, jurisdictions=2)
    assert (met(needs, technology(patents=tuple(patents)), {}, TODAY) is not None) is there


def test_funding_of_the_future_is_no_fact():
    needs = FundingNeeded(kinds=("grant",))
    for dated, there in ((None, True), (date(2025, 1, 1), True), (date(2027, 1, 1), False)):
        funded = technology(funding=(FundingRound(kind="grant", amount_minor=1, currency="CNY", dated=dated),))
        assert (met(needs, funded, {}, TODAY) is not None) is there


def test_provenance_is_a_fact_of_the_holders_word():
    needs = ProvenanceNeeded(values=("award",))
    assert met(needs, technology(provenance=Provenance.AWARD), {}, TODAY) == (0, ())
    assert met(needs, technology(provenance=Provenance.SELF_NOMINATED), {}, TODAY) is None
