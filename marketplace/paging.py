"""Lists a page at a time, by the sort values of the last item seen rather than by counting rows.

A page costs the same however far down it is, and rows added meanwhile neither repeat nor hide others.
"""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

Row = TypeVar("Row")


class Key(Struct, frozen=True):
    """One column of the order. It must never be NULL, and the last key of an order must be unique (the id)."""

    column: InstrumentedAttribute[Any]
    descending: bool = False

    def ordering(self) -> ColumnElement[Any]:
        ordering: ColumnElement[Any] = self.column.desc() if self.descending else self.column.asc()
        return ordering

    def beyond(self, value: Any) -> ColumnElement[bool]:
        further: ColumnElement[bool] = self.column < value if self.descending else self.column > value
        return further


class Slice(Struct, Generic[Row], frozen=True):
    """`position` is where the next slice begins; None after the last one."""

    items: Sequence[Row]
    position: tuple[Any, ...] | None


def newest_first(model: Any) -> tuple[Key, ...]:
    """Ids are in order of time, so that one column is order and identity at once."""
    return (Key(model.id, descending=True),)


async def page(
    session: AsyncSession,
    query: Select[Row],
    *,
    order: Sequence[Key],
    after: Sequence[Any] | None = None,
    limit: int = 20,
) -> Slice[Row]:
    """The next `limit` rows of a query for one entity, in `order`, beyond the position `after`."""
    if after is not None:
        query = query.where(_beyond(order, after))
    # One more than asked for tells whether there is a next page.
    found = (await session.scalars(query.order_by(*(key.ordering() for key in order)).limit(limit + 1))).all()
    items = found[:limit]
    more = len(found) > limit
    return Slice(items, tuple(getattr(items[-1], key.column.key) for key in order) if more else None)


def _beyond(order: Sequence[Key], after: Sequence[Any]) -> ColumnElement[bool]:
    """(a, b) beyond (x, y): a beyond x, or a = x and b beyond y; each column in its own direction."""
    if len(after) != len(order):
        raise ValueError(f"a position in this order has {len(order)} values, not {len(after)}")
    cases = [
        and_(
            *(same.column == value for same, value in zip(order[:depth], after, strict=False)), key.beyond(after[depth])
        )
        for depth, key in enumerate(order)
    ]
    return or_(*cases)


async def count(session: AsyncSession, query: Select[Any]) -> int:
    """How many rows a query has in all, without its order."""
    return int(await session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0)
