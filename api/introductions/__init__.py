"""Introductions over HTTP."""
