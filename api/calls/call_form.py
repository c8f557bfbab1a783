"""A call as a form: every part of it in a field, rows left blank taken out, amounts in yuan and times of the day."""

import datetime
import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from api.calls.amounts import known_currency, major, minor
from api.site.forms import Form, Given
from marketplace.calls.content import CallContent
from marketplace.calls.eligibility import Rule
from marketplace.calls.facts import PARAMETER, fact_named
from marketplace.clock import BEIJING
from scoring.technology import Text

# A row counts when one of these is filled in; what names it in the data is made up where nobody has.
ROWS: dict[str, tuple[tuple[str, ...], str]] = {
    "rubric.criteria": (("name.zh", "name.en"), "id"),
    "eligibility": (("field",), "id"),
    "questions": (("text.zh", "text.en"), "key"),
    "documents": (("name.zh", "name.en"), "key"),
}
BESIDES = ("note.zh", "note.en", "version", "more", "template")
_YES = frozenset({"yes", "true", "是", "1", "on"})
_NO = frozenset({"no", "false", "否", "0"})


def tidied(given: Given) -> Given:
    """Without blank rows, the others numbered anew and named."""
    for place, (filled, name) in ROWS.items():
        given = without_blank(given, place, filled)
        taken = {str(given.get(f"{place}.{number}.{name}", "")) for number in rows_of(given, place)}
        for number in rows_of(given, place):
            field = f"{place}.{number}.{name}"
            if not given.get(field):
                given[field] = _free(_slug(given, place, number), taken)
    for number in rows_of(given, "rubric.criteria"):
        place = f"rubric.criteria.{number}.anchors"
        given = without_blank(given, place, ("text.zh", "text.en"))
    return given


def rows_of(given: Given, place: str) -> list[int]:
    """The numbers of a list's rows."""
    pattern = re.compile(rf"^{re.escape(place)}\.(\d{{1,4}})\.")
    return sorted({int(found[1]) for name in given if (found := pattern.match(name))})


def without_blank(given: Given, place: str, filled: tuple[str, ...]) -> Given:
    kept = [n for n in rows_of(given, place) if any(str(given.get(f"{place}.{n}.{f}", "")).strip() for f in filled)]
    renumbered = {str(old): str(new) for new, old in enumerate(kept)}
    found: Given = {}
    for name, value in given.items():
        if not name.startswith(f"{place}."):
            found[name] = value
            continue
        number, _, rest = name.removeprefix(f"{place}.").partition(".")
        if number in renumbered:
            found[f"{place}.{renumbered[number]}.{rest}"] = value
    return found


def _slug(given: Given, place: str, number: int) -> str:
    said = next((str(given[n]) for f in ("name.en", "text.en", "field") if (n := f"{place}.{number}.{f}") in given), "")
    words = re.findall(r"[a-z0-9]+", said.lower())
    return "-".join(words)[:40].strip("-") or f"{place.rpartition('.')[2].rstrip('s')}-{number + 1}"


def _free(wanted: str, taken: set[str]) -> str:
    found, number = wanted, 1
    while found in taken:
        number += 1
        found = f"{wanted}-{number}"
    taken.add(found)
    return found


def prepared(tree: dict[str, Any]) -> dict[str, Any]:
    """What was typed, as the data has it."""
    for name in ("note", "version", "more", "template"):
        tree.pop(name, None)
    _money(tree)
    if isinstance(deadline := tree.get("deadline"), str):
        tree["deadline"] = instant(deadline)
    if isinstance(regions := tree.get("regions"), str):
        tree["regions"] = [part.upper() for part in re.split(r"[\s,，、]+", regions) if part]
    for name, change in (("eligibility", _rule), ("questions", _question), ("documents", _required)):
        rows = tree.get(name)
        for row in rows.values() if isinstance(rows, dict) else ():
            if isinstance(row, dict):
                change(row)
    return tree


def _money(tree: dict[str, Any]) -> None:
    low, high = tree.get("ticket_min"), tree.get("ticket_max")
    currency = known_currency(low.get("currency") if isinstance(low, dict) else None)
    for part in (low, high):
        if isinstance(part, dict):
            part["currency"] = currency
            if isinstance(typed := part.get("amount_minor"), str):
                part["amount_minor"] = minor(typed, currency)


def instant(typed: str) -> str:
    """A form's time of day is Beijing's, as the page says beside it."""
    try:
        local = datetime.datetime.fromisoformat(typed)
    except ValueError:
        return typed
    return (local if local.tzinfo else local.replace(tzinfo=BEIJING)).isoformat()


def _rule(row: dict[str, Any]) -> None:
    if row.get("field") == PARAMETER and isinstance(name := row.get("parameter"), str):
        row["field"] = f"{PARAMETER}{name}"
    row.pop("parameter", None)
    fact, typed = fact_named(str(row.get("field", ""))), row.get("value")
    if fact is None or not isinstance(typed, str):
        return
    row["value"] = _VALUES[fact.kind](typed)
    if row.get("field") == "amount-asked" and isinstance(row["value"], float):
        row["value"] = minor(typed, known_currency(row.get("unit")))


def _number(typed: str) -> Any:
    try:
        return float(typed.replace(",", ""))
    except ValueError:
        return (typed,)


def _words(typed: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in re.split(r"[,，、\n]+", typed) if part.strip())


def _flag(typed: str) -> Any:
    said = typed.strip().lower()
    return True if said in _YES else False if said in _NO else (typed,)


_VALUES: dict[str, Callable[[str], Any]] = {"number": _number, "words": _words, "flag": _flag}


def _required(row: dict[str, Any]) -> None:
    row["required"] = "required" in row


def _question(row: dict[str, Any]) -> None:
    _required(row)
    if isinstance(typed := row.get("options"), str):
        row["options"] = [_option(line) for line in typed.splitlines() if line.strip()]


def _option(line: str) -> dict[str, str]:
    zh, bar, en = line.partition("|")
    return {name: said.strip() for name, said in (("zh", zh), ("en", en if bar else zh)) if said.strip()}


def as_form(content: CallContent) -> Form[CallContent]:
    """The form with what a call says."""
    kept = msgspec.to_builtins(content)
    for name in ("ticket_min", "ticket_max"):
        kept[name]["amount_minor"] = major(kept[name]["amount_minor"], kept[name]["currency"])
    kept["deadline"] = f"{content.deadline.astimezone(BEIJING):%Y-%m-%dT%H:%M}"
    kept["regions"] = ", ".join(content.regions)
    for row, rule in zip(kept["eligibility"], content.eligibility, strict=True):
        row |= _said(rule)
    for row in kept["questions"]:
        row["options"] = "\n".join(f"{one.get('zh') or ''} | {one.get('en') or ''}" for one in row["options"])
    return Form(dict(flat(kept)))


def _said(rule: Rule) -> dict[str, Any]:
    value: Any = rule.value
    if isinstance(value, bool):
        said = "yes" if value else "no"
    elif isinstance(value, tuple):
        said = ", ".join(value)
    else:
        said = major(int(value), known_currency(rule.unit)) if rule.field == "amount-asked" else f"{value:g}"
    if not rule.field.startswith(PARAMETER):
        return {"value": said}
    return {"value": said, "field": PARAMETER, "parameter": rule.field.removeprefix(PARAMETER)}


def flat(value: Any, path: str = "") -> Iterator[tuple[str, str | list[str]]]:
    """Names and values of fields; what is not ticked has none."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from flat(part, f"{path}.{name}" if path else name)
    elif isinstance(value, (list, tuple)) and all(isinstance(one, str) for one in value):
        yield path, list(value)
    elif isinstance(value, (list, tuple)):
        for number, part in enumerate(value):
            yield from flat(part, f"{path}.{number}")
    elif value is True:
        yield path, "on"
    elif value is not None and value is not False:
        yield path, str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def note_of(form: Form[Any]) -> Text:
    """What an amendment says of itself."""
    zh, en = (str(form.typed(f"note.{language}")).strip()[:300] or None for language in ("zh", "en"))
    return Text(zh=zh, en=en)
