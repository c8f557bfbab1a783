"""Stripe over HTTP: its events coming in, the pages it hosts for our users, and the operator's reconciliation."""
