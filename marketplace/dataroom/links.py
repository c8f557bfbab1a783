"""Links to one version of one document for one reader, signed and good for a few minutes."""

import base64
import binascii
import datetime
import hashlib
import hmac
import uuid

import msgspec
from msgspec import Struct

GOOD_FOR = datetime.timedelta(minutes=5)
_PURPOSE = b"greenhatch data room link\n"


class Link(Struct, frozen=True, array_like=True):
    """Bound to the reader (person or key, and the organisation they act for), the version and the action."""

    version_id: uuid.UUID
    action: str
    reader_id: uuid.UUID
    organisation_id: uuid.UUID
    until: int


def signed(link: Link, key: bytes) -> str:
    said = msgspec.json.encode(link)
    return f"{_encoded(said)}.{_encoded(_signature(said, key))}"


def read_link(token: str, key: bytes, now: datetime.datetime) -> Link | None:
    """The link, if it was signed with this key and still holds."""
    said, _, signature = token.partition(".")
    try:
        raw = _decoded(said)
        if not hmac.compare_digest(_decoded(signature), _signature(raw, key)):
            return None
        link = msgspec.json.decode(raw, type=Link)
    except (binascii.Error, ValueError):
        return None
    return link if now.timestamp() < link.until else None


def _signature(said: bytes, key: bytes) -> bytes:
    return hmac.digest(key, _PURPOSE + said, hashlib.sha256)


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
