"""Organisations, their members, and how a person or a program proves who it is."""
