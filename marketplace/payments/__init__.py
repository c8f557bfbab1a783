"""Milestone-held payments: what is instructed, done, confirmed and booked between a deal's two sides."""
