"""Every bad field of a request at once: msgspec stops at the first, a person filling in a form should not."""

from collections.abc import Iterator
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import NODEFAULT
from msgspec.structs import fields

from marketplace.errors import FieldError

VALUE_SHOWN_MAX = 80
_SECRET = ("password", "secret", "token", "code")


def wrong_fields(value: Any, kind: Any, *, path: str = "", strict: bool = True) -> list[FieldError]:
    """What is wrong with decoded JSON that should be a `kind`; empty if nothing is."""
    try:
        msgspec.convert(value, kind, strict=strict, str_keys=True)
    except msgspec.ValidationError as error:
        inside = [found for part in _parts(value, kind, path, strict) for found in part]
        return inside or [_field_error(path, value, str(error))]
    return []


def _parts(value: Any, kind: Any, path: str, strict: bool) -> Iterator[list[FieldError]]:
    kind = _without_meta(kind)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        for choice in arguments:
            if _fits(value, choice):
                yield from _parts(value, choice, path, strict)
                return
    elif isinstance(kind, type) and issubclass(kind, msgspec.Struct) and isinstance(value, dict):
        yield from _struct_parts(value, kind, path, strict)
    elif origin in (list, tuple, set, frozenset) and isinstance(value, list) and arguments:
        for number, item in enumerate(value):
            yield wrong_fields(item, arguments[0], path=_join(path, str(number)), strict=strict)
    elif origin is dict and isinstance(value, dict):
        for key, item in value.items():
            yield wrong_fields(item, arguments[1], path=_join(path, str(key)), strict=strict)


def _struct_parts(
    value: dict[str, Any], kind: type[msgspec.Struct], path: str, strict: bool
) -> Iterator[list[FieldError]]:
    hints = get_type_hints(kind, include_extras=True)
    known = {field.encode_name: field for field in fields(kind)}
    for name, field in known.items():
        if name in value:
            yield wrong_fields(value[name], hints[field.name], path=_join(path, name), strict=strict)
        elif field.default is NODEFAULT and field.default_factory is NODEFAULT:
            yield [FieldError(field=_join(path, name), expected="a value", expected_zh="必填")]
    config = kind.__struct_config__
    if config.forbid_unknown_fields:
        for name in value.keys() - known.keys() - {config.tag_field}:
            near = get_close_matches(str(name), known, n=1)
            hint = f"no such field; did you mean {near[0]!r}?" if near else f"one of {', '.join(sorted(known))}"
            yield [FieldError(field=_join(path, str(name)), expected=hint, expected_zh="没有此字段")]


def _fits(value: Any, choice: Any) -> bool:
    """Whether this arm of a union is the one that was meant, judged by shape alone."""
    choice = _without_meta(choice)
    if isinstance(choice, type) and issubclass(choice, msgspec.Struct):
        tag = choice.__struct_config__.tag
        return isinstance(value, dict) and (tag is None or value.get(choice.__struct_config__.tag_field) == tag)
    shape = get_origin(choice)
    return (shape in (list, tuple) and isinstance(value, list)) or (shape is dict and isinstance(value, dict))


def _without_meta(kind: Any) -> Any:
    return _without_meta(get_args(kind)[0]) if get_origin(kind) is Annotated else kind


def _field_error(path: str, value: Any, message: str) -> FieldError:
    expected = message.split(" - at `$", maxsplit=1)[0].removeprefix("Expected ")
    return FieldError(field=path, expected=expected, value="" if _is_secret(path) else _shown(value))


def _is_secret(path: str) -> bool:
    return any(word in path.lower() for word in _SECRET)


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value, enc_hook=str).decode()
    text = text.replace("\0", "�")
    return text if len(text) <= VALUE_SHOWN_MAX else text[: VALUE_SHOWN_MAX - 1] + "…"


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
