"""What the worker does for the ground without being asked."""

import asyncio

import structlog

from marketplace import audit, checks, rate_limit
from marketplace.embedded import EmbeddedPostgres
from marketplace.embedded.backup import back_up
from marketplace.jobs import Context, job

_log = structlog.get_logger(__name__)


@job("audit.seal", every="* * * * *")
async def seal(context: Context) -> None:
    """Nobody may read the feed for hours; the chain is not to wait for them."""
    sealed = 1
    while sealed:
        async with context.transaction() as session:
            sealed = await audit.seal(session)


@job("audit.anchor", every="*/5 * * * *")
async def anchor(context: Context) -> None:
    """An anchor at most five minutes old, outside the database."""
    async with context.transaction() as session:
        await checks.write_anchor(session, context.settings)


@job("rate-limit.forget", every="23 * * * *")
async def forget_rate_limits(context: Context) -> None:
    await rate_limit.forget(context.sessions)


@job("database.backup", every="41 2 * * *")
async def back_up_embedded(context: Context) -> None:
    """Every night; a server behind DATABASE_URL is backed up by whoever runs it."""
    if server := context.tools.get(EmbeddedPostgres):
        await asyncio.to_thread(back_up, server, tell=_log.info)
