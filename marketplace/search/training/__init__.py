"""How the tables in `marketplace/search/learned` were made: ``python -m marketplace.search.training.<name>``."""
