"""One sentence or two, in both languages, on how the interval came about."""

from collections import Counter

from scoring.readiness.arl import HIGH_RISK, MEDIUM_RISK
from scoring.readiness.assessment import Blocker
from scoring.readiness.framework import Framework
from scoring.readiness.reading import Reading
from scoring.technology import Text

Ends = tuple[int | None, int | None]


def explain(framework: Framework, deciding: list[Reading], ends: Ends, blocking: tuple[Blocker, ...]) -> Text:
    """What is proven, what is claimed, and what comes next."""
    if framework.aggregator == "profile":
        said = _profile(framework, deciding)
    elif framework.aggregator == "arl-table":
        said = _risks(framework, deciding, ends)
    else:
        said = _ladder(framework, deciding, ends)
    if not blocking:
        return said
    first = blocking[0].text
    return Text(f"{said.zh}下一步：{first.zh}。", f"{said.en} Next: {first.en}.")


def _ladder(framework: Framework, deciding: list[Reading], ends: Ends) -> Text:
    low, high = ends
    zh, en = framework.name.zh, framework.name.en
    if min(reading.proven for reading in deciding) < framework.levels[0].level:
        proven = Text(f"{zh}：尚无足够证据证明任何等级；", f"{en}: no level is proven yet;")
    else:
        proven = Text(f"{zh}：证据可证明{low}级；", f"{en}: evidence proves level {low};")
    if high == low:
        return Text(f"{proven.zh}没有更高的声明。", f"{proven.en} nothing higher is claimed.")
    return Text(
        f"{proven.zh}声明且未被否定的最高为{high}级。", f"{proven.en} level {high} is claimed and not disproved."
    )


def _risks(framework: Framework, deciding: list[Reading], ends: Ends) -> Text:
    worst = Counter(reading.low for reading in deciding)
    unknown = sum(not reading.known for reading in deciding)
    high, medium = worst[HIGH_RISK], worst[MEDIUM_RISK]
    return Text(
        f"{framework.name.zh}：按最差情形计高风险{high}项（其中{unknown}项未知）、中风险{medium}项，"
        f"查表得{ends[0]}级；若声明全部成立则为{ends[1]}级。",
        f"{framework.name.en}: {high} dimensions of High risk in the worst case ({unknown} of them unknown) and "
        f"{medium} of Medium make level {ends[0]}; level {ends[1]} if all that is claimed holds.",
    )


def _profile(framework: Framework, deciding: list[Reading]) -> Text:
    parts = ", ".join(f"{framework.scales[r.scale].id.upper()} {r.low}–{r.high}" for r in deciding)
    return Text(f"{framework.name.zh}（各维度不合计）：{parts}。", f"{framework.name.en} (no total): {parts}.")
