"""Who calls: a browser with a session cookie or a program with an API key. Anything else is a visitor."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException

from api.platform import Platform
from marketplace.actors import Actor, system
from marketplace.database import transaction
from marketplace.people import accounts, keys, organisations

AUTHENTICATING = system("authentication")
BEARER = "bearer "


def cookie_name(platform: Platform) -> str:
    """Behind https the browser itself makes sure that no other host can set the cookie (`__Host-`)."""
    secure = platform.settings.public_url.startswith("https://")
    return "__Host-greenhatch" if secure else "greenhatch"


async def authenticate(platform: Platform, connection: ASGIConnection[Any, Any, Any, Any]) -> Actor | None:
    """The caller, or None for a visitor; a key that does not hold is an error and not a visitor."""
    header = connection.headers.get("authorization", "")
    if header:
        return await _by_key(platform, header)
    token = connection.cookies.get(cookie_name(platform))
    return await _by_session(platform, connection, token) if token else None


async def _by_key(platform: Platform, header: str) -> Actor:
    shown = header[len(BEARER) :] if header.lower().startswith(BEARER) else ""
    async with transaction(platform.sessions, AUTHENTICATING) as session:
        key = await keys.key_of(session, shown=shown, server_key=platform.key)
    if key is None:
        raise NotAuthorizedException("This API key does not exist, has expired or was revoked.")
    scopes = frozenset(f"scope:{scope}" for scope in key.scopes)
    return Actor(
        kind="key",
        id=key.id,
        organisation_id=key.organisation_id,
        name=key.name,
        roles=scopes | roles_of(key.organisation.kind),
    )


async def _by_session(platform: Platform, connection: ASGIConnection[Any, Any, Any, Any], token: str) -> Actor | None:
    async with transaction(platform.sessions, AUTHENTICATING) as session:
        login = await accounts.session_of(session, token=token)
        if login is None:
            return None
        connection.scope["auth"] = login
        mine = await organisations.membership_of(session, login=login)
    if mine is None:
        return Actor(kind="person", id=login.person_id, name=login.person.name)
    kind = mine.organisation.kind
    return Actor(
        kind="operator" if kind == "operator" else "person",
        id=login.person_id,
        organisation_id=mine.organisation_id,
        name=login.person.name,
        roles=roles_of(kind) | {f"member:{mine.role}"},
    )


def roles_of(kind: str) -> frozenset[str]:
    """What a caller is by the kind of their organisation; `operator` is a role of processes, too."""
    return frozenset({f"kind:{kind}", "operator"} if kind == "operator" else {f"kind:{kind}"})
