"""Accounts, sessions, keys, organisations and their members over HTTP."""
