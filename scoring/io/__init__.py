"""Reading portfolios and tables from files people have, and writing results they can open."""

from scoring.io.optional import MissingExtra
from scoring.io.reading import read_table, read_technologies

__all__ = ["MissingExtra", "read_table", "read_technologies"]
