"""Technologies and questions made up for timing: of 200 to 600 characters, as uneven and as repetitive as real texts.

English words are as frequent as in the glosses of the dictionary, Chinese ones as in jieba's; every eighth is of the
field. Texts share clauses, so that of their pairs of characters about as many are met only once as in the abstracts of
Chinese papers (a quarter, of 300,000 pairs): words drawn independently would meet three times as many.
"""

import random
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import accumulate
from typing import NamedTuple

import msgspec
import rjieba

from benchmarks.need_pairs import catalogue
from marketplace.search import dictionary
from marketplace.search.glossary import glossary
from marketplace.search.index import EVERYBODY, Document

MEDIA = ("water", "air", "soil", "solid-waste", "carbon", "monitoring")
PLACES = ("材料", "装备", "监测", "治理", "服务")
INDUSTRIES = ("steel", "cement", "textile", "food", "paper", "chemicals", "power", "mining", "electronics", "farming")
CHARS_MIN, CHARS_MAX, TITLE_WORDS, VOCABULARY, FIELD_SHARE = 200, 600, 4, 30_000, 0.125
CLAUSES, CLAUSE_WORDS, SHARED = 20_000, 7, 0.9
_ENGLISH = re.compile(r"[a-z]{2,}")
_CHINESE = re.compile(r"[\u4e00-\u9fff]{1,4}")


class Language(NamedTuple):
    """`frequency` is cumulated, for `random.choices`; `clauses` are what texts are put together of."""

    code: str
    space: str
    words: list[str]
    frequency: list[float]
    field: list[str]
    clauses: list[str]

    def text(self, chance: random.Random, words: int) -> str:
        return _text(self, chance, words)

    def summary(self, chance: random.Random) -> str:
        size, said = chance.randint(CHARS_MIN, CHARS_MAX), ""
        while len(said) < size:
            said += chance.choice(self.clauses) if chance.random() < SHARED else self.text(chance, CLAUSE_WORDS)
            said += "，" if self.code == "zh" else ", "
        return said[:size]


def _text(language: Language, chance: random.Random, words: int) -> str:
    drawn = chance.choices(language.words, cum_weights=language.frequency, k=words)
    return language.space.join(
        chance.choice(language.field) if chance.random() < FIELD_SHARE else word for word in drawn
    )


@cache
def languages() -> tuple[Language, Language]:
    """Chinese and English."""
    wordings = sorted(glossary().concepts)
    glosses = Counter(word for entry in dictionary.entries() for gloss in entry.glosses
                      for word in _ENGLISH.findall(gloss.lower()))  # fmt: skip
    heads = {entry.simplified for entry in dictionary.entries() if _CHINESE.fullmatch(entry.simplified)}
    jieba = Counter({word: rjieba.suggest_freq(word) for word in sorted(heads)})
    return (
        _language("zh", "", jieba, [word for word in wordings if word[0] > "\u3400"]),
        _language("en", " ", glosses, [word for word in wordings if word.isascii()]),
    )


def _language(code: str, space: str, counted: Counter[str], field: list[str]) -> Language:
    words, frequency = zip(*counted.most_common(VOCABULARY), strict=True)
    made = Language(code, space, list(words), list(accumulate(map(float, frequency))), field, [])
    chance = random.Random(2)
    return made._replace(clauses=[made.text(chance, CLAUSE_WORDS) for _ in range(CLAUSES)])


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


def like_catalogue(count: int) -> Iterator[Document]:
    """Names of the demo catalogue's technologies, each with the first sentences of one and the last of another."""
    chance, known = random.Random(0), catalogue()
    for number in range(count):
        one, other = chance.sample(known, 2)
        first, last = one.body.split("。"), other.body.split("。")
        body = "。".join([*first[: chance.randint(0, len(first))], *last[chance.randint(0, len(last)) :]])
        shown = {"id": str(number), "kind": "listing", "title": {"zh": one.title}, "summary": {"zh": body}}
        yield Document(
            key=f"listing:{number}",
            title=one.title,
            body=body,
            facets={"kind": ["listing"], "medium": [chance.choice(MEDIA)], "trl": [str(chance.randint(1, 9))]},
            maturity=one.maturity,
            shown=msgspec.json.encode(shown),
            names=one.title.split(" . "),
        )


def questions(count: int, seed: int = 1) -> list[str]:
    """Two words of the field and one of any kind, in Chinese and English by turns."""
    chance, tongues = random.Random(seed), languages()
    return [tongue.space.join([*chance.sample(tongue.field, 2), tongue.text(chance, 1)])
            for tongue in (tongues[number % 2] for number in range(count))]  # fmt: skip
