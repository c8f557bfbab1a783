"""Events come in: signed or refused, stored once by Stripe's id, applied once by a job, in whatever order they come."""

import datetime
import time
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import stripe
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.errors import Forbidden, Invalid
from marketplace.stripe.applying import apply_event
from marketplace.stripe.models import StripeEvent

# How old a signature may be, and how far ahead of our clock: the library looks at the first alone.
AGE_MAX_S = 300
AHEAD_MAX_S = 30
NOT_STRIPE = Forbidden("bad-signature", "This was not signed by Stripe, or too long ago.", "签名无效或已过期。")


async def receive(
    session: AsyncSession, *, body: bytes, signature: str | None, keys: Sequence[str], now: float | None = None
) -> bool:
    """Store an event that came as a webhook; False if it was here before. Raises what `signed_event` does."""
    return await store(session, signed_event(body, signature, keys, now=now), source="webhook")


def signed_event(
    body: bytes, signature: str | None, keys: Sequence[str], *, now: float | None = None
) -> dict[str, Any]:
    """The event that Stripe signed; the database is not asked.

    Raises
    ------
    Forbidden
        The signature is missing, wrong, too old or of a time to come.
    Invalid
        It is signed and no event.
    """
    check_signature(body, signature, keys, now=time.time() if now is None else now)
    return _event(body)


def check_signature(body: bytes, signature: str | None, keys: Sequence[str], *, now: float) -> None:
    """Any one key will do, so that keys can be replaced without losing an event."""
    if signature is None or not keys or not _signed_by_any(body, signature, keys):
        raise NOT_STRIPE
    # Signed for a time to come it could be sent again until then and later.
    stamps = [part.removeprefix("t=") for part in signature.split(",") if part.startswith("t=")]
    if len(stamps) != 1 or not stamps[0].isdecimal() or int(stamps[0]) > now + AHEAD_MAX_S:
        raise NOT_STRIPE


def _signed_by_any(body: bytes, signature: str, keys: Sequence[str]) -> bool:
    for key in keys:
        try:
            stripe.WebhookSignature.verify_header(body, signature, key, AGE_MAX_S)
        except (stripe.SignatureVerificationError, UnicodeDecodeError, ValueError):
            continue
        return True
    return False


def _event(body: bytes) -> dict[str, Any]:
    try:
        event = msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError) as error:
        raise Invalid([], message="This is no event.") from error
    if not all(isinstance(event.get(name), str) for name in ("id", "type")) or "created" not in event:
        raise Invalid([], message="This is no event.")
    return event


async def store(session: AsyncSession, event: Mapping[str, Any], *, source: str) -> bool:
    """Keep an event and ask for its application; the id decides whether it is new, also between two at once."""
    row = {"event_id": event["id"], "type": event["type"], "occurred_at": _time(event["created"]), "body": event}
    new = insert(StripeEvent).values(**row, source=source).on_conflict_do_nothing().returning(StripeEvent.id)
    stored = await session.scalar(new)
    if stored is not None:
        await apply_event.defer(session, event=str(stored))
    return stored is not None


def _time(created: Any) -> datetime.datetime:
    """Seconds in the first API version, RFC 3339 in the second."""
    if isinstance(created, int):
        return datetime.datetime.fromtimestamp(created, datetime.UTC)
    return datetime.datetime.fromisoformat(str(created))
