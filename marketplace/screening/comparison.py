"""Up to five technologies side by side, one line for each thing that any of them says."""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.errors import FieldError, Invalid, NotFound
from marketplace.listings.content import Effect
from marketplace.listings.models import Listing
from marketplace.listings.process import PUBLISHED
from marketplace.numbers import plain
from marketplace.screening.results import Row
from scoring.technology import Cost, Parameter, Technology, Text

COMPARED_MAX = 5


class Line(Struct, frozen=True, kw_only=True):
    """One thing, in the order of the technologies; null where one says nothing of it. `differs` marks what to read."""

    name: str
    unit: str | None
    values: tuple[str | None, ...]
    differs: bool


class Head(Struct, frozen=True, kw_only=True):
    id: uuid.UUID
    name: Text


class RowComparison(Struct, frozen=True, kw_only=True):
    """Rows of a screen beside one another, and what their technologies say."""

    rows: tuple[Row, ...]
    lines: tuple[Line, ...]


class Comparison(Struct, frozen=True, kw_only=True):
    technologies: tuple[Head, ...]
    lines: tuple[Line, ...]


async def compare(session: AsyncSession, listing_ids: Sequence[uuid.UUID]) -> Comparison:
    """Published listings, in the order asked for."""
    _check_number("listing_id", listing_ids)
    query = select(Listing).where(Listing.id.in_(listing_ids), Listing.state == PUBLISHED)
    found = {listing.id: listing for listing in await session.scalars(query)}
    if len(found) < len(listing_ids):
        raise NotFound("technology")
    heads = tuple(Head(id=listing_id, name=found[listing_id].name) for listing_id in listing_ids)
    return Comparison(technologies=heads, lines=_lines(_said(found[listing_id]) for listing_id in listing_ids))


def compare_rows(rows: Sequence[Row], technologies: Mapping[str, Technology]) -> RowComparison:
    """Rows of a screen over the catalogue or over a file; a technology that is gone says nothing."""
    _check_number("rows", [row.id for row in rows])
    said = (_technology(technologies[row.id]) if row.id in technologies else () for row in rows)
    return RowComparison(rows=tuple(rows), lines=_lines(said))


def _check_number(field: str, ids: Sequence[object]) -> None:
    if not 2 <= len(set(ids)) == len(ids) <= COMPARED_MAX:
        expected = f"2 to {COMPARED_MAX} different technologies"
        raise Invalid([FieldError(field=field, expected=expected, expected_zh=f"2至{COMPARED_MAX}项不同技术")])


def _lines(said: Iterable[Iterable["Said"]]) -> tuple[Line, ...]:
    columns = [dict(one) for one in said]
    keys = list(dict.fromkeys(key for column in columns for key in column))
    return tuple(_line(name, unit, [column.get((name, unit)) for column in columns]) for name, unit in keys)


def _line(name: str, unit: str | None, values: list[str | None]) -> Line:
    return Line(name=name, unit=unit, values=tuple(values), differs=len(set(values)) > 1)


Said = tuple[tuple[str, str | None], str | None]


def _said(listing: Listing) -> Iterator[Said]:
    yield ("trl", None), _range(listing.trl_low, None, listing.trl_high)
    yield ("completeness", "%"), str(listing.completeness)
    for name in ("industry_group", "chain_place"):
        yield (name, None), getattr(listing, name)
    yield from _technology(msgspec.convert(listing.technology, Technology))
    yield from (_effect(effect) for effect in msgspec.convert(listing.effects, list[Effect]))


def _technology(technology: Technology) -> Iterator[Said]:
    for name in ("media", "pollutants", "industries"):
        yield (name, None), ", ".join(getattr(technology, name)) or None
    yield ("provenance", None), technology.provenance
    yield from (_parameter(parameter) for parameter in technology.parameters)
    yield from (_cost(cost) for cost in technology.costs)
    for name in ("cases", "patents", "evidence"):
        yield (name, None), str(len(getattr(technology, name)))


def _parameter(parameter: Parameter) -> Said:
    return (parameter.name, parameter.unit), _range(parameter.low, parameter.value, parameter.high)


def _cost(cost: Cost) -> Said:
    # Minor units as they are stored: exact, and the same for every currency.
    return (cost.kind, f"{cost.currency} minor/{cost.per_unit}"), str(cost.amount_minor)


def _effect(effect: Effect) -> Said:
    return (f"{effect.kind}.{effect.subject}", f"{effect.unit}/{effect.per_unit}"), plain(effect.amount, 6)


def _range(low: float | None, value: float | None, high: float | None) -> str | None:
    around = None if low is None and high is None else f"{_end(low)}–{_end(high)}"
    if value is None:
        return around
    return plain(value, 6) if around is None else f"{plain(value, 6)} ({around})"


def _end(value: float | None) -> str:
    return "?" if value is None else plain(value, 6)
