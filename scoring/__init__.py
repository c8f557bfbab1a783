"""Readiness for commercialisation and financing risk of environmental technologies, scored and explained.

Names are loaded when first used: ``import scoring`` stays fast, and scikit-learn is imported only by what fits.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scoring.errors import CellError, InputError, Refusal
    from scoring.io.reading import read_table, read_technologies
    from scoring.library import load
    from scoring.readiness import FRAMEWORKS, Assessment, assess
    from scoring.readiness.compare import compare_aggregators
    from scoring.readiness.system import assess_system
    from scoring.receipts import Receipt, assessment_receipt, compare_receipts, receipt
    from scoring.scorecard.card import Scorecard
    from scoring.scorecard.estimator import ScorecardClassifier
    from scoring.scorecard.reasons import Reason
    from scoring.scorecard.row import Score
    from scoring.scorecard.table import ScoreTable
    from scoring.technology import Technology
    from scoring.uncertainty import ConformalSets
    from scoring.validation import Finding, lint
    from scoring.validation.drift import calibration_drift, covariate_drift, coverage_drift, population_shift
    from scoring.validation.splits import AsOfSplit


_HOME = {
    "AsOfSplit": "scoring.validation.splits",
    "Assessment": "scoring.readiness",
    "CellError": "scoring.errors",
    "ConformalSets": "scoring.uncertainty",
    "FRAMEWORKS": "scoring.readiness",
    "Finding": "scoring.validation",
    "InputError": "scoring.errors",
    "Reason": "scoring.scorecard.reasons",
    "Receipt": "scoring.receipts",
    "Refusal": "scoring.errors",
    "Score": "scoring.scorecard.row",
    "ScoreTable": "scoring.scorecard.table",
    "Scorecard": "scoring.scorecard.card",
    "ScorecardClassifier": "scoring.scorecard.estimator",
    "Technology": "scoring.technology",
    "assess": "scoring.readiness",
    "assess_system": "scoring.readiness.system",
    "assessment_receipt": "scoring.receipts",
    "calibration_drift": "scoring.validation.drift",
    "compare_aggregators": "scoring.readiness.compare",
    "compare_receipts": "scoring.receipts",
    "covariate_drift": "scoring.validation.drift",
    "coverage_drift": "scoring.validation.drift",
    "lint": "scoring.validation",
    "load": "scoring.library",
    "population_shift": "scoring.validation.drift",
    "read_table": "scoring.io.reading",
    "read_technologies": "scoring.io.reading",
    "receipt": "scoring.receipts",
}

__all__ = [
    "FRAMEWORKS",
    "AsOfSplit",
    "Assessment",
    "CellError",
    "ConformalSets",
    "Finding",
    "InputError",
    "Reason",
    "Receipt",
    "Refusal",
    "Score",
    "ScoreTable",
    "Scorecard",
    "ScorecardClassifier",
    "Technology",
    "assess",
    "assess_system",
    "assessment_receipt",
    "calibration_drift",
    "compare_aggregators",
    "compare_receipts",
    "covariate_drift",
    "coverage_drift",
    "lint",
    "load",
    "population_shift",
    "read_table",
    "read_technologies",
    "receipt",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'scoring' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
