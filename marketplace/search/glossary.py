"""Concepts of the field found in a text, whatever the language and spelling: TP and 总磷 are one."""

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
    """`starting[two characters]` are the wordings that begin so, the longest first; `concepts` is what they mean."""

    starting: dict[str, tuple[str, ...]]
    concepts: dict[str, str]


@cache
def glossary() -> Glossary:
    """Every wording, the longest first, with its concept."""
    concepts = {_plain(word): name for name, entry in tomllib.loads(FILE.read_text("utf-8")).items()
                for word in entry["words"]}  # fmt: skip
    for name, words in POLLUTANTS.items():
        own = _plain(name).replace(" ", "-")
        concepts |= {_plain(word): own for word in (name, *words)} | _written_otherwise(name, own)
    starting: dict[str, tuple[str, ...]] = {}
    for word in sorted(concepts, key=len, reverse=True):
        starting[word[:2]] = (*starting.get(word[:2], ()), word)
    return Glossary(starting, concepts)


def _written_otherwise(name: str, concept: str) -> dict[str, str]:
    return {"f-": concept, "f⁻": concept} if name == "氟化物" else {}


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace("−", "-").lower().translate(to_simplified())


def concepts(text: str) -> list[str]:
    """The concepts that a text names, as often as it does."""
    known, plain = glossary(), _plain(text)
    cased = text if text.isascii() else unicodedata.normalize("NFKC", text)
    found, place = [], 0
    while place < len(plain):
        word = _word_at(plain, place, known)
        # "As" is arsenic and "as" is not, as far as letters can tell.
        if word is None or (word in _AMBIGUOUS and len(cased) == len(plain) and not cased[place].isupper()):
            place += 1
            continue
        found.append(known.concepts[word])
        place += len(word)
    return found


def _word_at(plain: str, place: int, known: Glossary) -> str | None:
    """The longest wording that stands there, or one of a single character."""
    candidates = known.starting.get(plain[place : place + 2], ()) + known.starting.get(plain[place], ())
    return next((word for word in candidates if plain.startswith(word, place) and _ends_fit(plain, place, word)), None)


def _ends_fit(plain: str, place: int, word: str) -> bool:
    """Latin letters end where other letters begin; Chinese has no such ends."""
    end = place + len(word)
    before, after = plain[place - 1 : place], plain[end : end + 1]
    left = not (word[0].isascii() and before.isascii() and before.isalnum())
    return left and not (word[-1].isascii() and after.isascii() and after.isalnum())
