"""A text folded so that width, case and subscripts do not matter, with the way back to its own characters."""

import unicodedata

from msgspec import Struct


class Finding(Struct, frozen=True, kw_only=True):
    """One value and the words it was read from: `text[start:end] == quote`."""

    field: str
    value: str
    quote: str
    start: int
    end: int


class Words:
    """The text folded (width, case, subscripts) with each character's place in the original."""

    def __init__(self, original: str) -> None:
        self.original = original
        pairs = [(folded, at) for at, char in enumerate(original) for folded in fold(char)]
        self.text = "".join(folded for folded, _ in pairs)
        self._places = [at for _, at in pairs]

    def finding(self, field: str, value: str, start: int, end: int) -> Finding:
        first, last = self._places[start], self._places[end - 1] + 1
        return Finding(field=field, value=value, quote=self.original[first:last], start=first, end=last)


def fold(char: str) -> str:
    """One character as the vocabulary writes it; it may become several."""
    same = {"–": "-", "—": "-", "−": "-", "～": "~", "〜": "~", "℃": "°c", "：": ":", "µ": "μ", "≦": "≤"}
    return same.get(char) or unicodedata.normalize("NFKC", char).casefold()
