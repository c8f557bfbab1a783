"""Screens over HTTP: saved, run, read, exported, compared; watch lists and aggregates."""
