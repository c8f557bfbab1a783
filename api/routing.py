"""Route decorators that make every handler say who may call it; the app refuses one that does not.

    @get("/listings/{listing_id:uuid}", access=PUBLIC)
    @post("/listings", access=SIGNED_IN)

`access` is the gate in front of the handler. What a caller may do with one object is decided where the object is
loaded, by an `authorised_…` dependency.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import litestar
from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException, NotAuthorizedException
from litestar.handlers import BaseRouteHandler
from litestar.openapi.datastructures import ResponseSpec

from api.access import OPERATOR, PUBLIC, SIGNED_IN, Access
from api.csrf import SAFE, check_csrf, check_origin
from api.openapi import COOKIE, KEY
from api.problems import documented
from marketplace.actors import Actor

Declare = Callable[..., Callable[[Callable[..., Any]], Any]]

__all__ = ["OPERATOR", "PUBLIC", "SIGNED_IN", "Access", "delete", "gate", "get", "patch", "post", "put"]

# A key that does not hold is told so everywhere, even where no key is needed.
_ALWAYS = (400, 401, 429, 500)
_GATED = (403,)
_WRITES = (409, 413)


def _route(decorate: Callable[..., Any], writes: bool) -> Declare:
    def declare(path: str, *, access: Access, problems: tuple[int, ...] = (404,), **options: Any) -> Any:
        statuses = {*_ALWAYS, *problems, *(_GATED if access is not PUBLIC else ()), *(_WRITES if writes else ())}
        responses = documented(*sorted(statuses)) | options.pop("responses", {})
        if options.get("status_code") == 204:
            responses.setdefault(204, ResponseSpec(None, description="Done"))
        # Made-up examples are worse than none, and some types refuse to be made up.
        responses = {status: replace(spec, generate_examples=False) for status, spec in responses.items()}
        opt = {"access": access, **options.pop("opt", {})}
        security: list[dict[str, list[str]]] = [] if access is PUBLIC else [{COOKIE: []}, {KEY: []}]
        return decorate(path, responses=responses, opt=opt, security=security, **options)

    return declare


get = _route(litestar.get, writes=False)
post = _route(litestar.post, writes=True)
put = _route(litestar.put, writes=True)
patch = _route(litestar.patch, writes=True)
delete = _route(litestar.delete, writes=True)


async def gate(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """The app's one guard: no handler without a declared access is ever run.

    Asynchronous although it waits for nothing: the framework sends a plain function to a thread, which costs more.
    """
    access, actor = handler.opt.get("access"), connection.scope.get("user")
    check_origin(connection)
    if access is PUBLIC:
        return
    if not isinstance(actor, Actor):
        raise NotAuthorizedException("Sign in first, or send an API key.")
    if access is OPERATOR and "operator" not in actor.roles:
        raise HTTPException("This is for the platform's operators.", status_code=403)
    if access not in (SIGNED_IN, OPERATOR):
        raise HTTPException("Nobody may call this.", status_code=403)
    await check_csrf(connection)
    _check_scope(connection, actor, handler)


def _check_scope(connection: ASGIConnection[Any, Any, Any, Any], actor: Actor, handler: BaseRouteHandler) -> None:
    """A key does what its scopes say: `read` or `write`, everywhere or in one part of the API (`listings:read`)."""
    if actor.kind != "key":
        return
    verb = "read" if connection.scope.get("method") in SAFE else "write"
    part = connection.scope["path"].removeprefix("/api/v1/").partition("/")[0]
    if not {f"scope:{verb}", f"scope:{part}:{verb}"} & actor.roles:
        raise HTTPException(f"This key lacks the scope {part}:{verb}.", status_code=403)
