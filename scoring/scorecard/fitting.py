"""From binned rows to a calibrated additive model and the scores of rows left out."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scoring.scorecard.bagging import Bagged, Plan, bag, draw_folds, left_out
from scoring.scorecard.binning import main_grid
from scoring.scorecard.boosting import Floats, Grid, Rule, Sample
from scoring.scorecard.card import Axis
from scoring.scorecard.compile import Model, purified
from scoring.scorecard.pairs import pair_grid, search

FOLDS = 5
# From here on one repeat will do.
ROWS_MANY = 10_000
# From here on trees may be larger.
ROWS_VERY_MANY = 30_000
# Among so many features most have little to say, and a step for each would add more noise than sense: only terms that
# gain this share of what the best one gained in the sweep before take their step.
FEATURES_MANY = 32
GREED = 0.5
# A search for pairs is repeated on what the pairs found so far leave unexplained.
ROUNDS = 2
# A pair's table of many cells would learn its rows by heart in larger steps.
PAIR_RATE_MAX = 0.15


class Recipe(NamedTuple):
    """What the user asked of the fit."""

    monotonic: tuple[int, ...]
    pairs: int | tuple[tuple[int, int], ...]
    learning_rate: float | None
    leaves: int | None
    shrinkage: float
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
    pair_plan = plan._replace(rule=_pair_rule(plan.rule))
    for pairs in _pair_rounds(sample, axes, recipe, plan, fits):
        fits.append(bag(sample, pairs, pair_plan, fits))
    log_odds, by_fold = left_out(fits, sample, plan)
    means = [each.mean() for each in fits]
    grids = [grid for each in fits for grid in each.grids]
    model = purified(grids, sum(mean[0] for mean in means), [table for mean in means for table in mean[1]], sample)
    return Fit(model, log_odds, by_fold, tuple(each.sweeps for each in fits), fits[-1].loss)


def _plan(sample: Sample, recipe: Recipe) -> Plan:
    rows = float(sample.weight.sum())
    top = recipe.sweeps_max
    sweeps = np.unique(np.geomspace(min(5, top), top, 32).round().astype(int))
    return Plan(
        _rule(sample, recipe),
        tuple(sweeps.tolist()),
        draw_folds(sample, FOLDS, recipe.repeats or (1 if rows >= ROWS_MANY else 2), recipe.random_state),
        recipe.n_jobs,
    )


def _rule(sample: Sample, recipe: Recipe) -> Rule:
    """Small steps by small trees where rows are few; where they are many the same end is reached in fewer steps."""
    rows = float(sample.weight.sum())
    share = float(sample.positive.sum()) / rows
    return Rule(
        learning_rate=recipe.learning_rate or float(np.clip(rows / 200_000, 0.05, 0.3)),
        leaves=recipe.leaves or (3 if rows < ROWS_VERY_MANY else 8),
        l2=recipe.shrinkage * share * (1 - share),
        weight_min=5.0 if rows < ROWS_VERY_MANY else 20.0,
        greed=GREED if len(sample.cells) > FEATURES_MANY else 0.0,
    )


def _pair_rule(rule: Rule) -> Rule:
    """A pair's table asks for more leaves, and there are few pairs to share what there is to explain."""
    return rule._replace(learning_rate=min(2 * rule.learning_rate, PAIR_RATE_MAX), leaves=2 * rule.leaves)


def _pair_rounds(
    sample: Sample, axes: Sequence[Axis], recipe: Recipe, plan: Plan, fits: list[Bagged]
) -> Iterator[list[Grid]]:
    """The pairs asked for; or those found in the scores of ``fits``, which grows between one batch and the next."""
    if not isinstance(recipe.pairs, int):
        if recipe.pairs:
            yield [pair_grid(*pair, axes, sample, recipe.monotonic) for pair in recipe.pairs]
        return
    chosen: list[Grid] = []
    for left in range(ROUNDS, 0, -1):
        known = {grid.features for grid in chosen}
        batch = search(sample, axes, recipe.monotonic, plan, fits, known)[: -(-(recipe.pairs - len(chosen)) // left)]
        if not batch:
            return
        chosen += batch
        yield batch
