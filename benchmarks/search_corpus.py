"""Technologies and questions made up for timing: of 200 to 600 characters, words as unevenly frequent as in life.

English words are as frequent as in the glosses of the dictionary, Chinese ones by the law of Zipf; every eighth is one
of the field.
"""

import random
import re
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple

import msgspec

from marketplace.search import dictionary
from marketplace.search.glossary import glossary
from marketplace.search.index import EVERYBODY, Document

MEDIA = ("water", "air", "soil", "solid-waste", "carbon", "monitoring")
PLACES = ("材料", "装备", "监测", "治理", "服务")
INDUSTRIES = ("steel", "cement", "textile", "food", "paper", "chemicals", "power", "mining", "electronics", "farming")
CHARS_MIN, CHARS_MAX, TITLE_WORDS, VOCABULARY, FIELD_SHARE = 200, 600, 4, 30_000, 0.125
_ENGLISH = re.compile(r"[a-z]{2,}")


class Language(NamedTuple):
    """`frequency` is cumulated, for `random.choices`."""

    code: str
    space: str
    words: list[str]
    frequency: list[float]
    field: list[str]

    def text(self, chance: random.Random, words: int) -> str:
        drawn = chance.choices(self.words, cum_weights=self.frequency, k=words)
        return self.space.join(chance.choice(self.field) if chance.random() < FIELD_SHARE else word for word in drawn)

    def summary(self, chance: random.Random) -> str:
        size = chance.randint(CHARS_MIN, CHARS_MAX)
        return self.text(chance, size // (2 if self.code == "zh" else 6))[:size]


def languages() -> tuple[Language, Language]:
    """Chinese and English."""
    wordings = sorted(glossary().concepts)
    glosses = Counter(word for entry in dictionary.entries() for gloss in entry.glosses
                      for word in _ENGLISH.findall(gloss.lower()))  # fmt: skip
    english = glosses.most_common(VOCABULARY)
    heads = sorted({entry.simplified for entry in dictionary.entries() if entry.simplified[0] > "\u3400"})
    random.Random(2).shuffle(heads)
    chinese = sorted((word for word in heads if len(word) <= 4), key=len)[:VOCABULARY]
    zipf = list(accumulate(1 / (rank + 3) for rank in range(len(chinese))))
    return (
        Language("zh", "", chinese, zipf, [word for word in wordings if word[0] > "\u3400"]),
        Language("en", " ", [word for word, _ in english], list(accumulate(float(count) for _, count in english)),
                 [word for word in wordings if word.isascii()]),
    )  # fmt: skip


def technologies(count: int) -> Iterator[Document]:
    """Half of them Chinese; a tenth belongs to one holder."""
    chance, tongues = random.Random(0), languages()
    for number in range(count):
        tongue = tongues[number % 2]
        title, body = tongue.text(chance, TITLE_WORDS), tongue.summary(chance)
        shown = {"id": str(number), "kind": "listing", "title": {tongue.code: title}, "summary": {tongue.code: body}}
        yield Document(
            key=f"listing:{number}",
            title=title,
            body=body,
            readers=(EVERYBODY if number % 10 else "holder",),
            facets={
                "kind": ["listing"],
                "medium": [chance.choice(MEDIA)],
                "chain_place": [chance.choice(PLACES)],
                "industry": [chance.choice(INDUSTRIES)],
                "trl": [str(chance.randint(1, 9))],
            },
            maturity=chance.randint(1, 9),
            risk=chance.random(),
            at=number,
            shown=msgspec.json.encode(shown),
        )


def questions(count: int, seed: int = 1) -> list[str]:
    """Two words of the field and one of any kind, in Chinese and English by turns."""
    chance, tongues = random.Random(seed), languages()
    return [tongue.space.join([*chance.sample(tongue.field, 2), tongue.text(chance, 1)])
            for tongue in (tongues[number % 2] for number in range(count))]  # fmt: skip
