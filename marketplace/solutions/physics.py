"""Claims that no technology can keep, whatever its holder says: each with the equation that forbids it.

A pure check of a technology's parameters. It says nothing of what is merely unlikely.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from marketplace.errors import FieldError
from marketplace.needs.quantities import converted
from scoring.technology import Parameter, Technology

METHANE_M3_PER_KG_COD = 0.35
"""Methane at 0 °C and 1 atm of a kilogram of COD: 64 g of oxygen burn one mole, 22.4 L."""
HYDROGEN_KWH_PER_NM3 = 2.94
"""The free energy of splitting water, per standard cubic metre of hydrogen."""
CO2_SHARE_OF_AIR = 0.00042
KJ_PER_KWH = 3600.0
_GAS_J_PER_MOL_K = 8.314
_KELVIN = 288.0  # cool water: the floor only rises when it is warmer
_MOLES_OF_IONS_PER_G = 2 / 58.44  # table salt, counted as its two ions
_MOLES_PER_T_CO2 = 1e6 / 44.01
_ROUNDING = 1e-9
# Names under which a yield of methane is given, and the units in which it can be judged.
_METHANE = re.compile(r"(methane|ch4)[-_ ]yield|yield[-_. ](methane|ch4)", re.IGNORECASE)
_PER_KG_COD = {"m3/kg COD", "Nm3/kg COD", "m3/kg COD removed", "Nm3/kg COD removed"}
_SHARES = {"share": 1.0, "%": 0.01}


class _Ends(NamedTuple):
    """Where a parameter stands, and what it says from the least to the most."""

    at: int
    unit: str
    low: float
    high: float


def impossibilities(technology: Technology) -> list[FieldError]:
    """Every claim that cannot be, at once; the equation is in what is expected."""
    named = dict(_read(technology.parameters))
    checks = (_removals, _creations, _effluents, _ranges, _recoveries, _methane)
    return [*(fault for check in checks for fault in check(named)), *_energy(technology, named)]


def _read(parameters: Sequence[Parameter]) -> Iterator[tuple[str, _Ends]]:
    for at, parameter in enumerate(parameters):
        known = [end for end in (parameter.low, parameter.value, parameter.high) if end is not None]
        if known:
            yield parameter.name, _Ends(at, parameter.unit, min(known), max(known))


def _removals(named: Mapping[str, _Ends]) -> Iterator[FieldError]:
    """(in − out) / in is 1 where nothing is left, and a share of the whole can be no more."""
    for name, ends in named.items():
        most = _most_share(ends) if name.startswith("removal.") else None
        if most is not None and most > 1 + _ROUNDING:
            yield _fault(
                ends, f"{most:g}",
                f"removal = (in − out) / in ≤ 1, since out ≥ 0; here {most:g} > 1",
                f"去除率 =（进−出）/进 ≤ 1，因为出口浓度≥0；此处{most:g} > 1",
            )  # fmt: skip


def _creations(named: Mapping[str, _Ends]) -> Iterator[FieldError]:
    """More leaves than came in where a removal is below nothing."""
    for name, ends in named.items():
        if name.startswith("removal.") and ends.unit in _SHARES and ends.low < 0:
            yield _fault(
                ends, f"{ends.low:g}",
                f"out = in × (1 − removal) ≤ in: mass is not created; here removal = {ends.low:g} < 0",
                f"出口 = 进口 ×（1 − 去除率）≤ 进口，质量不能凭空产生；此处去除率{ends.low:g} < 0",
            )  # fmt: skip


def _effluents(named: Mapping[str, _Ends]) -> Iterator[FieldError]:
    """What leaves is what came in without what was removed: the three must agree somewhere in their ranges."""
    for name, effluent in named.items():
        pollutant = name.removeprefix("effluent.")
        influent, removal = named.get(f"influent.{pollutant}"), named.get(f"removal.{pollutant}")
        scale = _SHARES.get(removal.unit) if removal else None
        if pollutant == name or influent is None or removal is None or scale is None:
            continue
        least = converted(influent.low * (1 - removal.high * scale), influent.unit, effluent.unit)
        most = converted(influent.high * (1 - removal.low * scale), influent.unit, effluent.unit)
        if least is None or most is None or removal.high * scale > 1:
            continue
        if effluent.low > most * (1 + _ROUNDING) or effluent.high < least * (1 - _ROUNDING):
            between = f"{least:.4g}–{most:.4g} {effluent.unit}"
            yield _fault(
                effluent, f"{effluent.low:g}–{effluent.high:g}",
                f"out = in × (1 − removal) = {between}, by its own influent and removal",
                f"出口 = 进口 ×（1 − 去除率）= {between}（按其自身进口和去除率）",
            )  # fmt: skip


def _ranges(named: Mapping[str, _Ends]) -> Iterator[FieldError]:
    """No concentration, flow, power or size is below nothing, and no mass in a mass is more than all of it."""
    for name, ends in named.items():
        if name.startswith(("influent.", "effluent.")) or name in ("scale", "footprint"):
            if ends.low < 0 and ends.unit not in ("dB(A)", "pH"):
                yield _fault(ends, f"{ends.low:g}", f"{name} ≥ 0", f"{name} ≥ 0")
            share = {"mg/kg": 1e-6, "g/kg": 1e-3, "%": 1e-2}.get(ends.unit)
            if share is not None and ends.high * share > 1 + _ROUNDING:
                yield _fault(
                    ends, f"{ends.high:g} {ends.unit}",
                    f"part / whole ≤ 1; here {ends.high:g} {ends.unit} = {ends.high * share:g}",
                    f"部分/总量 ≤ 1；此处{ends.high:g} {ends.unit} = {ends.high * share:g}",
                )  # fmt: skip


def _recoveries(named: Mapping[str, _Ends]) -> Iterator[FieldError]:
    """No more of a substance or of water is recovered than came in: mass is not created."""
    for name, ends in named.items():
        part = name.partition(".")[0]
        most = _most_share(ends) if part in ("recovery", "yield", "conversion", "selectivity") else None
        if most is not None and most > 1 + _ROUNDING:
            yield _fault(
                ends, f"{most:g}",
                f"{name} = mass out / mass in ≤ 1: mass is not created; here {most:g}",
                f"{name} = 出料质量/进料质量 ≤ 1，质量不能凭空产生；此处{most:g}",
            )  # fmt: skip


def _most_share(ends: _Ends) -> float | None:
    scale = _SHARES.get(ends.unit)
    return None if scale is None else ends.high * scale


def _methane(named: Mapping[str, _Ends]) -> Iterator[FieldError]:
    """Methane holds the oxygen demand that was taken out of the water, and no more than that."""
    for name, ends in named.items():
        too_much = ends.low > METHANE_M3_PER_KG_COD * (1 + 1e-6)
        if _METHANE.search(name) and ends.unit in _PER_KG_COD and too_much:
            yield _fault(
                ends, f"{ends.low:g} {ends.unit}",
                f"CH4 + 2 O2 → CO2 + 2 H2O: 22.4 L / 64 g = {METHANE_M3_PER_KG_COD} m3 (0 °C) per kg COD at most",
                f"CH4 + 2O2 → CO2 + 2H2O：22.4 L/64 g，每千克COD最多产甲烷{METHANE_M3_PER_KG_COD} m3（0 ℃）",
            )  # fmt: skip


def _energy(technology: Technology, named: Mapping[str, _Ends]) -> Iterator[FieldError]:
    """Work that a separation or a reaction cannot do with less of."""
    energy, text = named.get("energy"), f"{technology.name.zh or ''} {technology.name.en or ''}"
    if energy is None:
        return
    if energy.unit == "kWh/m3" and _DESALTING.search(text):
        yield from _desalting(named, energy)
    if energy.unit.startswith("kWh/t") and _AIR_CAPTURE.search(text):
        yield from _capturing(named, energy)
    if energy.unit == "kWh/Nm3" and _ELECTROLYSIS.search(text) and energy.high < HYDROGEN_KWH_PER_NM3:
        floor = f"{HYDROGEN_KWH_PER_NM3:g} kWh/Nm3"
        yield _fault(
            energy, f"{energy.high:g} kWh/Nm3",
            f"H2O → H2 + ½ O2: ΔG / molar volume = 237.1 kJ / 22.41 L = {floor} at least",
            f"H2O → H2 + ½O2：ΔG/摩尔体积 = 237.1 kJ/22.41 L，至少{floor}",
        )  # fmt: skip


# Only where power is all that drives it: an evaporator may live on waste heat.
_DESALTING = re.compile(r"electrodialysis|reverse osmosis|deionisation|电渗析|反渗透|电容去离子", re.IGNORECASE)
_AIR_CAPTURE = re.compile(r"direct air capture|直接空气捕集", re.IGNORECASE)
_ELECTROLYSIS = re.compile(r"water electrolysis|electrolytic hydrogen|电解水", re.IGNORECASE)


def _desalting(named: Mapping[str, _Ends], energy: _Ends) -> Iterator[FieldError]:
    salt, removal = named.get("influent.TDS"), named.get("removal.TDS")
    grams = converted(salt.low, salt.unit, "g/L") if salt else None
    if removal is None or grams is None or removal.unit not in _SHARES:
        return
    floor = desalting_kwh_per_m3(grams, min(1.0, removal.low * _SHARES[removal.unit]))
    if energy.high < floor * (1 - 1e-6):
        equation = f"W ≥ RT [c_p ln(c_p / c_f) + c_f − c_p] = {floor:.3g} kWh/m3"
        yield _fault(
            energy, f"{energy.high:g} kWh/m3",
            f"{equation} of product, the least work of taking this much salt out",
            f"{equation}（产水），即分离这些盐的可逆最小功",
        )  # fmt: skip


def _capturing(named: Mapping[str, _Ends], energy: _Ends) -> Iterator[FieldError]:
    """Heat and power together: heat is worth at most as much work."""
    heat = named.get("heat")
    said = energy.high + (heat.high * 1e6 / KJ_PER_KWH if heat is not None and heat.unit.startswith("GJ/t") else 0.0)
    floor = capture_kwh_per_t(CO2_SHARE_OF_AIR)
    if said < floor:
        equation = f"W ≥ RT ln(1/x) = {floor:.0f} kWh/t CO2, x = {CO2_SHARE_OF_AIR:g}"
        yield _fault(energy, f"{said:g} kWh/t", equation, equation)


def _fault(ends: _Ends, value: str, expected: str, expected_zh: str) -> FieldError:
    return FieldError(field=f"technology.parameters.{ends.at}", value=value, expected=expected, expected_zh=expected_zh)


def desalting_kwh_per_m3(salt_g_per_l: float, removal: float) -> float:
    """The least work for a cubic metre of product out of very much feed, of table salt in an ideal solution.

    With less feed it only takes more; at low concentrations the ideal solution is right within a tenth.

    >>> round(desalting_kwh_per_m3(35.0, 0.99), 2)
    0.75
    """
    feed = salt_g_per_l * _MOLES_OF_IONS_PER_G * 1000  # mol/m3
    product = feed * (1 - removal)
    if feed <= 0 or removal <= 0:
        return 0.0
    mixing = product * math.log(product / feed) if product > 0 else 0.0
    return _GAS_J_PER_MOL_K * _KELVIN * (mixing + feed - product) / 1000 / KJ_PER_KWH


def capture_kwh_per_t(share: float) -> float:
    """The least work for a tonne of pure carbon dioxide out of a gas that holds this share of it.

    >>> round(capture_kwh_per_t(0.00042))
    118
    """
    joules = _MOLES_PER_T_CO2 * _GAS_J_PER_MOL_K * _KELVIN * math.log(1 / share)
    return joules / 1000 / KJ_PER_KWH
