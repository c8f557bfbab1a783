"""How far to believe a text of a given length, learned from texts that were left out and cut short."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from scoring.models.training.ordinal import OrdinalTextClassifier
from scoring.readiness.text_linear import Floats, LinearTerms, band_probabilities

LENGTHS = (0.02, 0.05, 0.1, 0.2, 0.4, 1.0)
TRUSTS = np.round(np.arange(0.0, 3.01, 0.05), 2)

Measure = Callable[[LinearTerms, str], tuple[int, float]]
"""From a text to its known words and their share of all words."""


class LeftOut(NamedTuple):
    """Texts that a model had not seen, cut to a share of their length."""

    log_odds: Floats
    n_known: Floats
    known_share: Floats
    band: NDArray[np.intp]


def left_out(
    estimator: OrdinalTextClassifier,
    texts: NDArray[np.object_],
    bands: NDArray[np.intp],
    splits: Sequence[tuple[NDArray[np.intp], NDArray[np.intp]]],
    measure: Measure,
) -> list[LeftOut]:
    """By share of length: what models say of the texts that they did not learn from."""
    models = [(estimator.fit(list(texts[train]), bands[train]).linear_, test) for train, test in splits]
    found = []
    for share in LENGTHS:
        rows = [(linear, row, _window(texts[row], share)) for linear, test in models for row in test]
        known = np.array([measure(linear, text) for linear, _, text in rows])
        log_odds = np.array([linear.log_odds(estimator.analyzer(text)) for linear, _, text in rows])
        found.append(LeftOut(log_odds, known[:, 0], known[:, 1], bands[[row for _, row, _ in rows]]))
    return found


def _window(text: str, share: float) -> str:
    """The middle of a text: the first words are often of the wider world, the last of the project."""
    words = text.split()
    size = max(1, round(share * len(words)))
    start = (len(words) - size) // 2
    return " ".join(words[start : start + size])


def with_trust(linear: LinearTerms, found: Sequence[LeftOut], known_min: int) -> LinearTerms:
    """``linear`` with all it should know about texts that are short or unlike those it learned from."""
    whole = found[-1]
    points = {0.0: 0.0}
    for cut in found:
        length = float(round(np.median(cut.n_known)))
        points[max(length, 1.0)] = _best_trust(cut)
    return msgspec.structs.replace(
        linear,
        trust=tuple(sorted(points.items())),
        known_min=known_min,
        known_usual=int(np.quantile(whole.n_known, 0.01)),
        known_share_min=round(float(0.75 * np.quantile(whole.known_share, 0.01)), 3),
    )


def _best_trust(cut: LeftOut) -> float:
    losses = [log_loss(cut.band, band_probabilities(cut.log_odds, float(trust))) for trust in TRUSTS]
    return float(TRUSTS[int(np.argmin(losses))])


def log_loss(band: NDArray[np.intp], probabilities: Floats) -> float:
    """The mean of ``-ln`` of the probability that was given to what was the case."""
    return float(-np.log(np.clip(probabilities[np.arange(len(band)), band], 1e-6, 1)).mean())
