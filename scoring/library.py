"""The reference cards that come with the library, by name."""

import os
from importlib.resources import files
from pathlib import Path

from scoring.io.problems import Problems
from scoring.scorecard.card import Scorecard

_SHIPPED = files("scoring") / "models"


def names() -> list[str]:
    """The reference cards."""
    return sorted(entry.name.removesuffix(".json") for entry in _SHIPPED.iterdir() if entry.name.endswith(".json"))


def load(name_or_path: str | os.PathLike[str]) -> Scorecard:
    """A reference card by its name, or any card by the path of its file.

    Raises
    ------
    InputError
        Where there is neither such a card nor such a file, or the file is at fault; every fault is in it.
    """
    if isinstance(name_or_path, str) and name_or_path in names():
        return Scorecard.load(str(_SHIPPED / f"{name_or_path}.json"))
    if not Path(name_or_path).is_file():
        known = ", ".join(map(repr, names())) or "none here"
        Problems(str(name_or_path)).stop(f"the path of a card, or the name of a reference card ({known})")
    return Scorecard.load(name_or_path)
