"""The limits that terms set, and the signed room that technologies have at each.

A room is a share of the limit (+0.2: a fifth to spare), of a level or grade a share of the steps of its ladder, and of
a label (field, region, instrument and the like) +1 where one is in common and -1 where none is.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from marketplace.matching.columns import Columns, Floats, Labels, Quantity
from marketplace.matching.terms import NUMBERS, WORDS, Terms

# Grades have no natural zero: their rooms are shares of the whole ladder.
STEPS = {"trl": 8.0, "trl-claimed": 8.0, "evidence-grade": 4.0}
QUANTITIES = ("trl", "ticket", "risk", "revenue", "term", *NUMBERS)
LABELS = ("field", "region", "instrument", *WORDS)
LIMITS = (*LABELS, *QUANTITIES)


class Bounds(NamedTuple):
    """From `least` to `most`, infinite where there is no such end; a room is counted in `least_scale`, `most_scale`."""

    least: float
    most: float
    least_scale: float
    most_scale: float
    currency: str = ""

    @property
    def is_limit(self) -> bool:
        return bool(np.isfinite(self.least) or np.isfinite(self.most))


class Rooms(NamedTuple):
    """Shape (terms, technologies) each: at the worst, typically and at best; NaN is unknown or no limit at all."""

    worst: Floats
    typical: Floats
    best: Floats


def bounds_of(terms: Terms, limit: str) -> Bounds:
    """What the terms say of one quantity."""
    if limit == "trl":
        return _bounds(terms.trl_min, terms.trl_max, scale=STEPS[limit])
    if limit == "ticket":
        return _bounds(terms.ticket_low_minor, terms.ticket_high_minor, currency=terms.currency or "")
    if limit == "revenue":
        return _bounds(terms.revenue_min_minor, None, currency=terms.currency or "")
    if limit in NUMBERS:
        return _bounds(terms.at_least.get(limit), terms.at_most.get(limit), scale=STEPS.get(limit))
    return _bounds(None, terms.loss_share_max if limit == "risk" else terms.term_months_max)


def _bounds(least: float | None, most: float | None, *, scale: float | None = None, currency: str = "") -> Bounds:
    return Bounds(
        -np.inf if least is None else least,
        np.inf if most is None else most,
        scale or least or 1.0,
        scale or most or 1.0,
        currency,
    )


def labels_wanted(terms: Terms, limit: str) -> tuple[str, ...]:
    """The labels of which a technology needs one."""
    wanted = {"field": terms.fields, "region": terms.regions, "instrument": terms.instruments}
    return tuple(str(label) for label in wanted.get(limit, terms.any_of.get(limit, ())))


def room(value: Floats, bounds: NDArray[np.float64]) -> Floats:
    """The room at the nearer end. `bounds` has shape (4, …): least, most and their scales."""
    least, most, least_scale, most_scale = bounds
    nearer: Floats = np.minimum((value - least) / least_scale, (most - value) / most_scale)
    return nearer


def best_value(low: Floats, high: Floats, bounds: NDArray[np.float64]) -> Floats:
    """Where between `low` and `high` there is most room: where both ends are equally far, or as near to that as can be.

    With one end only, that is as far from it as can be.
    """
    least, most, least_scale, most_scale = bounds
    with np.errstate(invalid="ignore"):  # no end at all: inf - inf, and no limit either
        middle = (least / least_scale + most / most_scale) / (1 / least_scale + 1 / most_scale)
    found: Floats = np.clip(middle, low, high)
    return found


def rooms_of_quantity(terms: list[Terms], limit: str, quantity: Quantity) -> Rooms:
    """All technologies at one quantity, for several terms at once."""
    found = [bounds_of(entry, limit) for entry in terms]
    bounds = np.array([entry[:4] for entry in found], dtype=np.float64).T[:, :, None]
    typical = room(quantity.typical, bounds)
    typical[~_comparable(found, quantity)] = np.nan
    if quantity.low is quantity.high:
        return Rooms(typical, typical, typical)
    worst = np.minimum(room(quantity.low, bounds), room(quantity.high, bounds))
    best = room(best_value(quantity.low, quantity.high, bounds), bounds)
    return Rooms(*(np.where(np.isnan(typical), np.nan, part) for part in (worst, typical, best)))


def _comparable(bounds: list[Bounds], quantity: Quantity) -> NDArray[np.bool_]:
    """Where there is a limit at all, and in the same currency."""
    places = {currency: number for number, currency in enumerate(quantity.currencies)}
    asked = np.array([places.get(entry.currency, -1) if entry.is_limit else -1 for entry in bounds])
    comparable: NDArray[np.bool_] = asked[:, None] == quantity.currency[None, :]
    return comparable


def rooms_of_labels(terms: list[Terms], limit: str, labels: Labels) -> Rooms:
    """All technologies at one kind of label, for several terms at once."""
    wanted = np.zeros((len(terms), len(labels.names)), dtype=np.float32)
    place = {name: number for number, name in enumerate(labels.names)}
    for row, entry in enumerate(terms):
        wanted[row, [place[name] for name in labels_wanted(entry, limit) if name in place]] = 1
    asked = np.array([bool(labels_wanted(entry, limit)) for entry in terms])[:, None]
    common = np.where(wanted @ labels.has.T > 0, 1.0, -1.0)
    found = np.where(asked & labels.known, common, np.nan)
    return Rooms(found, found, found)


def rooms_of(terms: list[Terms], limit: str, columns: Columns) -> Rooms:
    """All technologies at one limit, for several terms at once."""
    if limit in LABELS:
        return rooms_of_labels(terms, limit, columns.labels[limit])
    return rooms_of_quantity(terms, limit, columns.quantities[limit])


def is_asked(terms: Terms, limit: str) -> bool:
    """Whether the terms say anything of this."""
    return bool(labels_wanted(terms, limit)) if limit in LABELS else bounds_of(terms, limit).is_limit
