"""Stripe behind the port of marketplace.payments: milestone-held payments by separate charges and transfers."""
