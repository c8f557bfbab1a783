"""Needs and technologies as the tests of this folder put them together."""

import uuid

from fixtures.catalogue import technologies
from marketplace.needs.envelopes import Envelope, Range, Removal
from marketplace.needs.specification import Cap, Flow, Pollutant, Specification, Stream
from marketplace.solutions.technologies import PerUnit, Solver, solver_of
from scoring.technology import Cost, Medium, Text


def catalogue() -> list[Solver]:
    return [
        solver_of(uuid.UUID(int=number), entry, entry.claimed_trl)
        for number, entry in enumerate(technologies(), start=1)
    ]


def asked(*rows: tuple[str, float, float | None], flow: float = 1000, capex: Cap | None = None) -> Specification:
    """Water with so much of each pollutant, and how much may be left."""
    pollutants = tuple(
        Pollutant(name=name, unit="mg/L", low=high / 2, high=high, limit=limit) for name, high, limit in rows
    )
    stream = Stream(flow=Flow(amount=flow, unit="m3/d"), pollutants=pollutants)
    return Specification(medium=Medium.WATER, streams=(stream,), capex=capex)


def solver(
    number: int,
    kind: str,
    *,
    removes: dict[str, float],
    takes: dict[str, tuple[float, float]] | None = None,
    price: int = 100,
    trl: int | None = 9,
) -> Solver:
    """A technology of a kind; its removal is as likely a tenth of what it keeps better or worse."""
    removal = {name: Removal(1 - (1 - share) * 1.1, share, 1 - (1 - share) * 0.9) for name, share in removes.items()}
    influent = {name: Range("mg/L", low, high) for name, (low, high) in (takes or {}).items()}
    envelope = Envelope(
        id=uuid.UUID(int=number),
        name=Text(en=f"{kind} {number}"),
        media=("water",),
        pollutants=tuple(removes),
        influent=influent,
        removal=removal,
        scale=Range("m3/d", 1.0, 1e6),
        costs=(
            Cost(kind="capex", amount_minor=price * 100, currency="CNY", per_unit="m3/d"),
            Cost(kind="opex", amount_minor=price, currency="CNY", per_unit="m3"),
        ),
    )
    return Solver(envelope=envelope, kind=kind, trl=trl, energy=PerUnit(0.4, 0.5, 0.6, "m3"))
