"""Rows of a portfolio, flat or structured, to technologies: all of them, or every bad cell."""

from typing import Any, get_type_hints

from msgspec import Struct

from scoring.io.cells import Place, Unpriced, parameter, priced, read
from scoring.io.glossary import COLUMNS, Header, suggestion, understand
from scoring.io.grid import Cell, Grid
from scoring.io.infer import inferred
from scoring.io.jsonfile import UNREADABLE, Record, parsed
from scoring.io.problems import Problems, Unexpected
from scoring.io.structured import Reader
from scoring.technology import FinancingRequest, Technology, Text

HINTS = get_type_hints(Technology, include_extras=True)
STAGES = get_type_hints(FinancingRequest, include_extras=True)["stages"]
SEVERAL = ("costs", "parameters", "cases", "patents", "evidence")
FINANCING = ("financing_instrument", "financing_currency", "financing_term_months", "guaranteed_share")
KNOWN_KEYS = sorted({*HINTS, *(column.name for column in COLUMNS)})


class Draft(Struct):
    """A technology in the making: its fields so far, and what its financing is made of."""

    row: int
    fields: dict[str, Any]
    features: dict[str, Any]
    financing: dict[str, Any]


def from_grid(grid: Grid, problems: Problems) -> list[Technology]:
    """Technologies from a table with one on each row."""
    headers = [understand(name) for name in grid.header]
    _check_headers(headers, problems)
    drafts = [Draft(row, {}, {}, {}) for row in grid.row_numbers]
    for header, cells in zip(headers, grid.columns, strict=True):
        _read_column(header, cells, drafts, problems, grid.comma_is_ambiguous)
    has_ids = any(header.column is not None and header.column.name == "id" for header in headers)
    return _finished(drafts, problems, has_ids)


def from_records(records: list[Record], problems: Problems) -> list[Technology]:
    """Technologies from JSON objects, whose fields may be structures, or cells as in a table."""
    drafts = [Draft(record.row, {}, {}, {}) for record in records]
    for record, draft in zip(records, drafts, strict=True):
        reader = Reader(problems, record.row)
        for name, value in record.fields.items():
            _read_field(name, value, draft, reader)
    return _finished(drafts, problems, any("id" in draft.fields for draft in drafts))


def _check_headers(headers: list[Header], problems: Problems) -> None:
    """Two headers may not mean one column, unless it is a text in two languages."""
    seen: dict[str, str] = {}
    for header in headers:
        if header.column is None or header.column.kind == "localised":
            continue
        other = seen.setdefault(header.column.name, header.text)
        if other != header.text:
            expected = f"one column for {header.column.name!r}; {other!r} means it too"
            problems.add(expected, row=1, column=header.text, value=header.text)
    if "name" not in {header.column.name for header in headers if header.column is not None}:
        close = suggestion("name", [header.text.lower() for header in headers])
        problems.stop(f"a column with the technology's name, headed 技术名称 or name{close}", row=1)


def _read_column(
    header: Header, cells: list[Cell], drafts: list[Draft], problems: Problems, comma_is_ambiguous: bool
) -> None:
    if header.column is None:
        _read_feature(header, cells, drafts, problems, comma_is_ambiguous)
        return
    place = Place(header, header.column, comma_is_ambiguous)
    for cell, draft in zip(cells, drafts, strict=True):
        if cell is not None:
            _read_cell(cell, place, draft, problems)


def _read_feature(
    header: Header, cells: list[Cell], drafts: list[Draft], problems: Problems, comma_is_ambiguous: bool
) -> None:
    """A column of the holder's own: a feature for cards, and a parameter if its header has a unit."""
    numbers = [draft.row for draft in drafts]
    column = inferred(header.text, cells, numbers, problems, comma_is_ambiguous=comma_is_ambiguous)
    for cell, value, draft in zip(cells, column, drafts, strict=True):
        draft.features[header.text] = value
        if header.unit is not None and cell is not None:
            found = parameter(cell, header.name, header.unit, comma_is_ambiguous=comma_is_ambiguous)
            draft.fields["parameters"] = (*draft.fields.get("parameters", ()), *([found] if found else []))


def _read_cell(cell: Any, place: Place, draft: Draft, problems: Problems) -> None:
    is_json = isinstance(cell, str) and cell.startswith("[")
    if place.column.kind == "json" or (is_json and place.column.name in (*SEVERAL, "pollutants", "industries")):
        _read_json(cell, place, draft, problems)
        return
    try:
        _put(place, read(cell, place), draft)
    except Unexpected as error:
        problems.add(str(error), row=draft.row, column=place.header.text, value=cell)


def _read_json(cell: Any, place: Place, draft: Draft, problems: Problems) -> None:
    value = parsed(str(cell), problems, draft.row, place.header.text)
    if value is not UNREADABLE:
        _read_structure(place.column.name, value, draft, Reader(problems, draft.row))


def _read_field(name: str, value: Any, draft: Draft, reader: Reader) -> None:
    """One field of a JSON object: a structure under the field's own name, or a cell under any header."""
    if value is None:
        return
    if name in HINTS and isinstance(value, dict | list):
        _read_structure(name, value, draft, reader)
        return
    header = understand(name)
    if header.column is None or header.column.kind == "json" or isinstance(value, dict | list):
        known = "a known field; columns of your own go into 'features'"
        expected = "text or a number" if header.column else f"{known}{suggestion(name, KNOWN_KEYS)}"
        reader.problems.add(expected, row=draft.row, column=name, value=value)
        return
    _read_cell(value, Place(header, header.column), draft, reader.problems)


def _read_structure(name: str, value: Any, draft: Draft, reader: Reader) -> None:
    kind = STAGES if name == "financing_stages" else HINTS[name]
    found = reader.read(value, kind, name)
    if found is None:
        return
    if name == "features":
        draft.features |= found
    elif name == "financing_stages":
        draft.financing["stages"] = found
    elif name in SEVERAL:
        draft.fields[name] = (*draft.fields.get(name, ()), *found)
    else:
        draft.fields[name] = found


def _put(place: Place, value: Any, draft: Draft) -> None:
    """Store what a cell says in its field."""
    name = place.column.name
    if value is None or value == ():
        return
    if place.column.kind == "localised":
        draft.fields[name] = _merged(draft.fields.get(name, Text()), value)
    elif place.column.kind == "count":
        draft.features[name] = value
    elif name in ("capex", "opex"):
        draft.fields["costs"] = (*draft.fields.get("costs", ()), value)
    elif name in SEVERAL:
        draft.fields[name] = (*draft.fields.get(name, ()), *value)
    elif name in FINANCING or isinstance(value, Unpriced):
        draft.financing[name] = value
    else:
        draft.fields[name] = value


def _merged(text: Text, more: Text) -> Text:
    if (text.zh and more.zh) or (text.en and more.en):
        raise Unexpected("one text in each language; another column gives this one already")
    return Text(text.zh or more.zh, text.en or more.en)


def _finished(drafts: list[Draft], problems: Problems, has_ids: bool) -> list[Technology]:
    seen: dict[str, int] = {}
    for draft in drafts:
        if not has_ids:
            draft.fields["id"] = f"row-{draft.row}"
        _check_id(draft, seen, problems)
        if not draft.fields.get("name"):
            problems.add("a name", row=draft.row, column="name")
        _finish_financing(draft, problems)
    problems.raise_any()
    return [Technology(**draft.fields, features=draft.features) for draft in drafts]


def _check_id(draft: Draft, seen: dict[str, int], problems: Problems) -> None:
    identity = draft.fields.get("id")
    if identity is None:
        problems.add("an id; without a column of ids, rows are numbered", row=draft.row, column="id")
        return
    first = seen.setdefault(identity, draft.row)
    if first != draft.row:
        problems.add(f"an id of its own; row {first} has this one", row=draft.row, column="id", value=identity)


def _finish_financing(draft: Draft, problems: Problems) -> None:
    """One request from its columns: an instrument and an amount make one, and neither goes without the other."""
    parts = draft.financing
    if not parts.keys() - {"financing_currency"} or "financing" in draft.fields:
        return
    for name in ("financing_instrument", "financing_amount"):
        if name not in parts:
            problems.add("a value, since the row asks for financing", row=draft.row, column=name)
            return
    try:
        asked = priced(parts["financing_amount"], parts.get("financing_currency"))
        pledged = priced(parts["collateral"], asked.currency) if "collateral" in parts else None
    except Unexpected as error:
        problems.add(str(error), row=draft.row, column="financing_amount")
        return
    if pledged is not None and pledged.currency != asked.currency:
        problems.add(f"an amount in {asked.currency}, as the financing", row=draft.row, column="collateral")
        return
    draft.fields["financing"] = FinancingRequest(
        instrument=parts["financing_instrument"],
        amount_minor=asked.minor,
        currency=asked.currency,
        term_months=parts.get("financing_term_months"),
        stages=parts.get("stages", ()),
        collateral_minor=None if pledged is None else pledged.minor,
        guaranteed_share=parts.get("guaranteed_share"),
    )
