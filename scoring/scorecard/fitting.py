"""From binned rows to a calibrated additive model and the scores of rows left out."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scoring.scorecard.bagging import Bagged, Plan, bag, draw_folds, left_out
from scoring.scorecard.binning import main_grid
from scoring.scorecard.boosting import Floats, Grid, Rule, Sample
from scoring.scorecard.card import Axis
from scoring.scorecard.compile import Model, purified
from scoring.scorecard.pairs import pair_grid, search

FOLDS = 5
# From here on rows are many enough for larger steps and for one repeat.
ROWS_MANY = 10_000


class Recipe(NamedTuple):
    """What the user asked of the fit."""

    monotonic: tuple[int, ...]
    pairs: int | tuple[tuple[int, int], ...]
    learning_rate: float | None
    leaves: int
    l2: float
    sweeps_max: int
    repeats: int | None
    random_state: np.random.RandomState
    n_jobs: int | None


class Fit(NamedTuple):
    """An additive model, and the scores of every row by models that did not see it."""

    model: Model
    log_odds: Floats
    by_fold: NDArray[np.float64]
    sweeps: tuple[int, ...]
    loss: float


def fit(sample: Sample, axes: Sequence[Axis], recipe: Recipe) -> Fit:
    """Boost the main effects, then the pairs on top of them."""
    plan = _plan(sample, recipe)
    mains = [
        main_grid(number, axis, sign) for number, (axis, sign) in enumerate(zip(axes, recipe.monotonic, strict=True))
    ]
    fits = [bag(sample, mains, plan)]
    for grids in _pair_rounds(sample, axes, recipe, plan, fits):
        fits.append(bag(sample, grids, plan, fits))
    log_odds, by_fold = left_out(fits, sample, plan)
    means = [each.mean() for each in fits]
    grids = [grid for each in fits for grid in each.grids]
    model = purified(grids, sum(mean[0] for mean in means), [table for mean in means for table in mean[1]], sample)
    return Fit(model, log_odds, by_fold, tuple(each.sweeps for each in fits), fits[-1].loss)


def _plan(sample: Sample, recipe: Recipe) -> Plan:
    rows = float(sample.weight.sum())
    many = rows >= ROWS_MANY
    rate = recipe.learning_rate or (0.15 if many else 0.05)
    repeats = recipe.repeats or (1 if many else 2)
    top = recipe.sweeps_max
    sweeps = np.unique(np.geomspace(min(5, top), top, 32).round().astype(int))
    return Plan(
        Rule(rate, recipe.leaves, recipe.l2, weight_min=5.0 if rows < 2000 else 20.0),
        tuple(sweeps.tolist()),
        draw_folds(sample, FOLDS, repeats, recipe.random_state),
        recipe.n_jobs,
    )


def _pair_rounds(sample: Sample, axes: Sequence[Axis], recipe: Recipe, plan: Plan, fits: list[Bagged]) -> Any:
    if not isinstance(recipe.pairs, int):
        if recipe.pairs:
            yield [pair_grid(*pair, axes, sample, recipe.monotonic) for pair in recipe.pairs]
        return
    chosen: list[Grid] = []
    while len(chosen) < recipe.pairs:
        found = search(sample, axes, recipe.monotonic, plan, fits, {grid.features for grid in chosen})
        batch = [grid for gain, grid in found if gain > 0][: min(-(-recipe.pairs // 2), recipe.pairs - len(chosen))]
        if not batch:
            return
        chosen += batch
        yield batch
