"""A listing as a form: rows of parameters, costs, cases, evidence and effects; blank rows count as none.

A form without scripts adds a row by a button that sends everything back: what was typed stays. What the form has no
field for (patents, ratings, the team …) stays as the listing has it.
"""

import contextlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec
from babel.numbers import get_currency_precision
from litestar import Request

from api.listings.schemas import ListingIn
from api.site.forms import Form, Given, read_form
from marketplace.listings.models import Listing
from marketplace.listings.service import content_of
from scoring.technology import EvidenceGrade, Text

ADD = "add"
NEW_ID = "technology"
ROWS_MAX = 60
# What a row says before anybody has typed: such a row is blank.
_DEFAULTS = {"currency": "CNY"}
ROWS = {
    "technology.parameters": ("name", "unit", "value", "low", "high", "condition", "evidence"),
    "technology.costs": ("kind", "amount_minor", "currency", "per_unit", "year"),
    "technology.cases": ("name.zh", "name.en", "site", "scale", "started", "months_in_operation"),
    "technology.evidence": ("id", "title.zh", "title.en", "grade", "dated", "issuer", "supports"),
    "effects": ("kind", "subject", "amount", "unit", "per_unit", "assumption.zh", "assumption.en"),
}
_LISTS = ("technology.pollutants", "technology.industries")
# Fields of a technology that this form writes; all others are kept.
_WRITTEN = frozenset(
    {
        "name", "summary", "media", "pollutants", "industries", "provenance", "claimed_trl",
        "parameters", "costs", "cases", "evidence",
    }
)  # fmt: skip
COST_KINDS = {"capex": Text(zh="投资", en="Investment"), "opex": Text(zh="运行费用", en="Operation")}
SCALES = {
    "laboratory": Text(zh="实验室", en="Laboratory"),
    "pilot": Text(zh="中试", en="Pilot"),
    "demonstration": Text(zh="示范", en="Demonstration"),
    "full": Text(zh="规模化", en="Full scale"),
}
GRADES = {
    EvidenceGrade.CLAIMED.value: Text(zh="E0 自述", en="E0 the holder says so"),
    EvidenceGrade.DOCUMENTED.value: Text(zh="E1 自有报告或数据", en="E1 own report or data"),
    EvidenceGrade.REVIEWED.value: Text(zh="E2 独立专家审阅或论文", en="E2 read by an expert, or published"),
    EvidenceGrade.TESTED.value: Text(zh="E3 有资质第三方检测", en="E3 measured by an accredited party"),
    EvidenceGrade.VERIFIED.value: Text(zh="E4 ETV 验证或主管部门验收", en="E4 verified (ETV) or accepted"),
}
EFFECTS = {
    "pollution-removed": Text(zh="削减污染", en="Pollution removed"),
    "greenhouse-gas-avoided": Text(zh="减排温室气体", en="Greenhouse gas avoided"),
}


class ListingForm(Form[ListingIn]):
    """`adds` says that a row was asked for rather than the form sent."""

    adds = False


async def read(request: Request[Any, Any, Any], listing: Listing | None = None) -> ListingForm:
    """What was typed, with the fields that the form does not show taken from the listing."""
    kept: dict[str, Any] = {"technology": {"id": NEW_ID}, "confidential": {}}
    if listing:  # through JSON: lists as lists, as a form has them
        kept = msgspec.json.decode(msgspec.json.encode(content_of(listing)))
    found = await read_form(request, ListingIn, tidy=_tidied, prepare=lambda nested: _prepared(nested, kept))
    form = ListingForm(found.given)
    form.errors, form.refusal, form.value = found.errors, found.refusal, found.value
    if place := str(found.given.pop(ADD, "")):
        form.given, form.errors, form.refusal, form.adds = _with_row(found.given, place), {}, "", True
    return form


def empty() -> Form[ListingIn]:
    """A form to begin with: one blank row of each."""
    given: Given = {}
    for place in ("technology.parameters", "technology.costs", "technology.cases", "technology.evidence"):
        given = _with_row(given, place)
    return Form(given)


def filled(listing: Listing) -> Form[ListingIn]:
    """A form that says what the listing says."""
    content = content_of(listing)
    plain = {"technology": msgspec.to_builtins(content.technology), "effects": msgspec.to_builtins(content.effects)}
    plain |= {"industry_group": content.industry_group, "chain_place": content.chain_place}
    given: Given = {}
    _flatten(plain, "", given)
    return Form(given)


def _flatten(value: Any, name: str, given: Given) -> None:
    """Dotted names; what a field shows as a line with commas is one."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            _flatten(part, f"{name}.{key}" if name else key, given)
    elif isinstance(value, list | tuple) and any(isinstance(part, Mapping) for part in value):
        for number, part in enumerate(value):
            _flatten(part, f"{name}.{number}", given)
    elif isinstance(value, list | tuple):
        given[name] = [str(part) for part in value] if name == "technology.media" else ", ".join(map(str, value))
    elif value is not None:
        given[name] = str(value)
    if name.startswith("technology.costs.") and isinstance(value, Mapping):
        minor = Decimal(value["amount_minor"])
        given[f"{name}.amount_minor"] = format(minor.scaleb(-get_currency_precision(value["currency"])), "f")


def rows_of(given: Given, place: str) -> list[int]:
    """The numbers of the rows that are there."""
    marked = {name.removeprefix(f"{place}.").split(".")[0] for name in given if name.startswith(f"{place}.")}
    return sorted(int(number) for number in marked if number.isdecimal())[:ROWS_MAX]


def _with_row(given: Given, place: str) -> Given:
    if place not in ROWS:
        return given
    number = max(rows_of(given, place), default=-1) + 1
    return {**given, **{f"{place}.{number}.{column}": _DEFAULTS.get(column, "") for column in ROWS[place]}}


def _tidied(given: Given) -> Given:
    """Without rows in which nothing was typed, the others numbered from 0; asked for another row, all of them stay."""
    if ADD in given:
        return given
    rowed = {name for name in given for place in ROWS if name.startswith(f"{place}.")}
    tidy: Given = {name: value for name, value in given.items() if name not in rowed}
    for place in ROWS:
        numbers = [number for number in rows_of(given, place) if _typed(given, f"{place}.{number}.")]
        for new, number in enumerate(numbers):
            start = f"{place}.{number}."
            tidy |= {
                f"{place}.{new}.{name.removeprefix(start)}": given[name] for name in rowed if name.startswith(start)
            }
    return tidy


def _typed(given: Given, start: str) -> bool:
    """Whether a row holds more than its defaults."""
    return any(
        str(value).strip()
        for name, value in given.items()
        if name.startswith(start) and name.removeprefix(start) not in _DEFAULTS
    )


def _prepared(nested: dict[str, Any], kept: dict[str, Any]) -> dict[str, Any]:
    """Lines with commas become lists; what the form has no field for is added from the listing."""
    technology = nested.setdefault("technology", {})
    if not isinstance(technology, dict):
        return nested
    for place in _LISTS:
        _split(technology, place.rpartition(".")[2])
    for row in _rows(technology.get("parameters")):
        _split(row, "evidence")
    for row in _rows(technology.get("evidence")):
        _split(row, "supports")
    for row in _rows(technology.get("costs")):
        _in_minor_units(row)
    unwritten = {name: value for name, value in kept["technology"].items() if name not in _WRITTEN}
    nested["technology"] = unwritten | technology
    _keep_inside(nested["technology"], kept["technology"])
    nested["confidential"] = kept.get("confidential", {})
    nested.pop(ADD, None)
    return nested


def _keep_inside(technology: dict[str, Any], kept: dict[str, Any]) -> None:
    """Rows have more than the form shows, too (a case's documents, a document's hash): found again by their names."""
    for place, key in (("cases", "name"), ("evidence", "id")):
        known = {json.dumps(row.get(key), sort_keys=True): row for row in kept.get(place, ())}
        shown = {column.partition(".")[0] for column in ROWS[f"technology.{place}"]}
        for row in _rows(technology.get(place)):
            before = known.get(json.dumps(_named(row.get(key)), sort_keys=True), {})
            row |= {name: value for name, value in before.items() if name not in shown}


def _named(value: Any) -> Any:
    return {"zh": None, "en": None} | value if isinstance(value, dict) else value


def _in_minor_units(row: dict[str, Any]) -> None:
    """People write yuan; a text that is no number stays as it is, to be named beside its field."""
    with contextlib.suppress(ArithmeticError, KeyError, TypeError, ValueError):
        minor = Decimal(row["amount_minor"]).scaleb(get_currency_precision(str(row.get("currency", "CNY"))))
        row["amount_minor"] = int(minor) if minor == int(minor) else str(minor)


def _rows(value: Any) -> list[dict[str, Any]]:
    return [row for row in value.values() if isinstance(row, dict)] if isinstance(value, dict) else []


def _split(row: dict[str, Any], name: str) -> None:
    if isinstance(row.get(name), str):
        parts = row[name].replace("，", ",").replace("、", ",").split(",")
        row[name] = [part.strip() for part in parts if part.strip()]
