"""The same POST sent twice acts once: its first answer is kept under the key the client chose and given again."""

from contextvars import ContextVar
from typing import Any, NamedTuple

import msgspec
from litestar import Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.platform import actor_of
from marketplace import idempotency
from marketplace.actors import Actor
from marketplace.idempotency import StoredResponse

HEADER = "idempotency-key"


class Claim(NamedTuple):
    session: AsyncSession
    owner: str
    key: str


# The hook that sees the answer is given no request: each request begins with an empty list here.
CLAIMS: ContextVar[list[Claim]] = ContextVar("claims")


class Replayed(Exception):
    """The answer is known already; carries it out of the dependency that found it."""

    def __init__(self, response: StoredResponse) -> None:
        self.response = response


def on_replayed(request: Request[Any, Any, Any], replayed: Replayed) -> Response[bytes]:
    kept = replayed.response
    headers = {**kept.headers, "Idempotency-Replayed": "true"}
    return Response(kept.body, status_code=kept.status, headers=headers, media_type=headers.get("content-type"))


async def claim(request: Request[Any, Any, Any], session: AsyncSession) -> None:
    """Take the request's key in its own transaction, or raise `Replayed` with the earlier answer."""
    key = request.headers.get(HEADER)
    if key is None or request.method != "POST":
        return
    hashed = idempotency.request_hash(request.method, request.scope["path"], await request.body())
    owner = _owner(actor_of(request), request)
    if earlier := await idempotency.claim(session, actor=owner, key=key, request_hash=hashed):
        raise Replayed(earlier)
    CLAIMS.get().append(Claim(session, owner, key))


async def keep(response: Response[Any]) -> Response[Any]:
    """Keep the answer for the claimed key, before the transaction commits; one that is shown once is not kept."""
    if "no-store" in response.headers.get("Cache-Control", ""):
        return response
    for session, owner, key in CLAIMS.get():
        content = response.content
        body = content if isinstance(content, bytes) else msgspec.json.encode(content, enc_hook=str)
        headers = {"content-type": str(response.media_type or "application/json"), **_plain(response)}
        stored = StoredResponse(status=response.status_code or 201, headers=headers, body=body)
        await idempotency.store(session, actor=owner, key=key, response=stored)
    return response


def _plain(response: Response[Any]) -> dict[str, str]:
    return {name.lower(): value for name, value in dict(response.headers).items() if name.lower() != "set-cookie"}


def _owner(actor: Actor, request: Request[Any, Any, Any]) -> str:
    """Keys of one caller never meet those of another; visitors are told apart by where they come from."""
    return str(actor.id) if actor.id else f"visitor {request.client.host if request.client else ''}"
