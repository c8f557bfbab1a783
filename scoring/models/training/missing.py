"""Keeping a card from learning what gaps in its data foretell.

Where a gap comes from how the data were collected, what it foretells there is not knowledge about firms.
"""

from bisect import bisect_left
from collections.abc import Collection, Mapping
from itertools import product

from msgspec.structs import replace

from scoring.scorecard.card import Axis, NumericAxis, Scorecard, Term


def without_missing_signal(card: Scorecard, features: Collection[str]) -> Scorecard:
    """The card with a missing value of these features worth as much as the average row, no more and no less."""
    return replace(card, terms=tuple(_neutral(term, features) for term in card.terms))


def _neutral(term: Term, features: Collection[str]) -> Term:
    if len(term.axes) > 1 or term.axes[0].feature not in features:
        return term
    return replace(term, log_odds=(*term.log_odds[:-1], term.reference))


def missing_as(card: Scorecard, values: Mapping[str, float]) -> Scorecard:
    """The card with a missing number counting as the one given for its feature, in pairs too."""
    return replace(card, terms=tuple(_copied(term, values) for term in card.terms))


def _copied(term: Term, values: Mapping[str, float]) -> Term:
    sources = [_sources(axis, values) for axis in term.axes]
    last = term.axes[-1].size
    places = (pair[0] if len(pair) == 1 else pair[0] * last + pair[1] for pair in product(*sources))
    return replace(term, log_odds=tuple(term.log_odds[place] for place in places))


def _sources(axis: Axis, values: Mapping[str, float]) -> list[int]:
    """For each cell of an axis the cell it takes its value from: its own, but for the missing one."""
    cells = list(range(axis.size))
    if isinstance(axis, NumericAxis) and axis.feature in values:
        cells[-1] = bisect_left(axis.edges, values[axis.feature])
    return cells
