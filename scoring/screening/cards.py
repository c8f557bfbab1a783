"""Which cards a portfolio can be scored on, and the scores."""

from collections.abc import Mapping, Sequence

from scoring.portfolio.deal import Estimate
from scoring.scorecard.card import Scorecard
from scoring.scorecard.row import Score
from scoring.technology import Technology

REFERENCE_CARDS = ("financing-risk", "followon", "bankruptcy")
FEATURES_NEEDED = 0.5
"""The share of a card's features that a technology must have before the card is asked at all."""

PD_CARDS = ("financing-risk", "bankruptcy")
"""Cards whose outcome is a default, strongest claim on the deal's hazards first."""


def card_features(card: Scorecard) -> frozenset[str]:
    """The columns a card reads."""
    return frozenset(axis.feature for term in card.terms for axis in term.axes)


def scores_of(technologies: Sequence[Technology], cards: Mapping[str, Scorecard]) -> list[dict[str, Score]]:
    """By technology: the score on every card that it has inputs for."""
    wanted = {name: card_features(card) for name, card in cards.items()}
    return [
        {
            name: cards[name].score({key: technology.features.get(key) for key in features})
            for name, features in wanted.items()
            if _has_inputs(technology, features)
        }
        for technology in technologies
    ]


def _has_inputs(technology: Technology, features: frozenset[str]) -> bool:
    if not technology.features or not features:
        return False
    present = sum(technology.features.get(name) is not None for name in features)
    return present >= FEATURES_NEEDED * len(features)


def default_probability(scores: Mapping[str, Score]) -> tuple[Estimate | None, str]:
    """A card's probability of default with its interval, and the card's name."""
    for name in PD_CARDS:
        if name in scores:
            return as_estimate(scores[name]), name
    return None, ""


def as_estimate(score: Score, *, bad: bool = False) -> Estimate:
    """The probability with its interval; of the contrary where the outcome is bad news."""
    low = score.probability if score.low is None else score.low
    high = score.probability if score.high is None else score.high
    return Estimate(1 - score.probability, 1 - high, 1 - low) if bad else Estimate(score.probability, low, high)
