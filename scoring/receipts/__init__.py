"""Receipts: a score with everything it was computed from, under one hash that anyone can check offline."""

from scoring.receipts.canonical import canonical_bytes
from scoring.receipts.compare import Cause, Comparison, compare_receipts
from scoring.receipts.record import Receipt, Verdict, assessment_receipt, receipt

__all__ = [
    "Cause",
    "Comparison",
    "Receipt",
    "Verdict",
    "assessment_receipt",
    "canonical_bytes",
    "compare_receipts",
    "receipt",
]
