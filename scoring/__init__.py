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
    from scoring.scorecard.card import Scorecard
    from scoring.scorecard.estimator import ScorecardClassifier
    from scoring.scorecard.reasons import Reason
    from scoring.scorecard.row import Score
    from scoring.scorecard.table import ScoreTable
    from scoring.technology import Technology


_HOME = {
    "Assessment": "scoring.readiness",
    "CellError": "scoring.errors",
    "FRAMEWORKS": "scoring.readiness",
    "InputError": "scoring.errors",
    "Reason": "scoring.scorecard.reasons",
    "Refusal": "scoring.errors",
    "Score": "scoring.scorecard.row",
    "ScoreTable": "scoring.scorecard.table",
    "Scorecard": "scoring.scorecard.card",
    "ScorecardClassifier": "scoring.scorecard.estimator",
    "Technology": "scoring.technology",
    "assess": "scoring.readiness",
    "assess_system": "scoring.readiness.system",
    "compare_aggregators": "scoring.readiness.compare",
    "load": "scoring.library",
    "read_table": "scoring.io.reading",
    "read_technologies": "scoring.io.reading",
}

__all__ = [
    "FRAMEWORKS",
    "Assessment",
    "CellError",
    "InputError",
    "Reason",
    "Refusal",
    "Score",
    "ScoreTable",
    "Scorecard",
    "ScorecardClassifier",
    "Technology",
    "assess",
    "assess_system",
    "compare_aggregators",
    "load",
    "read_table",
    "read_technologies",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'scoring' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
