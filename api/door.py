"""Public answers that are kept are given at the door: no routing, no parameters, no session for what is known already.

Only what a route answered properly is ever kept (see `catalogue_cache`). Whoever shows a key or a cookie walks in.
"""

from typing import Any

from litestar import Request
from litestar.datastructures import State
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from api.catalogue_cache import Kept
from api.conditional import CACHED, JSON, listed
from api.limits import Allowances, visitor
from api.platform import Platform, platform_of

_INSIDE = frozenset({b"authorization", b"cookie"})


def keep_for_the_door(request: Request[Any, Any, Any], answer: bytes, *, epoch: int) -> None:
    """Keep a public answer in JSON; `epoch` is the cache's, asked for before the database was read."""
    route = str(request.scope.get("path_template", ""))
    platform_of(request).catalogue.put(_asked(request.scope), answer, epoch=epoch, route=route)


def answered_at_the_door(app: ASGIApp, state: State) -> ASGIApp:
    """The app behind a door that gives kept answers to visitors who have not asked too often."""

    async def at_the_door(scope: Scope, receive: Receive, send: Send) -> None:
        platform: Platform = state.platform
        kept = _known(scope, platform)
        if kept is None or await _too_often(scope, platform, state.allowances):
            await app(scope, receive, send)
            return
        scope["path_template"] = kept.route
        await _give(kept, scope, send)

    return at_the_door


def _known(scope: Scope, platform: Platform) -> Kept | None:
    if scope["type"] != ScopeType.HTTP or scope["method"] != "GET":
        return None
    if any(name in _INSIDE for name, _ in scope["headers"]):
        return None
    return platform.catalogue.get(_asked(scope))


async def _too_often(scope: Scope, platform: Platform, allowances: Allowances) -> bool:
    if not platform.settings.requests_per_minute:
        return False
    return bool(await allowances.spend(platform.sessions, visitor(scope)))


async def _give(kept: Kept, scope: Scope, send: Send) -> None:
    shown = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"if-none-match"), "")
    has_it = kept.tag in listed(shown)
    content = b"" if has_it else kept.content
    headers = [(b"etag", kept.tag.encode()), (b"content-length", str(len(content)).encode())]
    if not has_it:
        headers += [(b"content-type", JSON.encode()), (b"cache-control", CACHED.encode())]
    await send({"type": "http.response.start", "status": 304 if has_it else 200, "headers": headers})
    await send({"type": "http.response.body", "body": content, "more_body": False})


def _asked(scope: Any) -> str:
    return f"{scope['path']}?{scope['query_string'].decode('latin-1')}"
