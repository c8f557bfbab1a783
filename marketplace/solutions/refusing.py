"""Why there is no train: the limit that nothing keeps, and how near the best comes."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from marketplace.needs.specification import Stream
from marketplace.solutions.candidates import Floats, Pool, Stage
from marketplace.solutions.search import Target, cheapest
from scoring.errors import Refusal


def ground_unsaid(number: int, pool: Pool) -> Refusal | None:
    """Where those that might keep the limits are sized by volume or mass, and the need gives an area alone."""
    lacking = [name for name in ("depth", "density") if f"{name}-unsaid" in pool.left_out]
    if not lacking:
        return None
    count = sum(pool.left_out[f"{name}-unsaid"] for name in lacking)
    en, zh = zip(*(_GROUND[name] for name in lacking), strict=True)
    return Refusal(
        reason="ground-unsaid",
        missing=tuple(f"specification.streams.{number}.ground.{field}" for name in lacking for field in _FIELDS[name]),
        message=f"Technologies for this are sized by volume or mass ({count} of them), which an area alone does not "
        f"tell. Say {' and '.join(en)}.",
        message_zh=f"可用技术按体积或质量定规模（{count}项），仅有面积无法判断。请补充{'和'.join(zh)}。",
    )


_GROUND = {
    "depth": ("how deep the soil is polluted, in metres", "污染深度（米）"),
    "density": ("what a cubic metre of the soil weighs, in tonnes", "土壤容重（吨/立方米）"),
}
_FIELDS = {
    "depth": ("depth_low_m", "depth_high_m"),
    "density": ("density_low_t_per_m3", "density_high_t_per_m3"),
}


def refusal(stream: Stream, stages: Sequence[Stage], target: Target) -> Refusal:
    """Each limit alone first, then the caps, then which two limits are not kept together."""
    asked = [at for at, limit in enumerate(target.limits.tolist()) if np.isfinite(limit)]
    free = target._replace(caps=np.full(3, np.inf))
    if alone := [at for at in asked if cheapest(stages, _only(free, [at])) is None]:
        return _unreachable(stream, stages, free, alone)
    if cheapest(stages, free) is not None:
        return Refusal(
            reason="caps", missing=("specification.capex", "specification.opex"),
            message="All limits can be kept, but not within the cost caps.",
            message_zh="各项限值均可达到，但超出费用上限。",
        )  # fmt: skip
    pairs = [pair for pair in combinations(asked, 2) if cheapest(stages, _only(free, list(pair))) is None]
    together = list(pairs[0]) if pairs else asked
    names = [stream.pollutants[at].name for at in together]
    return Refusal(
        reason="not-together", missing=tuple(names),
        message=f"Each limit can be kept alone, but no train keeps these together: {', '.join(names)}.",
        message_zh=f"各项限值可单独达到，但没有工艺链能同时达到：{'、'.join(names)}。",
    )  # fmt: skip


def _only(target: Target, chosen: list[int]) -> Target:
    limits = np.full(len(target.limits), np.inf)
    limits[chosen] = target.limits[chosen]
    return target._replace(limits=limits)


def _unreachable(stream: Stream, stages: Sequence[Stage], target: Target, alone: list[int]) -> Refusal:
    best = [_least(stages, target, at) for at in alone]
    told = [(stream.pollutants[at], left) for at, left in zip(alone, best, strict=True)]
    english = "; ".join(
        f"{one.name} {one.limit:g} {one.unit} (the best train leaves {left:,.4g})" for one, left in told
    )
    chinese = "；".join(f"{one.name} {one.limit:g} {one.unit}（最好的工艺链出口为{left:,.4g}）" for one, left in told)
    return Refusal(
        reason="limit-unreachable",
        missing=tuple(one.name for one, _ in told),
        message=f"Nothing published keeps {english}.",
        message_zh=f"已发布的技术均不能达到：{chinese}。",
    )


def _least(stages: Sequence[Stage], target: Target, at: int, tries: int = 40) -> float:
    """The lowest concentration that some train leaves, by halving between nothing and what comes in."""
    low, high = 0.0, float(target.start[at])
    limits: Floats = np.full(len(target.limits), np.inf)
    for _ in range(tries):
        limits[at] = (low + high) / 2
        if cheapest(stages, target._replace(limits=limits)) is None:
            low = float(limits[at])
        else:
            high = float(limits[at])
        if high - low <= 1e-3 * high:
            break
    return high
