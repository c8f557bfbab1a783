"""How sure a score is: intervals of the probability, sets of outcomes, and whether the input is a usual one."""

from scoring.uncertainty.applicability import applicability, unusual_features
from scoring.uncertainty.bands import jackknife_spread, score_bands
from scoring.uncertainty.conformal import ConformalSets
from scoring.uncertainty.venn_abers import venn_abers

__all__ = ["ConformalSets", "applicability", "jackknife_spread", "score_bands", "unusual_features", "venn_abers"]
