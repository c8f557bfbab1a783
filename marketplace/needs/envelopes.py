"""What a technology can take and do, read once from its parameters and costs so that thousands compare fast."""

import uuid
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.listings.models import Listing
from marketplace.listings.process import PUBLISHED
from scoring.technology import Cost, Parameter, Technology, Text


class Range(Struct, frozen=True):
    unit: str
    low: float | None
    high: float | None


class Removal(NamedTuple):
    """Shares of what comes in."""

    low: float
    typical: float
    high: float


class Envelope(Struct, frozen=True, kw_only=True):
    """`influent` and `removal` by pollutant; `scale`, `temperature` and `footprint` where the holder gave them."""

    id: uuid.UUID
    name: Text
    media: tuple[str, ...]
    pollutants: tuple[str, ...]
    influent: dict[str, Range]
    removal: dict[str, Removal]
    scale: Range | None = None
    temperature: Range | None = None
    footprint: Range | None = None
    costs: tuple[Cost, ...] = ()


def envelope_of(id: uuid.UUID, technology: Technology) -> Envelope:
    """The envelope of one technology."""
    media = tuple(medium.value for medium in technology.media)
    return _envelope(id, technology.name, media, technology.pollutants, technology.parameters, technology.costs)


def _envelope(
    id: uuid.UUID,
    name: Text,
    media: tuple[str, ...],
    pollutants: tuple[str, ...],
    parameters: tuple[Parameter, ...],
    costs: tuple[Cost, ...],
) -> Envelope:
    named = {parameter.name: _range(parameter) for parameter in parameters}
    removal = {p.name.removeprefix("removal."): found for p in parameters if (found := _removal(p)) is not None}
    influent = {name.removeprefix("influent."): found for name, found in named.items() if name.startswith("influent.")}
    return Envelope(
        id=id,
        name=name,
        media=media,
        pollutants=tuple(dict.fromkeys((*pollutants, *influent, *removal))),
        influent=influent,
        removal=removal,
        scale=named.get("scale"),
        temperature=named.get("temperature"),
        footprint=named.get("footprint"),
        costs=costs,
    )


def _range(parameter: Parameter) -> Range:
    """A bare value says what was seen, not what is possible: it is both ends only where no end is given."""
    if parameter.low is None and parameter.high is None:
        return Range(parameter.unit, parameter.value, parameter.value)
    return Range(parameter.unit, parameter.low, parameter.high)


def _removal(parameter: Parameter) -> Removal | None:
    if not parameter.name.startswith("removal."):
        return None
    scale = {"share": 1.0, "%": 0.01}.get(parameter.unit)
    known = [end for end in (parameter.low, parameter.value, parameter.high) if end is not None]
    if scale is None or not known:
        return None
    low, high = min(known) * scale, max(known) * scale
    typical = parameter.value * scale if parameter.value is not None else (low + high) / 2
    return Removal(low, typical, high)


async def published_envelopes(session: AsyncSession, *, medium: str | None = None) -> list[Envelope]:
    """The envelopes of all published technologies, in a fixed order."""
    parts = [Listing.technology[part] for part in ("parameters", "costs")]
    query = select(Listing.id, Listing.name, Listing.media, Listing.pollutants, *parts)
    query = query.where(Listing.state == PUBLISHED).order_by(Listing.id)
    if medium is not None:
        query = query.where(Listing.media.contains([medium]))
    return [_of_row(*row) for row in (await session.execute(query)).all()]


def _of_row(
    id: uuid.UUID, name: Text, media: list[str], pollutants: list[str], parameters: Any, costs: Any
) -> Envelope:
    return _envelope(
        id,
        name,
        tuple(media),
        tuple(pollutants),
        msgspec.convert(parameters or [], tuple[Parameter, ...]),
        msgspec.convert(costs or [], tuple[Cost, ...]),
    )
