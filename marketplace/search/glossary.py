"""Concepts of the field found in a text, whatever the language and spelling: TP and 总磷 are one."""

import re
import tomllib
from functools import cache
from pathlib import Path
from string import ascii_lowercase, digits
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick, Implementation

from marketplace.needs.vocabulary import POLLUTANTS
from marketplace.search.words import END, Folded, folded

FILE = Path(__file__).with_name("glossary.toml")
# Symbols that are words or parts of the day unless written as the symbol is.
_AMBIGUOUS = frozenset({"as", "pb", "cd", "cu", "ni", "zn", "fe", "mn", "li", "pm", "ss", "tn", "tp"})
_LATIN = frozenset(ascii_lowercase + digits)
_SYMBOL = re.compile(
    f"(?:{'|'.join(f'{one[0].upper()}[{one[1]}{one[1].upper()}]' for one in sorted(_AMBIGUOUS))})(?![A-Za-z0-9])"
)


class Glossary(NamedTuple):
    """`concepts` of every wording; `finder` finds in one go all of them that can be no other word, by their number.

    `meant` is the concept of each number; `opens` and `closes` say whether the wording begins and ends with what is no
    Chinese, so that it can be a part of a longer word.
    """

    concepts: dict[str, str]
    finder: AhoCorasick
    meant: list[str]
    opens: list[bool]
    closes: list[bool]


@cache
def glossary() -> Glossary:
    """Every wording with its concept."""
    concepts = {folded(word): name for name, entry in tomllib.loads(FILE.read_text("utf-8")).items()
                for word in entry["words"]}  # fmt: skip
    for name, words in POLLUTANTS.items():
        own = folded(name).replace(" ", "-")
        concepts |= {folded(word): own for word in (name, *words)} | _written_otherwise(name, own)
    certain = {wording: concept for wording, concept in concepts.items() if wording not in _AMBIGUOUS}
    # The end of a text is handed on, and is no part of a word.
    finder = AhoCorasick([*certain, END], implementation=Implementation.DFA)
    opens, closes = ([wording[place].isascii() for wording in certain] for place in (0, -1))
    return Glossary(concepts, finder, [*certain.values(), END], [*opens, False], [*closes, False])


def _written_otherwise(name: str, concept: str) -> dict[str, str]:
    return {"f-": concept, "f⁻": concept} if name == "氟化物" else {}


def concepts(text: Folded) -> list[str]:
    """The concepts that a text names, as often as it does."""
    _, finder, meant, opens, closes = known = glossary()
    # With a blank at its end, which is before its beginning, too.
    plain = f"{text.plain} "
    places = [
        (start, -end, meant[number])
        for number, start, end in finder.find_matches_as_indexes(text.plain, overlapping=True)
        if not ((opens[number] and plain[start - 1] in _LATIN) or (closes[number] and plain[end] in _LATIN))
    ]
    # Capitals can be looked up only where folding has kept the places.
    if len(text.bare) == len(text.plain):
        places += _symbols(text.bare, plain, known.concepts)
    found, end_before = [], 0
    # The first comes first, and of those that begin together the longest; none begins within another.
    for start, beyond, concept in sorted(places):
        if start >= end_before:
            found.append(concept)
            end_before = -beyond
    return found


def _symbols(bare: str, plain: str, concepts: dict[str, str]) -> list[tuple[int, int, str]]:
    return [
        (place.start(), -place.end(), concepts[place.group().lower()])
        for place in _SYMBOL.finditer(bare)
        if plain[place.start() - 1] not in _LATIN and plain[place.end()] not in _LATIN
    ]
