"""By how much a technology keeps each limit of a need, with its sign, and which limit binds.

A margin is a share of the limit: +0.2 is a fifth to spare, −0.2 a fifth too much. What a technology does not say is
unknown, and an unknown limit is never a met one.
"""

from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import Struct

from marketplace.needs.envelopes import Envelope, Range
from marketplace.needs.quantities import converted, price_converted
from marketplace.needs.sizes import size_in, unsaid
from marketplace.needs.specification import Cap, Flow, Pollutant, Specification, Stream
from marketplace.numbers import grouped
from scoring.technology import Text

Verdict = Literal["met", "likely", "possible", "missed", "unknown"]
Fit = Literal["fits", "likely", "possible", "unknown", "missed"]
_WORST_FIRST: tuple[Verdict, ...] = ("missed", "unknown", "possible", "likely", "met")
_FITS: dict[Verdict, Fit] = {
    "met": "fits", "likely": "likely", "possible": "possible", "unknown": "unknown", "missed": "missed",
}  # fmt: skip


class Margin(Struct, frozen=True, kw_only=True):
    """One limit: at the worst, typically and at best. All three are None where it is unknown, and `reason` says why."""

    limit: str
    low: float | None = None
    typical: float | None = None
    high: float | None = None
    verdict: Verdict
    reason: Text


class Match(Struct, frozen=True, kw_only=True):
    """A technology beside a need. `binding` is the known limit with the least room, typically."""

    technology: Envelope
    fit: Fit
    margins: tuple[Margin, ...]
    binding: Margin | None
    unknown: int
    missed: int


class Relaxation(Struct, frozen=True, kw_only=True):
    """One limit that, loosened by `share` of itself, lets the next technology in; nothing else of it is missed."""

    limit: str
    share: float
    technology: Envelope


def match(specification: Specification, technologies: Sequence[Envelope]) -> list[Match]:
    """Technologies for the need's medium and at least one of its pollutants, the best first.

    The order: fewest limits missed, then fewest unknown, then the most room at the binding limit.
    """
    found = [_match(specification, technology) for technology in technologies if concerns(specification, technology)]
    return sorted(found, key=_rank)


def _rank(found: Match) -> tuple[int, int, float, str]:
    room = found.binding.typical if found.binding and found.binding.typical is not None else -1.0
    return found.missed, found.unknown, -room, str(found.technology.id)


def concerns(specification: Specification, technology: Envelope) -> bool:
    """Whether the technology is for this medium, and for any of the pollutants."""
    if specification.medium is not None and specification.medium.value not in technology.media:
        return False
    wanted = specification.pollutant_names()
    return not wanted or any(name in technology.pollutants for name in wanted)


def relaxations(matches: Sequence[Match], *, limit: int = 3) -> list[Relaxation]:
    """For each limit the technology nearest to it among those that miss this one alone; the smallest change first."""
    nearest: dict[str, Relaxation] = {}
    for found in matches:
        missed = [
            (margin.limit, -margin.high) for margin in found.margins if margin.high is not None and margin.high < 0
        ]
        if len(missed) != 1:
            continue
        name, share = missed[0]
        if name not in nearest or share < nearest[name].share:
            nearest[name] = Relaxation(limit=name, share=share, technology=found.technology)
    return sorted(nearest.values(), key=lambda entry: (entry.share, entry.limit))[:limit]


def _match(specification: Specification, technology: Envelope) -> Match:
    margins = tuple(margins_of(specification, technology))
    known = [margin for margin in margins if margin.high is not None]
    verdicts = [margin.verdict for margin in margins]
    return Match(
        technology=technology,
        fit=fit_of(verdicts),
        margins=margins,
        binding=min(known, key=lambda margin: (margin.typical, margin.low)) if known else None,
        unknown=verdicts.count("unknown"),
        missed=verdicts.count("missed"),
    )


def fit_of(verdicts: Sequence[Verdict]) -> Fit:
    """As good as the worst of the limits; where there is none, nobody knows."""
    return _FITS[next((verdict for verdict in _WORST_FIRST if verdict in verdicts), "unknown")]


def margins_of(specification: Specification, technology: Envelope) -> Iterator[Margin]:
    """Every limit of the need, in the need's order."""
    for number, stream in enumerate(specification.streams):
        for pollutant in stream.pollutants:
            yield from _of_pollutant(f"streams.{number}.{pollutant.name}", pollutant, technology)
        if stream.flow is not None:
            yield _of_size(f"streams.{number}.flow", stream, stream.flow, technology.scale)
    climate = specification.climate
    if climate.temperature_low_c is not None or climate.temperature_high_c is not None:
        yield _in_climate(climate.temperature_low_c, climate.temperature_high_c, technology.temperature)
    for kind, cap in (("capex", specification.capex), ("opex", specification.opex)):
        if cap is not None:
            yield _under_cap(kind, cap, technology)
    if specification.site.footprint_m2 is not None:
        yield _on_site(specification.site.footprint_m2, technology.footprint)


def _of_pollutant(name: str, pollutant: Pollutant, technology: Envelope) -> Iterator[Margin]:
    low = pollutant.low if pollutant.low is not None else pollutant.high
    high = pollutant.high if pollutant.high is not None else pollutant.low
    if low is not None and high is not None:
        yield _within(f"{name}.influent", low, high, pollutant.unit, technology.influent.get(pollutant.name))
    if pollutant.limit is not None:
        yield _effluent(f"{name}.effluent", pollutant, low, high, technology)


def _of_size(name: str, stream: Stream, flow: Flow, scale: Range | None) -> Margin:
    size = size_in(stream, scale.unit) if scale else None
    if scale and (lacking := unsaid(stream, scale.unit)):
        en, zh = _UNSAID[lacking]
        return _unknown(name, f"sized in {scale.unit}; {en}", f"以{scale.unit}计；{zh}")
    # In the unit of the technology only where it is not the need's own: people know their numbers again.
    if size is None or scale is None or converted(1.0, flow.unit, scale.unit) is not None:
        return _within(name, flow.amount, flow.amount, flow.unit, scale)
    return _within(name, size.low, size.high, size.unit, scale)


_UNSAID = {
    "depth": ("how deep the soil is polluted is not said", "需求未给出污染深度"),
    "density": ("the soil's bulk density is not said", "需求未给出土壤容重"),
}


def _within(name: str, low: float, high: float, unit: str, allowed: Range | None) -> Margin:
    """From `low` to `high` inside what the technology takes: the margin to the nearer end, as a share of that end."""
    if allowed is None or (allowed.low is None and allowed.high is None):
        return _unknown(name, "the technology gives no range", "该技术未给出范围")
    (bottom, top) = (None if end is None else converted(end, allowed.unit, unit) for end in (allowed.low, allowed.high))
    if bottom is None and top is None:
        return _unknown(name, f"given in {allowed.unit}, not in {unit}", f"单位为{allowed.unit}，无法与{unit}比较")
    room = [] if top is None else [_share(top - high, top)]
    room += [] if not bottom else [_share(low - bottom, bottom)]
    ends = f"{_number(bottom)}–{_number(top)} {unit}"
    return _exact(name, min(room), f"takes {ends}", f"适用范围{ends}")


def _effluent(name: str, pollutant: Pollutant, low: float | None, high: float | None, technology: Envelope) -> Margin:
    removal = technology.removal.get(pollutant.name)
    if removal is None:
        return _unknown(name, "the technology gives no removal", "该技术未给出去除率")
    if low is None or high is None or pollutant.limit is None:
        return _unknown(name, "the need gives no concentration to begin with", "需求未给出进口浓度")
    # Judged at the highest concentration that comes in; only the best case may count on the lowest.
    ends = (high * (1 - removal.low), high * (1 - removal.typical), low * (1 - removal.high))
    worst, typical, best = (_share(pollutant.limit - left, pollutant.limit) for left in ends)
    left = f"{_number(ends[2])}–{_number(ends[0])} {pollutant.unit}"
    limit = f"{_number(pollutant.limit)} {pollutant.unit}"
    reason = Text(en=f"leaves {left} where {limit} is allowed", zh=f"出口{left}，限值{limit}")
    return Margin(
        limit=name, low=worst, typical=typical, high=best, verdict=verdict_of(worst, typical, best), reason=reason
    )


def _under_cap(kind: str, cap: Cap, technology: Envelope) -> Margin:
    costs = [cost for cost in technology.costs if cost.kind == kind]
    if not costs:
        return _unknown(kind, f"the technology gives no {kind}", "该技术未给出费用")
    prices = [
        price
        for cost in costs
        if cost.currency == cap.currency
        and (price := price_converted(cost.amount_minor, cost.per_unit, cap.per_unit)) is not None
    ]
    if not prices:
        given = "; ".join(f"{cost.currency} per {cost.per_unit}" for cost in costs)
        asked = f"{cap.currency} per {cap.per_unit}"
        return _unknown(kind, f"given in {given}, not in {asked}", f"费用以{given}计，无法与{asked}比较")
    rooms = sorted(_share(cap.amount_minor - price, cap.amount_minor) for price in prices)
    price = min(prices) / 100
    reason = Text(
        en=f"costs {price:,.2f} {cap.currency} per {cap.per_unit}", zh=f"费用{price:,.2f} {cap.currency}/{cap.per_unit}"
    )
    worst, best = rooms[0], rooms[-1]
    return Margin(
        limit=kind, low=worst, typical=worst, high=best, verdict=verdict_of(worst, worst, best), reason=reason
    )


def _in_climate(low: float | None, high: float | None, allowed: Range | None) -> Margin:
    """Degrees have no natural zero: the room is counted in parts of ten kelvin."""
    if allowed is None or allowed.unit not in ("C", "°C", "℃"):
        return _unknown("climate.temperature", "the technology gives no temperatures", "该技术未给出适用温度")
    room = [(low - allowed.low) / 10] if low is not None and allowed.low is not None else []
    room += [(allowed.high - high) / 10] if high is not None and allowed.high is not None else []
    if not room:
        return _unknown("climate.temperature", "the technology leaves this end open", "该技术未给出该端温度")
    ends = f"{_number(allowed.low)}–{_number(allowed.high)} °C"
    return _exact("climate.temperature", min(room), f"works at {ends}", f"适用温度{ends}")


def _on_site(footprint_m2: float, wanted: Range | None) -> Margin:
    most = None if wanted is None or wanted.high is None else converted(wanted.high, wanted.unit, "m2")
    if most is None:
        return _unknown("site.footprint", "the technology gives no footprint", "该技术未给出占地面积")
    room = _share(footprint_m2 - most, footprint_m2)
    return _exact("site.footprint", room, f"needs {_number(most)} m2", f"占地{_number(most)} m2")


def _unknown(limit: str, reason: str, reason_zh: str) -> Margin:
    return Margin(limit=limit, verdict="unknown", reason=Text(en=reason, zh=reason_zh))


def _exact(limit: str, room: float, reason: str, reason_zh: str) -> Margin:
    verdict = verdict_of(room, room, room)
    return Margin(limit=limit, low=room, typical=room, high=room, verdict=verdict, reason=Text(en=reason, zh=reason_zh))


def verdict_of(low: float, typical: float, high: float) -> Verdict:
    """What a margin says by its signs, at the worst, typically and at best."""
    if low >= 0:
        return "met"
    return "likely" if typical >= 0 else "possible" if high >= 0 else "missed"


def _share(room: float, whole: float) -> float:
    """A share of the limit; of a limit of nothing, nothing can be spared and anything is all too much."""
    return room / whole if whole > 0 else (0.0 if room >= 0 else -1.0)


def _number(value: float | None) -> str:
    return "…" if value is None else grouped(value)
