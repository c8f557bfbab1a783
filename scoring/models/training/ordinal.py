"""Learning an ordinal model of texts: a scikit-learn classifier whose model is :class:`LinearTerms`."""

from collections import Counter
from collections.abc import Callable, Sequence
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator, ClassifierMixin, _fit_context
from sklearn.linear_model import LogisticRegression
from sklearn.utils import Tags
from sklearn.utils._param_validation import Interval
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import threadpool_limits

from scoring.readiness.text_linear import Floats, LinearTerms, TermWeights, band_probabilities
from scoring.readiness.text_terms import word_counts

Counts = Sequence[Counter[str]]


class OrdinalTextClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Ordered classes from texts: one logistic regression for each boundary between neighbouring classes.

    Each answers "above this boundary?" on TF-IDF values, both answers weighing the same, and the differences of
    neighbouring answers are the class probabilities (Frank and Hall 2001, "A simple approach to ordinal
    classification"). The terms that matter most are chosen in a first fit, and weighed in a second one.

    Parameters
    ----------
    analyzer : callable
        From a text to the counts of its terms.
    C : float
        Inverse strength of the Euclidean penalty.
    min_documents : int
        Training texts a term must occur in.
    max_terms : int
        Terms kept.
    known_min : int
        See :class:`LinearTerms`.

    Attributes
    ----------
    classes_ : array of shape (n_classes,)
        The classes in their order.
    linear_ : LinearTerms
        The model, trusted fully at any length; :mod:`~scoring.models.training.trust` learns better.

    Examples
    --------
    >>> texts = ["we study atoms", "atoms in theory", "a pilot plant", "the plant runs", "we sell plants", "sales rise"]
    >>> model = OrdinalTextClassifier(min_documents=1).fit(texts, [0, 0, 1, 1, 2, 2])
    >>> model.predict(["atoms", "sales"])
    array([0, 2])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "analyzer": [callable],
        "C": [Interval(Real, 0, None, closed="neither")],
        "min_documents": [Interval(Integral, 1, None, closed="left")],
        "max_terms": [Interval(Integral, 1, None, closed="left")],
        "known_min": [Interval(Integral, 0, None, closed="left")],
    }

    def __init__(
        self,
        analyzer: Callable[[str], Counter[str]] = word_counts,
        *,
        C: float = 30.0,
        min_documents: int = 2,
        max_terms: int = 12_000,
        known_min: int = 0,
    ) -> None:
        self.analyzer = analyzer
        self.C = C
        self.min_documents = min_documents
        self.max_terms = max_terms
        self.known_min = known_min

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(self, X: Sequence[str], y: ArrayLike) -> Self:
        """Learn from texts ``X`` and their classes ``y``, arrays of shape (n_samples,)."""
        counts = self._counts(X)
        classes = np.asarray(y)
        check_classification_targets(classes)
        self.classes_, places = np.unique(classes, return_inverse=True)
        if len(self.classes_) < 2 or len(places) != len(counts):
            raise ValueError(f"expected at least two classes and one for each of {len(counts)} texts")
        with threadpool_limits(1):  # the order in which numbers are added must not depend on the machine's cores
            linear = self._fitted(_frame(counts, self.min_documents), counts, places)
            self.linear_ = self._fitted(_strongest(linear, self.max_terms), counts, places)
        return self

    def _counts(self, X: Sequence[str]) -> list[Counter[str]]:
        texts: list[Any] = list(X)
        wrong = [text for text in texts if not isinstance(text, str)]
        if wrong or isinstance(X, str):
            raise ValueError(f"expected a sequence of texts, got {X if isinstance(X, str) else wrong[0]!r}")
        return [self.analyzer(text) for text in texts]

    def _fitted(self, terms: list[tuple[str, int]], counts: Counts, places: NDArray[np.intp]) -> LinearTerms:
        boundaries = range(len(self.classes_) - 1)
        blank = tuple(0.0 for _ in boundaries)
        frame = LinearTerms(
            n_documents=len(counts),
            intercepts=blank,
            trust=((0.0, 1.0), (1.0, 1.0)),
            known_share_min=0.0,
            known_min=self.known_min,
            known_usual=0,
            terms=tuple(TermWeights(term, documents, blank) for term, documents in terms),
        )
        values = _matrix(frame, counts)
        inner, back = _in_text_space(values)
        fits = [_logistic(inner, places > boundary, self.C) for boundary in boundaries]
        found = back @ np.column_stack([fit.coef_[0] for fit in fits])
        weights = (values.T @ found).round(3) + 0.0
        return LinearTerms(
            n_documents=frame.n_documents,
            intercepts=tuple(round(float(fit.intercept_[0]), 6) for fit in fits),
            trust=frame.trust,
            known_share_min=0.0,
            known_min=self.known_min,
            known_usual=0,
            terms=tuple(
                TermWeights(term, documents, tuple(row))
                for (term, documents), row in zip(terms, weights.tolist(), strict=True)
            ),
        )

    def decision_function(self, X: Sequence[str]) -> Floats:
        """The log-odds of lying above each boundary, shape (n_samples, n_classes - 1)."""
        check_is_fitted(self)
        counts = self._counts(X)
        return np.array([self.linear_.log_odds(each) for each in counts]).reshape(len(counts), -1)

    def predict_proba(self, X: Sequence[str]) -> Floats:
        """The probability of each class, shape (n_samples, n_classes)."""
        return band_probabilities(self.decision_function(X))

    def predict(self, X: Sequence[str]) -> NDArray[Any]:
        """The most probable class of each text."""
        check_is_fitted(self)
        chosen: NDArray[Any] = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return chosen

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        return tags


def _frame(counts: Counts, min_documents: int) -> list[tuple[str, int]]:
    documents = Counter(term for each in counts for term in each)
    return sorted((term, number) for term, number in documents.items() if number >= min_documents)


def _strongest(linear: LinearTerms, n_terms: int) -> list[tuple[str, int]]:
    """The terms that move some text's answer most: weight times rarity, at the boundary where it matters most."""

    def strength(entry: TermWeights) -> tuple[float, str]:
        return -max(map(abs, entry.weights)) * np.sqrt(entry.documents), entry.term

    kept = sorted(linear.terms, key=strength)[:n_terms]
    return sorted((entry.term, entry.documents) for entry in kept)


def _matrix(frame: LinearTerms, counts: Counts) -> csr_array:
    place = {entry.term: number for number, entry in enumerate(frame.terms)}
    rows = [sorted((place[term], value) for term, value in frame.values(each).items()) for each in counts]
    starts = np.cumsum([0, *map(len, rows)])
    data = np.array([value for row in rows for _, value in row])
    columns = np.array([column for row in rows for column, _ in row], dtype=np.intp)
    return csr_array((data, columns, starts), shape=(len(rows), len(place)))


def _in_text_space(values: csr_array) -> tuple[Floats, Floats]:
    """The texts in the space they span, shape (n_texts, rank), and what takes weights from there back to the terms.

    The penalised optimum is a combination of texts, which are far fewer than the terms; in their space Newton's
    method is quick and exact, so that the weights do not hang on where an approximate solver stopped.
    """
    size, direction = np.linalg.eigh((values @ values.T).toarray())
    kept = size > 1e-9 * size[-1]
    length = np.sqrt(size[kept])
    return direction[:, kept] * length, direction[:, kept] / length


def _logistic(values: Floats, above: NDArray[np.bool_], C: float) -> LogisticRegression:
    model = LogisticRegression(C=C, class_weight="balanced", solver="newton-cholesky", tol=1e-10)
    return model.fit(values, above)
