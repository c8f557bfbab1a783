"""A browser sends its cookie along with requests that other sites cause; a change asks for more than the cookie."""

import hmac
from typing import Any

from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException

from api.platform import Platform, platform_of
from marketplace.people.models import LoginSession

HEADER = "x-csrf-token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def csrf_token(platform: Platform, login: LoginSession) -> str:
    """The token of one session: known to whoever may read its answers, which another site may not."""
    return hmac.digest(platform.key, b"csrf" + login.token_hash, "sha256").hex()


def check_csrf(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """A change by cookie needs the session's token in a header; programs with a key have no cookie to abuse."""
    login = connection.scope.get("auth")
    if connection.scope.get("method") in SAFE or not isinstance(login, LoginSession):
        return
    given = connection.headers.get(HEADER, "")
    if not hmac.compare_digest(given.encode(), csrf_token(platform_of(connection), login).encode()):
        raise HTTPException(f"Send the session's csrf_token in the header {HEADER}.", status_code=403)
