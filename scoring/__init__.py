"""Readiness for commercialisation and financing risk of environmental technologies, scored and explained.

Names are loaded when first used: ``import scoring`` stays fast, and scikit-learn is imported only by what fits.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scoring.errors import CellError, InputError, Refusal
    from scoring.io.reading import read_table, read_technologies
    from scoring.technology import Technology

_HOME = {
    "CellError": "scoring.errors",
    "InputError": "scoring.errors",
    "Refusal": "scoring.errors",
    "Technology": "scoring.technology",
    "read_table": "scoring.io.reading",
    "read_technologies": "scoring.io.reading",
}

__all__ = ["CellError", "InputError", "Refusal", "Technology", "read_table", "read_technologies"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'scoring' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
