"""The report's charts, as SVG: Vega-Lite written with Altair and rendered without a browser or a network."""

from collections.abc import Iterable, Sequence
from typing import Any

from scoring.io.optional import needed
from scoring.portfolio.deal import DealRisk
from scoring.report.texts import say
from scoring.screening.result import LevelBelief, Screened, Screening
from scoring.technology import MEDIUM_NAMES

GREEN, BLUE, GREY, RED = "#0b7a53", "#2b5f9e", "#8a939b", "#b3372f"
POINTS_LABELLED = 12
POINTS_WITH_INTERVALS = 150
POINTS_MAX = 2000
ROWS_RANKED = 30
LABEL_LENGTH = 22


def risk_readiness_map(screening: Screening, language: str) -> str:
    """Readiness against expected loss; technologies at the same place share a point. Empty where nothing has both."""
    points = _map_points(screening.ranked[:POINTS_MAX], language)
    if not points:
        return ""
    alt = _altair()
    base = alt.Chart(alt.Data(values=points))
    levels = alt.Scale(domain=[0.5, 9.5], nice=False)
    level = alt.X(
        "level:Q", title=say("readiness_level", language), scale=levels, axis=alt.Axis(values=list(range(1, 10)))
    )
    risk = alt.Y("risk:Q", title=say("expected_loss_axis", language), axis=alt.Axis(format=".0%"))
    colour = _colour_of_media(points, language)
    size = alt.Size("count:Q", legend=None, scale=alt.Scale(domain=[1, 60], range=[60, 500]))
    layers = [base.mark_circle(opacity=0.85).encode(x=level, y=risk, color=colour, size=size)]
    if len(points) <= POINTS_WITH_INTERVALS:
        faint = base.mark_rule(opacity=0.3)
        layers.insert(0, faint.encode(x=level, x2="level_high:Q", y=risk, color=colour))
        layers.insert(0, faint.encode(x=level, y="risk_low:Q", y2="risk_high:Q", color=colour))
    named = alt.Chart(alt.Data(values=_labelled(points)))
    layers.append(named.mark_text(dx=10, align="left", fontSize=10, color=GREY).encode(x=level, y=risk, text="name:N"))
    return _svg(alt.layer(*layers).properties(width=720, height=400))


def _colour_of_media(points: Sequence[dict[str, Any]], language: str) -> Any:
    """The same medium has the same colour in either language."""
    alt = _altair()
    there = {point["medium"] for point in points}
    names = [name.in_language(language) for name in MEDIUM_NAMES.values()]
    colours = alt.Scale(scheme="tableau10", domain=[name for name in (*names, "–") if name in there])
    shown = alt.Legend(symbolOpacity=0.85)  # else as faint as the lines
    return alt.Color("medium:N", title=say("medium", language), scale=colours, legend=shown)


def _map_points(rows: Iterable[Screened], language: str) -> list[dict[str, Any]]:
    points: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        if not isinstance(row.level, LevelBelief) or not isinstance(row.risk, DealRisk):
            continue
        loss, paid = row.risk.expected_loss_minor, row.risk.commitment_minor
        media = row.technology.media
        medium = MEDIUM_NAMES[media[0]].in_language(language) if media else "–"
        place = (row.level.level, row.level.high, loss.value_minor / paid, medium)
        point = points.setdefault(
            place,
            {
                "name": _short(row.technology.name.in_language(language)),
                "medium": medium,
                "level": row.level.level,
                "level_high": row.level.high,
                "risk": loss.value_minor / paid,
                "risk_low": loss.low_minor / paid,
                "risk_high": loss.high_minor / paid,
                "count": 0,
            },
        )
        point["count"] += 1
    return list(points.values())


def _labelled(points: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Names for the places that stand free: where two would be written over one another, the first has it."""
    labelled: list[dict[str, Any]] = []
    for point in points:
        near = [p for p in labelled if abs(p["level"] - point["level"]) < 2 and abs(p["risk"] - point["risk"]) < 0.025]
        if not near and len(labelled) < POINTS_LABELLED:
            others = point["count"] - 1
            labelled.append(point | {"name": point["name"] + (f" +{others}" if others else "")})
    return labelled


def ranking_chart(screening: Screening, language: str) -> str:
    """The measure of the first technologies with its interval, best at the top."""
    points = [_ranked_point(row, language) for row in screening.ranked[:ROWS_RANKED]]
    if not points:
        return ""
    alt = _altair()
    base = alt.Chart(alt.Data(values=points))
    row = alt.Y("name:N", sort=[point["name"] for point in points], title=None, axis=alt.Axis(labelLimit=260))
    axis = alt.X("value:Q", title=say(f"measure_{screening.ranked_by}", language), axis=alt.Axis(format=".0%"))
    bars = base.mark_rule(color=GREEN, opacity=0.45, strokeWidth=5).encode(y=row, x="low:Q", x2="high:Q")
    dots = base.mark_circle(color=GREEN, size=60, opacity=1).encode(y=row, x=axis)
    return _svg(alt.layer(bars, dots).properties(width=520, height=18 * len(points)))


def _ranked_point(row: Screened, language: str) -> dict[str, Any]:
    estimate: Any = row.measure
    name = f"{row.rank.rank if row.rank else ''}. {_short(row.technology.name.in_language(language))}"
    return {"name": name, "value": estimate.value, "low": estimate.low, "high": estimate.high}


def loss_chart(losses: Iterable[float], exceedance: Iterable[float], marks: dict[str, float], language: str) -> str:
    """The probability that the portfolio loses more than a share of its commitment, with VaR and ES marked."""
    alt = _altair()
    curve = [{"loss": x, "p": p} for x, p in zip(losses, exceedance, strict=True)]
    lines = [{"loss": value, "name": name} for name, value in marks.items()]
    x = alt.X("loss:Q", title=say("loss_axis", language), axis=alt.Axis(format=".0%"))
    y = alt.Y("p:Q", title=say("exceedance_axis", language), axis=alt.Axis(format=".0%"))
    area = alt.Chart(alt.Data(values=curve)).mark_area(color=BLUE, opacity=0.25, line={"color": BLUE}).encode(x=x, y=y)
    marked = alt.Chart(alt.Data(values=lines))
    rules = marked.mark_rule(color=RED, strokeDash=[4, 3]).encode(x=x)
    names = marked.mark_text(color=RED, align="left", dx=4, dy=-150, angle=0).encode(x=x, text="name:N")
    return _svg(alt.layer(area, rules, names).properties(width=720, height=320))


def _short(name: str) -> str:
    return name if len(name) <= LABEL_LENGTH else name[: LABEL_LENGTH - 1] + "…"


def _altair() -> Any:
    return needed("altair", "for the report's charts")


def _svg(chart: Any) -> str:
    convert = needed("vl_convert", "for the report's charts")
    font = "system-ui, 'Noto Sans CJK SC', sans-serif"
    room = {"left": 5, "top": 5, "right": 24, "bottom": 5}  # the reader's font may be wider than the one measured with
    styled = chart.configure(font=font, background="transparent", padding=room).configure_view(stroke=None)
    svg: str = convert.vegalite_to_svg(styled.to_dict())
    return svg
