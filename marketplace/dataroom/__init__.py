"""Confidentiality agreements, and rooms in which documents are shown to chosen people."""
