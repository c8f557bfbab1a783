"""`write_report`: a screening as one HTML file without scripts, links or fonts from elsewhere."""

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

from scoring.errors import Refusal
from scoring.io.optional import needed
from scoring.portfolio.loss import LossDistribution
from scoring.portfolio.selection import Selection
from scoring.portfolio.swaps import Swap
from scoring.report import charts, view
from scoring.report.texts import TEXTS
from scoring.screening.portfolio import PortfolioLoss
from scoring.screening.result import Screened, Screening
from scoring.technology import Text

PAGES = 60
ROWS = 1000
UNRANKED_ROWS = 200
LANGUAGES = ("zh", "en")


def write_report(
    screening: Screening,
    path: Path,
    *,
    source: str = "",
    language: str = "en",
    portfolio: PortfolioLoss | None = None,
    selection: Selection | None = None,
    pages: int = PAGES,
) -> None:
    """Write the screening's report.

    Parameters
    ----------
    screening : Screening
        What to report.
    path : Path
        The HTML file to write.
    source : str
        What was screened, such as a file's name.
    language : {"en", "zh"}
        The language shown first; the reader can switch.
    portfolio, selection : optional
        The loss of the financings asked for, and a choice among them, where they were computed.
    pages : int
        How many technologies get a page of their own.
    """
    path.write_text(_html(screening, source, language, portfolio, selection, pages), encoding="utf-8")


def _html(
    screening: Screening,
    source: str,
    language: str,
    portfolio: PortfolioLoss | None,
    selection: Selection | None,
    pages: int,
) -> str:
    jinja = needed("jinja2", "for the report")
    environment = jinja.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja.StrictUndefined
    )
    template = environment.from_string(_asset("report.html.j2"))
    shown = screening.ranked[:ROWS]
    html: str = template.render(
        texts=TEXTS,
        language=language,
        title=f"Greenhatch · {source}" if source else "Greenhatch",
        css=_asset("report.css"),
        source=source,
        as_of=screening.as_of.isoformat(),
        tiles=_tiles(screening),
        map=_in_both(lambda lang: charts.risk_readiness_map(screening, lang)),
        chart=_in_both(lambda lang: charts.ranking_chart(screening, lang)),
        rows=[view.row(row, has_page=place < pages) for place, row in enumerate(shown)],
        more_rows=len(screening.ranked) > min(pages, ROWS),
        card=screening.card,
        measure_key=f"measure_{screening.ranked_by}",
        top_of=screening.ranked[0].rank.top_of if screening.ranked and screening.ranked[0].rank else 0,
        portfolio=[_portfolio_part(part) for part in portfolio.by_currency] if portfolio else [],
        selection=_selection(selection, screening) if selection else None,
        pages=[view.page(row) for row in _paged(screening, pages)],
        unranked=[_unranked(row) for row in screening.unranked[:UNRANKED_ROWS]],
        versions=screening.versions,
    )
    return html


def _asset(name: str) -> str:
    return files("scoring.report").joinpath("templates", name).read_text(encoding="utf-8")


def _in_both(draw: Callable[[str], str]) -> Text:
    return Text(zh=draw("zh"), en=draw("en"))


def _tiles(screening: Screening) -> list[dict[str, Any]]:
    values = {
        "ranked_count": len(screening.ranked),
        "unranked_count": len(screening.unranked),
        "deals_count": len(screening.deals),
        "disagree_count": sum(row.disagreement is not None for row in screening.rows),
    }
    return [{"key": key, "value": f"{value:,}"} for key, value in values.items()]


def _paged(screening: Screening, pages: int) -> tuple[Screened, ...]:
    return screening.ranked[:pages]


def _unranked(row: Screened) -> dict[str, Any]:
    why = row.measure if isinstance(row.measure, Refusal) else Refusal(reason="not-ranked")
    return {"name": row.technology.name, "refusal": view.refusal(why)}


def _portfolio_part(loss: LossDistribution) -> dict[str, Any]:
    paid = loss.exposure_minor
    marks = {f"VaR {level:.1%}": var.value_minor / paid for level, var in zip(loss.levels, loss.var, strict=True)}
    return {
        "currency": loss.currency,
        "deals": len(loss.shares),
        "commitment": view.money(paid),
        "mean": view.amount(loss.mean),
        "marks": [
            {"key": key, "level": f"{level:.1%}", "value": view.amount(amount)}
            for key, amounts in (("var", loss.var), ("es", loss.es))
            for level, amount in zip(loss.levels, amounts, strict=True)
        ],
        "chart": _in_both(
            lambda lang: charts.loss_chart([x / paid for x, _ in loss.curve], [p for _, p in loss.curve], marks, lang)
        ),
    }


def _selection(found: Selection, screening: Screening) -> dict[str, Any]:
    names = {row.technology.id: row.technology.name for row in screening.rows}
    costs = {candidate.id: candidate.cost_minor for candidate in screening.candidates()}
    spent, limit = view.money(found.cost_minor), view.money(found.budget_minor)
    return {
        "summary": Text(
            zh=f"在{limit} {found.currency}预算内入选{len(found.chosen)}项，合计{spent} {found.currency}。",
            en=f"{len(found.chosen)} selected for {spent} of {limit} {found.currency}.",
        ),
        "lines": [
            {
                "name": names[item.id],
                "chosen": True,
                "cost": view.money(costs[item.id]),
                "marginal": "–" if item.value is None else view.money(round(item.value)),
                "swap": Text(),
            }
            for item in found.marginal_values
        ]
        + [
            {
                "name": names[swap.id],
                "chosen": False,
                "cost": view.money(costs[swap.id]),
                "marginal": "–",
                "swap": _swap_text(swap, names),
            }
            for swap in found.swaps
        ],
    }


def _swap_text(swap: Swap, names: dict[str, Text]) -> Text:
    if swap.leave is None or swap.loss is None:
        return Text(zh="任何两项以内的替换都不可行", en="no exchange of one or two admits it")
    out = [names[leaver] for leaver in swap.leave]
    return Text(
        zh=f"换出{'、'.join(name.in_language('zh') for name in out)}，价值减少{view.money(round(swap.loss))}",
        en=f"for {', '.join(name.in_language('en') for name in out)}: value falls by {view.money(round(swap.loss))}",
    )
