"""Lists as the contract has them: items, a cursor to the next page, and how many there are in all."""

import base64
import binascii
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from litestar.params import QueryParameter
from msgspec import Struct

from marketplace.errors import FieldError, Invalid

T = TypeVar("T")
PAGE_SIZE, PAGE_SIZE_MAX = 20, 100

Limit = Annotated[int, QueryParameter(ge=1, le=PAGE_SIZE_MAX, description="How many items at the most.")]
Cursor = Annotated[str | None, QueryParameter(max_length=500, description="`next` of the page before.")]


class Page(Struct, Generic[T], frozen=True):
    """One page of a list. `next` is null on the last page."""

    items: list[T]
    next: str | None
    total: int


def encode_cursor(position: Any) -> str:
    """A position in an ordering (the sort values of the last item), opaque to clients."""
    return base64.urlsafe_b64encode(msgspec.json.encode(position)).decode().rstrip("=")


def decode_cursor(cursor: str, kind: type[T]) -> T:
    """The position back, or Invalid: cursors come from outside like everything else."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(raw, type=kind)
    except (binascii.Error, msgspec.DecodeError, RecursionError, ValueError) as error:
        raise Invalid([FieldError(field="cursor", expected="a cursor as `next` gave it", value=cursor[:80])]) from error
