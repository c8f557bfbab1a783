"""The card as tables a person reads: points of every cell, in Chinese or English."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from scoring.scorecard.numerals import numeral
from scoring.scorecard.scale import points_line

if TYPE_CHECKING:
    from scoring.scorecard.card import Axis, Feature, Scorecard, Term

NAMED_MAX = 3  # categories in the label of a cell that several share
WORDS = {
    "en": {
        "missing": "not given",
        "other": "any other",
        "predicts": "Probability of",
        "points": "points",
        "log_odds": "log-odds",
        "scale": "{base:g} points at odds of {odds:g} to 1; {pdo:g} points double the odds.",
        "start": "Every row starts from",
        "grade": "grade",
        "up_to": "probability up to",
    },
    "zh": {
        "missing": "未提供",
        "other": "其他",
        "predicts": "预测概率：",
        "points": "分值",
        "log_odds": "对数几率",
        "scale": "几率为 {odds:g} : 1 时 {base:g} 分；每 {pdo:g} 分几率翻倍。",
        "start": "每一行的起始分",
        "grade": "等级",
        "up_to": "概率上限",
    },
}


def to_markdown(card: "Scorecard", language: str = "en") -> str:
    """Every table of the card, one after another."""
    words = WORDS[language]
    scale, at_zero = card.scale, points_line(card.scale)
    start = at_zero[0] + at_zero[1] * card.intercept
    parts = [
        f"# {card.name} {card.version}",
        f"{words['predicts']} {card.outcome.in_language(language)}",
        words["scale"].format(base=scale.base_points, odds=scale.base_odds, pdo=scale.pdo),
        f"{words['start']} {start:.1f} {words['points']} ({words['log_odds']} {card.intercept:.6g})",
        *(_term(card, term, language) for term in card.terms),
    ]
    if card.grades:
        rows = [(_cell(grade.name), f"{grade.probability_max:.4g}") for grade in card.grades]
        parts.append(_table((words["grade"], words["up_to"]), rows))
    return "\n\n".join(parts) + "\n"


def label(card: "Scorecard", feature: str, language: str) -> str:
    """What a person calls a feature, with its unit."""
    entry = _entry(card, feature)
    if entry is None:
        return feature
    unit = f" ({entry.unit})" if entry.unit else ""
    return (entry.label.in_language(language) or feature) + unit


def cell_labels(card: "Scorecard", axis: "Axis", language: str) -> list[str]:
    """What each cell of ``axis`` holds, in words.

    Examples
    --------
    >>> from scoring.scorecard.card import NumericAxis, Scorecard, Text
    >>> card = Scorecard(name="", version="", outcome=Text(), outcome_is_bad=True, intercept=0.0, terms=())
    >>> cell_labels(card, NumericAxis("trl", (4.0, 6.0)), "en")
    ['≤ 4', '4 – 6', '> 6', 'not given']
    """
    words = WORDS[language]
    if hasattr(axis, "cell_of"):
        entry = _entry(card, axis.feature)
        names = entry.categories if entry else {}
        shown = [names[name].in_language(language) if name in names else name for name in axis.cell_of]
        return [*_shared_labels(axis.cell_of.values(), shown), words["other"], words["missing"]]
    return [*_interval_labels(axis.edges), words["missing"]]


def _shared_labels(cells: Iterable[int], shown: Sequence[str]) -> list[str]:
    """One text a cell; of many categories that share one the first few are named."""
    by_cell: dict[int, list[str]] = {}
    for cell, text in zip(cells, shown, strict=True):
        by_cell.setdefault(cell, []).append(text)
    return [
        ", ".join(texts[:NAMED_MAX]) + f", … ({len(texts)})" * (len(texts) > NAMED_MAX)
        for _, texts in sorted(by_cell.items())
    ]


def _interval_labels(edges: Sequence[float]) -> list[str]:
    if not edges:
        return ["−∞ – ∞"]
    texts = _distinct_texts(edges)
    inner = [f"{low} – {high}" for low, high in pairwise(texts)]
    return [f"≤ {texts[0]}", *inner, f"> {texts[-1]}"]


def _distinct_texts(edges: Sequence[float]) -> list[str]:
    """As few digits as tell the edges apart."""
    for digits in (4, 6, 9, 12):
        texts = [numeral(edge, digits) for edge in edges]
        if len({*texts}) == len(texts):
            return texts
    return [repr(edge) for edge in edges]


def term_label(card: "Scorecard", term: "Term", language: str) -> str:
    """The features of a term as a person calls them."""
    return " × ".join(label(card, axis.feature, language) for axis in term.axes)


def _term(card: "Scorecard", term: "Term", language: str) -> str:
    heading = f"## {_cell(term_label(card, term, language))}"
    per_log_odds = points_line(card.scale)[1]
    names = [[_cell(text) for text in cell_labels(card, axis, language)] for axis in term.axes]
    points = [f"{value * per_log_odds:+.1f}" for value in term.log_odds]
    words = WORDS[language]
    if len(names) == 1:
        numbers = [f"{value:+.4f}" for value in term.log_odds]
        header = (_cell(label(card, term.axes[0].feature, language)), words["points"], words["log_odds"])
        return f"{heading}\n\n{_table(header, zip(names[0], points, numbers, strict=True))}"
    width = len(names[1])
    rows = [(name, *points[i * width : (i + 1) * width]) for i, name in enumerate(names[0])]
    return f"{heading}\n\n{_table((words['points'], *names[1]), rows)}"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    """``text`` where a line break or a bar would break the table."""
    return "".join(char if char.isprintable() else "·" for char in text).replace("\\", "\\\\").replace("|", "\\|")


def _entry(card: "Scorecard", feature: str) -> "Feature | None":
    return next((entry for entry in card.features if entry.name == feature), None)
