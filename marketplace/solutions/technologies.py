"""What a train needs to know of a technology: its envelope, its kind, its maturity, its energy and its carbon."""

import uuid
from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.listings.models import Listing
from marketplace.listings.process import PUBLISHED
from marketplace.needs.envelopes import Envelope, envelope_of
from marketplace.solutions.kinds import ALONE, PROCESS, kind_of
from marketplace.solutions.physics import impossibilities
from scoring.technology import Case, Cost, Medium, Parameter, Technology, Text


class PerUnit(Struct, frozen=True):
    """An amount per unit that is treated: kWh, or kg of carbon dioxide equivalent."""

    low: float
    typical: float
    high: float
    per_unit: str


class Solver(Struct, frozen=True, kw_only=True):
    """A technology that may stand in a train. `trl` is the lower end of its readiness; None is unknown.

    One that is not `possible` claims what physics forbids, and stands in none.
    """

    envelope: Envelope
    kind: str
    trl: int | None = None
    energy: PerUnit | None = None
    carbon_avoided: PerUnit | None = None
    cases: tuple[Text, ...] = ()
    possible: bool = True

    @property
    def id(self) -> uuid.UUID:
        return self.envelope.id

    @property
    def name(self) -> Text:
        return self.envelope.name


def solver_of(id: uuid.UUID, technology: Technology, trl: int | None = None) -> Solver:
    """The solver of one technology; its first medium says which kinds there are."""
    medium = technology.media[0].value if technology.media else ""
    return Solver(
        envelope=envelope_of(id, technology),
        kind=kind_of(medium, technology.name, technology.features.get(PROCESS)) if medium else ALONE,
        trl=trl,
        energy=_per_unit(technology.parameters, "energy", "kWh/"),
        carbon_avoided=_per_unit(technology.parameters, "ghg-avoided", "kg CO2e/"),
        cases=tuple(case.name for case in technology.cases if case.succeeded is not False),
        possible=not impossibilities(technology),
    )


def _per_unit(parameters: Iterable[Parameter], name: str, unit: str) -> PerUnit | None:
    for parameter in parameters:
        known = [end for end in (parameter.low, parameter.value, parameter.high) if end is not None]
        if parameter.name == name and parameter.unit.startswith(unit) and known:
            low, high = min(known), max(known)
            typical = parameter.value if parameter.value is not None else (low + high) / 2
            return PerUnit(low, typical, high, parameter.unit.removeprefix(unit))
    return None


async def published_solvers(session: AsyncSession) -> list[Solver]:
    """All published technologies, in a fixed order."""
    parts = [Listing.technology[part] for part in ("parameters", "costs", "cases", "features")]
    query = select(Listing.id, Listing.name, Listing.media, Listing.pollutants, Listing.trl_low, *parts)
    rows = await session.execute(query.where(Listing.state == PUBLISHED).order_by(Listing.id))
    return [_of_row(*row) for row in rows.all()]


def _of_row(id: uuid.UUID, name: Text, media: list[str], pollutants: list[str], trl: int | None, *parts: Any) -> Solver:
    parameters, costs, cases, features = parts
    technology = Technology(
        id=str(id),
        name=name,
        media=msgspec.convert(media, tuple[Medium, ...]),
        pollutants=tuple(pollutants),
        parameters=msgspec.convert(parameters or [], tuple[Parameter, ...]),
        costs=msgspec.convert(costs or [], tuple[Cost, ...]),
        cases=msgspec.convert(cases or [], tuple[Case, ...]),
        features=features or {},
    )
    return solver_of(id, technology, trl)
