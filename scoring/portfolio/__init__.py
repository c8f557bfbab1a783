"""Portfolios: the staged deal, its loss, the set to fund under a budget, and how stable a ranking is."""
