"""Figures of a model as its card states them: a value, its interval, and how both were come by."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.validation.metrics import Estimate, bootstrap

Floats = NDArray[np.float64]


def figure(what: str, estimate: Estimate, protocol: str, **more: Any) -> dict[str, Any]:
    """An entry of ``about["figures"]``."""
    return {
        "what": what,
        "value": round(estimate.value, 4),
        "low": round(estimate.low, 4),
        "high": round(estimate.high, 4),
        "level": estimate.level,
        "interval": estimate.method,
        "n": estimate.n,
        "protocol": protocol,
        **more,
    }


def plain(what: str, value: float, n: int, protocol: str, **more: Any) -> dict[str, Any]:
    """An entry without an interval: a peer's figure, a count."""
    return {"what": what, "value": round(float(value), 4), "n": n, "protocol": protocol, **more}


def over_repeats(
    metric: Callable[[Floats, Floats], float],
    y: ArrayLike,
    repeats: Floats,
    *,
    groups: ArrayLike | None = None,
    n_resamples: int = 500,
) -> Estimate:
    """The mean of a metric over repeated predictions of the same rows, with a bootstrap interval over the rows.

    ``repeats`` has shape (n_repeats, n_samples). Drawing rows, and not repeats, is what new rows would do.
    """
    predicted = np.asarray(repeats)

    def mean(label: Floats, row: Floats) -> float:
        chosen = row.astype(np.intp)
        return float(np.mean([metric(label, repeat[chosen]) for repeat in predicted]))

    return bootstrap(mean, y, np.arange(len(np.asarray(y))), groups=groups, n_resamples=n_resamples)
