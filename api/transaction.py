"""One transaction a request, around everything: what fails keeps nothing, and nothing is answered before the commit.

It is not a generator dependency: the framework does not close a generator when a later dependency fails. Here the
transaction opens when a session is first asked for, and ends when the answer's first bytes are about to leave:
committed for a success, rolled back for a refusal.
"""

from contextlib import AsyncExitStack
from contextvars import ContextVar
from typing import Any

from litestar import Request
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from sqlalchemy.ext.asyncio import AsyncSession

from api import idempotency
from api.platform import actor_of, platform_of
from marketplace.database import transaction
from marketplace.entitlements import free_use_in

FAILED_FROM = 400


class _RolledBackError(Exception):
    """Ends a transaction without keeping anything of it."""


class RequestTransaction:
    """The request's session, once somebody asks for it."""

    def __init__(self) -> None:
        self._stack = AsyncExitStack()
        self._session: AsyncSession | None = None

    async def session(self, request: Request[Any, Any, Any]) -> AsyncSession:
        if self._session is None:
            opened = transaction(platform_of(request).sessions, actor_of(request))
            self._session = await self._stack.enter_async_context(opened)
            self._session.info["free_use"] = free_use_in(platform_of(request).settings)
            await idempotency.claim(request, self._session)
        return self._session

    async def end(self, *, keep: bool) -> None:
        """Commit or roll back; ending twice does nothing."""
        if self._session is None:
            return
        self._session = None
        if keep:
            await self._stack.aclose()
            return
        failure = _RolledBackError()
        try:
            await self._stack.__aexit__(type(failure), failure, None)
        except _RolledBackError:
            return


CURRENT: ContextVar[RequestTransaction] = ContextVar("transaction")


async def provide_session(request: Request[Any, Any, Any]) -> AsyncSession:
    """The request's session, acting for whoever calls."""
    return await CURRENT.get().session(request)


def around_requests(app: ASGIApp) -> ASGIApp:
    """End the transaction just before the answer leaves; a commit that fails becomes the answer."""

    async def transacted(scope: Scope, receive: Receive, send: Send) -> None:
        held = RequestTransaction()
        CURRENT.set(held)

        async def answering(message: Message) -> None:
            if message["type"] == "http.response.start":
                await held.end(keep=message["status"] < FAILED_FROM)
            await send(message)

        try:
            await app(scope, receive, answering)
        finally:
            await held.end(keep=False)

    return transacted
