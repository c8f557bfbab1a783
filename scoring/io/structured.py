"""Structures from JSON: every field that does not fit is named, not the first one only."""

import math
from datetime import date
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import inspect

from scoring.io.glossary import suggestion
from scoring.io.limits import INTEGER_MAX
from scoring.io.problems import Problems, Unexpected
from scoring.io.values import A_DATE, A_FINITE_NUMBER, A_SHORTER_NUMBER, check_text, day

EXPECTED = {
    inspect.IntType: "a whole number",
    inspect.FloatType: "a number",
    inspect.StrType: "text",
    inspect.BoolType: "true or false",
    inspect.DateType: A_DATE,
    inspect.VarTupleType: "a list",
    inspect.DictType: "an object",
    inspect.StructType: "an object",
}
PYTHON_TYPES: dict[type, Any] = {
    inspect.IntType: int,
    inspect.FloatType: int | float,
    inspect.StrType: str,
    inspect.BoolType: bool,
}


_type_info = lru_cache(inspect.type_info)


class Reader:
    """Builds values of msgspec types from plain JSON values, noting every misfit of one row."""

    def __init__(self, problems: Problems, row: int | None) -> None:
        self.problems = problems
        self.row = row

    def read(self, value: Any, kind: Any, path: str) -> Any:
        """The value as the type asks for, or None and a note of each misfit inside it."""
        before = len(self.problems.errors) + self.problems.uncounted
        tidy = self._tidied(value, _type_info(kind), path)
        if len(self.problems.errors) + self.problems.uncounted > before:
            return None
        try:
            return msgspec.convert(tidy, kind)
        except msgspec.ValidationError as error:
            self._note(str(error)[0].lower() + str(error)[1:], path, value)
            return None

    def _note(self, expected: str, path: str, value: Any) -> None:
        self.problems.add(expected, row=self.row, column=path, value=value)

    def _tidied(self, value: Any, kind: inspect.Type, path: str) -> Any:
        """The value with its dates as dates, after noting what does not fit."""
        if isinstance(kind, inspect.UnionType):
            return self._union(value, kind, path)
        if isinstance(kind, inspect.StructType):
            return self._struct(value, kind, path)
        if isinstance(kind, inspect.VarTupleType):
            return self._list(value, kind, path)
        if isinstance(kind, inspect.DictType):
            return self._object(value, kind, path)
        try:
            return _leaf(value, kind)
        except Unexpected as error:
            self._note(str(error), path, value)
            return None

    def _union(self, value: Any, kind: inspect.UnionType, path: str) -> Any:
        if value is None and kind.includes_none:
            return None
        members = [member for member in kind.types if not isinstance(member, inspect.NoneType)]
        if len(members) == 1:
            return self._tidied(value, members[0], path)
        try:
            _check_scalar(value)
        except Unexpected as error:
            self._note(str(error), path, value)
        return value

    def _struct(self, value: Any, kind: inspect.StructType, path: str) -> Any:
        fields = {field.name: field for field in kind.fields}
        if set(fields) == {"zh", "en"} and isinstance(value, str):
            return self._tidied(localised(value), kind, path)
        if not isinstance(value, dict):
            self._note(EXPECTED[inspect.StructType], path, value)
            return None
        for name in value.keys() - fields.keys():
            self._note(f"a known field{suggestion(str(name), list(fields))}", _joined(path, name), value[name])
        for name, field in fields.items():
            if field.required and name not in value:
                self._note("this field, which is required", _joined(path, name), None)
        known = value.keys() & fields.keys()
        return {name: self._tidied(value[name], fields[name].type, _joined(path, name)) for name in sorted(known)}

    def _list(self, value: Any, kind: inspect.VarTupleType, path: str) -> Any:
        if not isinstance(value, list):
            self._note(EXPECTED[inspect.VarTupleType], path, value)
            return None
        return [self._tidied(item, kind.item_type, f"{path}[{index}]") for index, item in enumerate(value)]

    def _object(self, value: Any, kind: inspect.DictType, path: str) -> Any:
        if not isinstance(value, dict):
            self._note(EXPECTED[inspect.DictType], path, value)
            return None
        try:
            check_text("".join(value))
        except Unexpected as error:
            self._note(str(error), path, value)
        return {name: self._tidied(item, kind.value_type, _joined(path, name)) for name, item in value.items()}


def localised(text: str) -> dict[str, str]:
    """Text under the language it is written in."""
    return {"zh" if any("\u3400" <= char <= "\u9fff" for char in text) else "en": text}


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else str(name)


def _leaf(value: Any, kind: inspect.Type) -> Any:
    """A scalar that its type accepts; a date as a date."""
    _check_scalar(value)
    if isinstance(kind, inspect.EnumType):
        names = [str(member.value) for member in kind.cls]
        if value not in names:
            raise Unexpected(f"one of {', '.join(names)}{suggestion(str(value), names)}")
        return value
    if isinstance(kind, inspect.DateType):
        return _date(value)
    if not isinstance(value, PYTHON_TYPES[type(kind)]) or (
        isinstance(value, bool) and type(kind) is not inspect.BoolType
    ):
        raise Unexpected(EXPECTED[type(kind)])
    if isinstance(kind, inspect.IntType | inspect.FloatType):
        _check_bounds(value, kind)
    return value


def _check_bounds(value: float, kind: inspect.IntType | inspect.FloatType) -> None:
    low, high = kind.ge, kind.le
    if (low is None or value >= low) and (high is None or value <= high):
        return
    span = f"from {low:g} to {high:g}" if low is not None and high is not None else f"of at least {low or 0:g}"
    raise Unexpected(f"{EXPECTED[type(kind)]} {span}")


def _date(value: Any) -> Any:
    found = day(value) if isinstance(value, str | date) else None
    if found is None:
        raise Unexpected(A_DATE)
    return found


def _check_scalar(value: Any) -> None:
    """Refuse what no field may hold, whatever its type."""
    if isinstance(value, dict | list):
        raise Unexpected("a single value, not a list or an object")
    if isinstance(value, float) and not math.isfinite(value):
        raise Unexpected(A_FINITE_NUMBER)
    if isinstance(value, int) and not -INTEGER_MAX - 1 <= value <= INTEGER_MAX:
        raise Unexpected(A_SHORTER_NUMBER)
    if isinstance(value, str):
        check_text(value)
