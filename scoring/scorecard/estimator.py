"""Fitting a card: a scikit-learn classifier whose model *is* the card."""

from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassifierMixin, _fit_context
from sklearn.utils import Tags, check_random_state
from sklearn.utils._param_validation import Interval
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import _check_sample_weight

from scoring.scorecard.assemble import Identity, assemble
from scoring.scorecard.binning import axis_of, bins_for, cells_of, gather
from scoring.scorecard.boosting import Floats
from scoring.scorecard.card import Feature, Grade, Scale
from scoring.scorecard.constraints import places, positions_of_pairs, signs
from scoring.scorecard.fitting import Recipe, fit
from scoring.scorecard.inputs import InputColumn, columns_to_learn, read_columns
from scoring.scorecard.predictor import CardPredictor
from scoring.technology import Text


class ScorecardClassifier(CardPredictor, ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A binary classifier that is a sum of tables: one for each feature, and one for each chosen pair.

    Small trees are boosted term after term in five or more bags, averaged, calibrated on rows that were left out, and
    kept as a :class:`~scoring.Scorecard`. ``predict_proba`` goes through that card, so the model in the notebook and
    the file in production cannot differ.

    Parameters
    ----------
    monotonic : mapping of feature to {-1, 0, 1} or sequence of shape (n_features,), optional
        The log-odds of ``classes_[1]`` may only rise (1) or fall (-1) with these numbers, pairs included. Features
        by name or position. A missing value is exempt.
    pairs : int or sequence of pairs of features
        How many interactions to search for at most, or which to fit.
    categorical : sequence of str or int, optional
        Features to be taken as categories although they are numbers. Texts and categorical types always are.
    max_bins : int
        Bins of a number at most, before those that say the same are merged; few rows are cut into fewer.
    learning_rate : float, optional
        The share of each tree's step that is taken; by default 0.05, rising with the rows to 0.3.
    max_leaves : int, optional
        Leaves of each tree, twice as many for a pair; by default 3, or 8 from 30,000 rows on.
    shrinkage : float
        How many average rows without effect each leaf is averaged with.
    max_sweeps : int
        Visits to each term at most; rows left out decide how many are kept.
    repeats : int, optional
        How often the rows are divided into five folds, with one bag for each; 2, or 1 from 10,000 rows on.
    prior : float, optional
        The outcome's share where the card will be used, if the sampling of the training rows has changed it.
    level : float
        The share of rows whose probability the card's interval is to hold.
    name, version : str
        What the card is called.
    outcome : Text or str, optional
        What the probability is of; by default the positive class.
    outcome_is_bad : bool
        Whether a high probability is bad news.
    scale : Scale, optional
        From log-odds to points; by default more points are better news.
    grades : sequence of Grade, optional
        A master scale.
    features : sequence of Feature, optional
        What people call the features.
    about : mapping, optional
        Anything the card should say of itself; how it was fitted is added under ``"fit"``.
    random_state : int, RandomState instance or None
        Draws the folds. The same rows (in any order) and the same number give the same card, byte for byte.
    n_jobs : int, optional
        Bags fitted at a time.

    Attributes
    ----------
    scorecard_ : Scorecard
        The card.
    classes_ : array of shape (2,)
        Class labels; the card's probability is that of the second.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : array of shape (n_features_in_,)
        Their names, where ``X`` had any; else the card calls them ``x0``, ``x1``, ….
    pairs_ : list of tuple of str
        The pairs that have a table.
    log_odds_left_out_ : array of shape (n_samples,)
        Calibrated scores of the training rows by bags that did not see them; NaN for rows without weight.

    Notes
    -----
    Rows with the same cells are learned from as one, so a weight of 2 is the same as the row standing there twice,
    and no two of them are ever on both sides of a fold. Boosting: Lou, Caruana and Gehrke (2012), "Intelligible
    models for classification and regression"; pairs: Lou et al. (2013), "Accurate intelligible models with pairwise
    interactions"; purification: Hooker (2007), "Generalized functional ANOVA diagnostics".

    Examples
    --------
    >>> from scoring import ScorecardClassifier
    >>> rng = np.random.default_rng(0)
    >>> trl, medium = rng.integers(1, 10, 400), rng.choice(["air", "water"], 400)
    >>> stalls = rng.random(400) < 1 / (1 + np.exp(trl - 4.0 - (medium == "air")))
    >>> X = {"trl": trl, "medium": medium}
    >>> import pandas as pd
    >>> clf = ScorecardClassifier(monotonic={"trl": -1}, random_state=0).fit(pd.DataFrame(X), stalls)
    >>> [term.name for term in clf.scorecard_.terms]
    ['trl', 'medium']
    >>> sure, unsure = clf.predict_proba(pd.DataFrame({"trl": [1, 9], "medium": ["air", "new"]}))[:, 1]
    >>> bool(sure > 0.9), bool(unsure < 0.1)
    (True, True)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "monotonic": ["array-like", Mapping, None],
        "pairs": [Interval(Integral, 0, None, closed="left"), "array-like"],
        "categorical": ["array-like", None],
        "max_bins": [Interval(Integral, 2, 10_000, closed="both")],
        "learning_rate": [Interval(Real, 0, 1, closed="right"), None],
        "max_leaves": [Interval(Integral, 2, None, closed="left"), None],
        "shrinkage": [Interval(Real, 0, None, closed="left")],
        "max_sweeps": [Interval(Integral, 1, None, closed="left")],
        "repeats": [Interval(Integral, 1, None, closed="left"), None],
        "prior": [Interval(Real, 0, 1, closed="neither"), None],
        "level": [Interval(Real, 0, 1, closed="neither")],
        "name": [str],
        "version": [str],
        "outcome": [Text, str, None],
        "outcome_is_bad": ["boolean"],
        "scale": [Scale, None],
        "grades": ["array-like", None],
        "features": ["array-like", None],
        "about": [Mapping, None],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
    }

    def __init__(
        self,
        *,
        monotonic: Mapping[Any, int] | Sequence[int] | None = None,
        pairs: int | Sequence[tuple[Any, Any]] = 0,
        categorical: Sequence[Any] | None = None,
        max_bins: int = 128,
        learning_rate: float | None = None,
        max_leaves: int | None = None,
        shrinkage: float = 20.0,
        max_sweeps: int = 300,
        repeats: int | None = None,
        prior: float | None = None,
        level: float = 0.9,
        name: str = "scorecard",
        version: str = "1",
        outcome: Text | str | None = None,
        outcome_is_bad: bool = True,
        scale: Scale | None = None,
        grades: Sequence[Grade] | None = None,
        features: Sequence[Feature] | None = None,
        about: Mapping[str, Any] | None = None,
        random_state: int | np.random.RandomState | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.monotonic = monotonic
        self.pairs = pairs
        self.categorical = categorical
        self.max_bins = max_bins
        self.learning_rate = learning_rate
        self.max_leaves = max_leaves
        self.shrinkage = shrinkage
        self.max_sweeps = max_sweeps
        self.repeats = repeats
        self.prior = prior
        self.level = level
        self.name = name
        self.version = version
        self.outcome = outcome
        self.outcome_is_bad = outcome_is_bad
        self.scale = scale
        self.grades = grades
        self.features = features
        self.about = about
        self.random_state = random_state
        self.n_jobs = n_jobs

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        calibration_weight: ArrayLike | None = None,
    ) -> Self:
        """Learn a card.

        Parameters
        ----------
        X : pandas, polars or Arrow table, or array-like of shape (n_samples, n_features)
            Numbers and categories; NaN, None and nulls are missing values.
        y : array-like of shape (n_samples,)
            Two classes.
        sample_weight : array-like of shape (n_samples,), optional
            A weight of 2 counts as two rows.
        calibration_weight : array-like of shape (n_samples,), optional
            Weights (or a mask) of the rows on which the level and the slope of the probability, and its interval,
            are learned: the ones sampled as the card's future rows will be. By default ``sample_weight``.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If ``y`` has not two classes, a number is infinite, a weight is negative or all are zero, or a parameter
            names a feature that ``X`` does not have. Bad cells are all listed, in an :class:`~scoring.InputError`.
        """
        columns = self._columns(X, y)
        target = self._target(y)
        weight = _weights(sample_weight, X)
        target_seen = target[weight > 0]
        if target_seen.min() == target_seen.max():
            raise ValueError(f"{type(self).__name__} needs rows of two classes; those with weight are of one class")
        asked_for = weight if calibration_weight is None else _weights(calibration_weight, X)
        self._fit_columns(columns, target, weight, asked_for * (weight > 0))
        return self

    def _fit_columns(self, columns: list[InputColumn], y: Floats, weight: Floats, calibration_weight: Floats) -> None:
        bins_max, rarest = bins_for(float(weight.sum()), self.max_bins)
        axes = [axis_of(column, weight, bins_max, rarest) for column in columns]
        cells = [cells_of(column, axis) for column, axis in zip(columns, axes, strict=True)]
        rows = gather(cells, y, weight)
        fitted = fit(rows.sample, axes, self._recipe([column.name for column in columns], axes))
        self.scorecard_, log_odds = assemble(
            fitted, columns, axes, cells, rows, y, calibration_weight, self._identity()
        )
        self.log_odds_left_out_ = np.where(rows.row >= 0, log_odds[rows.row], np.nan)
        self.pairs_ = [tuple(a.feature for a in term.axes) for term in self.scorecard_.terms if len(term.axes) == 2]

    def _recipe(self, names: list[str], axes: Sequence[Any]) -> Recipe:
        pairs: Any = self.pairs
        return Recipe(
            monotonic=signs(self.monotonic, names, [hasattr(axis, "edges") for axis in axes]),
            pairs=int(pairs) if isinstance(pairs, Integral) else positions_of_pairs(pairs, names),
            learning_rate=self.learning_rate,
            leaves=self.max_leaves,
            shrinkage=self.shrinkage,
            sweeps_max=self.max_sweeps,
            repeats=self.repeats,
            random_state=check_random_state(self.random_state),
            n_jobs=self.n_jobs,
        )

    def _identity(self) -> Identity:
        outcome = self.outcome if self.outcome is not None else str(self.classes_[1])
        return Identity(
            name=self.name,
            version=self.version,
            outcome=Text(en=outcome) if isinstance(outcome, str) else outcome,
            outcome_is_bad=bool(self.outcome_is_bad),
            scale=self.scale or Scale(points_rise_with="its-absence" if self.outcome_is_bad else "outcome"),
            grades=tuple(self.grades or ()),
            features=tuple(self.features or ()),
            about=dict(self.about or {}),
            prior=self.prior,
            level=self.level,
        )

    def _columns(self, X: Any, y: ArrayLike) -> list[InputColumn]:
        columns = columns_to_learn(self, X, y)
        categorical = {list(columns)[place] for place in places(self.categorical or (), list(columns))}
        return read_columns(columns, categorical)

    def _target(self, y: ArrayLike) -> Floats:
        """The outcome as 0 and 1."""
        labels = np.asarray(y).ravel()
        check_classification_targets(labels)
        if type_of_target(labels, input_name="y", raise_unknown=True) != "binary":
            raise ValueError(
                f"Only binary classification is supported. The type of the target is {type_of_target(labels)}."
            )
        self.classes_, target = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"{type(self).__name__} needs two classes, but y has one class: {self.classes_[0]!r}")
        return target.astype(np.float64)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        tags.classifier_tags.multi_class = False
        return tags


def _weights(given: ArrayLike | None, X: Any) -> Floats:
    weight: Floats = _check_sample_weight(given, X, dtype=np.float64, ensure_non_negative=True)
    return weight
