"""How good forecasts were: scores, the weight that a forecaster has earned, and the reliability diagram."""

import math
from collections.abc import Sequence
from statistics import NormalDist, mean

from msgspec import Struct

BINS = 10
# Below this many known outcomes a diagram says more about chance than about forecasters.
KNOWN_MIN = 20
# A bin of fewer is not shown: it could tell of a single deal.
BIN_MIN = 3
CLIP = 0.01
# After so many outcomes a forecaster's own record counts for half.
HALF_TRUST = 10
WEIGHT_LOW, WEIGHT_HIGH = 0.2, 2.0


class Scored(Struct, frozen=True):
    """A forecast whose outcome is known."""

    probability: float
    happened: bool


class Record(Struct, frozen=True, kw_only=True):
    """One forecaster's record. `skill` is 1 for a prophet, 0 for who is as good as the rate of all outcomes."""

    count: int
    brier: float
    log_score: float
    skill: float
    weight: float


class Bin(Struct, frozen=True, kw_only=True):
    """Forecasts between `low` and `high`: their mean, and how often it happened with its 90 % interval."""

    low: float
    high: float
    count: int
    mean_forecast: float
    observed: float
    observed_low: float
    observed_high: float


class Reliability(Struct, frozen=True, kw_only=True):
    """`bins` is empty until enough outcomes are known; `left_out` are forecasts in bins too small to show."""

    known: int
    needed: int
    brier: float | None
    bins: list[Bin]
    left_out: int


def brier(scored: Sequence[Scored]) -> float:
    """Mean squared distance of the probability from what happened; 0 is perfect, 0.25 is saying 50 % always."""
    return mean((one.probability - one.happened) ** 2 for one in scored)


def log_score(scored: Sequence[Scored]) -> float:
    """Mean surprise in nats; a certainty that was wrong counts as one of 99 %."""
    clipped = ((min(max(one.probability, CLIP), 1 - CLIP), one.happened) for one in scored)
    return mean(-math.log(p if happened else 1 - p) for p, happened in clipped)


def record_of(scored: Sequence[Scored], rate: float) -> Record:
    """A forecaster's record beside whoever says the overall `rate` each time.

    The weight is 1 without a record, and moves with the skill shown as far as the number of outcomes bears it.
    """
    own = brier(scored)
    reference = brier([Scored(rate, one.happened) for one in scored])
    skill = 1 - own / reference if reference > 0 else 0.0
    trust = len(scored) / (len(scored) + HALF_TRUST)
    weight = min(max(1 + trust * skill, WEIGHT_LOW), WEIGHT_HIGH)
    return Record(count=len(scored), brier=own, log_score=log_score(scored), skill=skill, weight=weight)


def wilson(successes: int, count: int, *, level: float = 0.9) -> tuple[float, float]:
    """Wilson's interval of a share."""
    z = NormalDist().inv_cdf((1 + level) / 2)
    share, denominator = successes / count, 1 + z * z / count
    middle = (share + z * z / (2 * count)) / denominator
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / denominator
    # What rounding leaves over at the ends.
    return min(max(0.0, middle - half), share), max(min(1.0, middle + half), share)


def reliability(scored: Sequence[Scored]) -> Reliability:
    """The diagram of all forecasts whose outcome is known."""
    if len(scored) < KNOWN_MIN:
        return Reliability(known=len(scored), needed=KNOWN_MIN, brier=None, bins=[], left_out=0)
    cells: list[list[Scored]] = [[] for _ in range(BINS)]
    for one in scored:
        cells[min(int(one.probability * BINS), BINS - 1)].append(one)
    bins = [_bin(number, cell) for number, cell in enumerate(cells) if len(cell) >= BIN_MIN]
    left_out = sum(len(cell) for cell in cells if len(cell) < BIN_MIN)
    return Reliability(known=len(scored), needed=KNOWN_MIN, brier=brier(scored), bins=bins, left_out=left_out)


def _bin(number: int, cell: Sequence[Scored]) -> Bin:
    happened = sum(one.happened for one in cell)
    low, high = wilson(happened, len(cell))
    return Bin(
        low=number / BINS,
        high=(number + 1) / BINS,
        count=len(cell),
        mean_forecast=mean(one.probability for one in cell),
        observed=happened / len(cell),
        observed_low=low,
        observed_high=high,
    )


SIDE, MARGIN = 320, 48


def drawn(found: Reliability) -> str:
    """The diagram as SVG: forecast to the right, observed upwards, the diagonal for who is right."""
    marks = "".join(_mark(one) for one in found.bins)
    ticks = "".join(_tick(value / 5) for value in range(6))
    left, right, top, bottom = MARGIN, MARGIN + SIDE, MARGIN, MARGIN + SIDE
    said = f"{found.known} outcomes known"
    if not found.bins:
        said += f"; the diagram is drawn from {found.needed} on"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE + 2 * MARGIN} {SIDE + 2 * MARGIN}" role="img" '
        f'font-family="sans-serif" font-size="11"><title>Reliability of forecasts / 预测可靠性</title>'
        f'<rect x="{left}" y="{top}" width="{SIDE}" height="{SIDE}" fill="none" stroke="#888"/>'
        f'<line x1="{left}" y1="{bottom}" x2="{right}" y2="{top}" stroke="#bbb" stroke-dasharray="4"/>{ticks}{marks}'
        f'<text x="{(left + right) / 2}" y="{bottom + 34}" text-anchor="middle">forecast / 预测概率</text>'
        f'<text x="14" y="{(top + bottom) / 2}" text-anchor="middle" '
        f'transform="rotate(-90 14 {(top + bottom) / 2})">observed / 实际频率</text>'
        f'<text x="{left}" y="{top - 12}">{said}</text></svg>'
    )


def _tick(value: float) -> str:
    x, y = _place(value, value)
    return (
        f'<text x="{x:.1f}" y="{MARGIN + SIDE + 14}" text-anchor="middle">{value:.1f}</text>'
        f'<text x="{MARGIN - 6}" y="{y + 4:.1f}" text-anchor="end">{value:.1f}</text>'
    )


def _mark(one: Bin) -> str:
    x, y = _place(one.mean_forecast, one.observed)
    _, low = _place(0, one.observed_low)
    _, high = _place(0, one.observed_high)
    return (
        f'<line x1="{x:.1f}" y1="{low:.1f}" x2="{x:.1f}" y2="{high:.1f}" stroke="#1b6e5a" stroke-width="2"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="#1b6e5a"><title>{one.count}: '
        f"{one.mean_forecast:.2f} → {one.observed:.2f}</title></circle>"
    )


def _place(forecast: float, observed: float) -> tuple[float, float]:
    return MARGIN + forecast * SIDE, MARGIN + (1 - observed) * SIDE
