"""Forms: read into the same structs as JSON, with every wrong field named beside the field and nothing typed lost.

A field is named as the struct names it; a dot leads into a struct (`name.zh`), a number into a list
(`criteria.0.weight`). Empty fields count as not given.
"""

from collections.abc import Callable, Mapping
from types import UnionType
from typing import Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec
from litestar import Request
from litestar.datastructures import UploadFile

from api.csrf import FORM_FIELD
from api.site.language import CURRENT, choose_language, gettext
from api.site.wording import in_words
from api.validation import wrong_fields
from marketplace.errors import FieldError, Invalid, MarketplaceError

T = TypeVar("T")
Given = dict[str, str | list[str]]
_DEPTH_MAX = 8
_ITEMS_MAX = 200
_WHOLE_NUMBER = ("整数", "a whole number")


class Form(Generic[T]):
    """What was typed, what is wrong with it, and the struct it makes if nothing is."""

    def __init__(self, given: Mapping[str, str | list[str]] | None = None) -> None:
        self.given: dict[str, str | list[str]] = dict(given or {})
        self.errors: dict[str, str] = {}
        self.refusal = ""
        self.value: T | None = None

    @property
    def wrong(self) -> bool:
        return bool(self.errors or self.refusal)

    def typed(self, name: str, default: Any = "") -> Any:
        """What stands in a field: what was typed, else the default."""
        return self.given.get(name, "" if default is None else default)

    def error(self, name: str) -> str:
        return self.errors.get(name, "")

    def refuse(self, error: MarketplaceError) -> "Form[T]":
        """Say what the service refused: beside its fields where it names some."""
        for field in error.fields if isinstance(error, Invalid) else ():
            self._add(field)
        if not self.errors:
            self.refusal = error.message_zh if CURRENT.get() == "zh" and error.message_zh else error.message
        return self

    def _add(self, field: FieldError) -> None:
        said = in_words(field.expected, field.expected_zh)
        if field.field.endswith("_minor") and said in _WHOLE_NUMBER:  # it is typed in yuan, with or without fen
            said = gettext("an amount, such as 1200000 or 12.50")
        self.errors.setdefault(self._typed_as(field.field), said)

    def _typed_as(self, name: str) -> str:
        """The field that was filled in: an item of a list that was typed into one field has none of its own."""
        around = name
        while around and around not in self.given:
            around = around.rpartition(".")[0]
        return around or name


async def read_form(
    request: Request[Any, Any, Any],
    kind: type[T],
    *,
    tidy: Callable[[Given], Given] = dict,
    prepare: Callable[[dict[str, Any]], dict[str, Any]] = dict,
) -> Form[T]:
    """The form that was sent, as a `kind` or with all that is wrong.

    `tidy` changes what counts as typed (rows left blank go); `prepare` what is made of it (yuan become fen).
    """
    CURRENT.set(choose_language(request))  # what is refused is refused in the reader's language
    form: Form[T] = Form(tidy(texts(await request.form())))
    nested: dict[str, Any] = _shaped(prepare(_nested(form.given)), kind)
    for field in wrong_fields(nested, kind, strict=False):
        form._add(field)
    if not form.errors:
        form.value = msgspec.convert(nested, kind, strict=False, str_keys=True)
    return form


def texts(sent: Any) -> Given:
    """What was typed and ticked, without files."""
    found: Given = {}
    for name in sent:
        values = [value for value in sent.getall(name) if not isinstance(value, UploadFile)]
        if name != FORM_FIELD and values:
            found[name] = values if len(values) > 1 else values[0]
    return found


def _nested(given: Mapping[str, str | list[str]]) -> dict[str, Any]:
    """Dotted names as objects, blanks left out."""
    tree: dict[str, Any] = {}
    for name, value in given.items():
        kept = [one for one in value if one.strip()] if isinstance(value, list) else value
        if not kept or (isinstance(kept, str) and not kept.strip()):
            continue
        _put(tree, name.split(".")[:_DEPTH_MAX], kept)
    return tree


def _put(tree: dict[str, Any], path: list[str], value: Any) -> None:
    for step in path[:-1]:
        below = tree.setdefault(step, {})
        if not isinstance(below, dict):
            return
        tree = below
    tree[path[-1]] = value


def _shaped(value: Any, kind: Any) -> Any:
    """What arrives as text or as numbered parts, in the shape that the type has."""
    kind = _meant(bare(kind), value)
    origin = get_origin(kind)
    if origin in (list, tuple, set, frozenset):
        return _items(value, get_args(kind)[0])
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and isinstance(value, dict):
        hints = get_type_hints(kind, include_extras=True)
        return {name: _shaped(part, hints[name]) if name in hints else part for name, part in value.items()}
    if kind is bool and isinstance(value, str):
        return value.lower() in ("on", "true", "1", "yes")
    return value[-1] if isinstance(value, list) else value


def _meant(kind: Any, value: Any) -> Any:
    """The one of several structs whose tag was sent."""
    if get_origin(kind) not in (Union, UnionType) or not isinstance(value, dict):
        return kind
    tagged = (one for one in get_args(kind) if isinstance(one, type) and issubclass(one, msgspec.Struct))
    return next((one for one in tagged if one.__struct_config__.tag == value.get(_tag_field(one))), kind)


def _tag_field(kind: type[msgspec.Struct]) -> str:
    return kind.__struct_config__.tag_field or ""


def _items(value: Any, kind: Any) -> list[Any]:
    if isinstance(value, dict):
        numbered = sorted((int(name), part) for name, part in value.items() if name.isdecimal())
        return [_shaped(part, kind) for _, part in numbered[:_ITEMS_MAX]]
    values = value if isinstance(value, list) else [value]
    return [_shaped(part, kind) for part in values]


def bare(kind: Any) -> Any:
    """The type without its bounds and without `None`."""
    while hasattr(kind, "__metadata__"):
        kind = get_args(kind)[0]
    choices = [choice for choice in get_args(kind) if choice is not type(None)]
    optional = type(None) in get_args(kind) and len(choices) == 1
    return bare(choices[0]) if optional else kind
