"""Trying what the database may refuse, so that the same page can come back with what was typed."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from api.site.forms import Form
from marketplace.base import Base
from marketplace.errors import MarketplaceError, translated

Given = TypeVar("Given")


@asynccontextmanager
async def attempt(session: AsyncSession) -> AsyncIterator[None]:
    """Within a savepoint: a refusal becomes its sentence, and the transaction can still read what the page shows."""
    try:
        async with session.begin_nested():
            yield
    except DBAPIError as error:
        refusal = translated(error, Base.metadata)
        if refusal is None:
            raise
        raise refusal from error


async def carried_out(
    session: AsyncSession,
    form: Form[Given],
    act: Callable[[Given], Awaitable[Any]],
    *,
    turned_away: tuple[type[MarketplaceError], ...] = (),
) -> bool:
    """Whether what the form says was done. Where it was refused, the form says why, for the page to show it again.

    Errors in `turned_away` are raised: their answer is another page.
    """
    if form.value is None:
        return False
    try:
        async with attempt(session):
            await act(form.value)
    except turned_away:
        raise
    except MarketplaceError as error:
        form.refuse(error)
        return False
    return True
