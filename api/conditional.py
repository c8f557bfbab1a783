"""ETags: nothing is sent twice that the client has, and nothing is overwritten that somebody else changed."""

import hashlib
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.types import Message, Scope, Send

JSON = "application/json"
CACHED = "private, no-cache"
PRIVATE = "private, no-store"
SHOWN_ONCE = {"Cache-Control": "no-store"}
"""For answers with a secret in them, which is told once and kept nowhere."""


def etag_of(content: bytes) -> str:
    return f'"{hashlib.blake2b(content, digest_size=12).hexdigest()}"'


def respond(request: Request[Any, Any, Any], content: bytes, *, media_type: str = JSON) -> Response[bytes]:
    """The content with its ETag, or 304 where the client has it already."""
    return respond_tagged(request, content, etag_of(content), media_type=media_type)


def respond_tagged(
    request: Request[Any, Any, Any], content: bytes, tag: str, *, media_type: str = JSON
) -> Response[bytes]:
    """As `respond`, where the tag is known already."""
    if tag in listed(request.headers.get("if-none-match", "")):
        return Response(b"", status_code=304, headers={"ETag": tag})
    return Response(content, media_type=media_type, headers={"ETag": tag, "Cache-Control": CACHED})


def privately(scope: Scope, send: Send) -> Send:
    """What is said to somebody who signed in or showed a key is kept by nobody on the way, unless it says otherwise."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start" and scope["user"] is not None and message["status"] != 304:
            said = any(name.lower() == b"cache-control" for name, _ in message["headers"])
            message["headers"] = [*message["headers"], *([] if said else [(b"cache-control", PRIVATE.encode())])]
        await send(message)

    return sent


def version_tag(version: int) -> str:
    return f'"v{version}"'


def require_version(request: Request[Any, Any, Any], version: int) -> None:
    """`If-Match` must name the version at hand, so that nobody overwrites what they have not seen."""
    wanted = request.headers.get("if-match")
    if wanted is None:
        raise HTTPException("Send If-Match with the ETag of the version you changed.", status_code=428)
    if wanted != "*" and version_tag(version) not in listed(wanted):
        raise HTTPException("Somebody changed this since you loaded it.", status_code=412)


def listed(header: str) -> set[str]:
    return {part.strip().removeprefix("W/") for part in header.split(",")}
