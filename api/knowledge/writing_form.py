"""A knowledge item as a form: what each kind says, read off its struct, and texts typed line by line as lists."""

import datetime
import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

import msgspec

from api.calls.call_form import instant, rows_of, without_blank
from api.knowledge.words import CHOICES, FIELDS, KINDS
from api.site.forms import Form, Given, bare
from marketplace.clock import BEIJING
from marketplace.knowledge import content
from marketplace.knowledge.content import Draft
from marketplace.knowledge.process import AUTHORS
from marketplace.texts import LongText, ShortText
from scoring.technology import Text

# A topic names other items and has a form of its own.
WRITTEN: Mapping[str, type[msgspec.Struct]] = {
    kind.__struct_config__.tag: kind  # type: ignore[misc]
    for kind in (
        content.Policy, content.Standard, content.CaseStudy, content.Event, content.Review, content.Showcase,
        content.DemonstrationBase, content.Team,
    )
}  # fmt: skip
BLANK_ROWS = 2
_PLAIN = {str: "line", int: "number", float: "number", datetime.date: "date", datetime.datetime: "moment"}
_SUBJECT = re.compile(r"/(technologies|needs)/([0-9a-fA-F-]{36})/?$")
_PAGES = {"listing": "technologies", "need": "needs"}


class Part(NamedTuple):
    """A field: `shape` says how it is typed, `parts` what a row of it has."""

    name: str
    label: Text
    shape: str
    required: bool
    options: Mapping[str, Text] = {}
    parts: tuple["Part", ...] = ()


def parts_of(kind: type[msgspec.Struct]) -> tuple[Part, ...]:
    hints = get_type_hints(kind, include_extras=True)
    return tuple(_part(field.name, hints[field.name], field.required) for field in msgspec.structs.fields(kind))


def _part(name: str, hint: Any, required: bool) -> Part:
    kind, label = bare(hint), FIELDS[name]
    if kind in (ShortText, LongText):
        return Part(name, label, "short" if kind is ShortText else "long", required)
    if get_origin(kind) is Literal:
        return Part(name, label, "choice", required, options={one: CHOICES[one] for one in get_args(kind)})
    if get_origin(kind) is list:
        inside = bare(get_args(kind)[0])
        if inside is str:
            return Part(name, label, "lines", required)
        if inside is LongText:
            return Part(name, label, "texts", required)
        return Part(name, label, "rows", required, parts=parts_of(inside))
    return Part(name, label, _PLAIN[kind], required)


def kinds_for(organisation_kind: str) -> list[tuple[str, Text]]:
    """What an organisation of this kind may write by form."""
    return [(kind, KINDS[kind]) for kind in WRITTEN if organisation_kind in AUTHORS[kind]]


def kind_typed(given: Given) -> str:
    kind = str(given.get("content.kind", ""))
    return kind if kind in WRITTEN else ""


def tidied(given: Given) -> Given:
    """Without blank rows, and with lists where lines were typed."""
    kind = kind_typed(given)
    for part in parts_of(WRITTEN[kind]) if kind else ():
        place = f"content.{part.name}"
        if part.shape in ("texts", "rows"):
            given = without_blank(given, place, tuple(_leaves(part)))
        for name in [name for name in given if _is_lines(part, place, name)]:
            given = given | {name: _separated(given[name], "\n" if part.shape == "lines" else ";；")}
    return given


def _leaves(part: Part) -> Iterator[str]:
    for inside in part.parts:
        yield from (f"{inside.name}.{tongue}" for tongue in ("zh", "en")) if inside.shape == "short" else (inside.name,)
    if not part.parts:
        yield from ("zh", "en")


def _is_lines(part: Part, place: str, name: str) -> bool:
    if part.shape == "lines":
        return name == place
    ending = name.rpartition(".")[2]
    return name.startswith(f"{place}.") and any(one.shape == "lines" and one.name == ending for one in part.parts)


def _separated(typed: str | list[str], signs: str) -> list[str]:
    said = typed if isinstance(typed, str) else "\n".join(typed)
    return [one.strip() for one in re.split(f"[{signs}]", said) if one.strip()]


def prepared(tree: dict[str, Any]) -> dict[str, Any]:
    """What was typed, as a draft has it."""
    tree.pop("version", None)
    said = tree.get("content")
    kind = WRITTEN.get(str(said.get("kind"))) if isinstance(said, dict) else None
    for part in parts_of(kind) if kind else ():
        if part.shape == "moment" and isinstance(typed := said.get(part.name), str):  # type: ignore[union-attr]
            said[part.name] = instant(typed)  # type: ignore[index]
    if isinstance(links := tree.get("links"), str):
        tree["links"] = [_link(line) for line in links.split() if line]
    return tree


def _link(address: str) -> dict[str, str]:
    """An address of a technology or of a need; anything else is no id, and said to be wrong."""
    found = _SUBJECT.search(address)
    kind = "need" if found and found[1] == "needs" else "listing"
    return {"subject_type": kind, "subject_id": found[2] if found else address}


def as_form(draft: Draft, version: int) -> Form[Draft]:
    """The fields, filled with what a draft says."""
    said = msgspec.to_builtins(draft, builtin_types=(datetime.datetime,))
    given: Given = {"version": str(version), "media": [medium.value for medium in draft.media]}
    given["links"] = "\n".join(f"/{_PAGES[link.subject_type]}/{link.subject_id}" for link in draft.links)
    for name in ("title", "summary", "content"):
        given |= _flat(said[name], name)
    return Form(given)


def _flat(value: Any, name: str) -> Given:
    if isinstance(value, dict):
        return {field: text for key, part in value.items() for field, text in _flat(part, f"{name}.{key}").items()}
    if isinstance(value, list):
        if all(isinstance(one, str) for one in value):
            return {name: ("; " if name.count(".") > 1 else "\n").join(value)}
        return _flat({str(number): part for number, part in enumerate(value)}, name)
    if isinstance(value, datetime.datetime):
        return {name: value.astimezone(BEIJING).strftime("%Y-%m-%dT%H:%M")}
    return {} if value is None else {name: str(value)}


def rows_shown(form: Form[Any], name: str) -> int:
    """The rows there are, and some blank ones."""
    return len(rows_of(form.given, name)) + BLANK_ROWS
