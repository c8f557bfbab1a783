"""Several raters, each severe or lenient in their own way: a posterior over the levels behind their ratings.

The model is an ordinal (cumulative probit) one. A rater r who looks at a dimension of level z answers the level that
z + severity_r + error falls on, with normal errors; cut points stand half a step between levels, so that severity
and error are measured in steps of confusion between neighbouring levels and nothing is ever averaged. Severities are
shared by all the dimensions that a rater rates. Levels and severities are found together by belief propagation,
which is exact for a single dimension or for raters who rate one dimension each.
"""

from collections.abc import Sequence
from math import erf, sqrt

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from scoring.errors import Refusal
from scoring.readiness.aggregators import LevelRating, Outcome, checked, from_probabilities, minimum_of

Array = NDArray[np.float64]
Places = NDArray[np.intp]
_ROUNDS = 60
_TOLERANCE = 1e-7
_SEVERITIES = 41


class LatentLevels(Struct, frozen=True, kw_only=True):
    """What stands behind the ratings.

    Attributes
    ----------
    levels : dict of str to Outcome
        Per dimension the posterior over its levels, their lower median and the central 90 % interval.
    severities : dict of str to float
        Per rater the posterior median of the severity in steps; below 0 is a rater who rates too low.
    """

    levels: dict[str, Outcome]
    severities: dict[str, float]


def latent_levels(
    ratings: Sequence[LevelRating],
    *,
    error: float = 0.7,
    severity: float = 0.5,
    weights: Sequence[float] | None = None,
) -> LatentLevels | Refusal:
    """The posterior over the level of each dimension, given what the raters say.

    Parameters
    ----------
    ratings : sequence of LevelRating
        On one scale; ratings without a rater are one rater's. An interval is read as "somewhere in it".
    error, severity : float
        Standard deviations, in steps, of a rater's error and of the raters' severities.
    weights : sequence of float, optional
        What each rating counts for, above 0; 1 by default. A weight of 4 halves the error.

    Returns
    -------
    LatentLevels or Refusal

    Examples
    --------
    >>> said = [LevelRating(dimension="membrane", low=level, high=level, rater=rater)
    ...         for rater, level in (("Li", 6), ("Ada", 6), ("Wu", 7))]
    >>> found = latent_levels(said).levels["membrane"]
    >>> found.low, found.level, found.high
    (6, 6, 7)
    """
    refused = checked(ratings)
    if refused is not None:
        return refused
    dimensions = list(dict.fromkeys(rating.dimension for rating in ratings))
    raters = list(dict.fromkeys(rating.rater or "" for rating in ratings))
    of_dimension = np.array([dimensions.index(rating.dimension) for rating in ratings])
    of_rater = np.array([raters.index(rating.rater or "") for rating in ratings])
    errors = error / np.sqrt(np.ones(len(ratings)) if weights is None else np.asarray(weights, dtype=float))
    grid = np.linspace(-4 * severity, 4 * severity, _SEVERITIES)
    prior = -0.5 * (grid / severity) ** 2
    levels, severities = _propagate(_likelihood(ratings, grid, errors), of_dimension, of_rater, prior)
    name = OrdinalLatent.name
    return LatentLevels(
        levels={
            dimension: from_probabilities(name, row.tolist(), ratings[0])
            for dimension, row in zip(dimensions, levels, strict=True)
        },
        severities={
            rater: float(grid[int(np.searchsorted(np.cumsum(row), 0.5))])
            for rater, row in zip(raters, severities, strict=True)
        },
    )


class OrdinalLatent:
    """The lowest of the dimensions' levels behind the ratings of several raters."""

    name = "ordinal-latent"

    def __init__(self, error: float = 0.7, severity: float = 0.5) -> None:
        self.error = error
        self.severity = severity

    def __call__(self, ratings: Sequence[LevelRating]) -> Outcome | Refusal:
        found = latent_levels(ratings, error=self.error, severity=self.severity)
        if isinstance(found, Refusal):
            return found
        distributions = [outcome.probabilities or () for outcome in found.levels.values()]
        return from_probabilities(self.name, minimum_of(distributions), ratings[0])


def _likelihood(ratings: Sequence[LevelRating], grid: Array, errors: Array) -> Array:
    """The chance of each rating at each level and severity: (n_ratings, n_levels, n_severities)."""
    floor, top = ratings[0].floor, ratings[0].top
    seen = np.arange(floor, top + 1)[:, None] + grid[None, :]
    below = np.array([-np.inf if r.low == floor else r.low - 0.5 for r in ratings])[:, None, None]
    above = np.array([np.inf if r.high == top else r.high + 0.5 for r in ratings])[:, None, None]
    spread = errors[:, None, None]
    chance = _normal((above - seen) / spread) - _normal((below - seen) / spread)
    return np.maximum(chance, 1e-12)


def _propagate(likelihood: Array, of_dimension: Places, of_rater: Places, prior: Array) -> tuple[Array, Array]:
    """Sum–product messages between levels and severities until they stand still."""
    n_ratings, n_levels, _ = likelihood.shape
    to_level = np.zeros((n_ratings, n_levels))
    to_rater = np.zeros((n_ratings, len(prior)))
    for _ in range(_ROUNDS):
        level = _gathered(to_level, of_dimension)
        others = _normalised(level[of_dimension] - to_level)
        to_rater = _log(np.einsum("oz,ozd->od", others, likelihood))
        rater = prior + _gathered(to_rater, of_rater)
        cavity = _normalised(rater[of_rater] - to_rater)
        fresh = _log(np.einsum("od,ozd->oz", cavity, likelihood))
        moved = float(np.abs(fresh - to_level).max())
        to_level = 0.5 * (fresh + to_level)
        if moved < _TOLERANCE:
            break
    return _normalised(_gathered(to_level, of_dimension)), _normalised(prior + _gathered(to_rater, of_rater))


def _gathered(messages: Array, owner: Places) -> Array:
    total = np.zeros((int(owner.max()) + 1, messages.shape[1]))
    np.add.at(total, owner, messages)
    return total


def _normalised(log_weights: Array) -> Array:
    weights = np.exp(log_weights - log_weights.max(axis=1, keepdims=True))
    shares: Array = weights / weights.sum(axis=1, keepdims=True)
    return shares


def _log(chances: Array) -> Array:
    logs = np.log(chances)
    shifted: Array = logs - logs.max(axis=1, keepdims=True)  # messages count up to a factor
    return shifted


_erf = np.vectorize(erf, otypes=[np.float64])


def _normal(x: Array) -> Array:
    chance: Array = 0.5 * (1.0 + _erf(x / sqrt(2.0)))
    return chance
