"""How often one may knock: counted in the database, so that all processes share the count."""

from litestar.exceptions import TooManyRequestsException

from api.platform import Platform
from marketplace.rate_limit import Rate, take

GUESSES = Rate(count=10, seconds=600)


async def limit_guesses(platform: Platform, what: str, who: str) -> None:
    """Guessing passwords and flooding mailboxes takes many tries, from anywhere: the address is what is limited."""
    allowance = await take(platform.sessions, f"{what}:{who.lower()}", GUESSES)
    if not allowance.allowed:
        raise TooManyRequestsException(
            "Too many tries; wait a little.", headers={"Retry-After": str(int(allowance.retry_after_s) + 1)}
        )
