"""The same request sent twice acts once: the first answer is kept with the key that the client chose.

The key is claimed in the transaction of the request itself. A second request with the key waits for the first
transaction to end: it then finds the stored answer, or, if the first one failed and kept nothing, acts itself.
"""

import datetime
import hashlib
from typing import Any, ClassVar

from msgspec import Struct
from sqlalchemy import CheckConstraint, Index, LargeBinary, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.base import Base
from marketplace.errors import Conflict, FieldError, Invalid
from marketplace.jobs import Context, job

KEPT = datetime.timedelta(hours=48)
KEY_LENGTH_MAX = 255


class IdempotencyKey(Base):
    __tablename__ = "idempotency_key"
    __audited__: ClassVar[bool] = False

    actor: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    created_at: Mapped[datetime.datetime] = mapped_column(server_default=func.now())
    request_hash: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int | None]
    headers: Mapped[dict[str, Any] | None]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)

    __table_args__ = (
        CheckConstraint(f"length(key) <= {KEY_LENGTH_MAX}", name="key_length"),
        Index("ix_idempotency_key_created_at", "created_at"),
    )


class StoredResponse(Struct, frozen=True, kw_only=True):
    status: int
    headers: dict[str, str]
    body: bytes


def request_hash(method: str, path: str, body: bytes) -> bytes:
    return hashlib.sha256(b"\0".join((method.encode(), path.encode(), body))).digest()


async def claim(session: AsyncSession, *, actor: str, key: str, request_hash: bytes) -> StoredResponse | None:
    """Take the key for this transaction; the stored answer if an earlier request had it.

    Raises
    ------
    Conflict
        The key was used for another request.
    """
    if not 0 < len(key) <= KEY_LENGTH_MAX or "\0" in key:
        raise Invalid([FieldError(field="Idempotency-Key", expected=f"1 to {KEY_LENGTH_MAX} characters", value=key)])
    mine = insert(IdempotencyKey).values(actor=actor, key=key, request_hash=request_hash).on_conflict_do_nothing()
    if (await session.execute(mine.returning(IdempotencyKey.key))).first():
        return None
    earlier = (await session.scalars(select(IdempotencyKey).filter_by(actor=actor, key=key))).one()
    if earlier.request_hash != request_hash:
        raise Conflict("idempotency-key-reused", "This key was used for another request.", "该幂等键已用于其他请求。")
    if earlier.status is None:
        raise Conflict("idempotency-key-in-use", "A request with this key left no answer.", "该幂等键的请求尚无结果。")
    return StoredResponse(status=earlier.status, headers=earlier.headers or {}, body=earlier.body or b"")


async def store(session: AsyncSession, *, actor: str, key: str, response: StoredResponse) -> None:
    """Keep the answer for the claimed key, in the transaction that does what it reports."""
    kept = update(IdempotencyKey).where(IdempotencyKey.actor == actor, IdempotencyKey.key == key)
    await session.execute(kept.values(status=response.status, headers=response.headers, body=response.body))


@job("idempotency.forget", every="17 * * * *")
async def forget(context: Context) -> None:
    """Answers are kept for two days: longer than any sensible client keeps trying."""
    async with context.transaction() as session:
        limit = context.clock.now() - KEPT
        await session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < limit))
