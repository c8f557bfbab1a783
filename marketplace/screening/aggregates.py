"""Count, median and quartiles of the catalogue or of a run, by one or two dimensions.

Quartiles are values that occur (`percentile_disc`), so that they mean something for levels, which have an order and
no distances. There are no averages here for the same reason.
"""

from collections.abc import Sequence
from typing import Any, Literal

from msgspec import Struct
from sqlalchemy import ColumnElement, Float, Select, Text, cast, column, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.listings.catalogue import CatalogueFilter, conditions_of
from marketplace.listings.models import Listing
from marketplace.screening.models import ScreeningRun

Dimension = Literal["medium", "pollutant", "industry_group", "chain_place", "provenance", "trl_low", "grade"]
Measure = Literal["trl_low", "trl_high", "completeness", "expected_loss_share", "measure"]

OF_RUNS_ONLY = frozenset({"grade", "expected_loss_share", "measure"})
GROUPS_MAX = 1000

_DIMENSIONS: dict[str, Any] = {
    "medium": func.unnest(Listing.media),
    "pollutant": func.unnest(Listing.pollutants),
    "industry_group": Listing.industry_group,
    "chain_place": Listing.chain_place,
    "provenance": Listing.provenance,
    "trl_low": Listing.trl_low,
}
_MEASURES: dict[str, Any] = {
    "trl_low": Listing.trl_low,
    "trl_high": Listing.trl_high,
    "completeness": Listing.completeness,
}


class Group(Struct, frozen=True, kw_only=True):
    """`known` of `count` have the measure; the quartiles are of those. A technology for two media counts in both."""

    by: dict[str, str | int | None]
    count: int
    known: int
    quartile_1: float | None
    median: float | None
    quartile_3: float | None


async def of_catalogue(
    session: AsyncSession, wanted: CatalogueFilter, *, measure: str, by: Sequence[str]
) -> list[Group]:
    """Of the published listings that a filter finds."""
    columns = [_DIMENSIONS[name].label(name) for name in by]
    base = select(*columns, _MEASURES[measure].label("measured")).where(*conditions_of(wanted))
    return await _grouped(session, base, by)


async def of_run(session: AsyncSession, run: ScreeningRun, *, measure: str, by: Sequence[str]) -> list[Group]:
    """Of the rows of a run over the catalogue, each with its listing as it is now; portfolios have only grades."""
    content = select(func.convert_from(ScreeningRun.rows, "UTF8")).where(ScreeningRun.id == run.id).scalar_subquery()
    rows = func.jsonb_array_elements(cast(content, JSONB)).table_valued(column("value", JSONB), name="row")
    row = rows.c.value
    values = {**_of_rows(row), **_MEASURES}
    columns = [(_DIMENSIONS | {"grade": row["grade"].astext})[name].label(name) for name in by]
    listing: ColumnElement[bool] = cast(Listing.id, Text) == row["id"].astext
    base = select(*columns, values[measure].label("measured"))
    return await _grouped(session, base.select_from(rows.outerjoin(Listing, listing)), by)


def _of_rows(row: Any) -> dict[str, Any]:
    return {
        "expected_loss_share": cast(row["loss_share"]["value"].astext, Float),
        "measure": cast(row["measure"]["value"].astext, Float),
    }


async def _grouped(session: AsyncSession, base: Select[Any], by: Sequence[str]) -> list[Group]:
    inner = base.subquery()
    dimensions = [inner.c[name] for name in by]
    quartiles = [func.percentile_disc(share).within_group(inner.c.measured) for share in (0.25, 0.5, 0.75)]
    counts = [func.count(), func.count(inner.c.measured)]
    query = select(*dimensions, *counts, *quartiles).group_by(*dimensions).order_by(func.count().desc(), *dimensions)
    rows = (await session.execute(query.limit(GROUPS_MAX))).all()
    return [_group(dict(zip(by, row, strict=False)), row[len(by) :]) for row in rows]


def _group(by: dict[str, Any], values: Sequence[Any]) -> Group:
    count, known, first, median, third = values
    return Group(by=by, count=count, known=known, quartile_1=first, median=median, quartile_3=third)
