"""Concepts of the field found in a text, whatever the language and spelling: TP and 总磷 are one."""

import tomllib
import unicodedata
from functools import cache
from pathlib import Path
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick

from marketplace.needs.vocabulary import POLLUTANTS
from marketplace.search.dictionary import simplified

FILE = Path(__file__).with_name("glossary.toml")
# Symbols that are words or parts of the day unless written as the symbol is.
_AMBIGUOUS = frozenset({"as", "pb", "cd", "cu", "ni", "zn", "fe", "mn", "li", "pm", "ss", "tn", "tp"})


class Glossary(NamedTuple):
    """`wordings` and their concepts, one beside the other; `finder` finds every wording in a text in one go."""

    wordings: list[str]
    concepts: list[str]
    finder: AhoCorasick


@cache
def glossary() -> Glossary:
    """Every wording with its concept."""
    concepts = {_plain(word): name for name, entry in tomllib.loads(FILE.read_text("utf-8")).items()
                for word in entry["words"]}  # fmt: skip
    for name, words in POLLUTANTS.items():
        own = _plain(name).replace(" ", "-")
        concepts |= {_plain(word): own for word in (name, *words)} | _written_otherwise(name, own)
    wordings = list(concepts)
    return Glossary(wordings, list(concepts.values()), AhoCorasick(wordings))


def _written_otherwise(name: str, concept: str) -> dict[str, str]:
    return {"f-": concept, "f⁻": concept} if name == "氟化物" else {}


def _plain(text: str) -> str:
    if text.isascii():
        return text.lower()
    return simplified(unicodedata.normalize("NFKC", text).replace("−", "-").lower())


def concepts(text: str) -> list[str]:
    """The concepts that a text names, as often as it does."""
    known, plain = glossary(), _plain(text)
    places = known.finder.find_matches_as_indexes(plain, overlapping=True)
    if not places:
        return []
    cased = text if text.isascii() else unicodedata.normalize("NFKC", text)
    found, end_before = [], 0
    # The first comes first, and of those that begin together the longest; none begins within another.
    for number, start, end in sorted(places, key=lambda place: (place[1], -place[2])):
        if start >= end_before and _fits(plain, start, end, cased):
            found.append(known.concepts[number])
            end_before = end
    return found


def _fits(plain: str, start: int, end: int, cased: str) -> bool:
    """Latin letters end where other letters begin, Chinese has no such ends; "As" is arsenic and "as" is not."""
    before, after = plain[start - 1 : start] if start else "", plain[end : end + 1]
    if plain[start].isascii() and before.isascii() and before.isalnum():
        return False
    if plain[end - 1].isascii() and after.isascii() and after.isalnum():
        return False
    # Capitals can be looked up only where folding has kept the places.
    return plain[start:end] not in _AMBIGUOUS or len(cased) != len(plain) or cased[start].isupper()
