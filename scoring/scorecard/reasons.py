"""Reasons: which terms moved a score, by how much, against what.

The effect of a term is its contribution minus its mean over the rows the card learned from. It is exact: the effects
add up to the log-odds minus those of the mean row. Measuring against the average of all applicants is one of the two
methods that the official interpretation of the United States' Regulation B names (12 CFR 1002.9(b)(2)). Only terms
that were scored are named, adverse and favourable ones apart, largest effect first, at most four of each (the number
that interpretation gives); an effect smaller than `EFFECT_MIN` could not be seen in the score.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from scoring.scorecard.numerals import numeral
from scoring.technology import Text

if TYPE_CHECKING:
    from scoring.scorecard.card import Scorecard, Term

REASONS_MAX = 4
EFFECT_MIN = 0.01
"""Log-odds: the odds change by 1 %."""


class Explained(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a reason says of its term: the same for every row."""

    term: str
    features: tuple[str, ...]
    labels: tuple[Text, ...]
    units: tuple[str, ...]
    categories: tuple[dict[str, Text], ...] = ()


class Reason(Struct, frozen=True):
    """Why a score is not that of the average row: one term and what it did.

    Attributes
    ----------
    about : Explained
        The term, its features and their names for people.
    values : tuple
        What the row says of each feature; None where it says nothing.
    contribution, reference : float
        Log-odds of the term for this row, and its mean over the rows learned from.
    effect, points : float
        The difference of the two, in log-odds and in points of the card.
    adverse : bool
        Whether it speaks against the row.
    """

    about: Explained
    values: tuple[Any, ...]
    contribution: float
    reference: float
    effect: float
    points: float
    adverse: bool

    @property
    def features(self) -> tuple[str, ...]:
        """The features of the term: one, or two for an interaction."""
        return self.about.features

    def text(self, language: str = "en") -> str:
        """The reason for a person, in ``"en"`` or ``"zh"``."""
        facts = [self._fact(number, language) for number in range(len(self.values))]
        if language == "zh":
            return f"{'，'.join(facts)}：与平均相比 {self.points:+.0f} 分".replace("-", "−")
        return f"{', '.join(facts)}: {self.points:+.0f} points against the average".replace("-", "−")

    def _fact(self, number: int, language: str) -> str:
        label = self.about.labels[number].in_language(language) or self.about.features[number]
        return f"{label} {self._value(number, language)}"

    def _value(self, number: int, language: str) -> str:
        value = self.values[number]
        if value is None:
            return "未提供" if language == "zh" else "not given"
        if isinstance(value, bool):
            return ("是" if value else "否") if language == "zh" else ("yes" if value else "no")
        if isinstance(value, str):
            names = self.about.categories[number] if self.about.categories else {}
            return names[value].in_language(language) if value in names else value
        unit = self.about.units[number]
        return f"{numeral(value, 9)}{' ' + unit if unit else ''}"


def explained(card: "Scorecard") -> tuple[Explained, ...]:
    """For each term what its reasons say of it."""
    return tuple(_explained(card, term) for term in card.terms)


def _explained(card: "Scorecard", term: "Term") -> Explained:
    features = tuple(axis.feature for axis in term.axes)
    entries = {entry.name: entry for entry in card.features}
    known = [entries.get(feature) for feature in features]
    categories = tuple(entry.categories if entry else {} for entry in known)
    return Explained(
        term=term.name,
        features=features,
        labels=tuple(entry.label if entry else Text() for entry in known),
        units=tuple(entry.unit if entry else "" for entry in known),
        categories=categories if any(categories) else (),
    )


Reasons = tuple[Reason, ...]
Effects = Sequence[float]


Pick = Callable[[Effects, Effects, Sequence[Any]], tuple[Reasons, Reasons]]


def picker(card: "Scorecard", points_per_log_odds: float) -> Pick:
    """The function from (effects, contributions, values by term) to the adverse and the favourable reasons of a row."""
    about = explained(card)
    references = tuple(term.reference for term in card.terms)
    numbers = range(len(about))
    bad = card.outcome_is_bad

    def pick(effects: Effects, contributions: Effects, values: Sequence[Any]) -> tuple[Reasons, Reasons]:
        order = sorted(numbers, key=effects.__getitem__)
        low, high = [], []
        for number in order[:REASONS_MAX]:
            if (effect := effects[number]) > -EFFECT_MIN:
                break
            low.append(reason(number, effect, contributions, values, not bad))
        for number in order[: -REASONS_MAX - 1 : -1]:
            if (effect := effects[number]) < EFFECT_MIN:
                break
            high.append(reason(number, effect, contributions, values, bad))
        return (tuple(high), tuple(low)) if bad else (tuple(low), tuple(high))

    def reason(number: int, effect: float, contributions: Effects, values: Sequence[Any], adverse: bool) -> Reason:
        points = effect * points_per_log_odds
        return Reason(about[number], values[number], contributions[number], references[number], effect, points, adverse)

    return pick
