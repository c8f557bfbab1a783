"""Assessments by independent experts: who judges, what they judge, what follows from it."""
