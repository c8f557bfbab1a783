"""One page of a list, as pages of HTML show it: twenty at a time, with the way to the next."""

import uuid
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from api.paging import PAGE_SIZE, decode_cursor, encode_cursor
from marketplace.paging import Key, count, newest_first, page


class Listed(NamedTuple):
    """`following` is the cursor of the next page."""

    items: Sequence[Any]
    following: str | None
    total: int


async def listed(
    session: AsyncSession,
    query: Any,
    model: Any,
    cursor: str | None,
    *,
    order: Sequence[Key] | None = None,
    kind: Any = tuple[uuid.UUID],
) -> Listed:
    """The page that the cursor names, the newest first where no `order` is given; `kind` is what the order sorts by."""
    after = decode_cursor(cursor, kind) if cursor else None
    found = await page(session, query, order=order or newest_first(model), after=after, limit=PAGE_SIZE)
    following = encode_cursor(found.position) if found.position else None
    return Listed(found.items, following, await count(session, query.with_only_columns(model.id)))
