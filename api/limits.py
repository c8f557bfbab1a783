"""How often one may knock: counted in the database, so that all processes share the count."""

import time
import uuid
from collections import OrderedDict
from typing import Any

from litestar.connection import ASGIConnection
from litestar.exceptions import TooManyRequestsException

from api.platform import Platform, actor_of, platform_of
from marketplace.database import Sessions
from marketplace.entitlements import API_VOLUME_TIMES
from marketplace.rate_limit import Rate, take
from marketplace.stripe.plans import is_entitled

GUESSES = Rate(count=10, seconds=600)
BITES_PER_MINUTE = 30
CALLERS_REMEMBERED = 10_000
# Asked by machines, at fixed intervals, from one address.
FREE = frozenset({"/health", "/metrics"})
# Senders who sign each body are known by that alone; a busy day of theirs comes from few addresses.
SIGNED = frozenset({"/api/v1/stripe/webhooks"})


async def limit_guesses(platform: Platform, what: str, who: str) -> None:
    """Guessing passwords and flooding mailboxes takes many tries, from anywhere: the address is what is limited."""
    await limit_rate(platform, f"{what}:{who.lower()}", GUESSES)


async def limit_rate(platform: Platform, key: str, rate: Rate) -> None:
    """Spend one of what `key` may do at this rate, or refuse the request."""
    allowance = await take(platform.sessions, key, rate)
    if not allowance.allowed:
        raise _too_many(allowance.retry_after_s)


async def limit_requests(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """The general limit, for each key, person, or address of a visitor."""
    platform = platform_of(connection)
    if not platform.settings.requests_per_minute or _is_free(connection):
        return
    caller = actor_of(connection)
    who = f"requests:{caller.id}" if caller.id else visitor(connection.scope)
    buyer = caller.organisation_id if platform.settings.stripe_key is not None else None
    wait_s = await connection.app.state.allowances.spend(platform.sessions, who, buyer)
    if wait_s:
        raise _too_many(wait_s)


def _is_free(connection: ASGIConnection[Any, Any, Any, Any]) -> bool:
    """Whoever shows a key is counted wherever they show it: else keys could be tried where nobody counts."""
    path = connection.scope["path"]
    return path in FREE or (path in SIGNED and "authorization" not in connection.headers)


def visitor(scope: Any) -> str:
    """Visitors are told apart by where they come from."""
    client = scope.get("client")
    return f"requests:visitor {client[0] if client else ''}"


class Allowances:
    """Allowances are taken from the shared table by the bite, so that not every request costs a statement.

    What a process took and did not use is lost to the caller: one bite a process at the most.
    """

    def __init__(self, requests_per_minute: int) -> None:
        self._per_minute = max(1, requests_per_minute)
        self._bite = max(1, requests_per_minute // BITES_PER_MINUTE)
        # For each caller: requests in hand, until when that holds.
        self._held: OrderedDict[str, tuple[int, float]] = OrderedDict()

    async def spend(self, sessions: Sessions, who: str, buyer: uuid.UUID | None = None) -> float:
        """Spend one request; 0, or the seconds to wait until there is another. `buyer` may have a plan that adds."""
        left, until = self._held.get(who, (0, 0.0))
        now = time.monotonic()
        if now >= until:
            times = await _times(sessions, buyer)
            rate = Rate(count=self._per_minute * times, seconds=60)
            allowance = await take(sessions, who, rate, cost=self._bite * times)
            if not allowance.allowed:
                self._remember(who, 0, now + allowance.retry_after_s)
                return allowance.retry_after_s
            left, until = self._bite * times, now + rate.seconds
        if left == 0:
            return until - now
        # The last one in hand: the next request asks the table again.
        self._remember(who, left - 1, until if left > 1 else 0.0)
        return 0.0

    def _remember(self, who: str, left: int, until: float) -> None:
        self._held[who] = (left, until)
        self._held.move_to_end(who)
        if len(self._held) > CALLERS_REMEMBERED:
            self._held.popitem(last=False)


async def _times(sessions: Sessions, buyer: uuid.UUID | None) -> int:
    """By how much a plan widens the allowance; asked once a bite."""
    if buyer is None:
        return 1
    async with sessions() as session:
        entitled = await is_entitled(session, organisation_id=buyer, feature="api-volume")
    return API_VOLUME_TIMES if entitled else 1


def _too_many(wait_s: float) -> TooManyRequestsException:
    return TooManyRequestsException("Too many requests; wait a little.", headers={"Retry-After": str(int(wait_s) + 1)})
