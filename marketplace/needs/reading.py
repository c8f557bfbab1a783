"""Plain words, Chinese or English, read into a typed need; for every value the words that it was read from.

Nothing is guessed: what no pattern finds stays unknown and is asked for.
"""

import re
from collections.abc import Iterator
from datetime import date

from msgspec import Struct
from msgspec.structs import replace

from marketplace.needs.ground import ground_in
from marketplace.needs.quantities import dimension
from marketplace.needs.specification import (
    AMOUNT_MAX,
    NO_UNIT,
    POLLUTANTS_MAX,
    Cap,
    Climate,
    Flow,
    Pollutant,
    Site,
    Specification,
    Stream,
)
from marketplace.needs.vocabulary import CURRENCIES, INCOMING, LIMITING, MEDIA, POLLUTANTS, TREATED, UNITS
from marketplace.needs.words import Finding, Words, fold
from scoring.technology import Medium

FLOWS = frozenset({"water-flow", "gas-flow", "mass-flow"})
_NEAR = 60  # characters between a pollutant and a number that belongs to it


class Reading(Struct, frozen=True, kw_only=True):
    specification: Specification
    findings: tuple[Finding, ...]


def _alternatives(words: dict[str, str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_NAMES = {"".join(fold(char) for char in word): name for name, words in POLLUTANTS.items() for word in (name, *words)}
_MEDIUM_WORDS = {word: medium.value for medium, words in MEDIA.items() for word in words}
# Latin letters end where other letters begin; "氨氮30" and "COD800" are written without a space.
_POLLUTANT = re.compile(rf"(?:{_alternatives(_NAMES)})")
_SYMBOL_LETTERS_MAX = 2  # "As", "Ni", "PM": words or parts of the day unless written as the symbol is
_AS_METAL = re.compile(r"\s*(?:[\d(,;、.]|and\b|of\b|at\b|is\b|concentration|content|contamination|pollution|$)")
_MEDIUM = re.compile(_alternatives(_MEDIUM_WORDS))
_NUMBER = r"(?<![\d.])-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|(?<![\d.,])-?\d+(?:\.\d+)?"
_QUANTITY = re.compile(
    rf"(?P<first>{_NUMBER})(?:\s*(?:-|~|to|至|到)\s*(?P<second>\d+(?:\.\d+)?))?"
    rf"\s*(?P<times>万|亿|million|thousand)?\s*(?P<unit>{_alternatives(UNITS)})(?![a-z0-9])"
)
_MONEY = re.compile(
    rf"(?P<amount>{_NUMBER})\s*(?P<times>万|亿|million|thousand)?\s*(?P<currency>{_alternatives(CURRENCIES)})"
    rf"\s*(?:/|每|per\s|a\s)\s*(?:每)?\s*(?P<unit>{_alternatives(TREATED)})(?![a-z0-9/])"
)
_DATE = re.compile(r"(?P<year>20[2-9]\d)\s*(?:年|-|/|\.)\s*(?P<month>1[0-2]|0?[1-9])(?:\s*月)?(?![\d])")
_SOURCES = (Medium.WATER.value, Medium.AIR.value)
_SITE = re.compile(r"占地|用地|footprint")
_LAND = re.compile(r"场地|面积|land|site|area")
_MEDIA_OF_LAND = (Medium.SOIL, Medium.ECOLOGY)
_CAPACITY = frozenset({"m3/d", "Nm3/h", "t/d", "kW"})
_TIMES = {"万": 1e4, "亿": 1e8, "million": 1e6, "thousand": 1e3}
_CLAUSE = re.compile(r"[。；;！？!?\n]|\.(?=\s|$)")


def read(text: str) -> Reading:
    """What the words say, as far as they say it."""
    words = Words(text)
    findings: list[Finding] = []
    medium = _medium(words, findings)
    capex, opex, prices = _prices(words, findings)
    flow, pollutants, climate, site = _quantities(words, medium, prices, findings)
    if medium is None:
        medium = _medium_of_units(pollutants, flow)
    ground = ground_in(words, findings) if flow and dimension(flow.unit)[0] in ("area", "m3") else None
    streams = (Stream(flow=flow, ground=ground, pollutants=pollutants),) if flow or pollutants else ()
    specification = Specification(
        medium=medium,
        streams=streams,
        climate=climate,
        capex=capex,
        opex=opex,
        site=site,
        deadline=_deadline(words, findings),
    )
    return Reading(specification=specification, findings=tuple(sorted(findings, key=lambda found: found.start)))


def _medium(words: Words, findings: list[Finding]) -> Medium | None:
    """The medium named most often; of two, what is not merely where it comes from (sludge of a waterworks)."""
    named = list(_MEDIUM.finditer(words.text))
    if not named:
        return None
    values = [_MEDIUM_WORDS[found[0]] for found in named]
    chosen = max(values, key=lambda value: (values.count(value), value not in _SOURCES, -values.index(value)))
    first = named[values.index(chosen)]
    findings.append(words.finding("medium", chosen, *first.span()))
    return Medium(chosen)


def _medium_of_units(pollutants: tuple[Pollutant, ...], flow: Flow | None) -> Medium | None:
    units = [dimension(pollutant.unit)[0] for pollutant in pollutants if pollutant.high or pollutant.limit]
    units += [dimension(flow.unit)[0]] if flow else []
    means = {"in-water": Medium.WATER, "water-flow": Medium.WATER, "in-gas": Medium.AIR, "gas-flow": Medium.AIR}
    means |= {"in-solid": Medium.SOIL, "dB(A)": Medium.NOISE}
    return next((means[unit] for unit in units if unit in means), None)


def _prices(words: Words, findings: list[Finding]) -> tuple[Cap | None, Cap | None, list[tuple[int, int]]]:
    caps: dict[str, Cap] = {}
    spans = []
    for found in _MONEY.finditer(words.text):
        per_unit = TREATED[found["unit"]]
        kind = "capex" if per_unit in _CAPACITY else "opex"
        amount = _value(found["amount"], found["times"])
        spans.append(found.span())
        if kind in caps or not 0 <= amount < 1e13:
            continue
        currency = CURRENCIES[found["currency"]]
        caps[kind] = Cap(amount_minor=round(amount * 100), currency=currency, per_unit=per_unit)
        findings.append(words.finding(kind, f"{amount:g} {currency}/{per_unit}", *found.span()))
    return caps.get("capex"), caps.get("opex"), spans


def _quantities(
    words: Words, medium: Medium | None, taken: list[tuple[int, int]], findings: list[Finding]
) -> tuple[Flow | None, tuple[Pollutant, ...], Climate, Site]:
    named = list(_named(words))
    pollutants: dict[str, Pollutant] = {}
    for start, end, name in named:
        if name not in pollutants and len(pollutants) < POLLUTANTS_MAX:
            pollutants[name] = Pollutant(name=name, unit=NO_UNIT)
            findings.append(words.finding("pollutant", name, start, end))
    flow, climate, site = None, Climate(), Site()
    for found in _QUANTITY.finditer(words.text):
        low, high = _ends(found)
        unit = _unit(found, medium)
        if max(abs(low), high) > AMOUNT_MAX or any(start <= found.start() < end for start, end in taken):
            continue
        kind = dimension(unit)[0]
        if kind in FLOWS and flow is None and high > 0:
            flow = Flow(amount=high, unit=unit)
            findings.append(words.finding("flow", f"{high:g} {unit}", *found.span()))
        elif unit == "°C":
            climate = _warmer(climate, low, high, words, found, findings)
        elif kind == "area":
            flow, site = _area(words, found, medium, (high, unit), flow, site, findings)
        elif low >= 0 and kind not in FLOWS and kind != "power":
            _concentration(words, found, named, pollutants, (low, high, unit), findings)
    return flow, tuple(pollutants.values()), climate, site


def _area(
    words: Words,
    found: re.Match[str],
    medium: Medium | None,
    quantity: tuple[float, str],
    flow: Flow | None,
    site: Site,
    findings: list[Finding],
) -> tuple[Flow | None, Site]:
    """Land is what is to be treated where soil or nature is; elsewhere it is the room there is."""
    amount, unit = quantity
    near = words.text[max(0, found.start() - 12) : found.end() + 12]
    if medium in _MEDIA_OF_LAND and not _SITE.search(near):
        if flow is None and amount > 0:
            flow = Flow(amount=amount, unit=unit)
            findings.append(words.finding("flow", f"{amount:g} {unit}", *found.span()))
    elif (_SITE.search(near) or _LAND.search(near)) and site.footprint_m2 is None:
        footprint = round(amount * dimension(unit)[1], 3)
        site = Site(footprint_m2=footprint)
        findings.append(words.finding("site.footprint_m2", f"{footprint:g} m2", *found.span()))
    return flow, site


def _named(words: Words) -> Iterator[tuple[int, int, str]]:
    for found in _POLLUTANT.finditer(words.text):
        start, end = found.span()
        name, quote = _NAMES[found[0]], words.finding("", "", start, end).quote
        before, after = words.text[start - 1 : start], words.text[end : end + 1]
        inside = (_is_latin(before) and _is_latin(found[0][0])) or (_is_latin(after) and _is_latin(found[0][-1]))
        symbol = len(found[0]) <= _SYMBOL_LETTERS_MAX and found[0].isascii()
        verb = found[0] == "lead" and not _AS_METAL.match(words.text, end)
        if not inside and not verb and (not symbol or quote == name):
            yield start, end, name


def _is_latin(char: str) -> bool:
    return "a" <= char <= "z"


def _ends(found: re.Match[str]) -> tuple[float, float]:
    first = _value(found["first"], found["times"])
    second = _value(found["second"], found["times"]) if found["second"] else first
    return min(first, second), max(first, second)


def _value(number: str, times: str | None) -> float:
    return float(number.replace(",", "")) * _TIMES.get(times or "", 1.0)


def _unit(found: re.Match[str], medium: Medium | None) -> str:
    """Waterworks count in tonnes, waste gas in cubic metres: what was meant is decided by the medium."""
    unit = UNITS[found["unit"]]
    if medium is Medium.WATER and unit == "t/d":
        return "m3/d"
    return "Nm3/h" if medium is Medium.AIR and unit == "m3/h" else unit


def _warmer(
    climate: Climate, low: float, high: float, words: Words, found: re.Match[str], findings: list[Finding]
) -> Climate:
    if not -90 <= low <= high <= 2000:
        return climate
    known = [end for end in (climate.temperature_low_c, climate.temperature_high_c, low, high) if end is not None]
    findings.append(words.finding("climate.temperature", f"{low:g}…{high:g} °C", *found.span()))
    return replace(climate, temperature_low_c=min(known), temperature_high_c=max(known))


def _concentration(
    words: Words,
    found: re.Match[str],
    named: list[tuple[int, int, str]],
    pollutants: dict[str, Pollutant],
    quantity: tuple[float, float, str],
    findings: list[Finding],
) -> None:
    """The number belongs to the pollutant named last before it, in the same sentence."""
    before = [(end, name) for _, end, name in named if end <= found.start()]
    if not before:
        return
    place, name = before[-1]
    between = words.text[place : found.start()]
    if len(between) > _NEAR or _CLAUSE.search(between):
        return
    low, high, unit = quantity
    known = pollutants.get(name)
    if known is None:
        return
    fresh = known.high is None and known.limit is None
    if not fresh and dimension(known.unit)[0] != dimension(unit)[0]:
        return
    ratio = dimension(unit)[1] / dimension(known.unit)[1]
    if fresh:
        known, ratio = replace(known, unit=unit), 1.0
    if high * ratio > AMOUNT_MAX:
        return
    limits = _is_limit(between, words.text[found.end() : found.end() + 4])
    if limits and known.limit is None:
        pollutants[name] = replace(known, limit=high * ratio)
    elif not limits and known.high is None:
        pollutants[name] = replace(known, low=low * ratio, high=high * ratio)
    else:
        return
    field = "limit" if limits else "concentration"
    shown = f"{high:g}" if limits or low == high else f"{low:g}–{high:g}"
    findings.append(words.finding(f"{field}.{name}", f"{shown} {unit}", *found.span()))


def _is_limit(between: str, after: str) -> bool:
    """Whichever word stands nearer to the number decides; 以下 and 以内 stand behind it."""
    if after.startswith(("以下", "以内")):
        return True
    limiting = max(between.rfind(word) for word in LIMITING)
    return limiting >= 0 and limiting > max(between.rfind(word) for word in INCOMING)


def _deadline(words: Words, findings: list[Finding]) -> date | None:
    """The last day of the latest month that is named."""
    months = [(int(found["year"]), int(found["month"]), found.span()) for found in _DATE.finditer(words.text)]
    if not months:
        return None
    year, month, span = max(months)
    following = date(year + month // 12, month % 12 + 1, 1)
    last = date.fromordinal(following.toordinal() - 1)
    findings.append(words.finding("deadline", last.isoformat(), *span))
    return last
