"""Random tokens: shown once, kept as hashes."""

import hashlib
import hmac
import secrets
from typing import NamedTuple

TOKEN_BYTES = 32
KEY_MARK = "gh"


def new_token() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_hash(token: str) -> bytes:
    """Tokens are random, so a plain hash cannot be guessed back."""
    return hashlib.sha256(token.encode()).digest()


class NewKey(NamedTuple):
    prefix: str
    secret: str

    @property
    def shown(self) -> str:
        return f"{KEY_MARK}_{self.prefix}.{self.secret}"


def new_key() -> NewKey:
    return NewKey(secrets.token_hex(6), new_token())


def parse_key(shown: str) -> NewKey | None:
    mark, _, rest = shown.partition("_")
    prefix, _, secret = rest.partition(".")
    return NewKey(prefix, secret) if mark == KEY_MARK and prefix and secret else None


def key_hash(secret: str, server_key: bytes) -> bytes:
    """Keyed with the server's own secret: a stolen table alone does not even tell which key is which."""
    return hmac.digest(server_key, secret.encode(), "sha256")
