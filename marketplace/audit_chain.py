"""Check the audit log's chain against itself, and against anchors kept where the database's owner cannot reach.

Somebody with every right on the database could rewrite the chain from some entry on. An anchor is a signed note of
the chain's head at some time; kept elsewhere, it convicts any rewriting of what came before it.
"""

import hashlib
import hmac
from collections.abc import AsyncIterator, Sequence

from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace import audit


class Verdict(Struct, frozen=True, kw_only=True):
    """`broken_at` is the number of the first entry that is not what was written; None if all are."""

    entries: int
    broken_at: int | None = None
    reason: str = ""


class Anchor(Struct, frozen=True, kw_only=True):
    sequence: int
    hash: str
    signature: str

    def signed_by(self, key: bytes) -> bool:
        return hmac.compare_digest(self.signature, _signature(key, self.sequence, self.hash))


def _signature(key: bytes, sequence: int, digest: str) -> str:
    return hmac.new(key, f"{sequence} {digest}".encode(), hashlib.sha256).hexdigest()


async def head(session: AsyncSession, *, key: bytes) -> Anchor:
    """Seal what is committed and sign the head of the chain."""
    while await audit.seal(session):
        pass
    query = text("SELECT sequence, hash FROM audit_entry WHERE sequence IS NOT NULL ORDER BY sequence DESC LIMIT 1")
    last = (await session.execute(query)).one_or_none()
    sequence, digest = (last.sequence, last.hash.hex()) if last else (0, "")
    return Anchor(sequence=sequence, hash=digest, signature=_signature(key, sequence, digest))


async def verify(session: AsyncSession, *, anchors: Sequence[Anchor] = (), key: bytes = b"") -> Verdict:
    """Recompute every hash; the chain must be whole, without gaps, and pass through every anchor."""
    forged = next((anchor for anchor in anchors if not anchor.signed_by(key)), None)
    if forged:
        return Verdict(entries=0, broken_at=forged.sequence, reason="an anchor's signature is not ours")
    expected = {anchor.sequence: anchor.hash for anchor in anchors if anchor.sequence}
    previous, count = b"", 0
    async for sequence, digest, canonical in _chain(session):
        count += 1
        if sequence != count:
            return Verdict(entries=count - 1, broken_at=count, reason=f"entry {count} is missing")
        previous = hashlib.sha256(previous + canonical).digest()
        if digest != previous:
            return Verdict(entries=count - 1, broken_at=count, reason=f"entry {count} was changed")
        if expected.pop(count, digest.hex()) != digest.hex():
            return Verdict(entries=count, broken_at=count, reason=f"the chain up to {count} was rewritten")
    if expected:
        return Verdict(entries=count, broken_at=count + 1, reason=f"entries after {count} are missing")
    return Verdict(entries=count)


_BATCH = text(
    "SELECT sequence, hash, audit_canonical(e, sequence) FROM audit_entry e "
    "WHERE sequence > :after ORDER BY sequence LIMIT 5000"
)


async def _chain(session: AsyncSession) -> AsyncIterator[tuple[int, bytes, bytes]]:
    last = 0
    while batch := (await session.execute(_BATCH, {"after": last})).all():
        for sequence, digest, canonical in batch:
            yield sequence, bytes(digest), bytes(canonical)
        last = batch[-1].sequence
