"""The staged deal: exits, exposures, the option to stop, all against simulation or arithmetic by hand."""

from collections import Counter

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scoring
from fixtures.simulator import run_deal, simulate_deals
from scoring.portfolio.deal import grade_of
from scoring.portfolio.priors import SEVERITY_ON_ABANDONMENT, SEVERITY_ON_DEFAULT, STAGE_COMPLETION


@pytest.mark.parametrize("seed", [3, 8])
def test_exit_probabilities_agree_with_running_the_deal(seed):
    deal = next(deal for deal in simulate_deals(50, seed) if len(deal.stages) == 3)
    risk = scoring.assess_deal(deal)
    rng = np.random.default_rng(seed + 100)
    runs = [run_deal(deal, rng) for _ in range(6000)]
    seen = Counter((k, outcome) for k, outcome, _ in runs)
    for k, stage in enumerate(risk.stages):
        assert seen[k, "default"] / 6000 == pytest.approx(stage.defaulted, abs=0.018)
        assert seen[k, "abandon"] / 6000 == pytest.approx(stage.abandoned, abs=0.018)
    assert seen[2, "complete"] / 6000 == pytest.approx(risk.completion.value, abs=0.018)
    early = sum(outcome == "default" and reviews <= 4 for _, outcome, reviews in runs)
    assert early / 6000 == pytest.approx(risk.pd_12_months.value, abs=0.015)
    assert np.mean([reviews for _, _, reviews in runs]) * 3 == pytest.approx(risk.months_expected, rel=0.02)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_outcomes_exhaust_and_losses_add_up(seed):
    deal = simulate_deals(1, seed)[0]
    risk = scoring.assess_deal(deal)
    ends = sum(s.defaulted + s.abandoned + s.stopped for s in risk.stages) + risk.completion.value
    assert ends == pytest.approx(1.0, abs=1e-12)
    parts = sum(s.expected_loss_minor for s in risk.stages)
    assert parts == pytest.approx(risk.expected_loss_minor.value_minor, abs=len(deal.stages))
    assert 0 <= risk.expected_loss_minor.value_minor <= risk.commitment_minor
    assert risk.pd_12_months.value <= risk.pd.value <= risk.loss_probability.value


def test_expected_loss_by_hand():
    """Two reviews by arithmetic: default first, or advance into a second stage with twice the money."""
    p = scoring.Estimate.exact
    hazard = scoring.StageHazard(
        before_due=scoring.Hazard(p(0.0), p(0.0), p(0.0)),
        when_due=scoring.Hazard(p(0.7), p(0.2), p(0.1)),
        basis=scoring.Basis.STATED,
    )
    stages = tuple(
        scoring.DealStage(name=n, months=3, tranche_minor=m, hazard=hazard, holdback_share=0.25, extension_months=0)
        for n, m in (("a", 400), ("b", 800))
    )
    severity = {
        "severity_default": scoring.LossSeverity(mean=p(0.5), sd=0.0, basis=scoring.Basis.STATED),
        "severity_abandon": scoring.LossSeverity(mean=p(1.0), sd=0.0, basis=scoring.Basis.STATED),
    }
    risk = scoring.assess_deal(scoring.Deal(id="x", currency="CNY", instrument="loan", stages=stages, **severity))
    # At risk: 300 while a runs; 400 + 600 while b runs, the holdback of a being paid on its milestone.
    assert [s.exposure_minor for s in risk.stages] == [300, 1000]
    assert [s.expected_loss_minor for s in risk.stages] == [round(0.1 * 150 + 0.2 * 300), round(0.7 * (50 + 200))]
    assert risk.pd.value == pytest.approx(0.1 + 0.07)


def test_collateral_and_guarantee_take_their_part(single):
    bare = scoring.assess_deal(single(0.1))
    covered = scoring.assess_deal(single(0.1, collateral_minor=500_000, collateral_haircut=0.2, guaranteed_share=0.5))
    assert bare.expected_loss_minor.value_minor == 100_000
    assert covered.expected_loss_minor.value_minor == round(0.1 * (1_000_000 - 400_000) * 0.5)
    assert covered.lgd.value == pytest.approx(0.3)


def test_repayment_lowers_what_is_at_risk(single):
    first = single(0.0).stages[0]
    second = msgspec.structs.replace(single(0.2).stages[0], tranche_minor=0)
    deal = msgspec.structs.replace(
        single(0.0), stages=(msgspec.structs.replace(first, repayment_minor=700_000), second)
    )
    assert scoring.assess_deal(deal).stages[1].exposure_minor == 300_000


def test_stopping_is_never_worth_less_than_going_on():
    for deal in simulate_deals(25, 4):
        with_payoff = msgspec.structs.replace(deal, payoff_minor=sum(s.tranche_minor for s in deal.stages) * 2)
        risk = scoring.assess_deal(with_payoff)
        assert risk.option_value_minor >= 0
        assert risk.npv_minor.low_minor <= risk.npv_minor.value_minor <= risk.npv_minor.high_minor


def test_an_investor_stops_before_a_tranche_that_cannot_pay(single):
    """The second stage costs ten times what completing it brings, so the first one's half is saved instead."""
    half = scoring.LossSeverity(mean=scoring.Estimate.exact(0.5), sd=0.0, basis=scoring.Basis.STATED)
    dear = msgspec.structs.replace(single(0.1).stages[0], tranche_minor=10_000_000)
    deal = msgspec.structs.replace(
        single(0.1), stages=(single(0.1).stages[0], dear), payoff_minor=1_000_000, severity_abandon=half
    )
    risk = scoring.assess_deal(deal)
    assert risk.stages[1].stopped == pytest.approx(0.9)
    assert risk.stages[1].reached == 0
    assert risk.option_value_minor > 0
    assert risk.expected_loss_minor.value_minor == round(0.1 * 1_000_000 + 0.9 * 500_000)


def test_a_worthwhile_deal_is_carried_through(single):
    deal = msgspec.structs.replace(single(0.02), payoff_minor=2_000_000)
    risk = scoring.assess_deal(deal)
    assert risk.option_value_minor == 0
    assert sum(s.stopped for s in risk.stages) == 0


@pytest.mark.parametrize("level", range(1, 10))
@pytest.mark.parametrize("months", [2, 12, 30])
def test_the_prior_reaches_the_completion_it_states(level, months):
    hazard = scoring.prior_hazard(level, months)
    stage = scoring.DealStage(name="s", months=months, tranche_minor=1000, hazard=hazard)
    risk = scoring.assess_deal(scoring.Deal(id="x", currency="CNY", instrument="equity", stages=(stage,)))
    assert risk.completion.value == pytest.approx(STAGE_COMPLETION[level].value, abs=1e-9)
    assert risk.completion.low < risk.completion.value < risk.completion.high
    assert risk.basis is scoring.Basis.EXPERT_PRIOR


def test_readiness_lowers_risk_and_doubt_widens_it():
    def risk(level, **interval):
        hazard = scoring.prior_hazard(level, 12, **interval)
        stage = scoring.DealStage(name="s", months=12, tranche_minor=1000, hazard=hazard)
        return scoring.assess_deal(scoring.Deal(id="x", currency="CNY", instrument="loan", stages=(stage,)))

    values = [risk(level).expected_loss_minor.value_minor for level in range(1, 10)]
    assert values == sorted(values, reverse=True)
    sure, unsure = risk(6).loss_probability, risk(6, level_low=4, level_high=8).loss_probability
    assert unsure.low < sure.low < sure.high < unsure.high


def test_a_cards_default_probability_is_met_within_a_year():
    pd = scoring.Estimate(0.08, 0.05, 0.12)
    hazard = scoring.prior_hazard(9, 60, pd_12_months=pd, pd_source="financing-risk")
    calm = msgspec.structs.replace(hazard.before_due, abandon=scoring.Estimate.exact(0.0))
    stage = scoring.DealStage(
        name="s", months=60, tranche_minor=1000, hazard=msgspec.structs.replace(hazard, before_due=calm)
    )
    risk = scoring.assess_deal(scoring.Deal(id="x", currency="CNY", instrument="loan", stages=(stage,)))
    assert risk.basis is scoring.Basis.CARD
    for seen, wanted in zip(msgspec.structs.astuple(risk.pd_12_months), msgspec.structs.astuple(pd), strict=True):
        assert seen == pytest.approx(wanted)
    assert any("financing-risk" in line for line in risk.assumptions)


def test_equity_follows_the_outcome_law_and_survival_improves_it():
    def below(levels):
        stages = tuple(
            scoring.DealStage(name=str(n), months=12, tranche_minor=1000, hazard=scoring.prior_hazard(n, 12))
            for n in levels
        )
        deal = scoring.Deal(id="x", currency="CNY", instrument="equity", stages=stages)
        return scoring.assess_deal(deal).probability_below_1x

    assert below((6, 7, 8)).value == pytest.approx(0.65)
    assert below((4, 6, 7, 8)).value > below((6, 7, 8)).value > below((7, 8)).value > below((8,)).value
    loan = scoring.assess_deal(simulate_deals(1, 1)[0])
    assert loan.probability_below_1x is None or loan.currency == "CNY"


def test_reasons_are_parts_of_the_expected_loss():
    for deal in simulate_deals(20, 5):
        risk = scoring.assess_deal(deal)
        assert len(risk.reasons) <= 4
        shares = [reason.share for reason in risk.reasons]
        assert shares == sorted(shares, reverse=True)
        assert sum(shares) <= 1 + 1e-9
        assert all(reason.text and reason.text_zh for reason in risk.reasons)


def test_the_priors_say_that_they_are_priors():
    for table in (SEVERITY_ON_DEFAULT, SEVERITY_ON_ABANDONMENT):
        for severity in table.values():
            assert severity.basis is scoring.Basis.EXPERT_PRIOR
            assert "no public record" in severity.source


@pytest.mark.parametrize(("pd", "grade"), [(0.0, "AAA"), (0.0075, "BBB"), (0.00751, "BB"), (1.0, "C")])
def test_grades_include_their_upper_bound(pd, grade):
    assert grade_of(pd) == grade


def test_unknown_hazards_are_refused_with_what_is_missing(single):
    stage = msgspec.structs.replace(single(0.1).stages[0], hazard=None)
    deal = msgspec.structs.replace(single(0.1), stages=(single(0.1).stages[0], stage))
    refusal = scoring.assess_deal(deal)
    assert refusal.reason == "no-hazards"
    assert refusal.missing == ("d.stages[1].hazard",)
    assert scoring.assess_deal(msgspec.structs.replace(deal, stages=())).reason == "no-stages"
    nothing = msgspec.structs.replace(single(0.1).stages[0], tranche_minor=0)
    assert scoring.assess_deal(msgspec.structs.replace(deal, stages=(nothing,))).reason == "no-exposure"


def test_every_bad_field_is_named_at_once(single):
    bad_stage = msgspec.structs.replace(
        single(0.1).stages[0], months=float("nan"), tranche_minor=-5, holdback_share=2.0
    )
    bad = msgspec.structs.replace(
        single(0.1), currency="yuan", instrument="bet", stages=(bad_stage,), review_months=5, guaranteed_share=-0.1
    )
    with pytest.raises(scoring.InputError) as caught:
        scoring.assess_deals([bad, msgspec.structs.replace(single(0.1), collateral_minor=1.5)])
    places = {error.column for error in caught.value.errors}
    wanted = {"currency", "instrument", "review_months", "guaranteed_share", "collateral_minor"}
    stage_wanted = {"months", "tranche_minor", "holdback_share"}
    assert {f"d.{name}" for name in wanted} | {f"d.stages[0].{name}" for name in stage_wanted} <= places
    assert "id" in places  # the second deal has the same name


@pytest.mark.parametrize("triple", [(0.6, 0.3, 0.2), (float("nan"), 0.1, 0.1), ("0.5", 0.1, 0.1), (-0.1, 0.1, 0.1)])
def test_impossible_probabilities_are_named(single, triple):
    outcomes = [scoring.Estimate.exact(value) for value in triple]
    hazard = msgspec.structs.replace(single(0.1).stages[0].hazard, when_due=scoring.Hazard(*outcomes))
    stage = msgspec.structs.replace(single(0.1).stages[0], hazard=hazard)
    with pytest.raises(scoring.InputError, match=r"stages\[0\].hazard.when_due"):
        scoring.assess_deal(msgspec.structs.replace(single(0.1), stages=(stage,)))


def test_a_deal_is_made_of_what_a_technology_asks_for():
    request = {
        "instrument": "loan",
        "amount_minor": 900,
        "currency": "CNY",
        "stages": [
            {"name": {"zh": "中试"}, "cost_minor": 300, "months": 9, "target_level": 7},
            {"name": {"en": "demo"}, "cost_minor": 600, "months": 12},
        ],
        "collateral_minor": 100,
    }
    technology = msgspec.convert(
        {"id": "t", "name": {"zh": "某"}, "media": ["water"], "financing": request}, scoring.Technology
    )
    deal = scoring.deal_from_technology(technology, level=5, level_low=4, level_high=6)
    assert [stage.name for stage in deal.stages] == ["中试", "demo"]
    assert (deal.sector, deal.collateral_minor) == ("water", 100)
    assert deal.stages[1].hazard == scoring.prior_hazard(7, 12, level_low=6, level_high=8)
    assert scoring.assess_deal(deal).commitment_minor == 900


def test_financing_without_stages_needs_a_term():
    plain = {"instrument": "loan", "amount_minor": 900, "currency": "CNY"}

    def deal(financing):
        raw = {"id": "t", "name": {"en": "T"}, **({"financing": financing} if financing else {})}
        return scoring.deal_from_technology(msgspec.convert(raw, scoring.Technology), level=6)

    assert deal(None).reason == "no-financing-asked"
    assert deal(plain).missing == ("t.financing.stages", "t.financing.term_months")
    assert [stage.tranche_minor for stage in deal({**plain, "term_months": 24}).stages] == [900]


def test_a_level_outside_its_scale_is_refused():
    with pytest.raises(scoring.InputError, match="level_low <= level"):
        scoring.prior_hazard(5, 12, level_low=6)
    with pytest.raises(scoring.InputError) as caught:
        scoring.prior_hazard(0, -1, review_months=5)
    assert len(caught.value.errors) == 3


def test_risk_survives_json():
    risk = scoring.assess_deal(simulate_deals(1, 2)[0])
    assert msgspec.json.decode(msgspec.json.encode(risk), type=scoring.DealRisk) == risk
