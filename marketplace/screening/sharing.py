"""A link that shows a screen's answer to whoever has it, until a day that stands in it; signed against forgery."""

import base64
import binascii
import hmac
import uuid
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace import audit
from marketplace.database import clock_of
from marketplace.screening.models import Screen

SHARED_FOR = timedelta(days=14)
_SIGNATURE_BYTES = 16
_SAID_BYTES = 16 + 5


async def share_screen(session: AsyncSession, *, screen: Screen, key: bytes) -> str:
    """The token of a new link; that it was made is recorded, and closing the screen ends it, as does `end_links`."""
    until = clock_of(session).now() + SHARED_FOR
    await audit.record(session, "screen.shared", screen, data={"until": until.isoformat()})
    return share_token(screen.id, until, key)


async def end_links(session: AsyncSession, *, screen: Screen) -> None:
    """Whoever has a link that was made until now reads nothing any more."""
    screen.links_ended_at = clock_of(session).now()
    await session.flush()


def is_shared(screen: Screen, until: datetime, now: datetime) -> bool:
    """Whether a link that holds until then shows the screen now."""
    ended = screen.links_ended_at is not None and until - SHARED_FOR <= screen.links_ended_at
    return screen.closed_at is None and not ended and now <= until


def share_token(screen_id: uuid.UUID, until: datetime, key: bytes) -> str:
    said = screen_id.bytes + int(until.timestamp()).to_bytes(5, "big")
    return base64.urlsafe_b64encode(said + _signature(said, key)).decode().rstrip("=")


def _signature(said: bytes, key: bytes) -> bytes:
    return hmac.digest(key, b"share-screen:" + said, "sha256")[:_SIGNATURE_BYTES]


def read_token(token: str, key: bytes) -> tuple[uuid.UUID, datetime] | None:
    """The screen and until when the link holds; None if the token is not one of ours."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    said, signature = raw[:_SAID_BYTES], raw[_SAID_BYTES:]
    if len(said) != _SAID_BYTES or not hmac.compare_digest(signature, _signature(said, key)):
        return None
    return uuid.UUID(bytes=said[:16]), datetime.fromtimestamp(int.from_bytes(said[16:], "big"), UTC)
