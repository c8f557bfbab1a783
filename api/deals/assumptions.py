"""Assumptions of scoring in both languages: scoring says them in English, and each has its sentence in Chinese here."""

import re
from collections.abc import Callable

from scoring.technology import Text

_PRIOR = "专家先验（无二次开发交易违约的公开记录）"
_EXITS = {"default": "违约", "abandonment": "中止"}
_SOURCES = {
    "expert prior: no public record of defaults of secondary-development deals exists": _PRIOR,
    "expert-prior": "专家先验",
}
Said = Callable[[re.Match[str]], str]
_SENTENCES: tuple[tuple[str, Said], ...] = (
    (r"hazards: (?P<source>.+)", lambda m: f"风险率：{_source(m['source'])}"),
    (
        r"severity on (?P<exit>default|abandonment): Beta, mean (?P<mean>[\d.]+), (?P<source>.+)",
        lambda m: f"{_EXITS[m['exit']]}时损失率：Beta 分布，均值 {m['mean']}，{_source(m['source'])}",
    ),
    (r"collateral counts after a haircut of (?P<share>\S+)", lambda m: f"抵押物按 {m['share']} 折扣后计入"),
    (
        r"no payoff given: the right to stop early is not valued and not used",
        lambda _: "未给出收益：提前终止权不计价、不行使",
    ),
    (
        r"intervals: corners of the parameters' 90 % intervals, all stages moving together",
        lambda _: "区间取各参数 90% 区间的端点，各阶段同向变动",
    ),
    (
        r"less than 1x back: 65 % of 21,000\+ venture financings 2004-2013, updated by the stages survived",
        lambda _: "回收不足 1 倍的比例：2004–2013 年 2.1 万余笔风险投资中占 65%，按已通过的阶段更新",
    ),
    (
        r"a stage cut into milestones keeps its length, its money and its hazards at each review",
        lambda _: "阶段拆分为里程碑后，时长、资金及每次审查的风险率不变",
    ),
    (r"costs arise evenly over a stage", lambda _: "阶段内成本均匀发生"),
    (r"holdback: the largest allowed, (?P<share>\S+)", lambda m: f"留存款：取允许的最高比例 {m['share']}"),
)


def assumption(said: str) -> Text:
    """The sentence in both languages; one that is not known here stays in English alone."""
    for pattern, in_chinese in _SENTENCES:
        if found := re.fullmatch(pattern, said):
            return Text(zh=in_chinese(found), en=said)
    return Text(en=said)


def _source(said: str) -> str:
    defaults = re.fullmatch(r"defaults: (.+); the rest: (.+)", said)
    if defaults:
        return f"违约取自 {defaults[1]}，其余：{_source(defaults[2])}"
    return _SOURCES.get(said, said)
