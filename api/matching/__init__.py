"""Matching and mandates over HTTP."""
