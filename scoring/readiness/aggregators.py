"""Ways to make one level of several, behind one interface, so that they can be compared.

An aggregator takes ratings on one ordered scale and gives an interval or a distribution over ordered levels. None
takes a mean. Levels are ranks: the step from 3 to 4 is not the step from 8 to 9 (judged on a ratio scale, the values
1…9 are off by 166 % on average: Conrow 2009), so that a mean of levels depends on how the levels happen to be
numbered, and lets a strong dimension hide the weak one that stops a project. Order statistics, tables and
probabilities of "at least level n" do not depend on the numbering. The one exception is the maturity matrix, whose
published method multiplies and adds; it is kept as published, and reports the ordinal minimum beside it.
"""

from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from math import ceil
from typing import Protocol

from msgspec import Struct

from scoring.errors import Refusal
from scoring.readiness.arl import arl_interval
from scoring.readiness.assessment import Assessment
from scoring.readiness.framework import index_of

COVERAGE = 0.9  # of the intervals of the aggregators that give a distribution


class LevelRating(Struct, frozen=True, kw_only=True):
    """One dimension as somebody sees it: between ``low`` and ``high`` on a scale from ``floor`` to ``top``."""

    dimension: str
    low: int
    high: int
    floor: int = 1
    top: int = 9
    rater: str | None = None


class Outcome(Struct, frozen=True, kw_only=True):
    """One level of several: ``low`` ≤ ``level`` ≤ ``high``, and a probability for each level where there is one."""

    aggregator: str
    level: int
    low: int
    high: int
    floor: int = 1
    top: int = 9
    probabilities: tuple[float, ...] | None = None

    @property
    def band(self) -> str:
        """The third of its scale, which compares outcomes on different scales."""
        return ("low", "medium", "high")[third(self.level, self.floor, self.top) - 1]


class Aggregator(Protocol):
    """What every aggregator is: a name, and a call from ratings to an outcome or a refusal."""

    @property
    def name(self) -> str: ...

    def __call__(self, ratings: Sequence[LevelRating]) -> Outcome | Refusal: ...


class OrderStatistic:
    """A level that a fixed share of the dimensions reach.

    ``share=1`` is the minimum, ``share=0.5`` the lower median, and a share just above 0 the best member. Raters who
    disagree on a dimension widen its interval.

    Examples
    --------
    >>> ratings = [LevelRating(dimension=name, low=level, high=level) for name, level in zip("abcd", (3, 5, 6, 8))]
    >>> OrderStatistic("minimum", 1.0)(ratings).level, OrderStatistic("lower-median", 0.5)(ratings).level
    (3, 6)
    """

    def __init__(self, name: str, share: float) -> None:
        if not 0 < share <= 1:
            raise ValueError(f"share={share!r}: expected a number above 0 and at most 1")
        self.name = name
        self.share = share

    def __call__(self, ratings: Sequence[LevelRating]) -> Outcome | Refusal:
        return by_ends(self.name, ratings, self._reached)

    def _reached(self, levels: Sequence[int]) -> int:
        # ceil of a product that may be 3.0000000000000004 must still be 3
        return sorted(levels, reverse=True)[ceil(self.share * len(levels) - 1e-9) - 1]


class ForgivingMinimum:
    """The minimum after so many of the lowest dimensions are forgiven; a dimension alone is never forgiven."""

    def __init__(self, forgiven: int = 1) -> None:
        self.name = f"minimum-but-{forgiven}"
        self.forgiven = forgiven

    def __call__(self, ratings: Sequence[LevelRating]) -> Outcome | Refusal:
        return by_ends(self.name, ratings, lambda levels: sorted(levels)[min(self.forgiven, len(levels) - 1)])


class ArlTable:
    """The DOE table. Scales of other lengths are read by thirds: the lowest third is High risk, the highest Low."""

    name = "arl-table"

    def __call__(self, ratings: Sequence[LevelRating]) -> Outcome | Refusal:
        merged = merge(ratings)
        if isinstance(merged, Refusal):
            return merged
        lows = [third(r.low, r.floor, r.top) for r in merged]
        low, high = arl_interval(lows, [third(r.high, r.floor, r.top) for r in merged])
        return Outcome(aggregator=self.name, level=low, low=low, high=high)


class SoftMinimum:
    """The minimum where each rating may be a step or two off.

    A rating of r stands for level r ± k with a weight of ``slip`` to the power of k, every level of an interval alike;
    the chance that the lowest of independent dimensions is at least n is the product of theirs. ``slip`` → 0 gives
    the minimum. Many dimensions near the minimum pull it down, which the plain minimum cannot see.

    Examples
    --------
    >>> one = [LevelRating(dimension="a", low=5, high=5)]
    >>> many = [LevelRating(dimension=name, low=5, high=5) for name in "abcdefghij"]
    >>> SoftMinimum()(one).level, SoftMinimum()(many).level
    (5, 4)
    """

    name = "soft-minimum"

    def __init__(self, slip: float = 0.1) -> None:
        if not 0 <= slip < 1:
            raise ValueError(f"slip={slip!r}: expected a number from 0 up to, not including, 1")
        self.slip = slip

    def __call__(self, ratings: Sequence[LevelRating]) -> Outcome | Refusal:
        merged = merge(ratings)
        if isinstance(merged, Refusal):
            return merged
        return from_probabilities(self.name, minimum_of([self._blurred(r) for r in merged]), merged[0])

    def _blurred(self, rating: LevelRating) -> list[float]:
        inside = range(rating.low, rating.high + 1)
        levels = range(rating.floor, rating.top + 1)
        weights = [sum(self.slip ** abs(level - said) for said in inside) for level in levels]
        return [weight / sum(weights) for weight in weights]


def third(level: int, floor: int, top: int) -> int:
    """Which third of its scale a level is in: 1, 2 or 3.

    Examples
    --------
    >>> [third(level, 1, 9) for level in (1, 3, 4, 6, 7, 9)], [third(level, 1, 3) for level in (1, 2, 3)]
    ([1, 1, 2, 2, 3, 3], [1, 2, 3])
    """
    return (level - floor) * 3 // (top - floor + 1) + 1


def ratings_of(assessment: Assessment) -> list[LevelRating]:
    """The scales of an assessment as ratings for an aggregator."""
    index = index_of(assessment.framework)
    deciding = {ref for ref, s in zip(index.scale_refs, index.framework.scales, strict=True) if s.decides}
    return [
        LevelRating(dimension=scale.scale, low=scale.low, high=scale.high, floor=index.floor, top=index.top)
        for scale in assessment.profile
        if scale.scale in deciding
    ]


def checked(ratings: Sequence[LevelRating]) -> Refusal | None:
    """Why these ratings cannot be put together, or None where they can."""
    if not ratings:
        return Refusal(reason="no-ratings", missing=("ratings",), message="No ratings.", message_zh="没有评级。")
    if len({(rating.floor, rating.top) for rating in ratings}) > 1:
        return Refusal(
            reason="mixed-scales",
            missing=("ratings on one scale",),
            message="The ratings are on different scales.",
            message_zh="评级不在同一量表上。",
        )
    bad = tuple(r.dimension for r in ratings if not r.floor <= r.low <= r.high <= r.top)
    if bad:
        return Refusal(
            reason="invalid-rating",
            missing=bad,
            message="A rating has low ≤ high, both on its scale.",
            message_zh="评级须在量表之内，且下限不高于上限。",
        )
    return None


def merge(ratings: Sequence[LevelRating]) -> list[LevelRating] | Refusal:
    """One rating a dimension: from the lowest that a rater says to the highest."""
    refused = checked(ratings)
    if refused is not None:
        return refused
    grouped: dict[str, list[LevelRating]] = {}
    for rating in ratings:
        grouped.setdefault(rating.dimension, []).append(rating)
    return [
        LevelRating(
            dimension=dimension,
            low=min(r.low for r in said),
            high=max(r.high for r in said),
            floor=said[0].floor,
            top=said[0].top,
        )
        for dimension, said in grouped.items()
    ]


def by_ends(name: str, ratings: Sequence[LevelRating], total: Callable[[Sequence[int]], int]) -> Outcome | Refusal:
    """The outcome of a monotone total: its interval is the total of the intervals' ends, its level the lower one."""
    merged = merge(ratings)
    if isinstance(merged, Refusal):
        return merged
    low, high = total([r.low for r in merged]), total([r.high for r in merged])
    return Outcome(aggregator=name, level=low, low=low, high=high, floor=merged[0].floor, top=merged[0].top)


def minimum_of(distributions: Sequence[Sequence[float]]) -> list[float]:
    """The distribution of the lowest of independent levels."""
    at_least = [1.0] * (len(distributions[0]) + 1)
    for distribution in distributions:
        tail = list(accumulate(reversed(distribution)))[::-1]
        at_least = [product * chance for product, chance in zip(at_least, [*tail, 0.0], strict=True)]
    return [max(0.0, here - above) for here, above in pairwise(at_least)]


def from_probabilities(name: str, probabilities: Sequence[float], scale: LevelRating) -> Outcome:
    """The lower median of a distribution over levels with its central interval."""
    cumulated = list(accumulate(probabilities))

    def quantile(share: float) -> int:
        return scale.floor + next((i for i, p in enumerate(cumulated) if p >= share - 1e-12), len(cumulated) - 1)

    tail = (1 - COVERAGE) / 2
    return Outcome(
        aggregator=name,
        level=quantile(0.5),
        low=quantile(tail),
        high=quantile(1 - tail),
        floor=scale.floor,
        top=scale.top,
        probabilities=tuple(probabilities),
    )
