"""Seal the journal, a chain of hashes for each ledger, and check that it is what was written.

Transfers are numbered and chained in batches after they are committed, so that writers never wait for one another. The
head is noted in an audited row: the audit log, whose own head is signed and kept elsewhere, vouches for it.
"""

import hashlib

from msgspec import Struct
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.ledger.models import LedgerSeal

_HEADS = text("""
    SELECT DISTINCT ON (currency) currency, sequence, encode(hash, 'hex') AS hash FROM ledger_transfer t
    WHERE sequence > coalesce((SELECT max(s.sequence) FROM ledger_seal s WHERE s.currency = t.currency), 0)
    ORDER BY currency, sequence DESC
""")


async def seal(session: AsyncSession) -> int:
    """Number and chain what has been committed since the last time; how many transfers that were."""
    sealed = 0
    while some := int((await session.execute(select(func.ledger_seal_some()))).scalar_one()):
        sealed += some
    if sealed:
        heads = (await session.execute(_HEADS)).all()
        session.add_all(LedgerSeal(currency=h.currency, sequence=h.sequence, hash=h.hash) for h in heads)
        await session.flush()
    return sealed


class ChainVerdict(Struct, frozen=True, kw_only=True):
    """`broken` names the first transfer of a ledger that is not what was written (`CNY 17`); None if all are."""

    transfers: int
    broken: str | None = None
    reason: str = ""


_CHAIN = text("""
    SELECT currency, sequence, hash, ledger_canonical(t, sequence) AS canonical FROM ledger_transfer t
    WHERE sequence IS NOT NULL AND (currency, sequence) > (:currency, :sequence)
    ORDER BY currency, sequence LIMIT 5000
""")


async def verify(session: AsyncSession) -> ChainVerdict:
    """Compute every hash again; each chain is whole, without gaps, and passes through every seal."""
    sealed = {(s.currency, s.sequence): s.hash for s in (await session.scalars(select(LedgerSeal))).all()}
    count, previous, last = 0, b"", ("", 0)
    while batch := (await session.execute(_CHAIN, {"currency": last[0], "sequence": last[1]})).all():
        for currency, number, digest, canonical in batch:
            if currency != last[0]:
                last, previous = (currency, 0), b""
            previous = hashlib.sha256(previous + bytes(canonical)).digest()
            if fault := _fault(last[1] + 1, number, previous, bytes(digest), sealed.pop((currency, number), None)):
                return ChainVerdict(transfers=count, broken=f"{currency} {last[1] + 1}", reason=fault)
            count, last = count + 1, (currency, number)
    for currency, number in sorted(sealed):
        return ChainVerdict(transfers=count, broken=f"{currency} {number}", reason="sealed and gone")
    return ChainVerdict(transfers=count)


def _fault(expected: int, number: int, computed: bytes, digest: bytes, sealed: str | None) -> str | None:
    if number != expected:
        return "missing"
    if computed != digest:
        return "changed"
    return "rewritten" if sealed is not None and sealed != digest.hex() else None
