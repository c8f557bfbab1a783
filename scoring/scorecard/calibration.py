"""Calibration that stays inside the additive form: one slope and one shift of the log-odds."""

import numpy as np
from scipy.special import expit

from scoring.scorecard.boosting import Floats

# Log-odds that no model saw come from few bags; the slope may leave 1 only as far as the rows insist.
SLOPE_SD = 0.15


def slope_and_shift(log_odds: Floats, positive: Floats, weight: Floats) -> tuple[float, float]:
    """Fit ``P = logistic(slope * log_odds + shift)`` by Newton's method, with a normal prior of the slope at 1.

    Parameters
    ----------
    log_odds : array of shape (n_rows,)
        Scores of rows that the model did not learn from.
    positive, weight : array of shape (n_rows,)
        The weight of the rows with the outcome, and of all.

    Examples
    --------
    >>> score = np.linspace(-3, 3, 101)
    >>> slope, shift = slope_and_shift(score, 1e4 / (1 + np.exp(-1.2 * score - 0.5)), np.full(101, 1e4))
    >>> round(slope, 2), round(shift, 2)
    (1.2, 0.5)
    """
    design = np.stack([log_odds, np.ones_like(log_odds)])
    found, centre = np.array([1.0, 0.0]), np.array([1.0, 0.0])
    precision = np.array([SLOPE_SD**-2, 1e-6])
    for _ in range(30):
        probability = expit(found @ design)
        gradient = design @ (positive - weight * probability) - precision * (found - centre)
        curvature = (design * (weight * probability * (1 - probability))) @ design.T + np.diag(precision)
        step = np.linalg.solve(curvature, gradient)
        found = found + step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-12))
        if np.abs(step).max() < 1e-10:
            break
    return float(found[0]), float(found[1])


def at_prior(positive: Floats, weight: Floats, prior: float) -> tuple[Floats, Floats]:
    """Reweight rows of either outcome so that the outcome's share is ``prior``; the total stays.

    This is what undoes sampling by class (Elkan 2001): within a class, nothing changes.

    Examples
    --------
    >>> positive, weight = at_prior(np.array([1.0, 0.0]), np.array([1.0, 1.0]), 0.1)
    >>> round(float(positive.sum() / weight.sum()), 3)
    0.1
    """
    share = float(positive.sum() / weight.sum())
    risen = positive * (prior / share)
    return risen, risen + (weight - positive) * ((1.0 - prior) / (1.0 - share))
