"""Severity-corrected scores: what an application is worth on each criterion, whoever happened to judge it.

The score is a *margin*: how far an application stands above (below: negative) the level of the rubric at which one
passes, in the eyes of a typical reviewer, weighted over the criteria. Its unit is the wobble of a single rating: at a
margin of 0 a typical reviewer is as likely to rate it at or above the bar as below; each further unit multiplies the
odds by e. Levels are ordinal: they are compared with one another and never added or averaged.
"""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence

import numpy as np
from msgspec import Struct
from scipy.special import ndtr

from marketplace.review.cut_points import slopes
from marketplace.review.ordinal_model import (
    Fitted,
    Floats,
    Places,
    Ratings,
    Sizes,
    Variances,
    fit_ordinal,
    merit_covariance,
)

# A normal interval of 90 % reaches 1.645 standard deviations to either side. These take the variances as known, which
# they are not: on simulated calls they held the truth in 86 to 88 % of cases, and a tenth more makes up for that.
WIDENING = 1.1
SPREAD_90 = 1.6448536269514722 * WIDENING

# What an application would be worth is found when a step of Newton's changes nothing any more.
STEPS_MAX, STEP_MIN = 25, 1e-10


class Scale(Struct, frozen=True, kw_only=True):
    """A criterion: its levels count from 0 to `levels - 1`; from `bar` on it passes. Weights matter by their shares."""

    id: str
    levels: int
    bar: int
    weight: float = 1.0


class Review(Struct, frozen=True, kw_only=True):
    """What one reviewer says of one application; `levels` are by the ids of criteria."""

    application: Hashable
    reviewer: Hashable
    levels: Mapping[str, int]


class Margin(Struct, frozen=True, kw_only=True):
    """A distance from the bar with its central 90 % interval, and the chance that it is not below it."""

    value: float
    low: float
    high: float
    chance: float

    @property
    def crosses_bar(self) -> bool:
        """The interval leaves open on which side of the bar it is."""
        return self.low < 0.0 <= self.high


class CriterionMerit(Struct, frozen=True, kw_only=True):
    """`level` is what a typical reviewer would most likely say at least: its median rating."""

    margin: Margin
    level: int


class Merit(Struct, frozen=True, kw_only=True):
    """One application: its weighted margin, and that of each criterion."""

    margin: Margin
    criteria: dict[str, CriterionMerit]
    reviews: int


class Severity(Struct, frozen=True, kw_only=True):
    """How harsh a reviewer is, in the unit of margins; above 0 rates lower than a typical reviewer."""

    value: float
    low: float
    high: float
    reviews: int


class Judged(Struct, frozen=True, kw_only=True):
    """Everything that follows from a set of reviews. `variances` say how much of what is seen is merit."""

    scales: tuple[Scale, ...]
    merits: dict[Hashable, Merit]
    severities: dict[Hashable, Severity]
    variances: Variances
    cuts: dict[str, tuple[float, ...]]

    def ranked(self) -> list[Hashable]:
        """The best margin first; of equal ones the first in order of name."""
        return sorted(self.merits, key=lambda name: (-self.merits[name].margin.value, str(name)))


def judge(reviews: Sequence[Review], scales: Sequence[Scale]) -> Judged:
    """Score all applications that somebody reviewed, and all reviewers, together.

    Parameters
    ----------
    reviews
        One a pair of application and reviewer. A criterion may be left out; a level must be on its scale.
    scales
        The criteria of the rubric.

    Raises
    ------
    ValueError
        There are no reviews, a pair comes twice, or a level is off its scale.
    """
    _check(reviews, scales)
    applications = {name: n for n, name in enumerate(sorted({r.application for r in reviews}, key=str))}
    reviewers = {name: n for n, name in enumerate(sorted({r.reviewer for r in reviews}, key=str))}
    ratings, slots = _ratings(reviews, scales, applications, reviewers)
    sizes = Sizes(len(applications), len(reviewers), slots, tuple(scale.levels for scale in scales))
    found = fit_ordinal(ratings, sizes)
    counts = _counted(reviews)
    cuts = [_cuts(found, number) for number in range(len(scales))]
    return Judged(
        scales=tuple(scales),
        merits=_merits(found, scales, applications, counts, cuts),
        severities=_severities(found, reviewers, counts),
        variances=found.variances,
        cuts={
            scale.id: tuple(float(cut) for cut in cut_points) for scale, cut_points in zip(scales, cuts, strict=True)
        },
    )


def margin_if(judged: Judged, reviews: Sequence[Review], raised: Mapping[str, int]) -> float:
    """The margin of one application had no reviewer of it stayed below the levels of `raised`.

    `reviews` are its own; severities and cut points stay as they were found, so that the answer is about the
    application alone.
    """
    return margins_if(judged, reviews, [raised])[0]


def margins_if(judged: Judged, reviews: Sequence[Review], raised: Sequence[Mapping[str, int]]) -> list[float]:
    """The same for several things that might have been said, each by itself; one pass finds them all."""
    merits = _conditional(judged, reviews, raised)
    bars = np.array([judged.cuts[scale.id][scale.bar - 1] for scale in judged.scales])
    return [float(one) for one in (merits - bars) @ _shares(judged.scales)]


def _check(reviews: Sequence[Review], scales: Sequence[Scale]) -> None:
    known = {scale.id: scale for scale in scales}
    pairs = [(review.application, review.reviewer) for review in reviews]
    if not reviews or len(set(pairs)) < len(pairs):
        raise ValueError("at least one review, and one for each pair of application and reviewer")
    if any(not 0 < scale.bar < scale.levels for scale in scales):
        raise ValueError("a bar lies between the lowest and the highest level")
    for review in reviews:
        for name, level in review.levels.items():
            if name not in known or not 0 <= level < known[name].levels:
                raise ValueError(f"{level!r} is no level of {name!r}")


def _ratings(
    reviews: Sequence[Review],
    scales: Sequence[Scale],
    applications: Mapping[Hashable, int],
    reviewers: Mapping[Hashable, int],
) -> tuple[Ratings, int]:
    """The ratings as arrays, in an order that does not depend on that of the reviews."""
    place = {scale.id: number for number, scale in enumerate(scales)}
    taken: dict[int, int] = defaultdict(int)
    rows: list[tuple[int, int, int, int, int]] = []
    for review in sorted(reviews, key=lambda r: (str(r.application), str(r.reviewer))):
        application = applications[review.application]
        slot = taken[application]
        taken[application] += 1
        rows += [
            (application, reviewers[review.reviewer], slot, place[name], level)
            for name, level in sorted(review.levels.items())
        ]
    columns: Places = np.array(rows, dtype=np.intp).reshape(-1, 5).T
    return Ratings(*columns), max(taken.values())


def _counted(reviews: Sequence[Review]) -> dict[Hashable, int]:
    counts: dict[Hashable, int] = defaultdict(int)
    for review in reviews:
        counts["application", review.application] += 1
        counts["reviewer", review.reviewer] += 1
    return counts


def _cuts(found: Fitted, criterion: int) -> Floats:
    first = found.sizes.first_cut[criterion]
    return found.shared[first : first + found.sizes.levels[criterion] - 1]


def _shares(scales: Sequence[Scale]) -> Floats:
    weights = np.array([scale.weight for scale in scales])
    shares: Floats = weights / weights.sum()
    return shares


def _merits(
    found: Fitted,
    scales: Sequence[Scale],
    applications: Mapping[Hashable, int],
    counts: Mapping[Hashable, int],
    cuts: Sequence[Floats],
) -> dict[Hashable, Merit]:
    whole = _margins(found, scales, _shares(scales))
    single = [_margins(found, scales, row) for row in np.eye(len(scales))]
    return {
        name: Merit(
            margin=whole[n],
            criteria={
                scale.id: CriterionMerit(margin=single[c][n], level=int((found.local[n, c] > cuts[c]).sum()))
                for c, scale in enumerate(scales)
            },
            reviews=counts["application", name],
        )
        for name, n in applications.items()
    }


def _margins(found: Fitted, scales: Sequence[Scale], weights: Floats) -> list[Margin]:
    """Of every application, how far its weighted merits lie above the weighted cut points of the bar."""
    local, shared = np.zeros(found.sizes.local), np.zeros(found.sizes.shared)
    local[: len(scales)] = weights
    shared[found.sizes.first_cut + np.array([scale.bar - 1 for scale in scales])] = -weights
    values = found.local @ local + found.shared @ shared
    spreads = np.sqrt(found.variance_of(local, shared))
    return [
        Margin(
            value=float(v),
            low=float(v - SPREAD_90 * s),
            high=float(v + SPREAD_90 * s),
            chance=float(ndtr(v / s / WIDENING)),
        )
        for v, s in zip(values, spreads, strict=True)
    ]


def _severities(
    found: Fitted, reviewers: Mapping[Hashable, int], counts: Mapping[Hashable, int]
) -> dict[Hashable, Severity]:
    spreads = SPREAD_90 * np.sqrt(np.diag(found.covariance))
    return {
        name: Severity(
            value=float(found.shared[n]),
            low=float(found.shared[n] - spreads[n]),
            high=float(found.shared[n] + spreads[n]),
            reviews=counts["reviewer", name],
        )
        for name, n in reviewers.items()
    }


def _conditional(judged: Judged, reviews: Sequence[Review], raised: Sequence[Mapping[str, int]]) -> Floats:
    """The merits of one application, everything about reviewers and cut points held fixed: a few Newton steps."""
    count, units = len(judged.scales), np.eye(len(judged.scales) + len(reviews))
    said = [(n, c) for n, one in enumerate(reviews) for c, of in enumerate(judged.scales) if of.id in one.levels]
    upper, lower = _ends_if(judged, reviews, raised, said)
    design = np.array([units[c] + units[count + n] for n, c in said]).reshape(-1, len(units))
    prior = units / judged.variances.view
    prior[:count, :count] = np.linalg.inv(merit_covariance(judged.variances, count))
    effects = np.zeros((len(raised), len(units)))
    for _ in range(STEPS_MAX):
        seen = effects @ design.T
        bent = slopes(upper - seen, lower - seen)
        curve = (design.T * (bent.bend_upper + bent.bend_lower)[:, None, :]) @ design + prior
        pull = -(bent.upper + bent.lower) @ design - effects @ prior
        step = np.linalg.solve(curve, pull[:, :, None])[:, :, 0]
        effects = effects + step
        if np.abs(step).max(initial=0.0) < STEP_MIN:
            break
    return effects[:, :count]


def _ends_if(
    judged: Judged, reviews: Sequence[Review], raised: Sequence[Mapping[str, int]], said: Sequence[tuple[int, int]]
) -> tuple[Floats, Floats]:
    """Between which cut points each rating lies, (things said, ratings), seen by a typical reviewer."""
    ends = [(-np.inf, *judged.cuts[scale.id], np.inf) for scale in judged.scales]
    upper, lower = np.empty((len(raised), len(said))), np.empty((len(raised), len(said)))
    for place, (n, c) in enumerate(said):
        name, severity = judged.scales[c].id, judged.severities[reviews[n].reviewer].value
        for number, least in enumerate(raised):
            level = max(reviews[n].levels[name], least.get(name, 0))
            upper[number, place], lower[number, place] = ends[c][level + 1] + severity, ends[c][level] + severity
    return upper, lower
