"""What goes out."""

import datetime
import uuid
from typing import Any

import msgspec
from msgspec import Struct

from marketplace.search.explaining import Reason
from marketplace.search.finding import Answer, Found
from marketplace.search.highlighting import Highlights
from scoring.technology import Text


class FoundOut(Struct, frozen=True):
    """`score` orders by default: match × (0.7 + 0.3 × maturity / 9), with both beside it.

    `match` is 1 for the best answer; `maturity` is the readiness level shown by evidence, 0 where it is unknown;
    `risk` from 0 to 1 says how much of it is not known.
    """

    id: uuid.UUID
    kind: str
    state: str
    title: Text
    summary: Text
    score: float
    match: float
    maturity: int
    risk: float
    at: datetime.datetime | None
    highlights: Highlights
    why: list[Reason]

    @classmethod
    def of(cls, found: Found) -> "FoundOut":
        at = datetime.datetime.fromtimestamp(found.at, datetime.UTC) if found.at else None
        shown: dict[str, Any] = found.shown
        return cls(
            id=uuid.UUID(shown["id"]),
            kind=shown["kind"],
            state=shown["state"],
            title=msgspec.convert(shown["title"], Text),
            summary=msgspec.convert(shown["summary"], Text),
            score=round(found.score, 4),
            match=round(found.match, 4),
            maturity=found.maturity,
            risk=found.risk,
            at=at,
            highlights=found.highlights,
            why=found.why,
        )


class SearchOut(Struct, frozen=True):
    """`total` counts every match, and so do the facets; the best 200 can be paged through.

    `indexed_through` is the last entry of the change feed that the answer knows of; null while there is no index.
    """

    items: list[FoundOut]
    next: str | None
    total: int
    facets: dict[str, dict[str, int]]
    indexed_through: int | None

    @classmethod
    def of(cls, answer: Answer, following: str | None, through: int | None) -> "SearchOut":
        return cls([FoundOut.of(item) for item in answer.items], following, answer.total, answer.facets, through)


NOTHING = SearchOut([], None, 0, {}, None)


class Suggestions(Struct, frozen=True):
    items: list[str]
