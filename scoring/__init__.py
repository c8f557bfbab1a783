"""Readiness for commercialisation and financing risk of environmental technologies, scored and explained.

Names are loaded when first used: ``import scoring`` stays fast, and scikit-learn is imported only by what fits.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scoring.errors import CellError, InputError, Refusal
    from scoring.financing import assess_deal, assess_deals
    from scoring.io.reading import read_table, read_technologies
    from scoring.io.template import write_template
    from scoring.io.writing import write_rows, write_technologies
    from scoring.library import load
    from scoring.portfolio.deal import (
        MASTER_SCALE,
        AmountEstimate,
        Basis,
        Deal,
        DealRisk,
        DealStage,
        Estimate,
        Hazard,
        LossSeverity,
        RiskReason,
        StageHazard,
        StageRisk,
    )
    from scoring.portfolio.history import FittedHazards, StageSpell, fit_stage_hazards
    from scoring.portfolio.loss import DealShare, LossDistribution, loss_distribution
    from scoring.portfolio.offer import deal_from_technology
    from scoring.portfolio.priors import prior_hazard
    from scoring.portfolio.programme import Candidate, Quota
    from scoring.portfolio.ranks import RankInterval, rank_intervals
    from scoring.portfolio.selection import MarginalValue, Selection, select
    from scoring.portfolio.swaps import Swap
    from scoring.portfolio.tranches import Schedule, StopRule, TrancheDesign, TrancheRow, design_tranches
    from scoring.readiness import FRAMEWORKS, Assessment, assess
    from scoring.readiness.compare import compare_aggregators
    from scoring.readiness.system import assess_system
    from scoring.readiness.text_model import LevelProposal, TextModel
    from scoring.receipts import Receipt, assessment_receipt, compare_receipts, receipt
    from scoring.scorecard.card import Scorecard
    from scoring.scorecard.estimator import ScorecardClassifier
    from scoring.scorecard.reasons import Reason
    from scoring.scorecard.row import Score
    from scoring.scorecard.table import ScoreTable
    from scoring.screening.result import Screened, Screening
    from scoring.screening.screen import screen
    from scoring.technology import Technology
    from scoring.uncertainty import ConformalSets
    from scoring.validation import Finding, lint
    from scoring.validation.drift import calibration_drift, covariate_drift, coverage_drift, population_shift
    from scoring.validation.splits import AsOfSplit


_HOME = {
    "AmountEstimate": "scoring.portfolio.deal",
    "AsOfSplit": "scoring.validation.splits",
    "Assessment": "scoring.readiness",
    "Basis": "scoring.portfolio.deal",
    "Candidate": "scoring.portfolio.programme",
    "CellError": "scoring.errors",
    "ConformalSets": "scoring.uncertainty",
    "Deal": "scoring.portfolio.deal",
    "DealRisk": "scoring.portfolio.deal",
    "DealShare": "scoring.portfolio.loss",
    "DealStage": "scoring.portfolio.deal",
    "Estimate": "scoring.portfolio.deal",
    "FRAMEWORKS": "scoring.readiness",
    "Finding": "scoring.validation",
    "FittedHazards": "scoring.portfolio.history",
    "Hazard": "scoring.portfolio.deal",
    "InputError": "scoring.errors",
    "LevelProposal": "scoring.readiness.text_model",
    "LossDistribution": "scoring.portfolio.loss",
    "LossSeverity": "scoring.portfolio.deal",
    "MASTER_SCALE": "scoring.portfolio.deal",
    "MarginalValue": "scoring.portfolio.selection",
    "Quota": "scoring.portfolio.programme",
    "RankInterval": "scoring.portfolio.ranks",
    "Reason": "scoring.scorecard.reasons",
    "Receipt": "scoring.receipts",
    "Refusal": "scoring.errors",
    "RiskReason": "scoring.portfolio.deal",
    "Schedule": "scoring.portfolio.tranches",
    "Score": "scoring.scorecard.row",
    "ScoreTable": "scoring.scorecard.table",
    "Scorecard": "scoring.scorecard.card",
    "ScorecardClassifier": "scoring.scorecard.estimator",
    "Screened": "scoring.screening.result",
    "Screening": "scoring.screening.result",
    "Selection": "scoring.portfolio.selection",
    "StageHazard": "scoring.portfolio.deal",
    "StageRisk": "scoring.portfolio.deal",
    "StageSpell": "scoring.portfolio.history",
    "StopRule": "scoring.portfolio.tranches",
    "Swap": "scoring.portfolio.swaps",
    "Technology": "scoring.technology",
    "TextModel": "scoring.readiness.text_model",
    "TrancheDesign": "scoring.portfolio.tranches",
    "TrancheRow": "scoring.portfolio.tranches",
    "assess": "scoring.readiness",
    "assess_deal": "scoring.financing",
    "assess_deals": "scoring.financing",
    "assess_system": "scoring.readiness.system",
    "assessment_receipt": "scoring.receipts",
    "calibration_drift": "scoring.validation.drift",
    "compare_aggregators": "scoring.readiness.compare",
    "compare_receipts": "scoring.receipts",
    "covariate_drift": "scoring.validation.drift",
    "coverage_drift": "scoring.validation.drift",
    "deal_from_technology": "scoring.portfolio.offer",
    "design_tranches": "scoring.portfolio.tranches",
    "fit_stage_hazards": "scoring.portfolio.history",
    "lint": "scoring.validation",
    "load": "scoring.library",
    "loss_distribution": "scoring.portfolio.loss",
    "population_shift": "scoring.validation.drift",
    "prior_hazard": "scoring.portfolio.priors",
    "rank_intervals": "scoring.portfolio.ranks",
    "read_table": "scoring.io.reading",
    "read_technologies": "scoring.io.reading",
    "receipt": "scoring.receipts",
    "screen": "scoring.screening.screen",
    "select": "scoring.portfolio.selection",
    "write_rows": "scoring.io.writing",
    "write_technologies": "scoring.io.writing",
    "write_template": "scoring.io.template",
}

__all__ = [
    "FRAMEWORKS",
    "MASTER_SCALE",
    "AmountEstimate",
    "AsOfSplit",
    "Assessment",
    "Basis",
    "Candidate",
    "CellError",
    "ConformalSets",
    "Deal",
    "DealRisk",
    "DealShare",
    "DealStage",
    "Estimate",
    "Finding",
    "FittedHazards",
    "Hazard",
    "InputError",
    "LevelProposal",
    "LossDistribution",
    "LossSeverity",
    "MarginalValue",
    "Quota",
    "RankInterval",
    "Reason",
    "Receipt",
    "Refusal",
    "RiskReason",
    "Schedule",
    "Score",
    "ScoreTable",
    "Scorecard",
    "ScorecardClassifier",
    "Screened",
    "Screening",
    "Selection",
    "StageHazard",
    "StageRisk",
    "StageSpell",
    "StopRule",
    "Swap",
    "Technology",
    "TextModel",
    "TrancheDesign",
    "TrancheRow",
    "assess",
    "assess_deal",
    "assess_deals",
    "assess_system",
    "assessment_receipt",
    "calibration_drift",
    "compare_aggregators",
    "compare_receipts",
    "covariate_drift",
    "coverage_drift",
    "deal_from_technology",
    "design_tranches",
    "fit_stage_hazards",
    "lint",
    "load",
    "loss_distribution",
    "population_shift",
    "prior_hazard",
    "rank_intervals",
    "read_table",
    "read_technologies",
    "receipt",
    "screen",
    "select",
    "write_rows",
    "write_technologies",
    "write_template",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'scoring' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
