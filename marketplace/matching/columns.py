"""Profiles as columns of numbers, so that thousands are compared in one operation."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from marketplace.matching.terms import NUMBERS, WORDS, Profile

Floats = NDArray[np.float64]
Values = tuple[float, float, float]
UNKNOWN: Values = (np.nan, np.nan, np.nan)


class Quantity(NamedTuple):
    """Shape (technologies,) each; NaN is unknown. Where nothing is in doubt, the three are one and the same array.

    `currency` counts into `currencies`; what is no money has the empty one.
    """

    low: Floats
    typical: Floats
    high: Floats
    currency: NDArray[np.int16]
    currencies: tuple[str, ...]


class Labels(NamedTuple):
    """`has[i, k]`: technology i has the label `names[k]`. A technology without any is `known[i] == False`."""

    names: tuple[str, ...]
    has: NDArray[np.float32]
    known: NDArray[np.bool_]


class Columns(NamedTuple):
    """Profiles, by the name of the limit that they are held to."""

    profiles: tuple[Profile, ...]
    quantities: dict[str, Quantity]
    labels: dict[str, Labels]


def columns_of(profiles: Iterable[Profile]) -> Columns:
    """The columns of some profiles, in the order of their ids."""
    ordered = tuple(sorted(profiles, key=lambda profile: profile.id.int))
    return Columns(
        ordered,
        {name: _quantity(ordered, values, currency) for name, (values, currency) in _QUANTITIES.items()},
        {name: _labels([labels(profile) for profile in ordered]) for name, labels in _LABELS.items()},
    )


def _quantity(
    profiles: Sequence[Profile], values: Callable[[Profile], Values], currency: Callable[[Profile], str | None]
) -> Quantity:
    ends = np.array([values(profile) for profile in profiles], dtype=np.float64).reshape(-1, 3)
    low, typical, high = ends.T.copy()
    if np.array_equal(low, high, equal_nan=True):
        low = high = typical
    given = [currency(profile) or "" for profile in profiles]
    places = {name: number for number, name in enumerate(dict.fromkeys(given))}
    codes = np.array([places[name] for name in given], dtype=np.int16)
    return Quantity(low, typical, high, codes, tuple(places))


def _labels(given: Sequence[tuple[str, ...]]) -> Labels:
    names = tuple(sorted({name for labels in given for name in labels}))
    place = {name: number for number, name in enumerate(names)}
    has = np.zeros((len(given), len(names)), dtype=np.float32)
    for row, labels in enumerate(given):
        has[row, [place[name] for name in labels]] = 1
    return Labels(names, has, np.array([bool(labels) for labels in given], dtype=bool))


def _exact(value: float | None) -> Values:
    return UNKNOWN if value is None else (value, value, value)


def _trl(profile: Profile) -> Values:
    trl = profile.trl
    return UNKNOWN if trl is None else (trl.low, trl.level, trl.high)


def _loss_share(profile: Profile) -> Values:
    loss = profile.loss_share
    return UNKNOWN if loss is None else (loss.low, loss.value, loss.high)


def _number(profile: Profile, *, name: str) -> Values:
    return _exact(profile.numbers.get(name))


def _words(profile: Profile, *, name: str) -> tuple[str, ...]:
    return profile.words.get(name, ())


def _no_money(profile: Profile) -> None:
    return None


_QUANTITIES: dict[str, tuple[Callable[[Profile], Values], Callable[[Profile], str | None]]] = {
    "trl": (_trl, _no_money),
    "ticket": (lambda profile: _exact(profile.asks_minor), lambda profile: profile.asks_currency),
    "risk": (_loss_share, _no_money),
    "revenue": (lambda profile: _exact(profile.revenue_minor), lambda profile: profile.revenue_currency),
    "term": (lambda profile: _exact(profile.term_months), _no_money),
    **{name: (partial(_number, name=name), _no_money) for name in NUMBERS},
}
_LABELS: dict[str, Callable[[Profile], tuple[str, ...]]] = {
    "field": lambda profile: profile.fields,
    "region": lambda profile: profile.regions,
    "instrument": lambda profile: () if profile.instrument is None else (profile.instrument,),
    **{name: partial(_words, name=name) for name in WORDS},
}
