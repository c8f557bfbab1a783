"""Screening a portfolio: every technology's readiness and risk, ranked with intervals and reasons."""
