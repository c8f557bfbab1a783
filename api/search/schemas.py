"""What goes out."""

import datetime
import uuid
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from api.fields import Line
from marketplace.search.explaining import Reason
from marketplace.search.finding import Answer, Found
from marketplace.search.highlighting import Highlights
from marketplace.search.models import SavedSearch
from scoring.technology import Medium, Text


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
    """`total` counts every match, and so do the facets. `spelled` are words that were taken for others.

    Answers are ordered 200 at a time: the best 200 by match, then the next; 10,000 can be paged through.
    `indexed_through` is the last entry of the change feed that the answer knows of; null while there is no index.
    """

    items: list[FoundOut]
    next: str | None
    total: int
    facets: dict[str, dict[str, int]]
    indexed_through: int | None
    spelled: dict[str, str] = {}

    @classmethod
    def of(cls, answer: Answer, following: str | None, through: int | None) -> "SearchOut":
        items = [FoundOut.of(item) for item in answer.items]
        return cls(items, following, answer.total, answer.facets, through, answer.spelled)


NOTHING = SearchOut([], None, 0, {}, None)


class Suggestions(Struct, frozen=True):
    items: list[str]


Kind = Literal["listing", "need", "knowledge", "call"]
Words = Annotated[str, Meta(max_length=500, pattern=r"^[^\x00]*$")]
Values = Annotated[list[Annotated[str, Meta(max_length=100, pattern=r"^[^\x00]*$")]], Meta(max_length=20)]


class FiltersIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Any of the values of one, and every one that is given; as searching itself takes them."""

    kind: Annotated[list[Kind], Meta(max_length=4)] = []
    medium: Annotated[list[Medium], Meta(max_length=20)] = []
    pollutant: Values = []
    industry: Values = []
    industry_group: Values = []
    chain_place: Values = []
    provenance: Values = []
    trl: Values = []

    def given(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = msgspec.to_builtins(self)
        return found


class SavedSearchIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Words, filters or both; `alerts`: mails go to you when something new or changed answers."""

    name: Line
    q: Words = ""
    filters: FiltersIn | None = None
    alerts: bool = True


class AlertsIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    alerts: bool


class SavedSearchOut(Struct, frozen=True, kw_only=True):
    """`alerts` false: it pauses."""

    id: uuid.UUID
    name: str
    q: str
    filters: dict[str, list[str]]
    alerts: bool
    created_at: datetime.datetime

    @classmethod
    def of(cls, saved: SavedSearch) -> "SavedSearchOut":
        return cls(
            id=saved.id, name=saved.name, q=saved.text, filters=saved.filters, alerts=saved.alerts_to is not None,
            created_at=saved.created_at,
        )  # fmt: skip
