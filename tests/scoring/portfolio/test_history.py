"""Learning stage hazards: the simulator's truth is found again, and what is not known is said."""

import msgspec
import numpy as np
import pytest

import scoring
from fixtures.simulator import TRUTH, simulate_history, true_hazard

OUTCOMES = ("advance", "abandon", "default")


@pytest.fixture(scope="module")
def fitted():
    return scoring.fit_stage_hazards(simulate_history(3000, 1), features=["level"])


@pytest.mark.parametrize("stage", TRUTH)
def test_the_truth_is_found_again(fitted, stage):
    for level in (5, 6, 7):
        found, truth = fitted.hazard(stage, {"level": level}), true_hazard(stage, level)
        for phase in ("before_due", "when_due"):
            for outcome in OUTCOMES:
                ours = getattr(getattr(found, phase), outcome).value
                assert ours == pytest.approx(getattr(getattr(truth, phase), outcome).value, abs=0.05)


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    inside = []
    for seed in range(8):
        fit = scoring.fit_stage_hazards(simulate_history(500, 100 + seed), features=["level"])
        for stage in TRUTH:
            found, truth = fit.hazard(stage, {"level": 6}), true_hazard(stage, 6)
            for phase in ("before_due", "when_due"):
                for outcome in OUTCOMES[phase == "before_due" :]:
                    estimate = getattr(getattr(found, phase), outcome)
                    inside.append(estimate.low <= getattr(getattr(truth, phase), outcome).value <= estimate.high)
    assert 0.83 <= np.mean(inside) <= 0.97


def test_more_history_narrows_the_interval():
    widths = []
    for deals in (60, 600, 3000):
        default = scoring.fit_stage_hazards(simulate_history(deals, 3)).hazard("pilot").when_due.default
        widths.append(default.high - default.low)
    assert widths == sorted(widths, reverse=True)


def test_readiness_is_learned_as_a_feature(fitted):
    advance = [fitted.hazard("pilot", {"level": level}).when_due.advance.value for level in range(4, 9)]
    assert advance == sorted(advance)


def test_an_outcome_never_seen_is_unlikely_but_not_impossible():
    spells = [
        scoring.StageSpell(deal=str(i), stage="s", planned_months=6, months=6, outcome="advance") for i in range(40)
    ]
    default = scoring.fit_stage_hazards(spells).hazard("s").when_due.default
    assert 0 < default.low < default.value < 0.01
    assert default.value < default.high


def test_fitted_hazards_make_a_deal_and_survive_json(fitted):
    again = msgspec.json.decode(msgspec.json.encode(fitted), type=scoring.FittedHazards)
    assert again == fitted
    stage = scoring.DealStage(name="pilot", months=12, tranche_minor=1000, hazard=again.hazard("pilot", {"level": 6}))
    risk = scoring.assess_deal(scoring.Deal(id="x", currency="CNY", instrument="loan", stages=(stage,)))
    assert risk.basis is scoring.Basis.OWN_HISTORY
    assert any("own history" in line for line in risk.assumptions)


def test_open_spells_are_not_failures():
    history = simulate_history(2500, 5, open_share=0.6)
    found = scoring.fit_stage_hazards(history, features=["level"]).hazard("demonstration", {"level": 6})
    assert found.when_due.abandon.value == pytest.approx(
        true_hazard("demonstration", 6).when_due.abandon.value, abs=0.03
    )


def test_a_thin_history_is_refused():
    refusal = scoring.fit_stage_hazards(simulate_history(8, 1))
    assert refusal.reason == "too-little-history"
    assert "pilot: 8 of 10 spells" in refusal.missing


def test_every_bad_spell_is_named_at_once():
    bad = scoring.StageSpell(deal="d", stage="s", planned_months=-1, months=float("inf"), outcome="won")
    with pytest.raises(scoring.InputError) as caught:
        scoring.fit_stage_hazards([bad, bad], features=["level"], review_months=5, regularisation=0)
    assert len(caught.value.errors) == 2 * 4 + 2
