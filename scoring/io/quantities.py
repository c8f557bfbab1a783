"""Quantities as they are written in technical text: ``脱硝效率≥95%``, ``320~420℃``, ``NOx<100mg/m3``."""

import re
import unicodedata
from typing import TypedDict

from scoring.technology import Parameter

DIMENSIONLESS = "1"
CLAUSE_CHARS_MAX = 200
TEXT_CHARS_MAX = 5_000
_NUMBER = r"[+-]?\d+(?:,\d{3})*(?:\.\d+)?(?:\s*[×x]\s*10\^?[+-]?\d+)?"
# Not inside a name such as NH3 or PM2.5, nor the end of a range.
_NUMBER_STARTS = r"(?:(?<![A-Za-z\d.])(?<!\d[-~.])|(?<=pH))"
_CHINESE_UNIT = "[万亿]?(?:吨标煤|吨|元|立方米|平方米|千瓦时|度|人|次|倍|个工程|个|种|套|台|家|小时|天|日|个?月|年)"
_ATOM = rf"(?:[%‰]|°C|{_CHINESE_UNIT}|[A-Za-zμµΩ]{{1,6}}\d?)"
_UNIT = rf"{_ATOM}(?:\s*/\s*(?:\([^()]{{1,12}}\)|吨[\u4e00-\u9fff]{{0,2}}|{_ATOM}|[\u4e00-\u9fff]{{1,2}}))*"
_LOWER = r"≥|>=|>|≧|大于等于|大于|高于|不低于|不小于|不少于|至少|超过|超"
_UPPER = r"≤|<=|<|≦|小于等于|小于|低于|不大于|不高于|不超过|至多|高达|可达到?|最高达"
_ABOUT = r"(?<!节)约为?|大约|近|≈|=|为|达到?|均|:"
_RANGE = r"(?:~|-|—|–|至|到)+"
_STATEMENT = re.compile(
    rf"(?P<name>.*?)\s*"
    rf"(?:(?P<lower>{_LOWER})|(?P<upper>{_UPPER})|(?:{_ABOUT}))*\s*"
    rf"{_NUMBER_STARTS}(?P<first>{_NUMBER})\s*(?P<unit1>{_UNIT})?"
    rf"(?:\s*{_RANGE}\s*(?P<second>{_NUMBER})\s*(?P<unit2>{_UNIT})?)?"
    rf"\s*(?P<after>以上|以下|以内|左右)?(?P<rest>.*)",
    re.DOTALL,
)
_CHANGE = re.compile(r"由\s*[\d.,]+[^,，;；]{0,12}?(?:降低|降|减少|提高|提升|升)[至到]\s*")
_LEADING = re.compile(r"^(?:并且|而且|以及|同时|其中|该技术|使|其|且|并|和|与|在|一般|运行中)+")
_CLAUSES = re.compile(r"(?:[，；;。\n]|、(?=[^、]*\d)|(?<!\d),|,(?!\d))(?![^()]*\))")


class Bounds(TypedDict, total=False):
    value: float
    low: float
    high: float


def parameters_in(text: str) -> tuple[Parameter, ...]:
    """The quantities stated in a text, each with its name, its bounds and its unit.

    A clause that states two values for two things (``分别``), or a number without a name, gives nothing: a quantity
    is read whole or not at all.

    Parameters
    ----------
    text : str
        One or several clauses.

    Returns
    -------
    tuple of Parameter

    Examples
    --------
    >>> parameters_in("脱硝效率≥95%，氨逃逸≤3PPM")
    (Parameter(name='脱硝效率', unit='%', value=None, low=95.0, high=None, condition=None, evidence=()),
     Parameter(name='氨逃逸', unit='PPM', value=None, low=None, high=3.0, condition=None, evidence=()))
    """
    found = (parameter(clause) for clause in _CLAUSES.split(unicodedata.normalize("NFKC", text[:TEXT_CHARS_MAX])))
    return tuple(item for item in found if item is not None)


def parameter(clause: str) -> Parameter | None:
    """The one quantity of a clause, or None."""
    text = unicodedata.normalize("NFKC", clause).strip()
    if not text or len(text) > CLAUSE_CHARS_MAX or "分别" in text:
        return None
    match = _STATEMENT.fullmatch(_CHANGE.sub("", text))
    if match is None:
        return None
    name = _LEADING.sub("", match["name"].strip(" :：的(（"))
    unit = match["unit2"] or match["unit1"]
    bounds = _bounds(match)
    if not name or bounds is None or not _is_whole_statement(match, unit):
        return None
    condition = match["rest"].strip(" ()（）。") or None
    return Parameter(name=name, unit=_tidy(unit), condition=condition, **bounds)


def quantity(cell: str, name: str, unit: str) -> Parameter | None:
    """A cell under a header that has a unit: ``95``, ``≥95``, ``320~420``, ``<100 mg/m3``."""
    text = unicodedata.normalize("NFKC", cell).strip()[:CLAUSE_CHARS_MAX]
    match = _STATEMENT.fullmatch(text)
    if match is None or match["name"].strip() or match["rest"].strip():
        return None
    bounds = _bounds(match)
    return (
        None if bounds is None else Parameter(name=name, unit=_tidy(match["unit2"] or match["unit1"] or unit), **bounds)
    )


def _is_whole_statement(match: re.Match[str], unit: str | None) -> bool:
    """Whether what follows the number is a condition in brackets at most, and the number is not part of a word."""
    rest = match["rest"].strip(" 。")
    if rest and not rest.startswith("("):
        return False
    bounded = match["lower"] or match["upper"] or match["second"] or match["after"]
    return bool(unit or bounded or match["name"].strip().lower().endswith("ph"))


def _bounds(match: re.Match[str]) -> Bounds | None:
    first = _value(match["first"])
    if match["second"] is not None:
        second = _value(match["second"].lstrip("-"))
        return Bounds(low=first, high=second) if first <= second else None
    if match["lower"] or match["after"] == "以上":
        return Bounds(low=first)
    if match["upper"] or match["after"] in ("以下", "以内"):
        return Bounds(high=first)
    return Bounds(value=first)


def _value(text: str) -> float:
    mantissa, _, exponent = re.sub(r"[\s,]", "", text).replace("×", "x").partition("x10")
    return float(f"{mantissa}e{exponent.lstrip('^') or 0}")


def _tidy(unit: str | None) -> str:
    return re.sub(r"\s+", "", unit) if unit else DIMENSIONLESS
