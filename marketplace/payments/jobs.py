"""All jobs and effects of payments, so that a worker that imports this knows them."""

from marketplace.payments import disputes, endings, funding, invoices, milestones, orders, proofs, refunds, releases

__all__ = ["disputes", "endings", "funding", "invoices", "milestones", "orders", "proofs", "refunds", "releases"]
