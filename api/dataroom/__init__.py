"""Confidentiality agreements and data rooms over HTTP."""
