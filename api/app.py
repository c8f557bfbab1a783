"""`create_app`: all wiring on one screen."""

import importlib
import importlib.util
import inspect
import pkgutil
from collections.abc import Mapping, Sequence
from copy import copy
from types import ModuleType
from typing import Any, Self

from litestar import Litestar, Request, Router
from litestar.di import Provide
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, Receive, Scope, Send

import api
from api import idempotency, openapi, routing
from api.conditional import privately
from api.door import answered_at_the_door
from api.limits import Allowances, limit_requests
from api.metrics import Metrics, measured
from api.platform import Authenticate, Platform
from api.problems import HANDLERS
from api.site.errors import with_pages
from api.transaction import around_requests, provide_session

PREFIX = "/api/v1"
BODY_BYTES_MAX = 10_000_000


def create_app(platform: Platform, *, authenticate: Authenticate, lifespan: Sequence[Any] = ()) -> Litestar:
    """The application over a database that is already running.

    Parameters
    ----------
    authenticate
        Finds out who calls, from a session cookie or an API key.
    lifespan
        What runs as long as the app does (the worker, when both live in one process).
    """
    provided = {"session": Provide(provide_session), **_dependencies()}
    routes = [_with_what_it_takes(handler, provided) for handler in _found("ROUTES")]
    pages = [_with_what_it_takes(handler, provided) for handler in (*_found("PAGES"), *_found("ROOT_ROUTES"))]
    app = Litestar(
        route_handlers=[_Routes(PREFIX, route_handlers=routes), _Routes("/", route_handlers=pages)],
        middleware=[_authentication(authenticate), around_requests],
        guards=[routing.gate],
        exception_handlers={idempotency.Replayed: idempotency.on_replayed, **with_pages(HANDLERS)},
        openapi_config=openapi.configuration(),
        plugins=[openapi.VariadicTuples()],
        request_max_body_size=BODY_BYTES_MAX,
        lifespan=list(lifespan),
        after_request=idempotency.keep,
        logging_config=None,  # the process decides where its logs go, not this library
    )
    _resolve_one_after_another(app)
    furnish(app, platform)
    app.asgi_handler = measured(answered_at_the_door(app.asgi_handler, app.state), app.state)
    return app


class _Routes(Router):
    """Routes of one app. They are taken as they are, where Litestar would copy every one of them with all it holds."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self


def _with_what_it_takes(handler: Any, provided: Mapping[str, Provide]) -> Any:
    """A copy of the handler with the dependencies that it takes, and those that they take in turn.

    Litestar would compare all dependencies with one another for every handler, and keep them all with each.
    """
    taken: dict[str, Provide] = {}
    waiting = [handler.fn]
    while waiting:
        asked = [name for name in inspect.signature(waiting.pop()).parameters if name in provided and name not in taken]
        waiting += [provided[name].dependency for name in asked]
        taken |= {name: provided[name] for name in asked}
    equipped = copy(handler)
    equipped.dependencies = taken
    return equipped


def furnish(app: Litestar, platform: Platform) -> None:
    """Give the app what it works with; everything that it had before is forgotten."""
    app.state.clear()
    app.state.update(platform=platform, allowances=Allowances(platform.settings.requests_per_minute), metrics=Metrics())


def _resolve_one_after_another(app: Litestar) -> None:
    """Litestar loads dependencies that do not need one another at the same time; ours share one session, which cannot.

    One that fails would even cancel the other in the middle of a statement, and the connection with it.
    """
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for _, model in route.route_handler_map.values():
                one_each = [{one} for batch in model.dependency_batches for one in sorted(batch, key=lambda d: d.key)]
                model.dependency_batches = one_each


def parts() -> list[ModuleType]:
    """`routes` (JSON) and `pages` (HTML) of every capability, found by name."""
    folders = [found.name for found in pkgutil.iter_modules(api.__path__) if found.ispkg]
    names = [f"api.{folder}.{part}" for folder in folders for part in ("routes", "pages")]
    return [importlib.import_module(name) for name in names if importlib.util.find_spec(name)]


def _found(name: str) -> list[Any]:
    return [handler for part in parts() for handler in getattr(part, name, [])]


def _dependencies() -> dict[str, Any]:
    """What capabilities load and authorise for one another, by names that are used once."""
    provided: dict[str, Any] = {}
    for part in parts():
        given = getattr(part, "DEPENDENCIES", {})
        if twice := provided.keys() & given.keys():
            raise ValueError(f"two capabilities provide {', '.join(sorted(twice))}")
        provided |= {name: Provide(provider) for name, provider in given.items()}
    return provided


def _authentication(authenticate: Authenticate) -> Any:
    def middleware(app: ASGIApp) -> ASGIApp:
        async def who_calls(scope: Scope, receive: Receive, send: Send) -> None:
            connection: Request[Any, Any, Any] = Request(scope, receive, send)
            scope["user"] = None
            try:
                scope["user"] = await authenticate(connection.app.state.platform, connection)
            finally:
                # Whoever tries keys is counted, too.
                await limit_requests(connection)
            idempotency.CLAIMS.set([])
            await app(scope, receive, privately(scope, send))

        return who_calls

    return middleware
