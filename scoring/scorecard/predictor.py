"""What a fitted classifier says of new rows: everything goes through its card."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from scoring.scorecard.boosting import Floats
from scoring.scorecard.card import Scorecard
from scoring.scorecard.inputs import columns_to_score
from scoring.scorecard.table import ScoreTable


class CardPredictor:
    """The methods of a classifier that has a card."""

    scorecard_: Scorecard
    classes_: NDArray[Any]

    def decision_function(self, X: Any) -> Floats:
        """The log-odds of ``classes_[1]``: the card's intercept and every term.

        Parameters
        ----------
        X : table or array-like of shape (n_samples, n_features)

        Returns
        -------
        array of shape (n_samples,)
        """
        return self._scored(X).log_odds

    def predict_proba(self, X: Any) -> Floats:
        """The probabilities of the classes.

        Parameters
        ----------
        X : table or array-like of shape (n_samples, n_features)

        Returns
        -------
        array of shape (n_samples, 2)
        """
        probability = self._scored(X).probability
        return np.column_stack([1.0 - probability, probability])

    def predict(self, X: Any) -> NDArray[Any]:
        """The more probable class.

        Parameters
        ----------
        X : table or array-like of shape (n_samples, n_features)

        Returns
        -------
        array of shape (n_samples,)
        """
        likely = self.decision_function(X) > 0
        chosen: NDArray[Any] = self.classes_[likely.astype(np.intp)]
        return chosen

    def explain(self, X: Any) -> Floats:
        """What each term of the card adds to the log-odds.

        Parameters
        ----------
        X : table or array-like of shape (n_samples, n_features)

        Returns
        -------
        array of shape (n_samples, n_terms)
            In the order of ``scorecard_.terms``; with ``scorecard_.intercept`` they add up to ``decision_function``.
        """
        return self._scored(X).contributions

    def _scored(self, X: Any) -> ScoreTable:
        check_is_fitted(self)
        return self.scorecard_.score_table(columns_to_score(self, X))
