"""Reading portfolios and tables from files people have, and writing results they can open.

Names are loaded when first used: scoring a card needs this package's limits, not its readers.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scoring.io.optional import MissingExtra
    from scoring.io.reading import read_table, read_technologies
    from scoring.io.template import write_template
    from scoring.io.writing import write_rows, write_technologies

_HOME = {
    "MissingExtra": "scoring.io.optional",
    "read_table": "scoring.io.reading",
    "read_technologies": "scoring.io.reading",
    "write_rows": "scoring.io.writing",
    "write_technologies": "scoring.io.writing",
    "write_template": "scoring.io.template",
}

__all__ = ["MissingExtra", "read_table", "read_technologies", "write_rows", "write_technologies", "write_template"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'scoring.io' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
