"""Concepts of maturity that texts in English and in Chinese share: what carries the model from one to the other."""

import re
import tomllib
from collections import Counter
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from scoring.readiness.text_terms import without_give_aways, word_counts
from scoring.technology import Text


class Concept(NamedTuple):
    """Something a text says of a technology's maturity, and how either language says it."""

    name: str
    label: Text
    wording: re.Pattern[str]


@cache
def concepts() -> dict[str, Concept]:
    """All concepts by name."""
    entries = tomllib.loads((files("scoring.readiness") / "concepts.toml").read_text("utf-8"))
    return {name: _concept(name, entry) for name, entry in entries.items()}


def _concept(name: str, entry: dict[str, list[str]]) -> Concept:
    english, chinese = "|".join(entry["en_words"]), "|".join(map(re.escape, entry["zh_words"]))
    label = Text(zh=str(entry["zh"]), en=str(entry["en"]))
    return Concept(name, label, re.compile(rf"\b(?:{english})|{chinese}", re.IGNORECASE))


def concept_counts(text: str, *, masked: bool = True) -> Counter[str]:
    """How often each concept is spoken of, in whatever language.

    Examples
    --------
    >>> concept_counts("A pilot plant; customers wait.") == concept_counts("已完成中试，客户等待。")
    True
    """
    read = without_give_aways(text) if masked else text
    found = ((concept.name, len(concept.wording.findall(read))) for concept in concepts().values())
    return Counter({name: count for name, count in found if count})


def word_and_concept_counts(text: str, *, masked: bool = True) -> Counter[str]:
    """The terms of an English text: its words and pairs of words, and its concepts with a ``#`` in front."""
    counts = word_counts(text, masked=masked)
    counts.update({f"#{name}": count for name, count in concept_counts(text, masked=masked).items()})
    return counts
