"""A listing as a form: rows of parameters, costs, cases, patents, evidence …; blank rows count as none.

A form without scripts adds a row by a button that sends everything back: what was typed stays. What the form has no
field for (ratings, features …) stays as the listing has it.
"""

import json
from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Request

from api.listings.listing_money import USUAL_CURRENCY, rows_in, to_major, to_minor
from api.listings.schemas import ListingIn
from api.site.forms import Form, Given, read_form
from marketplace.listings.models import Listing
from marketplace.listings.service import content_of

ADD = "add"
NEW_ID = "technology"
ROWS_MAX = 60
# What a row says before anybody has typed: such a row is blank.
_DEFAULTS = {"currency": USUAL_CURRENCY}
ROWS = {
    "technology.parameters": ("name", "unit", "value", "low", "high", "condition", "evidence"),
    "technology.costs": ("kind", "amount_minor", "currency", "per_unit", "year"),
    "technology.cases": ("name.zh", "name.en", "site", "scale", "started", "months_in_operation", "succeeded"),
    "technology.patents": ("number", "status", "jurisdiction", "filed", "expires"),
    "technology.team": ("role", "full_time", "years_of_experience"),
    "technology.funding": ("kind", "amount_minor", "currency", "dated"),
    "technology.financing.stages": ("name.zh", "name.en", "cost_minor", "months", "target_level"),
    "technology.evidence": ("id", "title.zh", "title.en", "grade", "dated", "expires", "issuer", "supports"),
    "effects": ("kind", "subject", "amount", "unit", "per_unit", "assumption.zh", "assumption.en"),
    "confidential": ("name", "text"),
}
_FIRST = ("technology.parameters", "technology.costs", "technology.cases", "technology.evidence")
_LISTS = ("technology.pollutants", "technology.industries")
# Fields of a technology that this form writes; all others are kept.
_WRITTEN = frozenset(
    {
        "name", "summary", "country", "technology_class", "media", "pollutants", "industries", "provenance",
        "claimed_trl", "parameters", "costs", "cases", "patents", "team", "funding", "financing", "evidence",
    }
)  # fmt: skip


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
    for place in _FIRST:
        given = _with_row(given, place)
    return Form(given)


def filled(listing: Listing) -> Form[ListingIn]:
    """A form that says what the listing says."""
    content = content_of(listing)
    plain = {"technology": msgspec.to_builtins(content.technology), "effects": msgspec.to_builtins(content.effects)}
    plain |= {"industry_group": content.industry_group, "chain_place": content.chain_place}
    plain["confidential"] = [{"name": name, "text": text} for name, text in content.confidential.items()]
    to_major(plain["technology"])
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
        whole = isinstance(value, float) and value.is_integer()
        given[name] = str(value).lower() if isinstance(value, bool) else str(int(value) if whole else value)


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
    for row in rows_in(technology.get("parameters")):
        _split(row, "evidence")
    for row in rows_in(technology.get("evidence")):
        _split(row, "supports")
    if not _asks(technology.get("financing")):
        technology.pop("financing", None)
    to_minor(technology)
    unwritten = {name: value for name, value in kept["technology"].items() if name not in _WRITTEN}
    nested["technology"] = unwritten | technology
    _keep_inside(nested["technology"], kept["technology"])
    secrets = rows_in(nested.get("confidential"))
    nested["confidential"] = {str(row.get("name", "")): row.get("text", "") for row in secrets}
    nested.pop(ADD, None)
    return nested


def _asks(financing: Any) -> bool:
    """Whether anything is asked for: a currency alone, which stands in the field from the start, is nothing."""
    return isinstance(financing, dict) and bool(financing.keys() - _DEFAULTS.keys())


def _keep_inside(technology: dict[str, Any], kept: dict[str, Any]) -> None:
    """Rows have more than the form shows, too (a case's documents, a document's hash): found again by their names."""
    for place, key in (("cases", "name"), ("evidence", "id")):
        known = {json.dumps(row.get(key), sort_keys=True): row for row in kept.get(place, ())}
        shown = {column.partition(".")[0] for column in ROWS[f"technology.{place}"]}
        for row in rows_in(technology.get(place)):
            before = known.get(json.dumps(_named(row.get(key)), sort_keys=True), {})
            row |= {name: value for name, value in before.items() if name not in shown}


def _named(value: Any) -> Any:
    return {"zh": None, "en": None} | value if isinstance(value, dict) else value


def _split(row: dict[str, Any], name: str) -> None:
    if isinstance(row.get(name), str):
        parts = row[name].replace("，", ",").replace("、", ",").split(",")
        row[name] = [part.strip() for part in parts if part.strip()]
