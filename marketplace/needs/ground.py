"""How deep soil is polluted and how heavy it is, as plain words say it."""

import re

from msgspec.structs import replace

from marketplace.needs.specification import Ground, is_ground
from marketplace.needs.words import Finding, Words

_NUMBER = r"(?<![\d.,])\d+(?:\.\d+)?"
_ENDS = rf"(?P<first>{_NUMBER})(?:\s*(?:-|~|to|至|到)\s*(?P<second>\d+(?:\.\d+)?))?"
# Two ways of saying it: "depth of 0.5-1 m", "0.5 to 1 m deep".
_DEPTHS = (
    re.compile(
        rf"(?:深度?|depth)(?:\s*(?:约|为|达|在|of|is|about|from|[:(]))*\s*{_ENDS}\s*(?:米|m(?:etres?|eters?)?(?![a-z0-9/]))"
    ),
    re.compile(rf"{_ENDS}\s*(?:米深|m(?:etres?|eters?)? deep)"),
)
_DENSITIES = (
    re.compile(
        rf"(?:容重|bulk density)(?:\s*(?:约|为|在|of|is|about|from|[:(]))*\s*{_ENDS}\s*(?:t/m3|吨/立方米|g/cm3)"
    ),
)


def ground_in(words: Words, findings: list[Finding]) -> Ground | None:
    """A number that no ground has is passed over, and will be asked for."""
    ground = Ground()
    for name, field, unit, patterns in (
        ("depth", "m", "m", _DEPTHS),
        ("density", "t_per_m3", "t/m3", _DENSITIES),
    ):
        found = next((found for pattern in patterns if (found := pattern.search(words.text))), None)
        if found is None:
            continue
        low, high = sorted((float(found["first"]), float(found["second"] or found["first"])))
        told = replace(ground, **{f"{name}_low_{field}": low, f"{name}_high_{field}": high})
        if is_ground(told):
            ground = told
            shown = f"{low:g}" if low == high else f"{low:g}–{high:g}"
            findings.append(words.finding(f"ground.{name}", f"{shown} {unit}", *found.span()))
    return ground if ground != Ground() else None
