"""Milestone-held payments over HTTP."""
