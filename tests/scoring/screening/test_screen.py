from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.catalogue import technologies
from scoring.errors import InputError, Refusal
from scoring.portfolio.deal import DealRisk, Estimate
from scoring.readiness.text_model import LevelProposal
from scoring.screening.levels import believed_level, disagreement
from scoring.screening.portfolio import portfolio_loss
from scoring.screening.ranking import places_of
from scoring.screening.result import LevelBasis, LevelBelief, RankedBy, Screening
from scoring.screening.risk import to_rank
from scoring.screening.screen import screen
from scoring.technology import Evidence, EvidenceGrade, FinancingRequest, Stage, Technology, Text

DAY = date(2026, 11, 21)
SILENT = Refusal(reason="no-text", missing=("summary",))


def said_nothing(_: Technology) -> Refusal:
    return SILENT


def proposing(low: int, level: int, high: int) -> LevelProposal:
    return LevelProposal(
        probabilities=(0.25,) * 4, level=level, low=low, high=high, reasons=(), language="en", applicable=True
    )


def screened(found: list[Technology], **options: Any) -> Screening:
    return screen(found, as_of=DAY, cards={}, propose=options.pop("propose", said_nothing), **options)


def proven(name: str, level: int, **more: Any) -> Technology:
    document = Evidence(
        id="d", grade=EvidenceGrade.VERIFIED, dated=date(2026, 1, 1), sha256="0" * 64, supports=(f"trl.{level}",)
    )
    return Technology(id=name, name=Text(en=name), claimed_trl=level, evidence=(document,), **more)


def asking(name: str, level: int, amount_minor: int = 10_000_000) -> Technology:
    stage = Stage(name=Text(en="pilot"), cost_minor=amount_minor, months=12)
    plan = FinancingRequest(instrument="loan", amount_minor=amount_minor, currency="CNY", stages=(stage,))
    return proven(name, level, financing=plan)


@pytest.fixture(scope="module")
def demo() -> Screening:
    return screened(technologies())


def test_every_technology_comes_back_once(demo: Screening) -> None:
    assert sorted(row.technology.id for row in demo.rows) == sorted(found.id for found in technologies())
    assert len(demo.ranked) + len(demo.unranked) == len(demo.rows)


def test_the_readier_one_ranks_first() -> None:
    found = screened([proven("early", 3), proven("late", 9)])
    assert [row.technology.id for row in found.ranked] == ["late", "early"]


def test_no_number_without_interval(demo: Screening) -> None:
    for row in demo.ranked:
        assert isinstance(row.measure, Estimate)
        assert row.measure.low <= row.measure.value <= row.measure.high
        assert row.rank is not None
        assert row.rank.low <= row.rank.rank <= row.rank.high


def test_what_nothing_is_known_of_is_refused_with_what_is_missing() -> None:
    found = screened([Technology(id="a", name=Text(en="an idea"))])
    (row,) = found.unranked
    assert isinstance(row.measure, Refusal)
    assert row.measure.reason == "unknown-readiness"
    assert "summary" in row.measure.missing


def test_text_proposes_only_where_there_is_no_evidence() -> None:
    text_only = Technology(id="t", name=Text(en="t"), summary=Text(en="…"))
    found = screened([text_only, proven("p", 6)], propose=lambda _: proposing(2, 4, 6))
    levels = {row.technology.id: row.level for row in found.rows}
    assert levels["t"] == LevelBelief(4, 2, 6, LevelBasis.TEXT)
    assert levels["p"] == LevelBelief(6, 6, 6, LevelBasis.EVIDENCE)


@pytest.mark.parametrize(
    ("proposal", "contradicts"), [((7, 8, 9), True), ((1, 2, 3), True), ((5, 6, 7), False), ((6, 6, 6), False)]
)
def test_text_and_evidence_are_said_to_disagree_where_they_do_not_meet(
    proposal: tuple[int, int, int], contradicts: bool
) -> None:
    (row,) = screened([proven("p", 6)], propose=lambda _: proposing(*proposal)).rows
    assert (row.disagreement is not None) == contradicts
    assert disagreement(row.readiness["trl"], SILENT) is None


def test_without_anything_the_level_is_a_refusal() -> None:
    assert isinstance(believed_level(SILENT, SILENT), Refusal)


def test_a_portfolio_that_asks_for_money_is_ranked_by_its_plans() -> None:
    found = screened([asking("a", 4), asking("b", 8)])
    assert found.ranked_by is RankedBy.PLAN
    assert [row.technology.id for row in found.ranked] == ["b", "a"]
    assert {deal.id for deal in found.deals} == {"a", "b"}


def test_an_impossible_plan_is_refused_and_hurts_nobody_else() -> None:
    stage = Stage(name=Text(en="never"), cost_minor=1, months=0)
    plan = FinancingRequest(instrument="barter", amount_minor=1, currency="CNY", stages=(stage,))
    found = screened([asking("good", 6), proven("odd", 6, financing=plan)], ranked_by="plan")
    assert [row.technology.id for row in found.ranked] == ["good"]
    assert isinstance(found.unranked[0].deal, Refusal)


def test_identifiers_are_used_once() -> None:
    with pytest.raises(InputError) as raised:
        screened([proven("a", 3), proven("b", 3), proven("a", 4), proven("b", 5)])
    assert [error.value for error in raised.value.errors] == ["a", "b"]


def test_a_card_that_is_not_there_is_named() -> None:
    with pytest.raises(ValueError, match="card='nonsense'"):
        screened([proven("a", 3)], card="nonsense")


def test_the_same_portfolio_in_another_order_gets_the_same_ranks() -> None:
    some = technologies()[:40]
    first, again = screened(some), screened(some[::-1])
    assert [row.technology.id for row in first.rows] == [row.technology.id for row in again.rows]
    ranks, ranks_again = ([row.rank for row in found.ranked] for found in (first, again))
    assert [place and (place.rank, place.low, place.high) for place in ranks] == [
        place and (place.rank, place.low, place.high) for place in ranks_again
    ]


def test_the_loss_of_the_portfolio_covers_all_its_deals(demo: Screening) -> None:
    loss = portfolio_loss(demo)
    assert loss is not None
    (yuan,) = loss.by_currency
    risks = [row.deal for row in demo.rows if isinstance(row.deal, DealRisk)]
    expected = sum(risk.expected_loss_minor.value_minor for risk in risks)
    assert len(yuan.shares) == len(risks) == len(demo.deals)
    assert yuan.mean.value_minor == pytest.approx(expected, rel=1e-3)


def test_candidates_are_the_financings_asked_for(demo: Screening) -> None:
    assert {candidate.id for candidate in demo.candidates()} == {deal.id for deal in demo.deals}
    assert all("medium:" in candidate.groups[0] for candidate in demo.candidates())


def test_equal_and_certain_items_share_a_rank_and_the_chance_of_the_top() -> None:
    places = places_of([Estimate.exact(0.5)] * 4 + [Estimate.exact(0.1)], top=2)
    assert {(place.rank, place.low, place.high, place.in_top) for place in places[:4] if place} == {(1, 1, 4, 0.5)}
    assert places[4] is not None
    assert (places[4].rank, places[4].in_top) == (5, 0.0)


@given(st.lists(st.tuples(*[st.floats(0, 1)] * 3).map(sorted), min_size=1, max_size=3))
@settings(max_examples=50, deadline=None)
def test_to_compare_never_leaves_the_unit_interval(ends: list[list[float]]) -> None:
    estimates = [Estimate(middle, low, high) for low, middle, high in ends]
    found = to_rank(estimates)
    assert 0 <= found.low <= found.value <= found.high <= 1
