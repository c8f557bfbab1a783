"""Why two scores differ: a diff of causes that adds up exactly."""

from math import fsum
from typing import Any, Literal

import msgspec
from msgspec import Struct

from scoring.receipts.differences import differences
from scoring.receipts.record import Receipt, reassessed
from scoring.scorecard.card import Scorecard
from scoring.scorecard.scale import points_line
from scoring.technology import Technology

Kind = Literal["input", "card", "scale", "library", "framework", "arguments"]


class Cause(Struct, frozen=True, kw_only=True):
    """One thing that changed, and its share of the change.

    Attributes
    ----------
    kind : str
        ``"input"``: a value that the term reads. ``"card"``: the term's table, or the intercept. ``"scale"``: how
        log-odds become points. ``"library"``: the same computation gave another result. ``"framework"``,
        ``"arguments"``: for readiness.
    what : str
        The term, or the place in the input.
    before, after : str
        What stood there; empty for a table.
    log_odds, points : float
        Its share of the change of the score; 0 for readiness, which is no sum.
    effect : str
        For readiness: the interval with this one change alone.
    """

    kind: Kind
    what: str
    before: str = ""
    after: str = ""
    log_odds: float = 0.0
    points: float = 0.0
    effect: str = ""


class Comparison(Struct, frozen=True, kw_only=True):
    """Two receipts side by side.

    ``log_odds`` and ``points`` are the changes from the first to the second, and the sums over the causes; None for
    readiness. ``result`` lists every place in which the results differ, before and after.
    """

    same: bool
    log_odds: float | None
    points: float | None
    causes: tuple[Cause, ...]
    result: tuple[tuple[str, str, str], ...]


def compare_receipts(
    a: Receipt, b: Receipt, *, card_a: Scorecard | None = None, card_b: Scorecard | None = None
) -> Comparison:
    """What made the difference between two results: which inputs, which tables, and how much each.

    Parameters
    ----------
    a, b : Receipt
        Of the same kind: two scores, or two assessments.
    card_a, card_b : Scorecard, optional
        For receipts that do not carry their card.

    Returns
    -------
    Comparison
        For scores, a term whose table and whose input both changed has two causes: each is the mean of its effect
        before and after the other change (Shapley's division), so that the causes add up to the change.

    Raises
    ------
    ValueError
        If one is a score and the other an assessment, or a card is missing or not the one on record.

    Examples
    --------
    >>> from scoring.receipts.record import receipt
    >>> from scoring.scorecard.card import NumericAxis, Term
    >>> from scoring.technology import Text
    >>> term = Term(axes=(NumericAxis("trl", (4.0, 6.0)),), log_odds=(0.9, 0.1, -0.6, 0.2))
    >>> card = Scorecard(name="demo", version="1", outcome=Text(en="stalls"), outcome_is_bad=True, intercept=-1.0,
    ...                  terms=(term,))
    >>> change = compare_receipts(receipt({"trl": 3}, card), receipt({"trl": 5}, card))
    >>> [(cause.kind, cause.what, cause.before, cause.after, round(cause.log_odds, 2)) for cause in change.causes]
    [('input', 'trl', '3', '5', -0.8)]
    """
    if a.instrument.kind != b.instrument.kind:
        raise ValueError(f"a {a.instrument.kind} and a {b.instrument.kind} cannot be compared")
    changed = tuple(differences(a.result, b.result))
    if a.instrument.kind == "framework":
        causes = _readiness_causes(a, b)
        return Comparison(same=not changed, log_odds=None, points=None, causes=causes, result=changed)
    first, second = _card(a, card_a), _card(b, card_b)
    causes = _score_causes(a, b, first, second)
    return Comparison(
        same=not changed,
        log_odds=b.result["log_odds"] - a.result["log_odds"],
        points=b.result["points"] - a.result["points"],
        causes=causes,
        result=changed,
    )


def _card(receipt: Receipt, given: Scorecard | None) -> Scorecard:
    card = given or receipt.card_inside()
    if card is None:
        raise ValueError(f"the receipt {receipt.id[:12]} holds no card; give it as card_a= or card_b=")
    if card.sha256 != receipt.instrument.sha256:
        raise ValueError(f"the card given for the receipt {receipt.id[:12]} is not the one on record")
    return card


def _score_causes(a: Receipt, b: Receipt, first: Scorecard, second: Scorecard) -> tuple[Cause, ...]:
    (zero_before, slope_before), (zero_after, per_log_odds) = points_line(first.scale), points_line(second.scale)
    causes = [
        *_term_causes(a, b, first, second),
        Cause(kind="card", what="intercept", log_odds=second.intercept - first.intercept),
    ]
    causes = [_in_points(cause, per_log_odds) for cause in causes if cause.log_odds or cause.before != cause.after]
    before = a.result["log_odds"]
    if first.scale != second.scale:
        rescaled = (zero_after - zero_before) + (per_log_odds - slope_before) * before
        causes.append(Cause(kind="scale", what="scale", points=rescaled))
    left = b.result["log_odds"] - before - fsum(cause.log_odds for cause in causes)
    # Sums in another order differ in their last bits; anything more means that the library computes differently.
    if abs(left) > 1e-9:
        causes.append(_in_points(Cause(kind="library", what=f"{a.library} → {b.library}", log_odds=left), per_log_odds))
    return tuple(sorted(causes, key=lambda cause: -abs(cause.points)))


def _in_points(cause: Cause, per_log_odds: float) -> Cause:
    return msgspec.structs.replace(cause, points=cause.log_odds * per_log_odds)


def _term_causes(a: Receipt, b: Receipt, first: Scorecard, second: Scorecard) -> list[Cause]:
    """Each term with the old and the new card on the old and the new input: four contributions, two causes."""
    old_old, old_new = _contributions(first, a), _contributions(first, b)
    new_old, new_new = _contributions(second, a), _contributions(second, b)
    causes = []
    for term in dict.fromkeys([*old_old, *new_new]):
        oo, on, no, nn = (table.get(term, 0.0) for table in (old_old, old_new, new_old, new_new))
        by_input, by_card = ((on - oo) + (nn - no)) / 2, ((no - oo) + (nn - on)) / 2
        before, after = _values(first, second, term, a), _values(first, second, term, b)
        if by_input or before != after:
            causes.append(Cause(kind="input", what=term, before=before, after=after, log_odds=by_input))
        if by_card:
            causes.append(Cause(kind="card", what=term, log_odds=by_card))
    return causes


def _contributions(card: Scorecard, receipt: Receipt) -> dict[str, float]:
    score = card.score(receipt.input, extra="ignore")
    return {term.name: value for term, value in zip(card.terms, score.contributions, strict=True)}


def _values(first: Scorecard, second: Scorecard, name: str, receipt: Receipt) -> str:
    term = next(term for card in (first, second) for term in card.terms if term.name == name)
    shown = [receipt.input.get(axis.feature) for axis in term.axes]
    return ", ".join("missing" if value is None else str(value) for value in shown)


def _readiness_causes(a: Receipt, b: Receipt) -> tuple[Cause, ...]:
    """Each field of the technology that changed, with the level it alone would have led to."""
    causes = []
    for field in dict.fromkeys([*a.input, *b.input]):
        found = differences(a.input.get(field), b.input.get(field), field)
        if found:
            alone = _interval(_with_field(a, b, field))
            before, after = found[0][1:] if len(found) == 1 else (f"{len(found)} places", f"{len(found)} places")
            causes.append(Cause(kind="input", what=field, before=before, after=after, effect=alone))
    for name, before, after in differences(a.instrument.arguments, b.instrument.arguments):
        causes.append(Cause(kind="arguments", what=name, before=before, after=after))
    if (a.instrument.name, a.instrument.sha256) != (b.instrument.name, b.instrument.sha256):
        editions = [f"{each.name} {each.version} ({each.sha256[:12]})" for each in (a.instrument, b.instrument)]
        causes.append(Cause(kind="framework", what="framework", before=editions[0], after=editions[1]))
    if a.library != b.library:
        causes.append(Cause(kind="library", what="library", before=a.library, after=b.library))
    return tuple(causes)


def _with_field(a: Receipt, b: Receipt, field: str) -> dict[str, Any]:
    """What the first technology would have been given with this one field of the second."""
    technology = msgspec.convert(a.input | {field: b.input.get(field)}, Technology)
    return reassessed(technology, a.instrument).result


def _interval(result: dict[str, Any]) -> str:
    if "low" not in result:
        return str(result.get("reason", ""))
    return f"{result['low']}–{result['high']}"
