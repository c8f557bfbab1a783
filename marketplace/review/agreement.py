"""How far reviewers agree: on a whole call, and where those of one application stand apart.

Levels are ordinal, so that agreement is Krippendorff's alpha with the ordinal metric (1 is perfect, 0 what chance
alone would give), and disagreement on one application counts who stands on which side of the bar.

Source: K. Krippendorff, Content Analysis, ch. 12.
"""

from collections.abc import Hashable, Mapping, Sequence
from itertools import combinations

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from marketplace.review.merits import Review, Scale

Floats = NDArray[np.float64]


class Apart(Struct, frozen=True, kw_only=True):
    """A criterion on which reviewers of one application differ: the lowest and the highest level given.

    `opposed` is the share of pairs of reviewers of whom one puts it at the bar or above and the other below.
    """

    criterion: str
    lowest: int
    highest: int
    opposed: float


def agreement(reviews: Sequence[Review], scale: Scale) -> float | None:
    """Alpha of one criterion; None where no application has two ratings or all ratings are the same."""
    units: dict[Hashable, list[int]] = {}
    for review in reviews:
        if scale.id in review.levels:
            units.setdefault(review.application, []).append(review.levels[scale.id])
    coincidences = np.zeros((scale.levels, scale.levels))
    for levels in units.values():
        if len(levels) > 1:
            counts = np.bincount(levels, minlength=scale.levels).astype(float)
            coincidences += (np.outer(counts, counts) - np.diag(counts)) / (len(levels) - 1)
    totals = coincidences.sum(axis=1)
    distance = _ordinal_distance(totals)
    expected = float((np.outer(totals, totals) * distance).sum())
    if expected == 0.0:
        return None
    return 1.0 - (float(totals.sum()) - 1.0) * float((coincidences * distance).sum()) / expected


def _ordinal_distance(totals: Floats) -> Floats:
    """Squared: how many ratings lie between two levels, half of those on them counted."""
    places = np.cumsum(totals) - totals / 2
    distance: Floats = (places[:, None] - places[None, :]) ** 2
    return distance


def apart(reviews: Sequence[Review], scales: Sequence[Scale]) -> list[Apart]:
    """Of the reviews of one application, the criteria on which they differ; the most opposed first."""
    found = []
    for scale in scales:
        levels = [review.levels[scale.id] for review in reviews if scale.id in review.levels]
        if len(set(levels)) > 1:
            sides = [(a >= scale.bar) != (b >= scale.bar) for a, b in combinations(levels, 2)]
            opposed = sum(sides) / len(sides)
            found.append(Apart(criterion=scale.id, lowest=min(levels), highest=max(levels), opposed=opposed))
    return sorted(found, key=lambda one: (-one.opposed, one.lowest - one.highest, one.criterion))


def opposition(found: Sequence[Apart], scales: Sequence[Scale]) -> float:
    """Weighted over all criteria, how many pairs of reviewers stand on opposite sides of the bar."""
    weights: Mapping[str, float] = {scale.id: scale.weight for scale in scales}
    return sum(one.opposed * weights[one.criterion] for one in found) / sum(weights.values())
