"""The form of an offer: all terms, amounts as people write them, shares in percent, blank rows left out."""

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from api.calls.amounts import known_currency, major, minor
from api.fields import Prose
from api.site.forms import Given
from marketplace.deals.terms import Terms

BLOCKS = {"loan": "loan", "convertible": "convertible", "equity": "equity", "revenue-share": "revenue_share"}
LINK_BLOCKS = {"licence": "licence", "trial-first": "trial"}
_ROWS = {"terms.milestones": ("title", "deliverable", "amount"), "terms.conditions": ("text",),
         "terms.trial.kpis": ("name", "unit", "limit")}  # fmt: skip
_KEYED = {"conditions": "condition", "kpis": "kpi"}


class OfferForm(Struct, frozen=True, kw_only=True):
    terms: Terms
    message: Prose = ""
    days_open: Annotated[int, Meta(ge=1, le=90)] = 14


def tidy(given: Given) -> Given:
    """Without rows that say nothing, and without the block of an instrument that was not chosen."""
    instrument = str(given.get("terms.instrument", ""))
    foreign = [f"terms.{block}." for name, block in BLOCKS.items() if name != instrument]
    kept = {name: value for name, value in given.items() if not name.startswith(tuple(foreign))}
    for place, telling in _ROWS.items():
        kept = _without_blank_rows(kept, place, telling)
    return kept


def _without_blank_rows(given: Given, place: str, telling: tuple[str, ...]) -> Given:
    row = re.compile(rf"^{re.escape(place)}\.(\d+)\.(\w+)")
    found = {name: match for name in given if (match := row.match(name))}
    said = {match[1] for name, match in found.items() if match[2].startswith(telling) and str(given[name]).strip()}
    return {name: value for name, value in given.items() if name not in found or found[name][1] in said}


def prepare(nested: dict[str, Any]) -> dict[str, Any]:
    """Yuan become fen, percent basis points, lines lists; conditions and KPIs get the keys nobody types."""
    terms = nested.get("terms")
    if isinstance(terms, dict):
        amount = terms.get("amount")
        currency = known_currency(amount.get("currency") if isinstance(amount, dict) else None)
        _change(terms, _reading(currency))
        for holder, name in ((terms, "conditions"), (terms.get("trial"), "kpis")):
            _give_keys(holder.get(name) if isinstance(holder, dict) else None, _KEYED[name])
    return nested


def _give_keys(rows: Any, word: str) -> None:
    taken = {row.get("key") for row in rows.values() if isinstance(row, dict)} if isinstance(rows, dict) else set()
    for number, row in enumerate(rows.values() if isinstance(rows, dict) else (), start=1):
        if isinstance(row, dict) and not row.get("key"):
            free = (f"{word}-{n}" for n in range(number, number + 200) if f"{word}-{n}" not in taken)
            row["key"] = next(free, word)
            taken.add(row["key"])


def _change(tree: dict[str, Any], read: Callable[[str, str], Any]) -> None:
    for name, value in tree.items():
        if isinstance(value, dict):
            _change(value, read)
        elif isinstance(value, str):
            tree[name] = read(name, value)


def _reading(currency: str) -> Callable[[str, str], Any]:
    def read(name: str, typed: str) -> Any:
        if name.endswith("_minor"):
            return minor(typed, currency)
        if "bps" in name:
            return _basis_points(typed)
        if name in ("evidence", "territories"):
            return [part.strip() for part in re.split(r"[\n,，]", typed) if part.strip()]
        return typed

    return read


def _basis_points(typed: str) -> int | str:
    try:
        found = Decimal(typed.strip().removesuffix("%").strip()) * 100
    except InvalidOperation:
        return typed
    return int(found) if found.is_finite() and abs(found) <= 10_000 and found == int(found) else typed


def filled(terms: Terms) -> Given:
    """Terms as they stand in the fields."""
    return dict(_leaves("terms", msgspec.to_builtins(terms), terms.amount.currency))


def _leaves(place: str, value: Any, currency: str) -> list[tuple[str, str | list[str]]]:
    name = place.rpartition(".")[2]
    if isinstance(value, dict):
        return [leaf for part, inner in value.items() for leaf in _leaves(f"{place}.{part}", inner, currency)]
    if isinstance(value, list | tuple) and name not in ("evidence", "territories"):
        return [leaf for n, inner in enumerate(value) for leaf in _leaves(f"{place}.{n}", inner, currency)]
    return [] if value is None else [(place, _typed(name, value, currency))]


def _typed(name: str, value: Any, currency: str) -> str:
    if name.endswith("_minor"):
        return major(value, currency)
    if "bps" in name:
        return f"{value / 100:g}"
    if isinstance(value, list | tuple):
        return "\n".join(map(str, value)) if name == "evidence" else ", ".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


def rows_of(given: Given, place: str) -> int:
    """How many rows there are to show, with one more to fill in."""
    found = re.compile(rf"^{re.escape(place)}\.(\d+)\.")
    numbers = [int(match[1]) for name in given if (match := found.match(name))]
    return min(max(numbers, default=-1) + 2, 50)
