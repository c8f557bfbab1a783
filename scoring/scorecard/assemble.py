"""The fitted model made a card: calibrated, merged until the file is short, with its interval and its limits."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from scoring.scorecard.binning import Binned, coarser
from scoring.scorecard.boosting import Floats, Ints, summed
from scoring.scorecard.calibration import at_prior, slope_and_shift
from scoring.scorecard.card import Applicability, Axis, Feature, Grade, Scale, ScoreBands, Scorecard
from scoring.scorecard.compile import cuts_of, merged, scaled, terms_of
from scoring.scorecard.file import to_bytes
from scoring.scorecard.fitting import Fit
from scoring.scorecard.inputs import InputColumn
from scoring.technology import Text
from scoring.uncertainty.applicability import applicability
from scoring.uncertainty.bands import jackknife_spread, score_bands

FILE_BYTES_MAX = 50_000
# A merger of two bins may move the score of all rows by this much (root mean square).
TOLERANCE = 0.0005
# A thousandth of the log-odds is 0.07 points at 50 points to double the odds.
DECIMALS, DECIMALS_MIN, INTERCEPT_DECIMALS = 5, 3, 6
NOVELTY_BINS_MAX = 6


class Identity(NamedTuple):
    """What a card says of itself beside its tables."""

    name: str
    version: str
    outcome: Text
    outcome_is_bad: bool
    scale: Scale
    grades: tuple[Grade, ...]
    features: tuple[Feature, ...]
    about: dict[str, Any]
    prior: float | None
    level: float


def assemble(
    fitted: Fit,
    columns: Sequence[InputColumn],
    axes: Sequence[Axis],
    cells: Sequence[Ints],
    rows: Binned,
    y: Floats,
    calibration_weight: Floats,
    identity: Identity,
) -> tuple[Scorecard, Floats]:
    """The card, and the calibrated score of each distinct row by models that did not see it."""
    seen = rows.row >= 0
    weight, positive = (
        summed(rows.row[seen], part[seen], fitted.log_odds.shape)
        for part in (calibration_weight, calibration_weight * y)
    )
    if identity.prior is not None:
        positive, weight = at_prior(positive, weight, identity.prior)
    slope, shift = slope_and_shift(fitted.log_odds, positive, weight)
    log_odds = slope * fitted.log_odds + shift
    card = Scorecard(
        name=identity.name,
        version=identity.version,
        outcome=identity.outcome,
        outcome_is_bad=identity.outcome_is_bad,
        intercept=0.0,
        terms=(),
        scale=identity.scale,
        grades=identity.grades,
        bands=_bands(log_odds, slope * fitted.by_fold, positive, weight, identity.level),
        applicability=_limits(columns, axes, [part[seen] for part in cells], seen),
        features=identity.features,
        about=identity.about | {"fit": _how(fitted, rows, slope, shift)},
    )
    return _with_terms(card, fitted, axes, slope, shift), log_odds


def _bands(log_odds: Floats, by_fold: Floats, positive: Floats, weight: Floats, level: float) -> ScoreBands:
    """The interval, from every distinct row once with the outcome and once without."""
    both = np.concatenate([positive, weight - positive])
    kept = both > 0
    spread = jackknife_spread(by_fold) if len(by_fold) > 1 else np.zeros(len(log_odds))
    return score_bands(
        np.tile(log_odds, 2)[kept],
        np.repeat([1.0, 0.0], len(log_odds))[kept],
        level=level,
        sample_weight=both[kept],
        spread=np.tile(spread, 2)[kept],
    )


def _limits(
    columns: Sequence[InputColumn], axes: Sequence[Axis], cells: Sequence[Ints], seen: NDArray[np.bool_]
) -> Applicability:
    """Which rows are usual. Few bins do: they are of equal weight, so only gaps and heaps tell a row from another."""
    coarse = [coarser(axis, part, np.ones(len(part)), NOVELTY_BINS_MAX) for axis, part in zip(axes, cells, strict=True)]
    return applicability(
        [axis for axis, _ in coarse],
        np.stack([cell_of[part] for (_, cell_of), part in zip(coarse, cells, strict=True)], axis=1),
        numbers={column.name: column.values[seen] for column in columns if not column.categorical},
    )


def _how(fitted: Fit, rows: Binned, slope: float, shift: float) -> dict[str, Any]:
    return {
        "rows": round(float(rows.sample.weight.sum()), 6),
        "share": round(float(rows.sample.positive.sum() / rows.sample.weight.sum()), 6),
        "log_loss_left_out": round(fitted.loss, 6),
        "sweeps": list(fitted.sweeps),
        "calibration": {"slope": round(slope, 6), "shift": round(shift, 6)},
    }


def _with_terms(card: Scorecard, fitted: Fit, axes: Sequence[Axis], slope: float, shift: float) -> Scorecard:
    """The card with the finest tables whose file is short enough."""
    model, tolerance, decimals = scaled(fitted.model, slope, shift), TOLERANCE, DECIMALS
    cuts, card = cuts_of(model, axes), replace(card, intercept=round(model.intercept, INTERCEPT_DECIMALS))
    while True:
        cuts = merged(cuts, tolerance)
        card = replace(card, terms=terms_of(cuts, decimals))
        if len(to_bytes(card)) <= FILE_BYTES_MAX or tolerance > 1:
            return card
        tolerance, decimals = tolerance * (1.0 if decimals > DECIMALS_MIN else 1.3), max(decimals - 1, DECIMALS_MIN)
