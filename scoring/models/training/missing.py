"""Taking out of a card what it learned from gaps in the data."""

from collections.abc import Collection

from msgspec.structs import replace

from scoring.scorecard.card import Scorecard, Term


def without_missing_signal(card: Scorecard, features: Collection[str]) -> Scorecard:
    """The card with a missing value of these features worth as much as the average row, no more and no less.

    Where a gap in the training data comes from how they were collected, what it foretells there is not knowledge
    about firms. The gaps were told apart in fitting, so that they do not blur what the known values say.
    """
    return replace(card, terms=tuple(_neutral(term, features) for term in card.terms))


def _neutral(term: Term, features: Collection[str]) -> Term:
    if len(term.axes) > 1 or term.axes[0].feature not in features:
        return term
    return replace(term, log_odds=(*term.log_odds[:-1], term.reference))
