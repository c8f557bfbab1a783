"""Assessments over HTTP: for operators, for assessors, for holders and for everybody."""
