"""Find the parts of each capability by their names, so that adding one touches no shared list."""

import importlib
import importlib.util
import pkgutil
from types import ModuleType

import marketplace

# What the ground, which is no capability, has of each part.
_GROUND = {
    "models": ("audit", "idempotency", "mail", "process", "rate_limit"),
    "checks": ("checks",),
    "jobs": ("idempotency", "mail", "process", "upkeep"),
}


def import_capabilities(part: str) -> list[ModuleType]:
    """Import `marketplace.<capability>.<part>` wherever there is one; `part` is "models", "jobs" or "checks"."""
    ground = [importlib.import_module(f"marketplace.{name}") for name in _GROUND[part]]
    folders = [found.name for found in pkgutil.iter_modules(marketplace.__path__) if found.ispkg]
    names = [f"marketplace.{folder}.{part}" for folder in folders]
    return ground + [importlib.import_module(name) for name in names if importlib.util.find_spec(name)]
