"""Where aggregators disagree about the same ratings."""

from collections.abc import Sequence
from itertools import combinations

from msgspec import Struct

from scoring.errors import Refusal
from scoring.readiness.aggregators import (
    Aggregator,
    ArlTable,
    ForgivingMinimum,
    LevelRating,
    OrderStatistic,
    Outcome,
    SoftMinimum,
    ratings_of,
)
from scoring.readiness.assessment import Assessment
from scoring.readiness.latent import OrdinalLatent
from scoring.technology import Text

AGGREGATORS: tuple[Aggregator, ...] = (
    OrderStatistic("minimum", 1.0),
    ForgivingMinimum(1),
    OrderStatistic("critical-mass", 0.8),
    OrderStatistic("lower-median", 0.5),
    OrderStatistic("best-member", 1e-9),
    ArlTable(),
    SoftMinimum(),
    OrdinalLatent(),
)


class Disagreement(Struct, frozen=True, kw_only=True):
    """Two aggregators that answer differently; ``disjoint`` where not even their intervals meet."""

    first: str
    second: str
    disjoint: bool
    text: Text


class Comparison(Struct, frozen=True, kw_only=True):
    """Every aggregator's answer, and every pair that disagrees, the widest apart first."""

    outcomes: dict[str, Outcome | Refusal]
    disagreements: tuple[Disagreement, ...]


def compare_aggregators(
    ratings: Assessment | Sequence[LevelRating], aggregators: Sequence[Aggregator] = AGGREGATORS
) -> Comparison:
    """What each aggregator makes of the same ratings, and where they disagree.

    Outcomes on one scale disagree where their levels differ; on different scales, where their thirds differ.

    Parameters
    ----------
    ratings : Assessment or sequence of LevelRating
        The scales of an assessment, or ratings by dimension and rater.
    aggregators : sequence of Aggregator
        By default all that need no more than ratings; add ``MaturityMatrix(links)`` for a system.

    Examples
    --------
    >>> said = [LevelRating(dimension=name, low=level, high=level) for name, level in zip("abcdef", (2, 8, 8, 8, 9, 9))]
    >>> found = compare_aggregators(said)
    >>> found.outcomes["minimum"].level, found.outcomes["lower-median"].level, found.outcomes["arl-table"].level
    (2, 8, 8)
    >>> found.disagreements[0].text.en
    'minimum says 2 (2–2 of 1–9), best-member says 9 (9–9 of 1–9)'
    """
    given = ratings_of(ratings) if isinstance(ratings, Assessment) else ratings
    outcomes = {aggregator.name: aggregator(given) for aggregator in aggregators}
    answered = [outcome for outcome in outcomes.values() if isinstance(outcome, Outcome)]
    apart = [(a, b) for a, b in combinations(answered, 2) if _differ(a, b)]
    apart.sort(key=lambda pair: -_distance(*pair))
    return Comparison(outcomes=outcomes, disagreements=tuple(_disagreement(a, b) for a, b in apart))


def _differ(a: Outcome, b: Outcome) -> bool:
    return a.level != b.level if _same_scale(a, b) else a.band != b.band


def _same_scale(a: Outcome, b: Outcome) -> bool:
    return (a.floor, a.top) == (b.floor, b.top)


def _distance(a: Outcome, b: Outcome) -> int:
    """How many steps lie between two levels: only to put the widest apart first."""
    return abs(a.level - b.level) if _same_scale(a, b) else 1


def _disagreement(a: Outcome, b: Outcome) -> Disagreement:
    return Disagreement(
        first=a.aggregator,
        second=b.aggregator,
        disjoint=_same_scale(a, b) and (a.high < b.low or b.high < a.low),
        text=Text(f"{_said(a, '为')}；{_said(b, '为')}", f"{_said(a, ' says ')}, {_said(b, ' says ')}"),
    )


def _said(outcome: Outcome, says: str) -> str:
    scale = f"{outcome.floor}–{outcome.top}"
    interval = f"{outcome.low}–{outcome.high}"
    of = "，量表" if says == "为" else " of "
    return f"{outcome.aggregator}{says}{outcome.level} ({interval}{of}{scale})"
