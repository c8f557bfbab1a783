"""What the worker does for the ledger without being asked."""

from marketplace.jobs import Context, job
from marketplace.ledger import chain


@job("ledger.seal", every="* * * * *")
async def seal(context: Context) -> None:
    """The chains are never more than a minute behind."""
    async with context.transaction() as session:
        await chain.seal(session)
