"""Receivers tell our requests from forgeries by a keyed hash of time and body."""

import hmac
import uuid


def signing_secret(server_key: bytes, subscription_id: uuid.UUID) -> str:
    """Derived from the server's own key: nothing to steal from the table, nothing to lose."""
    return "whsec_" + hmac.digest(server_key, b"webhook" + subscription_id.bytes, "sha256").hex()


def signature(secret: str, *, timestamp: int, body: bytes) -> str:
    """The header `Greenhatch-Signature`: ``t=<seconds>,v1=<HMAC-SHA256 of "<seconds>.<body>" in hex>``."""
    signed = hmac.digest(secret.encode(), b"%d.%b" % (timestamp, body), "sha256").hex()
    return f"t={timestamp},v1={signed}"
