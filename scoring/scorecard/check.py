"""What must hold of a card before it may score: every fault is found, not the first."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from math import isfinite, prod
from typing import Any

import msgspec

from scoring.io.problems import Problems
from scoring.scorecard.card import (
    Applicability,
    Axis,
    BandTable,
    CategoricalAxis,
    Grade,
    NumericAxis,
    Scale,
    ScoreBands,
    Scorecard,
    Term,
)
from scoring.scorecard.plan import axes_of

Say = Callable[..., None]
LOG_ODDS_MAX = 1e6  # far beyond any probability a double can hold, and no sum of them overflows


def check(card: Scorecard, file: str = "card") -> None:
    """Raise :class:`scoring.InputError` with every fault of ``card``; a card without fault passes in silence."""
    with Problems(file) as problems:
        _check_whole(card, _speaker(problems, "card"))
        for number, term in enumerate(card.terms):
            _check_term(term, _speaker(problems, f"terms[{number}]"))
        _check_features(card, _speaker(problems, "features"))
        _check_scale(card.scale, _speaker(problems, "scale"))
        _check_grades(card.grades, _speaker(problems, "grades"))
        if card.bands:
            _check_bands(card.bands, _speaker(problems, "bands"))
        if card.applicability:
            _check_applicability(card.applicability, _speaker(problems, "applicability"))


def _speaker(problems: Problems, place: str) -> Say:
    def say(at_fault: bool, expected: str, value: Any = "") -> None:
        if at_fault:
            problems.add(expected, column=place, value=value)

    return say


def _check_whole(card: Scorecard, say: Say) -> None:
    say(not card.name, "a name")
    say(not card.version, "a version")
    say(not card.outcome, "an outcome in Chinese or English")
    say(not abs(card.intercept) <= LOG_ODDS_MAX, "a finite intercept", card.intercept)
    say(not card.terms, "at least one term")
    for name in _repeated(tuple(sorted(axis.feature for axis in term.axes)) for term in card.terms):
        say(True, "one term over the same features", " × ".join(name))
    say(not _is_json(card.about), "'about' to be JSON: texts, finite numbers, truth values, lists and objects")


def _is_json(value: Any) -> bool:
    match value:
        case None | bool() | int() | str():
            return True
        case float():
            return isfinite(value)
        case list() | tuple():
            return all(map(_is_json, value))
        case dict():
            return all(isinstance(key, str) and _is_json(item) for key, item in value.items())
    return False


def _check_term(term: Term, say: Say) -> None:
    say(len(term.axes) not in (1, 2), "one axis or two", len(term.axes))
    say(len({axis.feature for axis in term.axes}) < len(term.axes), "two different features", term.name)
    for axis in term.axes:
        _check_axis(axis, say)
    _check_values(term.log_odds, prod(axis.size for axis in term.axes), "log_odds", say)
    if term.log_odds:
        beyond = not (min(term.log_odds) >= -LOG_ODDS_MAX and max(term.log_odds) <= LOG_ODDS_MAX)
        say(beyond, f"log_odds between {-LOG_ODDS_MAX:g} and {LOG_ODDS_MAX:g}", term.name)
    say(not isfinite(term.reference), "a finite reference", term.reference)
    say(term.decimals != 0, "decimals in a file alone", term.decimals)
    say(term.monotonic not in (-1, 0, 1), "monotonic to be -1, 0 or 1", term.monotonic)
    if term.monotonic and len(term.axes) == 1:
        say(
            not _is_monotone(term),
            f"values that only {'rise' if term.monotonic > 0 else 'fall'}, as promised",
            term.name,
        )


def _is_monotone(term: Term) -> bool:
    """Over a number, from the lowest cell to the highest; a category has no order to keep."""
    axis = term.axes[0]
    if not isinstance(axis, NumericAxis):
        return False
    return all((after - before) * term.monotonic >= 0 for before, after in pairwise(term.log_odds[: axis.size - 1]))


def _check_axis(axis: Axis, say: Say) -> None:
    say(not axis.feature, "a feature's name")
    say(not _is_text(axis.feature), "a feature's name in Unicode", axis.feature)
    if isinstance(axis, CategoricalAxis):
        for name in _repeated(axis.categories):
            say(True, f"each category of {axis.feature!r} once", name)
        for name in axis.categories:
            if not _is_text(name):
                say(True, f"a category of {axis.feature!r} in Unicode", name)
        if axis.cells:
            one_each = len(axis.cells) == len(axis.categories)
            say(not one_each, f"one cell for each category of {axis.feature!r}", len(axis.cells))
            whole = set(axis.cells) == set(range(len(set(axis.cells))))
            say(not whole, f"cells of {axis.feature!r} to be numbered from 0, none left out")
    else:
        _check_ascending(axis.edges, f"edges of {axis.feature!r}", say)


def _is_text(value: str) -> bool:
    return value.isascii() or not any("\ud800" <= char <= "\udfff" for char in value)


def _check_ascending(edges: Sequence[float], what: str, say: Say) -> None:
    say(not all(map(isfinite, edges)), f"finite {what}")
    say(any(not low < high for low, high in pairwise(edges)), f"{what} to ascend, none twice")


def _check_values(values: Sequence[float], size: int, what: str, say: Say) -> None:
    say(len(values) != size, f"{size} values of {what}, one for each cell", len(values))
    say(not (isfinite(sum(values)) or all(map(isfinite, values))), f"finite {what}")


def _check_features(card: Scorecard, say: Say) -> None:
    kinds: dict[str, set[type]] = {}
    for axis in axes_of(card):
        kinds.setdefault(axis.feature, set()).add(type(axis))
    for limits in card.applicability.ranges if card.applicability else ():
        kinds.setdefault(limits.feature, set()).add(NumericAxis)
    for feature, kind in kinds.items():
        say(len(kind) > 1, "a feature to be a number everywhere or a category everywhere", feature)
    for feature in _repeated(entry.name for entry in card.features):
        say(True, "one entry for a feature", feature)
    for entry in card.features:
        say(entry.name not in kinds, "an entry only for features the card reads", entry.name)


def _check_scale(scale: Scale, say: Say) -> None:
    say(not (isfinite(scale.pdo) and scale.pdo > 0), "pdo above 0", scale.pdo)
    say(not (isfinite(scale.base_odds) and scale.base_odds > 0), "base_odds above 0", scale.base_odds)
    say(not isfinite(scale.base_points), "finite base_points", scale.base_points)


def _check_grades(grades: Sequence[Grade], say: Say) -> None:
    if not grades:
        return
    _check_ascending([grade.probability_max for grade in grades], "probability_max", say)
    say(not grades[0].probability_max >= 0, "probability_max of at least 0", grades[0].probability_max)
    say(grades[-1].probability_max != 1, "the last grade to reach 1", grades[-1].probability_max)
    for name in _repeated(grade.name for grade in grades):
        say(True, "each grade once", name)
    say(not all(grade.name for grade in grades), "a name for each grade")


def _check_bands(bands: ScoreBands, say: Say) -> None:
    say(not 0 < bands.level < 1, "a level between 0 and 1", bands.level)
    _check_steps(bands, "", say)
    expected = bands.segment.size if bands.segment else 0
    say(len(bands.by_segment) != expected, f"{expected} entries in by_segment", len(bands.by_segment))
    if bands.segment:
        _check_axis(bands.segment, say)
    for number, table in enumerate(bands.by_segment):
        if table:
            _check_steps(table, f" in by_segment[{number}]", say)


def _check_steps(bands: ScoreBands | BandTable, where: str, say: Say) -> None:
    _check_ascending(bands.edges, f"edges{where}", say)
    size = len(bands.edges) + 1
    _check_values(bands.low, size, f"low{where}", say)
    _check_values(bands.high, size, f"high{where}", say)
    ordered = all(0 <= low <= high <= 1 for low, high in zip(bands.low, bands.high, strict=False))
    say(not ordered, f"0 <= low <= high <= 1{where}")


def _check_applicability(applicability: Applicability, say: Say) -> None:
    say(not 0 < applicability.level < 1, "a level between 0 and 1", applicability.level)
    say(not isfinite(applicability.threshold), "a finite threshold", applicability.threshold)
    for table in applicability.tables:
        _check_axis(table.axis, say)
        _check_values(table.novelty, table.axis.size, f"novelty of {table.axis.feature!r}", say)
    for feature in _repeated(table.axis.feature for table in applicability.tables):
        say(True, "one table of novelty for a feature", feature)
    for feature in _repeated(limits.feature for limits in applicability.ranges):
        say(True, "one range for a feature", feature)
    for limits in applicability.ranges:
        say(not (isfinite(limits.low) and isfinite(limits.high)), "a finite range", limits.feature)
        say(limits.low > limits.high, "low <= high in a range", limits.feature)


def _repeated(items: Iterable[Any]) -> list[Any]:
    items = tuple(items)
    return [item for item, count in Counter(items).items() if count > 1] if len(set(items)) < len(items) else []


def decode_problems(raw: Any) -> list[tuple[str, str]]:
    """Every part of a decoded JSON object that does not have the form of a card, as (place, what is wrong)."""
    faults: list[tuple[str, str]] = []
    if not isinstance(raw, dict):
        return [("card", "a JSON object")]
    known = {field.name: field for field in msgspec.structs.fields(Scorecard)}
    faults += [(name, "no field of this name") for name in raw if name not in known]
    faults += [(name, "this field") for name, field in known.items() if field.required and name not in raw]
    for name, value in raw.items():
        if name == "terms" and isinstance(value, list):
            for number, item in enumerate(value):
                faults += _fault(item, Term, f"terms[{number}]")
        elif name in known:
            faults += _fault(value, known[name].type, name)
    return faults


def _fault(value: Any, wanted: Any, place: str) -> list[tuple[str, str]]:
    try:
        msgspec.convert(value, wanted)
    except (msgspec.ValidationError, RecursionError) as error:
        return [(place, str(error))]
    return []
