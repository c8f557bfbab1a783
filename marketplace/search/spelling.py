"""Words that stand nowhere in the index, taken for those that do: one letter wrong, or two in a long word.

Only what no published text and no table of ours knows is looked at, so that a question without mistakes costs nothing
more. The first letter has to be right. Whether a word is taken for another, and for which, is decided by what everybody
or the reader may see alone: else words could be tried to learn what stands in drafts. Chinese needs none of this: with
one character wrong, the others and their pairs still find.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

import msgspec
from rapidfuzz.distance import OSA
from rapidfuzz.process import extract
from tantivy import Query

from marketplace.search import words
from marketplace.search.index import Reading, schema
from marketplace.search.meaning import numbers

WORD_MIN, LONG_WORD = 4, 8
WORDS_MAX = 25
_WORD = re.compile(r"[A-Za-z]+")
Allowed = Callable[[Query], Query]


class Spelling(NamedTuple):
    """The question as it was meant, and the words that were taken for others."""

    text: str
    spelled: dict[str, str]


def meant(text: str, reading: Reading, allowed: Allowed) -> Spelling:
    """The question with its mistakes mended, as far as they can be; `allowed` narrows a query to what may be seen."""
    found: dict[str, str] = {}
    written = _WORD.findall(text)
    for word in dict.fromkeys(written) if len(written) <= WORDS_MAX else ():
        if _is_unknown(word, reading) and (other := _taken_for(word.lower(), reading, allowed)):
            found[word] = other
    if not found:
        return Spelling(text, {})
    return Spelling(_WORD.sub(lambda one: found.get(one.group(), one.group()), text), found)


def _is_unknown(word: str, reading: Reading) -> bool:
    """Formulas and abbreviations are written in capitals and are no words."""
    if len(word) < WORD_MIN or any(letter.isupper() for letter in word[1:]):
        return False
    stem = words.stem(word.lower())
    return bool(stem) and stem not in numbers() and not reading.is_published(stem)


def _taken_for(word: str, reading: Reading, allowed: Allowed) -> str | None:
    """The nearest word, of those equally near the most frequent, as it is written where it is found.

    None as well if the word itself stands in what the reader may see, though it is published nowhere.
    """
    stem = words.stem(word)
    cutoff = 2 if len(stem) >= LONG_WORD else 1
    near = extract(stem, reading.stems_from(word[0]), scorer=OSA.distance, score_cutoff=cutoff, limit=None)
    for *_, term in sorted((distance, -reading.published(term), term) for term, distance, _ in near):
        if written := _written(term, reading, allowed):
            return written if term != stem else None
    return None


def _written(term: str, reading: Reading, allowed: Allowed) -> str | None:
    """A word of this stem in something that may be seen; the stem where only a translation has it; else nothing."""
    for field in ("latin", "shadow"):
        query = allowed(Query.term_query(schema(), field, term, "basic"))
        for _, address in reading.searcher.search(query, 1, count=False).hits:
            shown = msgspec.json.decode(reading.searcher.doc(address).get_first("shown") or b"{}")
            texts = [text for part in ("title", "summary") for text in (shown.get(part) or {}).values() if text]
            found = (word for text in texts for word in _WORD.findall(words.folded(text)))
            return next((word for word in found if words.stem(word) == term), term)
    return None
