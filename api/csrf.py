"""A browser sends its cookie along with requests that other sites cause; a change asks for more than the cookie."""

import hmac
from typing import Any
from urllib.parse import urlsplit

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException

from api.platform import Platform, platform_of
from marketplace.people.models import LoginSession

HEADER = "x-csrf-token"
FORM_FIELD = "csrf_token"
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def csrf_token(platform: Platform, login: LoginSession) -> str:
    """The token of one session: known to whoever may read its answers, which another site may not."""
    return hmac.digest(platform.key, b"csrf" + login.token_hash, "sha256").hex()


async def check_csrf(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """A change by cookie needs the session's token in a header or in the form; programs with a key have no cookie."""
    login = connection.scope.get("auth")
    if connection.scope.get("method") in SAFE or not isinstance(login, LoginSession):
        return
    given = connection.headers.get(HEADER) or await _token_in_form(connection)
    if not hmac.compare_digest(given.encode(), csrf_token(platform_of(connection), login).encode()):
        raise HTTPException(f"Send the session's csrf_token in the header {HEADER}.", status_code=403)


async def _token_in_form(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    if not isinstance(connection, Request) or not connection.headers.get("content-type", "").startswith(FORMS):
        return ""
    return str((await connection.form()).get(FORM_FIELD, ""))


def check_origin(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """What another site has a browser send is refused even where nobody is signed in: it could sign somebody in as

    another. Of any kind of body: a form can send what reads like JSON. Who shows a key is a program.
    """
    sent_by = connection.headers.get("origin")
    if not sent_by or "authorization" in connection.headers or connection.scope.get("method") in SAFE:
        return
    own = {connection.headers.get("host", ""), urlsplit(platform_of(connection).settings.public_url).netloc}
    if urlsplit(sent_by).netloc not in own:
        raise HTTPException("This was sent by another site.", status_code=403)
