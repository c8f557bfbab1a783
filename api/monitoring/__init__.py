"""Monitoring of signed deals over HTTP."""
