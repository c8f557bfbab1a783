"""The reference models that come with the library, by name."""

import os
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from scoring.io.problems import Problems
from scoring.scorecard.card import Scorecard

if TYPE_CHECKING:
    from scoring.readiness.text_model import TextModel

_SHIPPED = files("scoring") / "models"
READINESS = "readiness"


def names() -> list[str]:
    """The reference models."""
    return sorted(entry.name.removesuffix(".json") for entry in _SHIPPED.iterdir() if entry.name.endswith(".json"))


@overload
def load(name_or_path: Literal["readiness"]) -> "TextModel": ...  # type: ignore[overload-overlap]
@overload
def load(name_or_path: str | os.PathLike[str]) -> Scorecard: ...
def load(name_or_path: str | os.PathLike[str]) -> Any:
    """A reference model by its name, or any card by the path of its file.

    ``"readiness"`` is the model that reads texts; the others are cards.

    Raises
    ------
    InputError
        Where there is neither such a model nor such a file, or the file is at fault; every fault is in it.

    Examples
    --------
    >>> import scoring
    >>> scoring.load("readiness").bands[0].label.en
    'frontier research'
    """
    shipped = str(_SHIPPED / f"{name_or_path}.json")
    if name_or_path == READINESS:
        from scoring.readiness import text_file

        return text_file.load(shipped)
    if isinstance(name_or_path, str) and name_or_path in names():
        return Scorecard.load(shipped)
    if not Path(name_or_path).is_file():
        known = ", ".join(map(repr, names())) or "none here"
        Problems(str(name_or_path)).stop(f"the path of a card, or the name of a reference card ({known})")
    return Scorecard.load(name_or_path)


def card_names() -> list[str]:
    """The reference models that are cards."""
    return [name for name in names() if name != READINESS]


def load_card(name_or_path: str | os.PathLike[str]) -> Scorecard:
    """As `load`, for whoever can use a card only; the model that reads texts is refused by name."""
    if name_or_path == READINESS:
        known = ", ".join(map(repr, card_names()))
        Problems(READINESS).stop(f"a card ({known}, or the path of one); this model reads texts instead")
    return load(name_or_path)
