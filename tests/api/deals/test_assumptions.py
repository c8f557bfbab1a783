"""What scoring assumes, in Chinese: every sentence that it can say is known."""

import pytest

from api.deals.assumptions import assumption
from scoring.financing import assess_deal
from scoring.portfolio.deal import Deal, DealRisk, DealStage, Instrument
from scoring.portfolio.priors import prior_hazard
from scoring.portfolio.tranches import TrancheDesign, design_tranches


@pytest.mark.parametrize(
    ("instrument", "collateral"), [("grant", None), ("loan", 40_000_000), ("equity", None), ("convertible", None)]
)
def test_every_assumption_of_a_design_has_its_chinese(instrument: Instrument, collateral: int | None) -> None:
    stage = DealStage(name="pilot", months=24, tranche_minor=100_000_000, hazard=prior_hazard(5, 24))
    deal = Deal(id="a", currency="CNY", instrument=instrument, stages=(stage,), collateral_minor=collateral or 0)
    risk, design = assess_deal(deal), design_tranches(deal)
    assert isinstance(risk, DealRisk)
    assert isinstance(design, TrancheDesign)
    for text in (*risk.assumptions, *design.assumptions):
        assert assumption(text).zh, text
        assert assumption(text).en == text


def test_a_sentence_that_is_not_known_stays_in_english() -> None:
    assert assumption("the moon is full").zh is None
