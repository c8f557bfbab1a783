"""What goes in and out."""

import datetime
import uuid
from typing import Annotated, Any

from msgspec import Meta, Struct, convert

from api.fields import Line
from api.listings.schemas import ChainPlace, IndustryGroup
from marketplace.listings.catalogue import CatalogueFilter
from marketplace.screening.models import Portfolio, Screen, ScreeningRun, Watch
from marketplace.screening.results import Changes, Row
from scoring.technology import Medium, Provenance, Text


class FilterIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which published technologies; everything given must hold."""

    medium: Medium | None = None
    pollutant: Line | None = None
    industry: Line | None = None
    industry_group: IndustryGroup | None = None
    chain_place: ChainPlace | None = None
    provenance: Provenance | None = None
    trl_min: Annotated[int, Meta(ge=1, le=9)] | None = None
    holder_id: uuid.UUID | None = None

    def wanted(self) -> CatalogueFilter:
        return CatalogueFilter(**{name: getattr(self, name) for name in self.__struct_fields__})


class ScreenIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question: over the catalogue (`filter`, which may be empty) or over an uploaded portfolio."""

    name: Line
    filter: FilterIn | None = None
    portfolio_id: uuid.UUID | None = None
    alerts: bool = False

    def __post_init__(self) -> None:
        if (self.filter is None) == (self.portfolio_id is None):
            raise ValueError("either a filter or a portfolio_id")


class AlertsIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether you get a mail when the answer changes."""

    alerts: bool


class ScreenOut(Struct, frozen=True, kw_only=True):
    id: uuid.UUID
    name: str
    filter: dict[str, Any] | None
    portfolio_id: uuid.UUID | None
    alerts: bool
    created_at: datetime.datetime
    closed_at: datetime.datetime | None

    @classmethod
    def of(cls, found: Screen) -> "ScreenOut":
        given = {name: value for name, value in (found.wanted or {}).items() if value is not None}
        return cls(
            id=found.id,
            name=found.name,
            filter=None if found.wanted is None else given,
            portfolio_id=found.portfolio_id,
            alerts=found.alerts_to is not None,
            created_at=found.created_at,
            closed_at=found.closed_at,
        )


class RunOut(Struct, frozen=True, kw_only=True):
    """`state` is `waiting`, `done` or `failed`; `versions` are those of the library and the models used."""

    id: uuid.UUID
    screen_id: uuid.UUID
    number: int
    state: str
    as_of: datetime.date | None
    ranked_by: str | None
    versions: dict[str, str] | None
    input_sha256: str | None
    rows: int
    changes: Changes | None
    created_at: datetime.datetime
    done_at: datetime.datetime | None

    @classmethod
    def of(cls, found: ScreeningRun) -> "RunOut":
        return cls(
            id=found.id,
            screen_id=found.screen_id,
            number=found.number,
            state=found.state,
            as_of=found.as_of,
            ranked_by=found.ranked_by,
            versions=found.versions,
            input_sha256=found.input_sha256.hex() if found.input_sha256 else None,
            rows=found.row_count,
            changes=None if found.changes is None else convert(found.changes, Changes),
            created_at=found.created_at,
            done_at=found.done_at,
        )


class RowPage(Struct, frozen=True):
    """Rows of a run, best first."""

    items: list[Row]
    next: str | None
    total: int


class PortfolioOut(Struct, frozen=True, kw_only=True):
    """`sha256` is of the technologies as they were understood; the same content is kept once."""

    id: uuid.UUID
    file_name: str
    technologies: int
    sha256: str
    created_at: datetime.datetime

    @classmethod
    def of(cls, found: Portfolio) -> "PortfolioOut":
        return cls(
            id=found.id,
            file_name=found.file_name,
            technologies=found.technology_count,
            sha256=found.sha256.hex(),
            created_at=found.created_at,
        )


class WatchIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    listing_id: uuid.UUID
    alerts: bool = False


class WatchOut(Struct, frozen=True, kw_only=True):
    """`state` is the listing's, now."""

    id: uuid.UUID
    listing_id: uuid.UUID
    name: Text
    state: str
    alerts: bool
    created_at: datetime.datetime

    @classmethod
    def of(cls, found: Watch) -> "WatchOut":
        return cls(
            id=found.id,
            listing_id=found.listing_id,
            name=found.listing.name,
            state=found.listing.state,
            alerts=found.alerts_to is not None,
            created_at=found.created_at,
        )
