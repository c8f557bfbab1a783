"""What a request works with, put together once by `create_app` and handed to handlers as dependencies."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from litestar.connection import ASGIConnection
from sqlalchemy.ext.asyncio import AsyncEngine

from api.catalogue_cache import CatalogueCache
from marketplace.actors import Actor
from marketplace.clock import Clock, SystemClock
from marketplace.database import Sessions
from marketplace.settings import Settings

VISITOR = Actor(kind="visitor", name="visitor")
"""Somebody who has not signed in."""

Authenticate = Callable[["Platform", ASGIConnection[Any, Any, Any, Any]], Awaitable[Actor | None]]


@dataclass(frozen=True)
class Platform:
    """`key` signs links and cursors that leave the platform and come back; `engine` is there to be measured."""

    sessions: Sessions
    key: bytes
    engine: AsyncEngine | None = None
    settings: Settings = field(default_factory=Settings)
    clock: Clock = field(default_factory=SystemClock)
    catalogue: CatalogueCache = field(default_factory=CatalogueCache)


def platform_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Platform:
    return connection.app.state.platform  # type: ignore[no-any-return]


def actor_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Actor:
    """Who calls: somebody signed in, or the visitor."""
    return connection.scope.get("user") or VISITOR
