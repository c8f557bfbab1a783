"""Technologies beside calls and investors: margins limit by limit, stable assignment, and fair exposure."""
