"""Honest figures: splits by date, leaks, drift, and metrics with their intervals.

:class:`~scoring.validation.splits.AsOfSplit` is imported from its own module, since it needs scikit-learn.
"""

from scoring.validation.findings import Finding
from scoring.validation.linter import lint

__all__ = ["Finding", "lint"]
