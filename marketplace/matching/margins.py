"""One technology beside one call or investor: every limit with its signed room, in its own unit and as a share."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from marketplace.matching.columns import Columns, columns_of
from marketplace.matching.limits import (
    LABELS,
    LIMITS,
    Bounds,
    best_value,
    bounds_of,
    is_asked,
    labels_wanted,
    room,
    rooms_of,
)
from marketplace.matching.terms import NUMBERS, WORDS, Profile, Terms
from marketplace.matching.wording import said_of, unit_of, unknown_because
from marketplace.needs.margins import Fit, Margin, fit_of, verdict_of
from scoring.technology import Text

ENDS = {
    "trl": ("trl_min", "trl_max"),
    "ticket": ("ticket_low_minor", "ticket_high_minor"),
    "risk": ("", "loss_share_max"),
    "revenue": ("revenue_min_minor", ""),
    "term": ("", "term_months_max"),
}
"""By limit the fields of `Terms` that hold its ends."""

_WANTED = {"field": "fields", "region": "regions", "instrument": "instruments"}
_WHOLE = frozenset({"trl", "ticket", "revenue"})


class LimitMargin(Margin, frozen=True, kw_only=True):
    """`low`, `typical` and `high` are shares of the limit; the rooms are the same in `unit`, at the same end of it."""

    unit: str
    room_low: float | None = None
    room_typical: float | None = None
    room_high: float | None = None


class Relaxation(Struct, frozen=True, kw_only=True):
    """The least change of one limit that lets this technology in, at its best case.

    `by` is the change in the limit's unit (None for labels, of which one is added) and `share` of the limit; `surely`
    is the change, in the unit, with which it enters even at its worst. `terms` are the terms so changed.
    """

    limit: str
    technology: Profile
    share: float
    by: float | None
    surely: float | None
    unit: str
    terms: Terms
    said: Text


class Fitting(Struct, frozen=True, kw_only=True):
    """A technology beside terms; `binding` is the known limit with the least room, typically."""

    profile: Profile
    fit: Fit
    margins: tuple[LimitMargin, ...]
    binding: LimitMargin | None

    @property
    def missed(self) -> int:
        return sum(margin.verdict == "missed" for margin in self.margins)

    @property
    def unknown(self) -> int:
        return sum(margin.verdict == "unknown" for margin in self.margins)


def fitting(terms: Terms, profile: Profile) -> Fitting:
    """All margins of one pair."""
    margins = tuple(margins_of(terms, profile))
    known = [margin for margin in margins if margin.typical is not None]
    return Fitting(
        profile=profile,
        fit=fit_of([margin.verdict for margin in margins]),
        margins=margins,
        binding=min(known, key=lambda margin: (margin.typical, margin.low)) if known else None,
    )


def margins_of(terms: Terms, profile: Profile) -> Iterator[LimitMargin]:
    """Every limit that the terms set."""
    columns = columns_of([profile])
    for limit in LIMITS:
        if is_asked(terms, limit):
            yield _margin(terms, profile, limit, columns)


def _margin(terms: Terms, profile: Profile, limit: str, columns: Columns) -> LimitMargin:
    unit = unit_of(limit, terms)
    low, typical, high = (float(part[0, 0]) for part in rooms_of([terms], limit, columns))
    if np.isnan(typical):
        return LimitMargin(limit=limit, verdict="unknown", reason=unknown_because(limit, terms, profile), unit=unit)
    rooms = (low, typical, high) if limit in LABELS else rooms_in_unit(terms, limit, columns)
    return LimitMargin(
        limit=limit,
        low=low,
        typical=typical,
        high=high,
        verdict=verdict_of(low, typical, high),
        reason=said_of(limit, terms, profile),
        unit=unit,
        room_low=rooms[0],
        room_typical=rooms[1],
        room_high=rooms[2],
    )


def rooms_in_unit(terms: Terms, limit: str, columns: Columns) -> tuple[float, float, float]:
    """The rooms at the worst, typically and at best, each at the end that is nearer as a share."""
    bounds, quantity = bounds_of(terms, limit), columns.quantities[limit]
    four = np.array(bounds[:4])
    low, typical, high = (part[0] for part in quantity[:3])
    worst = low if room(low, four) < room(high, four) else high
    best = best_value(low, high, four)
    return _at(worst, bounds), _at(typical, bounds), _at(best, bounds)


def _at(value: Any, bounds: Bounds) -> float:
    below, above = (value - bounds.least) / bounds.least_scale, (bounds.most - value) / bounds.most_scale
    return float(below * bounds.least_scale if below <= above else above * bounds.most_scale)


def relaxation(terms: Terms, profile: Profile, limit: str) -> Relaxation:
    """What to change about a limit that this technology misses."""
    margin = _margin(terms, profile, limit, columns_of([profile]))
    if margin.high is None or margin.high >= 0:
        raise ValueError(f"{limit!r} is not missed by {profile.id}")
    labels = limit in LABELS
    return Relaxation(
        limit=limit,
        technology=profile,
        share=-margin.high,
        by=None if labels or margin.room_high is None else -margin.room_high,
        surely=None if labels or margin.room_low is None else -margin.room_low,
        unit=margin.unit,
        terms=relaxed(terms, profile, limit),
        said=margin.reason,
    )


def relaxed(terms: Terms, profile: Profile, limit: str) -> Terms:
    """The terms with this limit moved just far enough."""
    columns = columns_of([profile])
    if limit in LABELS:
        has = columns.labels[limit].names
        labels = (*labels_wanted(terms, limit), has[0])
        if limit in WORDS:
            return replace(terms, any_of=terms.any_of | {limit: labels})
        return replace(terms, **{_WANTED[limit]: labels})
    bounds, quantity = bounds_of(terms, limit), columns.quantities[limit]
    value = float(best_value(quantity.low[0], quantity.high[0], np.array(bounds[:4])))
    if limit in NUMBERS:
        part = "at_least" if value < bounds.least else "at_most"
        return replace(terms, **{part: getattr(terms, part) | {limit: value}})
    end = ENDS[limit][0 if value < bounds.least else 1]
    return replace(terms, **{end: int(value) if limit in _WHOLE else value})


def fittings(terms: Terms, profiles: Sequence[Profile]) -> list[Fitting]:
    """Several technologies beside the same terms, in the order given."""
    return [fitting(terms, profile) for profile in profiles]
