"""What people call the features of a card."""

from scoring.scorecard.card import Feature
from scoring.technology import Text


def feature(
    name: str, zh: str, en: str, unit: str = "", categories: dict[str, tuple[str, str]] | None = None
) -> Feature:
    """A feature with its names, and those of its categories, in Chinese and English."""
    named = {key: Text(zh=chinese, en=english) for key, (chinese, english) in (categories or {}).items()}
    return Feature(name=name, label=Text(zh=zh, en=en), unit=unit, categories=named)
