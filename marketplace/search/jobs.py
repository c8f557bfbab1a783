"""The index follows the database: at once after a publication, and every minute whatever else has changed."""

import asyncio

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.jobs import Context, job
from marketplace.screening.alerts import Link
from marketplace.search.analysis import warm
from marketplace.search.library import Library
from marketplace.search.telling import News, tell, waiting
from marketplace.search.upkeep import keep_up
from marketplace.settings import signing_key

_ASKED = "search.refresh asked for"


@job("search.refresh", retry=(10, 60), every="* * * * *")
async def refresh(context: Context) -> None:
    library = Library(context.settings.home)
    if not library.is_wanted:
        return
    await asyncio.to_thread(warm)
    async with library.writing(), context.transaction() as session:
        await keep_up(session, library)


@job("search.tell", retry=(60, 600), every="*/5 * * * *")
async def tell_savers(context: Context) -> None:
    """Ask every kept search of what the index has learned since the last time."""
    library = Library(context.settings.home)
    reading, through = library.reading(), library.through()
    if reading is None or through is None:
        return
    await asyncio.to_thread(warm)
    news, link = News(reading, through.sequence), Link(context.settings.public_url, signing_key(context.settings))
    async with context.transaction() as session:
        searches = await waiting(session, news)
    for search_id in searches:
        async with context.transaction() as session:
            await tell(session, search_id, news, link)


async def refresh_soon(session: AsyncSession) -> None:
    """Once a transaction: a thousand publications need one refresh. A job too few is made good within a minute."""
    transaction = session.sync_session.get_transaction()
    if session.info.get(_ASKED) is not transaction:
        session.info[_ASKED] = transaction
        await refresh.defer(session, one_at_a_time="search")
