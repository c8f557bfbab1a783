"""What the interviewer can ask: each question with options cut where the technologies that are left differ."""

import itertools
import math
from collections.abc import Iterator, Sequence

from marketplace.needs.answers import first_stream
from marketplace.needs.envelopes import Envelope
from marketplace.needs.quantities import converted, price_converted
from marketplace.needs.sizes import unsaid
from marketplace.needs.specification import Pollutant, Specification, Stream
from marketplace.numbers import grouped
from scoring.technology import MEDIUM_NAMES, Medium, Text

_OPTIONS_MAX = 8
_DEPTHS_M = (0.1, 0.3, 1.0, 3.0, 6.0, 12.0)
_DENSITIES_T_PER_M3 = (1.0, 1.3, 1.5, 1.8)
_CUTS = 3  # between the least and the greatest of what technologies say

# A question: its key, its text, and the keys and labels of its options.
Asked = tuple[str, Text, list[tuple[str, Text]]]


def questions(specification: Specification, left: Sequence[Envelope]) -> Iterator[Asked]:
    if specification.medium is None:
        yield "medium", Text(zh="属于哪个领域？", en="Which medium is it about?"), _media(left)
        if len({technology.media for technology in left}) > 1:
            return  # quantities of different media do not compare
    stream = first_stream(specification)
    if not stream.pollutants:
        yield "pollutant", Text(zh="主要污染物是什么？", en="Which pollutant matters most?"), _pollutants(left)
    for pollutant in stream.pollutants:
        yield from _about(pollutant, left)
    if stream.flow is None:
        ends = [(t.scale.low, t.scale.high, t.scale.unit) for t in left if t.scale is not None]
        yield "flow", Text(zh="规模有多大？", en="How large is it?"), _spans(ends)
    yield from _about_ground(stream, left)
    for kind, cap, zh, en in (
        ("capex", specification.capex, "单位投资上限是多少？", "How much may it cost to build, per unit of capacity?"),
        ("opex", specification.opex, "单位运行费用上限是多少？", "How much may it cost to run, per unit treated?"),
    ):
        if cap is None:
            yield kind, Text(zh=zh, en=en), _caps(kind, left)


def _about_ground(stream: Stream, left: Sequence[Envelope]) -> Iterator[Asked]:
    """What an area lacks for those that are sized by volume or by mass; cuts are where digging gets another kind."""
    lacking = {unsaid(stream, technology.scale.unit) for technology in left if technology.scale is not None}
    if "depth" in lacking:
        cuts = [_between(low, high, "m") for low, high in itertools.pairwise(_DEPTHS_M)]
        yield "depth", Text(zh="污染深度是多少？", en="How deep is the soil polluted?"), cuts
    elif "density" in lacking:
        cuts = [_between(low, high, "t/m3") for low, high in itertools.pairwise(_DENSITIES_T_PER_M3)]
        yield "density", Text(zh="土壤容重是多少？", en="What does a cubic metre of the soil weigh?"), cuts


def _about(pollutant: Pollutant, left: Sequence[Envelope]) -> Iterator[Asked]:
    name = pollutant.name
    taken = [found for technology in left if (found := technology.influent.get(name)) is not None]
    if pollutant.high is None:
        text = Text(zh=f"{name}的进口浓度是多少？", en=f"How much {name} comes in?")
        yield f"concentration.{name}", text, _spans([(entry.low, entry.high, entry.unit) for entry in taken])
    elif pollutant.limit is None:
        removals = [removal for technology in left if (removal := technology.removal.get(name)) is not None]
        reached = [pollutant.high * (1 - removal.typical) for removal in removals]
        text = Text(zh=f"{name}的排放限值是多少？", en=f"How much {name} may be left?")
        yield f"limit.{name}", text, [_at_most(cut, pollutant.unit) for cut in _quantiles(reached)]


def _media(left: Sequence[Envelope]) -> list[tuple[str, Text]]:
    present = {medium for technology in left for medium in technology.media}
    return [(medium.value, _MEDIA[medium]) for medium in Medium if medium.value in present]


def _pollutants(left: Sequence[Envelope]) -> list[tuple[str, Text]]:
    counts: dict[str, int] = {}
    for technology in left:
        for name in technology.pollutants:
            counts[name] = counts.get(name, 0) + 1
    common = sorted(counts, key=lambda name: (-counts[name], name))[:_OPTIONS_MAX]
    return [(name, Text(zh=name, en=name)) for name in common]


def _spans(ranges: Sequence[tuple[float | None, float | None, str]]) -> list[tuple[str, Text]]:
    """Ranges between cuts at the ends that technologies give, in the unit that most of them use."""
    units = [unit for _, _, unit in ranges]
    if not units:
        return []
    unit = max(units, key=lambda name: (units.count(name), name))
    ends = [converted(end, given, unit) for low, high, given in ranges for end in (low, high) if end is not None]
    known = sorted({end for end in ends if end is not None})
    if len(known) < 2:
        return []
    cuts = list(dict.fromkeys([known[0], *_quantiles(known)]))
    return [_between(low, high, unit) for low, high in itertools.pairwise(cuts)]


def _between(low: float, high: float, unit: str) -> tuple[str, Text]:
    shown = f"{grouped(low, 6)}–{grouped(high, 6)} {unit}"
    return f"{_plain(low)}..{_plain(high)} {unit}", Text(zh=shown, en=shown)


def _at_most(limit: float, unit: str) -> tuple[str, Text]:
    rounded = math.ceil(limit * 100) / 100 if limit < 10 else math.ceil(limit)
    return f"0..{_plain(rounded)} {unit}", Text(
        zh=f"不超过{grouped(rounded, 6)} {unit}", en=f"at most {grouped(rounded, 6)} {unit}"
    )


def _plain(value: float) -> str:
    return repr(value).removesuffix(".0")


def _quantiles(values: Sequence[float]) -> list[float]:
    """Cuts that split the values evenly, each of them one of the values; the last is the greatest."""
    ordered = sorted(values)
    picked = [ordered[(len(ordered) - 1) * part // (_CUTS + 1)] for part in range(1, _CUTS + 2)] if ordered else []
    return list(dict.fromkeys(picked))


def _caps(kind: str, left: Sequence[Envelope]) -> list[tuple[str, Text]]:
    costs = [cost for technology in left for cost in technology.costs if cost.kind == kind]
    ways = [(cost.currency, cost.per_unit) for cost in costs]
    if not ways:
        return []
    currency, unit = max(ways, key=lambda way: (ways.count(way), way))
    prices = [
        price
        for cost in costs
        if cost.currency == currency and (price := price_converted(cost.amount_minor, cost.per_unit, unit)) is not None
    ]
    return [_cap(cut, currency, unit) for cut in _quantiles(prices)]


def _cap(amount_minor: float, currency: str, unit: str) -> tuple[str, Text]:
    whole = math.ceil(amount_minor)
    shown = f"{whole / 100:,.2f} {currency}/{unit}"
    return f"..{whole} {currency}/{unit}", Text(zh=f"不超过{shown}", en=f"at most {shown}")


# Somebody with a problem is asked in wider words.
_MEDIA = MEDIUM_NAMES | {
    Medium.SOIL: Text(zh="土壤与地下水", en="Soil and groundwater"),
    Medium.NOISE: Text(zh="噪声与振动", en="Noise and vibration"),
}
