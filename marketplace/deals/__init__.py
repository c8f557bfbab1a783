"""Deals: from the first offer to terms that both have signed, and what comes after as payments tell it."""
