"""What a portfolio is ranked by, and the ranks."""

from collections import Counter
from collections.abc import Sequence

from scoring.errors import Refusal
from scoring.portfolio.deal import Estimate
from scoring.portfolio.ranks import rank_intervals
from scoring.screening.result import Place, RankedBy

ENOUGH = 0.5
"""The share of a portfolio that must have a measure before the whole of it is ranked by that."""


def choose_measure(with_plan: int, by_card: dict[str, int], total: int) -> tuple[RankedBy, str | None]:
    """Plans where most ask for financing, a card where most have its inputs, else the standard next stage."""
    if with_plan >= ENOUGH * total:
        return RankedBy.PLAN, None
    card = max(by_card, key=lambda name: by_card[name], default=None)
    if card is not None and by_card[card] >= ENOUGH * total:
        return RankedBy.CARD, card
    return RankedBy.COMPLETION, None


def places_of(measures: Sequence[Estimate | Refusal], top: int) -> list[Place | None]:
    """A place for everything that has a measure; the highest is the first."""
    ranked = [number for number, measure in enumerate(measures) if isinstance(measure, Estimate)]
    places: list[Place | None] = [None] * len(measures)
    if not ranked:
        return places
    estimates = [measure for measure in measures if isinstance(measure, Estimate)]
    intervals = rank_intervals(
        [str(number) for number in ranked],
        [estimate.value for estimate in estimates],
        [estimate.low for estimate in estimates],
        [estimate.high for estimate in estimates],
        top=(top,),
    )
    tiers = _tiers([interval.tier for interval in intervals])
    for number, estimate, interval in zip(ranked, estimates, intervals, strict=True):
        better, size = tiers[interval.tier]
        in_top = interval.top[0][1]
        if estimate.low == estimate.high:
            # Equal and certain: the shared places are drawn by lot.
            in_top = min(1.0, max(0.0, (top - better) / size))
        places[number] = Place(
            rank=better + 1,
            low=min(interval.low, better + 1),
            high=max(interval.high, better + size),
            in_top=in_top,
            top_of=top,
        )
    return places


def _tiers(tiers: Sequence[int]) -> dict[int, tuple[int, int]]:
    """By tier: how many items stand in better ones, and how many in this one."""
    counts = Counter(tiers)
    found, above = {}, 0
    for tier in sorted(counts):
        found[tier] = (above, counts[tier])
        above += counts[tier]
    return found
