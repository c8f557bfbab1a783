"""The only generator dependency: one transaction a request, committed before the answer is sent."""

from collections.abc import AsyncIterator
from typing import Any

from litestar import Request
from sqlalchemy.ext.asyncio import AsyncSession

from api import idempotency
from api.platform import actor_of, platform_of
from marketplace.database import transaction


async def provide_session(request: Request[Any, Any, Any]) -> AsyncIterator[AsyncSession]:
    """A session acting for whoever calls; a failed commit reaches the client as an error."""
    async with transaction(platform_of(request).sessions, actor_of(request)) as session:
        await idempotency.claim(request, session)
        yield session
