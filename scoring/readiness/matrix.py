"""The system-maturity matrix: technology levels of the parts × integration levels of the links between them.

After Sauser et al., *A system maturity index for the systems engineering life cycle* (2008): each part has the index
``Σ_j IRL_ij · TRL_j / (81 · m_i)`` over itself (IRL_ii = 9) and the m_i − 1 parts it is linked with, and the system's
index is the parts' composite. An index becomes a level as in Austin and York, *System Readiness Assessment* (2015): a
system of the same links with every part and link at level n has an index of its own, and the boundaries lie half-way
between those of neighbouring levels.

The sums are the published method's own. They let a strong part hide a weak one, so the ordinal counterpart, the
lowest of all parts and links, stands beside the level and is what to look at first.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from msgspec import Struct

from scoring.errors import Refusal
from scoring.readiness.aggregators import LevelRating, Outcome, merge

TOP = 9
Links = Mapping[tuple[int, int], int]


class Maturity(Struct, frozen=True, kw_only=True):
    """The index of each part and of the system, from 0 to 1, the system's level, and the lowest part or link."""

    parts: tuple[float, ...]
    index: float
    level: int
    minimum: int


def system_maturity(levels: Sequence[int], links: Links) -> Maturity:
    """The maturity of a system from the levels of its parts and of the links between them.

    Parameters
    ----------
    levels : sequence of int, shape (n_parts,)
        Technology readiness levels, 1 to 9.
    links : mapping of (int, int) to int
        Integration readiness levels, 1 to 9, of pairs of parts, each pair once.

    Examples
    --------
    >>> found = system_maturity([9, 6, 6], {(0, 1): 1, (1, 2): 7})
    >>> [round(part, 3) for part in found.parts], round(found.index, 3), found.level, found.minimum
    ([0.537, 0.432, 0.593], 0.521, 6, 1)
    """
    exact = _parts(levels, links)
    index = sum(exact, Fraction(0)) / len(exact)
    return Maturity(
        parts=tuple(map(float, exact)),
        index=float(index),
        level=_level(index, len(levels), links),
        minimum=min([*levels, *links.values()]),
    )


class MaturityMatrix:
    """The matrix as an aggregator: the parts are rated, and the links belong to the system.

    Parameters
    ----------
    links : mapping of (str, str) to (int, int)
        The lowest and the highest integration level of each pair of linked dimensions.
    """

    name = "maturity-matrix"

    def __init__(self, links: Mapping[tuple[str, str], tuple[int, int]]) -> None:
        self.links = links

    def __call__(self, ratings: Sequence[LevelRating]) -> Outcome | Refusal:
        merged = merge(ratings)
        if isinstance(merged, Refusal):
            return merged
        refused = self._refusal(merged)
        if refused is not None:
            return refused
        place = {rating.dimension: i for i, rating in enumerate(merged)}
        low, high = (
            system_maturity(
                [(r.low, r.high)[end] for r in merged],
                {(place[a], place[b]): interval[end] for (a, b), interval in self.links.items()},
            ).level
            for end in (0, 1)
        )
        return Outcome(aggregator=self.name, level=low, low=low, high=high)

    def _refusal(self, merged: list[LevelRating]) -> Refusal | None:
        if (merged[0].floor, merged[0].top) != (1, TOP):
            return Refusal(
                reason="mixed-scales",
                missing=("levels from 1 to 9",),
                message="The matrix needs levels from 1 to 9.",
                message_zh="系统成熟度矩阵需要1至9级的等级。",
            )
        rated = {rating.dimension for rating in merged}
        absent = tuple(sorted({end for pair in self.links for end in pair} - rated))
        if absent or (len(merged) > 1 and not self.links):
            return Refusal(
                reason="no-links",
                missing=absent or ("links",),
                message="The matrix needs the links between the parts, and each linked part rated.",
                message_zh="系统成熟度矩阵需要各部分之间的集成关系，且相关部分均已评级。",
            )
        return None


def _parts(levels: Sequence[int], links: Links) -> list[Fraction]:
    sums = [TOP * level for level in levels]
    counts = [1] * len(levels)
    for (a, b), integration in links.items():
        sums[a] += integration * levels[b]
        sums[b] += integration * levels[a]
        counts[a] += 1
        counts[b] += 1
    return [Fraction(total, TOP * TOP * count) for total, count in zip(sums, counts, strict=True)]


def _level(index: Fraction, size: int, links: Links) -> int:
    """The level whose uniform system is nearest from below, up to half a step."""

    def uniform(level: int) -> Fraction:
        parts = _parts([level] * size, dict.fromkeys(links, level))
        return sum(parts, Fraction(0)) / size

    reached = [n for n in range(2, TOP + 1) if index >= (uniform(n - 1) + uniform(n)) / 2]
    return max(reached, default=1)
