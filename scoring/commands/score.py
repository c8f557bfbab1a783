"""``greenhatch score``: every row of a table on a card."""

from argparse import Namespace
from typing import Any

from scoring.commands.columns import column_of
from scoring.commands.console import Speaker, check_output
from scoring.io.glossary import understand
from scoring.io.reading import read_table
from scoring.io.writing import write_rows
from scoring.library import load_card
from scoring.scorecard.reasons import REASONS_MAX
from scoring.scorecard.row import Score

DIGITS = 6


def run(chosen: Namespace, speaker: Speaker) -> int:
    check_output(chosen.out)
    card = load_card(chosen.card)
    table = read_table(chosen.file)
    keys = chosen.key or _identifier(table)
    carried = {name: column_of(table, name, chosen.file) for name in keys}
    scores = card.score_table(table, absent="missing" if chosen.unknown else "error")
    _show(carried, scores, min(chosen.rows, len(scores)), speaker)
    if chosen.out is not None:
        write_rows(_rows(carried, scores, speaker), chosen.out)
        speaker.say("written", path=chosen.out)
    return 0


def _identifier(table: Any) -> list[str]:
    """The first column whose header means an id."""
    for name in table.column_names:
        header = understand(name)
        if header.column is not None and header.column.kind == "id":
            return [name]
    return []


def _show(carried: dict[str, list[Any]], scores: Any, shown: int, speaker: Speaker) -> None:
    names = ("probability", "interval", "points", "grade", "like", "reason")
    columns = [*(carried or [speaker.words("row")]), *(speaker.words(name) for name in names)]
    rows = []
    for place in range(shown):
        key = [values[place] for values in carried.values()] or [place + 2]
        rows.append([*key, *_cells(scores.score(place), speaker)])
    speaker.table(columns, rows)
    speaker.say("rows", shown=shown, count=f"{len(scores):,}")


def _cells(score: Score, speaker: Speaker) -> list[str]:
    interval = "–" if score.low is None else f"{score.low:.3f} – {score.high:.3f}"
    reason = score.reasons[0].text(speaker.language) if score.reasons else "–"
    return [
        f"{score.probability:.3f}",
        interval,
        f"{score.points:.0f}",
        score.grade or "–",
        _like(score, speaker),
        reason,
    ]


def _like(score: Score, speaker: Speaker) -> str:
    if score.applicable is None:
        return "–"
    return speaker.words("yes") if score.applicable else speaker.words("unlike", features=", ".join(score.unusual))


def _rows(carried: dict[str, list[Any]], scores: Any, speaker: Speaker) -> list[dict[str, Any]]:
    """Every row's result, flat: what a spreadsheet, a database or a script takes."""
    rows = []
    with speaker.progress("scoring", len(scores)) as done:
        for place in range(len(scores)):
            key = {name: values[place] for name, values in carried.items()} or {"row": place + 2}
            rows.append(key | as_row(scores.score(place), speaker.language))
            if place % 1000 == 0:
                done(place)
    return rows


def as_row(score: Score, language: str) -> dict[str, Any]:
    """A score as plain values."""
    reasons = [reason.text(language) for reason in score.reasons] + [None] * REASONS_MAX
    return {
        "probability": round(score.probability, DIGITS),
        "low": None if score.low is None else round(score.low, DIGITS),
        "high": None if score.high is None else round(score.high, DIGITS),
        "points": round(score.points, 2),
        "grade": score.grade,
        "applicable": score.applicable,
        **{f"reason_{number + 1}": reasons[number] for number in range(REASONS_MAX)},
    }
