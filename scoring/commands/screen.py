"""``greenhatch screen``: a portfolio in, ranks, intervals, reasons and a report out."""

from argparse import Namespace
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec

from scoring.commands.console import Speaker, check_output
from scoring.errors import Refusal
from scoring.io.money import MoneyUnit, amount
from scoring.io.problems import Problems, Unexpected
from scoring.io.reading import read_technologies
from scoring.io.writing import write_json
from scoring.portfolio.deal import DealRisk, Estimate
from scoring.portfolio.selection import Selection, select
from scoring.report.render import write_report
from scoring.report.view import money, percent
from scoring.screening.portfolio import PortfolioLoss, portfolio_loss
from scoring.screening.result import LevelBelief, Screened, Screening
from scoring.screening.screen import screen

VAR_LEVEL = 0.999


def run(chosen: Namespace, speaker: Speaker) -> int:
    check_output(chosen.report, ".html", ".htm")
    check_output(chosen.json, ".json")
    budget = _budget(chosen)
    technologies = read_technologies(chosen.file)
    with speaker.progress("screening", len(technologies)) as done:
        screening = screen(technologies, as_of=chosen.as_of, top=max(chosen.top, 1), progress=done)
    tell(screening, budget, chosen, speaker)
    return 0


def tell(screening: Screening, budget: int | None, chosen: Namespace, speaker: Speaker) -> None:
    """A screening on the terminal and in the files asked for, with the portfolio's loss and the best set."""
    loss = portfolio_loss(screening)
    selection = None if budget is None else _select(screening, budget, chosen, speaker)
    _show(screening, loss, selection, chosen.top, speaker)
    _write(screening, loss, selection, chosen, speaker)


def _budget(chosen: Namespace) -> int | None:
    """The budget in minor units: ``500万元``, ``USD 1.2 million``, or a figure in ``--currency``."""
    if chosen.budget is None:
        return None
    try:
        found = amount(chosen.budget, MoneyUnit(), currency=chosen.currency.upper())
    except Unexpected as error:
        Problems("--budget").stop(str(error), value=chosen.budget)
    if found is None:
        Problems("--budget").stop("an amount", value=chosen.budget)
    chosen.currency = found.currency
    return found.minor


def _select(screening: Screening, budget: int, chosen: Namespace, speaker: Speaker) -> Selection | None:
    """The best set among the financings in the budget's currency."""
    pool = [candidate for candidate in screening.candidates() if candidate.currency == chosen.currency]
    if not pool:
        speaker.say("no_deals")
        return None
    found = select(pool, budget=budget, currency=chosen.currency)
    if isinstance(found, Refusal):
        speaker.say("refused", message=_message(found, speaker))
        return None
    return found


def _show(
    screening: Screening, loss: PortfolioLoss | None, selection: Selection | None, top: int, speaker: Speaker
) -> None:
    names = ("rank", "technology", "level", "measure", "grade", "loss")
    ranked = screening.ranked
    if ranked:
        title = f"{speaker.words('measure')}: {screening.card or screening.ranked_by}"
        rows = [_line(row, speaker) for row in ranked[:top]]
        speaker.table([speaker.words(name) for name in names], rows, title=title)
        speaker.say("rows", shown=min(top, len(ranked)), count=f"{len(ranked):,}")
    if screening.unranked:
        _show_unranked(screening, speaker)
    for part in loss.by_currency if loss else ():
        at_risk = money(part.var_minor(VAR_LEVEL)) if VAR_LEVEL in part.levels else "–"
        exposure, mean = money(part.exposure_minor), money(part.mean.value_minor)
        speaker.text(speaker.words("portfolio", currency=part.currency, exposure=exposure, mean=mean, var=at_risk))
    if selection is not None:
        _show_selection(screening, selection, speaker)


def _line(row: Screened, speaker: Speaker) -> list[str]:
    risk = row.risk
    place = "–" if row.rank is None else f"{row.rank.rank} ({row.rank.low}–{row.rank.high})"
    level = row.level
    grade, expected = _risk_cells(risk)
    return [
        place,
        row.technology.name.in_language(speaker.language),
        f"{level.level} ({level.low}–{level.high}), {level.basis}" if isinstance(level, LevelBelief) else "–",
        percent(row.measure) if isinstance(row.measure, Estimate) else "–",
        grade,
        expected,
    ]


def _risk_cells(risk: DealRisk | Refusal) -> tuple[str, str]:
    """The grade and the expected loss as a share of the commitment, each with its interval."""
    if isinstance(risk, Refusal):
        return "–", "–"
    paid, loss = risk.commitment_minor, risk.expected_loss_minor
    share = Estimate(loss.value_minor / paid, loss.low_minor / paid, loss.high_minor / paid)
    return f"{risk.grade} ({risk.grade_low}–{risk.grade_high})", percent(share)


def _show_unranked(screening: Screening, speaker: Speaker) -> None:
    """Refusals, alike ones together: why, how many, and what is missing."""
    refusals = [row.measure for row in screening.unranked if isinstance(row.measure, Refusal)]
    counted = Counter((_message(refusal, speaker), ", ".join(refusal.missing)) for refusal in refusals)
    rows = [(count, why, missing) for (why, missing), count in counted.most_common()]
    title = speaker.words("unranked", count=f"{len(screening.unranked):,}")
    speaker.table([speaker.words(name) for name in ("count", "why", "missing")], rows, title=title)


def _message(refusal: Refusal, speaker: Speaker) -> str:
    return (refusal.message_zh if speaker.language == "zh" else refusal.message) or refusal.reason


def _show_selection(screening: Screening, selection: Selection, speaker: Speaker) -> None:
    names = {row.technology.id: row.technology.name.in_language(speaker.language) for row in screening.rows}
    speaker.text(
        speaker.words(
            "selected",
            count=len(selection.chosen),
            budget=money(selection.budget_minor),
            currency=selection.currency,
            cost=money(selection.cost_minor),
            names=", ".join(names[chosen] for chosen in selection.chosen),
        )
    )


def _write(
    screening: Screening,
    loss: PortfolioLoss | None,
    selection: Selection | None,
    chosen: Namespace,
    speaker: Speaker,
) -> None:
    if chosen.json is not None:
        write_json(as_document(screening, loss, selection), chosen.json)
        speaker.say("written", path=chosen.json)
    if chosen.report is not None:
        path, source = Path(chosen.report), Path(chosen.file).name
        write_report(screening, path, source=source, language=speaker.language, portfolio=loss, selection=selection)
        speaker.say("written", path=chosen.report)


def as_document(screening: Screening, loss: PortfolioLoss | None, selection: Selection | None) -> dict[str, Any]:
    """Everything that was found, as plain JSON values."""
    document: dict[str, Any] = msgspec.to_builtins(screening)
    return document | {
        "portfolio": msgspec.to_builtins(loss.by_currency) if loss else [],
        "selection": msgspec.to_builtins(selection),
    }
