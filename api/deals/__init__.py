"""Deals over HTTP: offers, consents, conditions, changes, signing, trials, caps and cap tables."""
