"""Reading portfolios and tables from files people have, and writing results they can open."""

from scoring.io.optional import MissingExtra
from scoring.io.reading import read_table, read_technologies
from scoring.io.template import write_template
from scoring.io.writing import write_rows, write_technologies

__all__ = ["MissingExtra", "read_table", "read_technologies", "write_rows", "write_technologies", "write_template"]
