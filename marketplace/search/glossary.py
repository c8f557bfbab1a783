"""Concepts of the field found in a text, whatever the language and spelling: TP and 总磷 are one."""

import re
import tomllib
import unicodedata
from functools import cache
from pathlib import Path
from typing import NamedTuple

from marketplace.needs.vocabulary import POLLUTANTS
from marketplace.search.dictionary import to_simplified

FILE = Path(__file__).with_name("glossary.toml")
# Symbols that are words or parts of the day unless written as the symbol is.
_AMBIGUOUS = frozenset({"as", "pb", "cd", "cu", "ni", "zn", "fe", "mn", "li", "pm", "ss", "tn", "tp"})


class Glossary(NamedTuple):
    pattern: re.Pattern[str]
    concepts: dict[str, str]


@cache
def glossary() -> Glossary:
    """Every wording, the longest first, with its concept."""
    concepts = {_plain(word): name for name, entry in tomllib.loads(FILE.read_text("utf-8")).items()
                for word in entry["words"]}  # fmt: skip
    for name, words in POLLUTANTS.items():
        own = _plain(name).replace(" ", "-")
        concepts |= {_plain(word): own for word in (name, *words)} | _written_otherwise(name, own)
    longest_first = sorted(concepts, key=len, reverse=True)
    return Glossary(re.compile("|".join(map(_bounded, longest_first))), concepts)


def _written_otherwise(name: str, concept: str) -> dict[str, str]:
    return {"f-": concept, "f⁻": concept} if name == "氟化物" else {}


def _bounded(word: str) -> str:
    """Latin letters end where other letters begin; Chinese has no such ends."""
    left = r"(?<![a-z0-9])" if word[0].isascii() else ""
    right = r"(?![a-z0-9])" if word[-1].isascii() else ""
    return f"{left}{re.escape(word)}{right}"


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace("−", "-").lower().translate(to_simplified())


def concepts(text: str) -> list[str]:
    """The concepts that a text names, as often as it does."""
    known, plain = glossary(), _plain(text)
    cased = unicodedata.normalize("NFKC", text) if not text.isascii() else text
    found = []
    for match in known.pattern.finditer(plain):
        word = match.group()
        # "As" is arsenic and "as" is not, as far as letters can tell.
        if word in _AMBIGUOUS and len(cased) == len(plain) and not cased[match.start()].isupper():
            continue
        found.append(known.concepts[word])
    return found
