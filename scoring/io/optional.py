"""Libraries that come with an extra: found when first needed, and asked for by name when absent."""

from importlib import import_module
from typing import Any


class MissingExtra(ImportError):
    """An optional library is not installed; the message says how to install it."""


def needed(module: str, purpose: str, extra: str = "screen") -> Any:
    """The module, or `MissingExtra` saying what to install."""
    try:
        return import_module(module)
    except ImportError as error:
        library = module.partition(".")[0]
        raise MissingExtra(f"{library} is needed {purpose}: pip install 'greenhatch[{extra}]'") from error
