"""Trying what the database may refuse, so that the same page can come back with what was typed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.base import Base
from marketplace.errors import translated


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
