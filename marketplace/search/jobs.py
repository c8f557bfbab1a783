"""The index follows the database: at once after a publication, and every minute whatever else has changed."""

import asyncio

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.jobs import Context, job
from marketplace.search.analysis import warm
from marketplace.search.library import Library
from marketplace.search.upkeep import keep_up

_ASKED = "search.refresh asked for"


@job("search.refresh", retry=(10, 60), every="* * * * *")
async def refresh(context: Context) -> None:
    library = Library(context.settings.home)
    if not library.is_wanted:
        return
    await asyncio.to_thread(warm)
    async with library.writing(), context.transaction() as session:
        await keep_up(session, library)


async def refresh_soon(session: AsyncSession) -> None:
    """Once a transaction: a thousand publications need one refresh. A job too few is made good within a minute."""
    transaction = session.sync_session.get_transaction()
    if session.info.get(_ASKED) is not transaction:
        session.info[_ASKED] = transaction
        await refresh.defer(session, one_at_a_time="search")
