"""Calls judged by reviewers: pool, declarations, assignment, reviews, corrected scores, decisions."""
