"""The media that a technology treats, guessed from words where no column says them; ``media.toml`` is the table."""

import re
import tomllib
from functools import cache
from importlib.resources import files

from scoring.technology import Medium


def media_in(*texts: str | None) -> tuple[Medium, ...]:
    """The media that the first telling text names, in the order of `Medium`.

    Examples
    --------
    >>> media_in("脱硫脱硝技术"), media_in("Sludge and wastewater treatment")
    ((<Medium.AIR: 'air'>,), (<Medium.WATER: 'water'>, <Medium.SOLID_WASTE: 'solid-waste'>))
    """
    for text in filter(None, texts):
        lower = text.lower()
        found = tuple(medium for medium, words in _words().items() if any(_has(lower, word) for word in words))
        if found:
            return found
    return ()


def _has(text: str, word: str) -> bool:
    """Whether the word stands in the text; the pattern is asked only where the letters are there at all."""
    return word.removesuffix("*") in text and (not word.isascii() or _pattern(word).search(text) is not None)


@cache
def _words() -> dict[Medium, tuple[str, ...]]:
    table = tomllib.loads(files("scoring.io").joinpath("media.toml").read_text("utf-8"))
    return {Medium(name): tuple(words) for name, words in table.items()}


@cache
def _pattern(word: str) -> re.Pattern[str]:
    end = "" if word.endswith("*") else r"(?![a-z])"
    return re.compile(rf"(?<![a-z]){re.escape(word.removesuffix('*'))}{end}")
