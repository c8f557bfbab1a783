"""Readiness for commercialisation: frameworks as data, evidence that decides, intervals instead of points."""
