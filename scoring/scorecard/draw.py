"""The card as pictures: what each cell of a term adds or takes, as SVG."""

import json
from typing import TYPE_CHECKING, Any

from scoring.scorecard.scale import points_line
from scoring.scorecard.show import WORDS, cell_labels, label, term_label

if TYPE_CHECKING:
    from scoring.scorecard.card import Scorecard, Term

RAISES, LOWERS, NEUTRAL = "#0b7285", "#c2410c", "#f1f3f5"  # told apart by every kind of colour vision
FONT = "Noto Sans, Noto Sans CJK SC, Microsoft YaHei, sans-serif"
CELL_PIXELS, CELL_PIXELS_MIN, WIDTH_PIXELS_MAX = 34, 6, 640


def draw(card: "Scorecard", term: "Term", language: str = "en") -> str:
    """One term as SVG: bars over one axis, a map over two; the picture is in points.

    Raises
    ------
    ImportError
        Where vl-convert is not installed; ``pip install greenhatch[screen]`` brings it.
    """
    import vl_convert

    svg: str = vl_convert.vegalite_to_svg(_specification(card, term, language))
    return svg


def _specification(card: "Scorecard", term: "Term", language: str) -> dict[str, Any]:
    shared = {
        "title": {"text": term_label(card, term, language), "anchor": "start"},
        "data": {"values": _values(card, term, language)},
        "config": {"font": FONT, "view": {"stroke": None}, "background": "white"},
    }
    return shared | (_bars(card, term, language) if len(term.axes) == 1 else _map(card, term, language))


def _values(card: "Scorecard", term: "Term", language: str) -> list[dict[str, Any]]:
    """One record a cell; ``x`` and ``y`` are the positions of the cell, so that equal labels stay apart."""
    per_log_odds = points_line(card.scale)[1]
    width = term.axes[-1].size
    return [
        {"x": cell % width, "y": cell // width, "points": round(value * per_log_odds, 3)}
        for cell, value in enumerate(term.log_odds)
    ]


def _bars(card: "Scorecard", term: "Term", language: str) -> dict[str, Any]:
    colour = {"condition": {"test": "datum.points < 0", "value": LOWERS}, "value": RAISES}
    return {
        "width": _pixels(term.axes[0].size),
        "height": 180,
        "mark": "bar",
        "encoding": {
            "x": _axis(card, term, 0, "x", language),
            "y": {"field": "points", "type": "quantitative", "title": WORDS[language]["points"]},
            "color": colour,
        },
    }


def _map(card: "Scorecard", term: "Term", language: str) -> dict[str, Any]:
    scale = {"domainMid": 0, "range": [LOWERS, NEUTRAL, RAISES], "interpolate": "lab"}
    colour = {"field": "points", "type": "quantitative", "scale": scale, "title": WORDS[language]["points"]}
    return {
        "width": _pixels(term.axes[1].size),
        "height": _pixels(term.axes[0].size),
        "mark": "rect",
        "encoding": {
            "x": _axis(card, term, 1, "x", language),
            "y": _axis(card, term, 0, "y", language),
            "color": colour,
        },
    }


def _axis(card: "Scorecard", term: "Term", number: int, field: str, language: str) -> dict[str, Any]:
    axis = term.axes[number]
    labels = _as_expression(cell_labels(card, axis, language))
    texts = {"labelExpr": f"{labels}[datum.value]", "labelAngle": -40 if field == "x" else 0, "labelLimit": 160}
    return {"field": field, "type": "ordinal", "title": label(card, axis.feature, language), "axis": texts}


def _as_expression(labels: list[str]) -> str:
    """The labels as a list in Vega's expression language; JSON is part of it, so no label can leave its quotes."""
    return json.dumps(labels)


def _pixels(cells: int) -> int:
    return max(cells * CELL_PIXELS_MIN, min(cells * CELL_PIXELS, WIDTH_PIXELS_MAX))
