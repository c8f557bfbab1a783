"""A linear ordinal model over terms of a text: three cumulative log-odds, each the exact sum of what its terms add."""

from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property
from math import log, sqrt

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Floats = NDArray[np.float64]
LENGTHS = {"single": 1.0, "pair": 1.0, "concept": 0.15}


class TermWeights(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A term, the number of training texts with it, and what it adds to each cumulative log-odds per unit of value."""

    term: str
    documents: int
    weights: tuple[float, ...]


class LinearTerms(Struct, frozen=True, kw_only=True, dict=True, forbid_unknown_fields=True):
    """``log-odds(level > k) = intercepts[k] + Σ value(term) · weights(term)[k]`` for each band boundary k.

    A term's value is TF-IDF, ``(1 + ln count) · (ln((1 + n_documents) / (1 + documents)) + 1)``, scaled to Euclidean
    length 1 among the single terms of the text, to 1 among its pairs (a space inside), and to 0.15 among the concepts
    it has beside words (a ``#`` in front).

    Attributes
    ----------
    n_documents : int
        Texts learned from.
    intercepts : tuple of float
        One for each boundary between neighbouring bands.
    trust : tuple of (float, float)
        Points of a line: by the number of known words, how much of the log-odds to believe. It was learned from
        texts cut short; at 0 every band is equally likely.
    known_share_min : float
        The share of a text's words that must be known for it to be like those learned from.
    known_min : int
        The number of known words below which there is nothing to go by.
    known_usual : int
        The number of known words that 99 in 100 of the texts learned from have, or more.
    terms : tuple of TermWeights
    """

    n_documents: int
    intercepts: tuple[float, ...]
    trust: tuple[tuple[float, float], ...]
    known_share_min: float
    known_min: int
    known_usual: int
    terms: tuple[TermWeights, ...]

    @cached_property
    def _places(self) -> dict[str, int]:
        return {entry.term: place for place, entry in enumerate(self.terms)}

    @cached_property
    def _rarity(self) -> dict[str, float]:
        return {entry.term: log((1 + self.n_documents) / (1 + entry.documents)) + 1 for entry in self.terms}

    @cached_property
    def _weights(self) -> Floats:
        shape = (len(self.terms), len(self.intercepts))
        return np.array([entry.weights for entry in self.terms], dtype=np.float64).reshape(shape)

    def __contains__(self, term: object) -> bool:
        return term in self._places

    def values(self, counts: Mapping[str, int]) -> dict[str, float]:
        """The value of every known term of a text."""
        rarity = self._rarity
        raw = {term: (1 + log(count)) * rarity[term] for term, count in counts.items() if term in rarity}
        length = defaultdict[str, float](float)
        for term, value in raw.items():
            length[_kind(term)] += value * value
        scale = {kind: LENGTHS[kind] / sqrt(squared) for kind, squared in length.items()}
        return {term: value * scale[_kind(term)] for term, value in raw.items()}

    def contributions(self, counts: Mapping[str, int]) -> dict[str, Floats]:
        """What each known term of a text adds to each cumulative log-odds, arrays of shape (n_boundaries,)."""
        return {term: value * self._weights[self._places[term]] for term, value in self.values(counts).items()}

    @cached_property
    def _mean_weights(self) -> list[float]:
        means: list[float] = self._weights.mean(axis=1).tolist()
        return means

    def mean_contributions(self, counts: Mapping[str, int]) -> dict[str, float]:
        """The same, as the mean over the boundaries."""
        weights, places = self._mean_weights, self._places
        return {term: value * weights[places[term]] for term, value in self.values(counts).items()}

    def log_odds(self, counts: Mapping[str, int]) -> Floats:
        """The log-odds of lying above each boundary, shape (n_boundaries,)."""
        return np.asarray(sum(self.contributions(counts).values(), np.array(self.intercepts)))

    def trust_at(self, n_known: float) -> float:
        """How much of the log-odds to believe of a text with so many known words."""
        known, trust = zip(*self.trust, strict=True)
        return float(np.interp(n_known, known, trust))


def _kind(term: str) -> str:
    return "concept" if term[0] == "#" else "pair" if " " in term else "single"


def indifferent(n_boundaries: int) -> Floats:
    """The cumulative log-odds of bands that are all equally likely.

    Examples
    --------
    >>> indifferent(3).round(3)
    array([ 1.099,  0.   , -1.099])
    """
    above = np.arange(n_boundaries, 0, -1) / (n_boundaries + 1)
    return np.asarray(np.log(above / (1 - above)))


def band_probabilities(log_odds: Floats, trust: float | Floats = 1.0) -> Floats:
    """Cumulative log-odds of shape (..., n_boundaries) as one probability a band, shape (..., n_boundaries + 1).

    ``trust`` draws the log-odds towards bands that are equally likely. Boundaries that cross are put in order.

    Examples
    --------
    >>> band_probabilities(np.array([2.0, 0.0, -2.0])).round(3)
    array([0.119, 0.381, 0.381, 0.119])
    >>> band_probabilities(np.array([9.0, 9.0, 9.0]), trust=0.0)
    array([0.25, 0.25, 0.25, 0.25])
    """
    start = indifferent(log_odds.shape[-1])
    believed = start + np.asarray(trust)[..., None] * (log_odds - start)
    above = -np.sort(-1 / (1 + np.exp(-np.clip(believed, -500, 500))), axis=-1)
    ends = (*above.shape[:-1], 1)
    return np.asarray(-np.diff(np.concatenate([np.ones(ends), above, np.zeros(ends)], axis=-1), axis=-1))
