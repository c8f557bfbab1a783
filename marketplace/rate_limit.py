"""How often somebody may do something, counted in the database so that all processes share the count."""

import datetime
from typing import ClassVar

from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.base import Base
from marketplace.database import Sessions


class RateLimit(Base):
    """One row a key: the time up to which its allowance is spent (the "generic cell rate algorithm").

    The table is unlogged: it costs no write-ahead log, and a crash of the server merely forgives everybody.
    """

    __tablename__ = "rate_limit"
    __audited__: ClassVar[bool] = False
    __table_args__ = {"prefixes": ["UNLOGGED"]}  # noqa: RUF012 - read once, when the table is made

    key: Mapped[str] = mapped_column(primary_key=True)
    spent_until: Mapped[datetime.datetime]


class Rate(Struct, frozen=True, kw_only=True):
    """`count` in `seconds`, all of them at once if need be."""

    count: int
    seconds: int


class Allowance(Struct, frozen=True, kw_only=True):
    allowed: bool
    remaining: int
    retry_after_s: float


_TAKE = text("""
    INSERT INTO rate_limit AS r (key, spent_until)
    VALUES (:key, clock_timestamp() + make_interval(secs => :step))
    ON CONFLICT (key) DO UPDATE
        SET spent_until = greatest(r.spent_until, clock_timestamp()) + make_interval(secs => :step)
        WHERE greatest(r.spent_until, clock_timestamp()) + make_interval(secs => :step)
              <= clock_timestamp() + make_interval(secs => :window)
    RETURNING extract(epoch FROM spent_until - clock_timestamp())
""")
_SPENT = text("SELECT extract(epoch FROM spent_until - clock_timestamp()) FROM rate_limit WHERE key = :key")
_FORGET = text("DELETE FROM rate_limit WHERE spent_until < clock_timestamp()")


async def take(sessions: Sessions, key: str, rate: Rate, *, cost: int = 1) -> Allowance:
    """Spend `cost` of the allowance of `key`: one statement in a transaction of its own.

    Of its own, because what was spent stays spent if the request fails, and nobody waits for the request to end.
    """
    if not 0 < cost <= rate.count:
        raise ValueError(f"a cost of {cost} can never be had at {rate.count} in {rate.seconds} s")
    step = rate.seconds * cost / rate.count
    async with sessions.begin() as session:
        taken = (
            await session.execute(_TAKE, {"key": key, "step": step, "window": float(rate.seconds)})
        ).scalar_one_or_none()
        if taken is not None:
            left = (rate.seconds - float(taken)) * rate.count / rate.seconds
            return Allowance(allowed=True, remaining=max(0, int(left + 1e-6)), retry_after_s=0.0)
        spent = float((await session.execute(_SPENT, {"key": key})).scalar_one())
    return Allowance(allowed=False, remaining=0, retry_after_s=max(0.001, spent + step - rate.seconds))


async def forget(sessions: Sessions) -> None:
    """Drop the rows of those who have their whole allowance again."""
    async with sessions.begin() as session:
        await session.execute(_FORGET)
