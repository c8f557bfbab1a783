"""Concepts of the field found in a text, whatever the language and spelling: TP and 总磷 are one."""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick

from marketplace.needs.vocabulary import POLLUTANTS
from marketplace.search.words import Folded, folded

FILE = Path(__file__).with_name("glossary.toml")
# Symbols that are words or parts of the day unless written as the symbol is.
_AMBIGUOUS = frozenset({"as", "pb", "cd", "cu", "ni", "zn", "fe", "mn", "li", "pm", "ss", "tn", "tp"})
_SYMBOL = re.compile(r"[A-Z][A-Za-z](?![A-Za-z0-9])")


class Glossary(NamedTuple):
    """`concepts` of every wording; `finder` finds in one go all of them, as `wordings`, that can be no other word."""

    concepts: dict[str, str]
    wordings: list[str]
    finder: AhoCorasick


@cache
def glossary() -> Glossary:
    """Every wording with its concept."""
    concepts = {folded(word): name for name, entry in tomllib.loads(FILE.read_text("utf-8")).items()
                for word in entry["words"]}  # fmt: skip
    for name, words in POLLUTANTS.items():
        own = folded(name).replace(" ", "-")
        concepts |= {folded(word): own for word in (name, *words)} | _written_otherwise(name, own)
    wordings = [wording for wording in concepts if wording not in _AMBIGUOUS]
    return Glossary(concepts, wordings, AhoCorasick(wordings))


def _written_otherwise(name: str, concept: str) -> dict[str, str]:
    return {"f-": concept, "f⁻": concept} if name == "氟化物" else {}


def concepts(text: Folded) -> list[str]:
    """The concepts that a text names, as often as it does."""
    known, plain = glossary(), text.plain
    places = [
        (start, -end, known.wordings[number])
        for number, start, end in known.finder.find_matches_as_indexes(plain, overlapping=True)
        if _stands_alone(plain, start, end)
    ]
    # Capitals can be looked up only where folding has kept the places.
    if len(text.bare) == len(plain) and not _AMBIGUOUS.isdisjoint(map(str.lower, _SYMBOL.findall(text.bare))):
        places += _symbols(text)
    found, end_before = [], 0
    # The first comes first, and of those that begin together the longest; none begins within another.
    for start, beyond, wording in sorted(places):
        if start >= end_before:
            found.append(known.concepts[wording])
            end_before = -beyond
    return found


def _symbols(text: Folded) -> list[tuple[int, int, str]]:
    found = [(place.start(), -place.end(), place.group().lower()) for place in _SYMBOL.finditer(text.bare)]
    return [place for place in found
            if place[2] in _AMBIGUOUS and _stands_alone(text.plain, place[0], -place[1])]  # fmt: skip


def _stands_alone(plain: str, start: int, end: int) -> bool:
    """Latin letters end where other letters begin, Chinese has no such ends."""
    before, after = plain[start - 1 : start] if start else "", plain[end : end + 1]
    if before.isascii() and before.isalnum() and plain[start].isascii():
        return False
    return not (after.isascii() and after.isalnum() and plain[end - 1].isascii())
