"""API keys: what a program may do for an organisation, and for how long."""

import datetime
import hmac
import uuid
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from marketplace.actors import actor_of
from marketplace.database import clock_of
from marketplace.errors import FieldError, Invalid, only
from marketplace.people.models import DORMANT, ApiKey, Organisation
from marketplace.people.tokens import key_hash, new_key, parse_key

DAYS_MAX = 365
VERBS = ("read", "write")


class IssuedKey(NamedTuple):
    """`shown` is told once and never again."""

    shown: str
    key: ApiKey


async def issue_key(
    session: AsyncSession, *, organisation: Organisation, name: str, scopes: Sequence[str], days: int, server_key: bytes
) -> IssuedKey:
    """Make a key. A scope is `read`, `write`, or one of them for one part of the API (`listings:read`)."""
    wrong = [scope for scope in scopes if scope.rpartition(":")[2] not in VERBS]
    if wrong or not scopes:
        expected = "read, write, or one of them after the name of a part, such as listings:read"
        raise Invalid([FieldError(field="scopes", expected=expected, value=", ".join(wrong))])
    made = new_key()
    key = ApiKey(
        organisation_id=organisation.id,
        created_by=actor_of(session).id,
        name=name,
        prefix=made.prefix,
        secret_hash=key_hash(made.secret, server_key),
        scopes=sorted(set(scopes)),
        expires_at=clock_of(session).now() + datetime.timedelta(days=days),
    )
    session.add(key)
    await session.flush()
    return IssuedKey(made.shown, key)


async def key_of(session: AsyncSession, *, shown: str, server_key: bytes) -> ApiKey | None:
    """The live key that this text is, with its organisation; None for any other text."""
    given = parse_key(shown)
    if given is None:
        return None
    now = clock_of(session).now()
    live = (ApiKey.prefix == given.prefix, ApiKey.revoked_at.is_(None), ApiKey.expires_at > now)
    key: ApiKey | None = await session.scalar(select(ApiKey).where(*live).options(joinedload(ApiKey.organisation)))
    if key is None or key.organisation.state in DORMANT:
        return None
    if not hmac.compare_digest(key.secret_hash, key_hash(given.secret, server_key)):
        return None
    if key.last_used_on != now.date():
        await session.execute(update(ApiKey).where(ApiKey.id == key.id).values(last_used_on=now.date()))
    return key


async def keys_of(session: AsyncSession, organisation: Organisation) -> Sequence[ApiKey]:
    query = select(ApiKey).where(ApiKey.organisation_id == organisation.id).order_by(ApiKey.created_at.desc())
    return (await session.scalars(query)).all()


async def revoke_key(session: AsyncSession, *, organisation: Organisation, key_id: uuid.UUID) -> None:
    mine = (ApiKey.organisation_id == organisation.id, ApiKey.id == key_id)
    key: ApiKey = only(await session.scalar(select(ApiKey).where(*mine)), "key")
    key.revoked_at = key.revoked_at or clock_of(session).now()
