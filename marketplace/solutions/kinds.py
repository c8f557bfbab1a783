"""Kinds of process and the order in which a stream passes them: one file of `order/` for each medium that has one."""

from functools import cache
from importlib.resources import files
from typing import NamedTuple

import msgspec
from msgspec import Struct

from marketplace.needs.words import fold
from scoring.technology import Text

ALONE = "alone"
"""The kind of what is not recognised: its order beside others cannot be checked, so it is only offered alone."""
PROCESS = "process"
"""The feature by which a holder names the kind, where its name does not say it."""


class Bears(NamedTuple):
    """At most so much of a pollutant may come in."""

    pollutant: str
    unit: str
    at_most: float
    reason: Text


class Place(NamedTuple):
    """One position in the order; `name` differs from `kind` where a kind has two."""

    name: str
    kind: str
    label: Text
    reason: Text
    bears: tuple[Bears, ...]


class _Entry(Struct, frozen=True, forbid_unknown_fields=True):
    """One table of the file."""

    kind: str
    rank: int
    label: tuple[str, str]
    reason: tuple[str, str]
    place: str = ""
    words: tuple[str, ...] = ()
    bears: tuple[tuple[str, str, float, str, str], ...] = ()


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    place: tuple[_Entry, ...]


@cache
def _written(medium: str) -> tuple[_Entry, ...]:
    found = {file.name: file for file in files(__package__).joinpath("order").iterdir()}.get(f"{medium}.toml")
    return () if found is None else msgspec.toml.decode(found.read_text(encoding="utf-8"), type=_File).place


@cache
def places(medium: str) -> tuple[Place, ...]:
    """The places of a medium, the first first; none where only single technologies are offered."""
    return tuple(_place(entry) for entry in _written(medium))


def _place(entry: _Entry) -> Place:
    label, reason = (Text(zh=zh, en=en) for zh, en in (entry.label, entry.reason))
    bears = tuple(
        Bears(pollutant, unit, at_most, Text(zh=why_zh, en=why))
        for pollutant, unit, at_most, why_zh, why in entry.bears
    )
    return Place(entry.place or entry.kind, entry.kind, label, reason, bears)


@cache
def _recognised(medium: str) -> tuple[_Entry, ...]:
    return tuple(sorted(_written(medium), key=lambda entry: entry.rank))


def kind_of(medium: str, name: Text, said: object = None) -> str:
    """The kind that the holder names, else the one recognised in the technology's name, else `ALONE`.

    >>> kind_of("water", Text(en="Deep-bed denitrification filter"))
    'filtration'
    >>> kind_of("water", Text(en="Something new"))
    'alone'
    """
    if said in {place.kind for place in places(medium)}:
        return str(said)
    text = _padded(f"{name.zh or ''} | {name.en or ''}")
    for entry in _recognised(medium):
        if any(_has(text, word) for word in entry.words):
            return entry.kind
    return ALONE


def _padded(text: str) -> str:
    return f" {''.join(fold(char) for char in text)} "


def _has(text: str, word: str) -> bool:
    """Short Latin words (AO, SCR, RTO) only count where no other Latin letter touches them."""
    folded = "".join(fold(char) for char in word)
    if len(folded) > 3 or not folded.isascii():
        return folded in text
    around = "".join(char if char.isascii() and char.isalnum() else " " for char in text)
    return f" {folded} " in f" {around} "
