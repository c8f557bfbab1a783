"""Readiness for commercialisation: frameworks as data, evidence that decides, intervals instead of points."""

from scoring.readiness.assess import assess
from scoring.readiness.assessment import (
    Assessment,
    Blocker,
    CriterionResult,
    Discount,
    NextEvidence,
    ScaleResult,
    Status,
    UnknownPolicy,
)
from scoring.readiness.claims import Claim, claim, claimed_level_range
from scoring.readiness.framework import FRAMEWORKS, Criterion, Framework

__all__ = [
    "FRAMEWORKS",
    "Assessment",
    "Blocker",
    "Claim",
    "Criterion",
    "CriterionResult",
    "Discount",
    "Framework",
    "NextEvidence",
    "ScaleResult",
    "Status",
    "UnknownPolicy",
    "assess",
    "claim",
    "claimed_level_range",
]
