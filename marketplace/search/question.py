"""A question as weighted terms for each field: its own words, their translations, names by their sound, concepts."""

import math
import re
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise

from msgspec import Struct

from marketplace.search import words
from marketplace.search.analysis import shadow
from marketplace.search.glossary import concepts
from marketplace.search.index import Reading
from marketplace.search.translation import meanings, translatable, translated
from marketplace.search.vocabulary import LONG

CHARS_MAX = 20_000
TERMS_MAX = 160
"""A longer question is asked by its rarest terms."""
PAIRS_MAX = 24
SHORT = 25
"""From as many different stems on, a question is a text of its own, and texts are compared (see `ranking`)."""


_ASKS = re.compile(
    r"[?？]|\b(?:what|which|who|whom|whose|when|where|why|how)\b|什么|哪|多少|如何|为什么|怎|谁|吗", re.I
)


class Weights(Struct, frozen=True, kw_only=True):
    """How much each field and way counts. Found on the even articles of XQuAD and on half the SBIR queries."""

    latin: float = 1.0
    latin_in_chinese: float = 2.0
    latin_pairs: float = 0.3
    words: float = 0.5
    long_words: float = 0.3
    pairs: float = 0.5
    characters: float = 0.5
    translated: float = 1.0
    shadow: float = 1.0
    pivot: float = 1.2
    names: float = 1.5
    common_name: float = 0.3
    concepts: float = 1.0


WEIGHTS = Weights()


class Question(Struct, frozen=True):
    """`terms[field][term]` is a weight; `heard` says of which part of the question a term was made.

    `segments` are the Chinese words that it was cut into, `spelled` the Latin ones that were taken for others.
    """

    text: str
    terms: dict[str, dict[str, float]]
    stems: list[str]
    shadow: dict[str, float]
    heard: dict[tuple[str, str], str]
    segments: frozenset[str] = frozenset()
    spelled: dict[str, str] = {}

    @property
    def asks(self) -> bool:
        return _ASKS.search(self.text) is not None

    @property
    def is_text(self) -> bool:
        return len(set(self.stems)) >= SHORT


def understood(text: str, reading: Reading, weights: Weights = WEIGHTS) -> Question:
    """What to look for. Any text is a question; nothing in it is syntax."""
    text = text[:CHARS_MAX].replace(words.END, " ")
    both = words.folding(text)
    chinese, stems = words.chinese_runs(both.plain), words.stems(both.plain)
    segments = [word for word in words.segments(chinese) if word not in words.QUESTION_WORDS]
    heard: dict[tuple[str, str], str] = {}
    meant = shadow(chinese)
    terms = {
        "latin": _latin(stems, chinese, reading, weights, heard),
        "shadow": _shadow(stems, meant, weights),
        "concepts": _counted(concepts(both), weights.concepts),
        **_chinese(chinese, segments, weights),
    }
    kept = {name: _rarest(name, found, reading) for name, found in terms.items()}
    kept["latin_pairs"] = _known_pairs(stems, kept["latin"], weights)
    return Question(text, kept, stems, meant, heard, frozenset(segments))


def _latin(
    stems: list[str], chinese: list[str], reading: Reading, weights: Weights, heard: dict[tuple[str, str], str]
) -> dict[str, float]:
    own = weights.latin_in_chinese if chinese else weights.latin
    found = Counter(_counted(stems, own))
    for run in chinese:
        for word in translatable(run):
            if word not in words.QUESTION_WORDS:
                for stem, weight in translated(word).items():
                    found[stem] += weights.translated * weight  # type: ignore[assignment]
                    heard.setdefault(("latin", stem), word)
    for stem, (weight, characters) in _names(chinese, reading, weights).items():
        found[stem] += weight  # type: ignore[assignment]
        heard["latin", stem] = characters
    return dict(found)


def _names(chinese: list[str], reading: Reading, weights: Weights) -> dict[str, tuple[float, str]]:
    found: dict[str, tuple[float, str]] = {}
    for run in chinese:
        for characters, match in reading.names.in_run(run):
            # Two characters that are a word of their own are seldom a name.
            doubt = weights.common_name if len(characters) == 2 and characters in meanings() else 1.0
            weight = weights.names * doubt * match.confidence
            stem = words.stem(match.name)
            found[stem] = max(found.get(stem, (0.0, "")), (weight, characters))
    return found


def _known_pairs(stems: list[str], known: Mapping[str, float], weights: Weights) -> dict[str, float]:
    """Neighbours, to be found as phrases; a text that is asked with has too many for that."""
    pairs = [f"{first} {second}" for first, second in pairwise(stems) if first in known and second in known]
    return _counted(pairs, weights.latin_pairs) if len(pairs) <= PAIRS_MAX else {}


def _shadow(stems: list[str], meant: Mapping[str, float], weights: Weights) -> dict[str, float]:
    found = Counter(_counted(stems, weights.shadow))
    for stem, weight in meant.items():
        found[stem] += weights.pivot * weight  # type: ignore[assignment]
    return dict(found)


def _chinese(chinese: list[str], segments: list[str], weights: Weights) -> dict[str, dict[str, float]]:
    """Characters and pairs, of which those that are words count for more; and long words."""
    said = [part for word in segments for part in words.with_inner(word)]
    pieces = {
        **_asked([character for run in chinese for character in run], weights.characters),
        **_asked([pair for run in chinese for pair in words.pairs(run)], weights.pairs),
    }
    for word, weight in _asked([word for word in said if len(word) < LONG], weights.words).items():
        pieces[word] = pieces.get(word, 0.0) + weight
    return {"chinese": pieces, "words": _asked([word for word in said if len(word) >= LONG], weights.long_words)}


def _asked(terms: list[str], weight: float) -> dict[str, float]:
    return _counted([term for term in terms if term not in words.QUESTION_WORDS], weight)


def _counted(terms: list[str], weight: float) -> dict[str, float]:
    """The second mention of a term says less than the first."""
    return {term: weight * (1 + math.log(count)) for term, count in Counter(terms).items()}


def _rarest(field: str, terms: dict[str, float], reading: Reading) -> dict[str, float]:
    if len(terms) <= TERMS_MAX:
        return {term: weight for term, weight in terms.items() if reading.frequency(field, term)}
    worth = {
        term: weight * math.log(1 + reading.size / frequency)
        for term, weight in terms.items()
        if (frequency := reading.frequency(field, term))
    }
    kept = sorted(worth, key=worth.__getitem__, reverse=True)[:TERMS_MAX]
    return {term: terms[term] for term in kept}
