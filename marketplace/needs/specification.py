"""A typed need: what streams there are, what must come out, and what it may cost."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from marketplace.errors import FieldError
from marketplace.money import Money
from scoring.technology import Medium, Text

POLLUTANTS_MAX = 30
AMOUNT_MAX = 1e12
NO_UNIT = "-"
"""The unit of a pollutant of which no amount is known yet."""

Name = Annotated[str, Meta(min_length=1, max_length=80, pattern=r"^[^\x00\r\n]*\S[^\x00\r\n]*$")]
Amount = Annotated[float, Meta(ge=0, le=AMOUNT_MAX)]
Celsius = Annotated[float, Meta(ge=-90, le=2000)]
AmountMinor = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}$")]
Words = Annotated[str, Meta(max_length=2000, pattern=r"^[^\x00]*$")]


class Pollutant(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much there is (from `low` to `high`) and how much may be left (`limit`), all in `unit`."""

    name: Name
    unit: Name
    low: Amount | None = None
    high: Amount | None = None
    limit: Amount | None = None


class Flow(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    amount: Annotated[float, Meta(gt=0, le=AMOUNT_MAX)]
    unit: Name


class Ground(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How deep soil is polluted and what a cubic metre of it weighs, each from `low` to `high`.

    With them an area is a volume, and a volume is a mass.
    """

    depth_low_m: Annotated[float, Meta(gt=0, le=1000)] | None = None
    depth_high_m: Annotated[float, Meta(gt=0, le=1000)] | None = None
    density_low_t_per_m3: Annotated[float, Meta(gt=0, le=10)] | None = None
    density_high_t_per_m3: Annotated[float, Meta(gt=0, le=10)] | None = None


class Stream(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One wastewater, waste gas, soil or waste that is to be treated."""

    name: Annotated[str, Meta(max_length=200, pattern=r"^[^\x00\r\n]*$")] = ""
    flow: Flow | None = None
    ground: Ground | None = None
    pollutants: Annotated[tuple[Pollutant, ...], Meta(max_length=POLLUTANTS_MAX)] = ()


class Climate(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    temperature_low_c: Celsius | None = None
    temperature_high_c: Celsius | None = None
    region: Annotated[str, Meta(max_length=200, pattern=r"^[^\x00\r\n]*$")] = ""


class Cap(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """At most this much money per unit: of capacity for capex, of what is treated for opex."""

    amount_minor: AmountMinor
    currency: Currency
    per_unit: Name

    @property
    def money(self) -> Money:
        return Money(self.amount_minor, self.currency)


class Site(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    footprint_m2: Amount | None = None
    height_m: Amount | None = None
    notes: Words = ""


class Specification(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whatever is absent is unknown. `deadline` is when it must be in operation."""

    medium: Medium | None = None
    streams: Annotated[tuple[Stream, ...], Meta(max_length=10)] = ()
    climate: Climate = Climate()
    capex: Cap | None = None
    opex: Cap | None = None
    site: Site = Site()
    deadline: date | None = None

    def pollutant_names(self) -> list[str]:
        names = (pollutant.name for stream in self.streams for pollutant in stream.pollutants)
        return list(dict.fromkeys(names))


def is_well_formed(specification: Specification) -> bool:
    """Whether every value is within its bounds, as one that came as JSON would have to be."""
    try:
        msgspec.convert(msgspec.to_builtins(specification), Specification)
    except msgspec.ValidationError:
        return False
    return True


def is_ground(ground: Ground) -> bool:
    try:
        msgspec.convert(msgspec.to_builtins(ground), Ground)
    except msgspec.ValidationError:
        return False
    return True


def impossible(specification: Specification) -> Iterator[FieldError]:
    """What cannot be true of any need, a draft or not."""
    for number, stream in enumerate(specification.streams):
        names = [pollutant.name for pollutant in stream.pollutants]
        for place, pollutant in enumerate(stream.pollutants):
            field = f"specification.streams.{number}.pollutants.{place}"
            if names.index(pollutant.name) != place:
                yield FieldError(
                    field=f"{field}.name", value=pollutant.name,
                    expected="each pollutant once a stream", expected_zh="同一股流中每种污染物只填一次",
                )  # fmt: skip
            if _reversed(pollutant.low, pollutant.high):
                yield _order(f"{field}.low", f"{pollutant.low:g} > {pollutant.high:g}")
        yield from _of_ground(f"specification.streams.{number}.ground", stream.ground or Ground())
    climate = specification.climate
    if _reversed(climate.temperature_low_c, climate.temperature_high_c):
        seen = f"{climate.temperature_low_c:g} > {climate.temperature_high_c:g}"
        yield _order("specification.climate.temperature_low_c", seen)


def _of_ground(place: str, ground: Ground) -> Iterator[FieldError]:
    for name, unit in (("depth", "m"), ("density", "t_per_m3")):
        low, high = (getattr(ground, f"{name}_{end}_{unit}") for end in ("low", "high"))
        if _reversed(low, high):
            yield _order(f"{place}.{name}_low_{unit}", f"{low:g} > {high:g}")


def _reversed(low: float | None, high: float | None) -> bool:
    return low is not None and high is not None and low > high


def _order(field: str, seen: str) -> FieldError:
    return FieldError(field=field, value=seen, expected="low <= high", expected_zh="下限不得大于上限")


def missing(specification: Specification) -> Iterator[FieldError]:
    """What a need lacks that nobody could answer it without."""
    if specification.medium is None:
        expected = "a medium: " + ", ".join(medium.value for medium in Medium)
        yield FieldError(field="specification.medium", expected=expected, expected_zh="请选择所属领域")
    if not specification.pollutant_names():
        expected = "at least one stream with one pollutant or quantity to be changed"
        yield FieldError(field="specification.streams", expected=expected, expected_zh="请至少填写一股流及其污染物")


def both_languages(field: str, text: Text) -> Iterator[FieldError]:
    """What is published is read in both."""
    for language, name in (("zh", "中文"), ("en", "英文")):
        if not getattr(text, language):
            expected = "a text in Chinese and in English"
            yield FieldError(field=f"{field}.{language}", expected=expected, expected_zh=f"请填写{name}文本")
