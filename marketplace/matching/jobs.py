"""What matching does by itself."""

from marketplace.jobs import Context, job
from marketplace.matching.service import forget_impressions


@job("matching.forget-impressions", every="40 3 * * *")
async def forget(context: Context) -> None:
    """Who was shown what is kept for as long as it is counted."""
    async with context.transaction() as session:
        await forget_impressions(session, before=context.clock.now().date())
