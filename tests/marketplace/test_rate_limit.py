import asyncio

import pytest
from sqlalchemy import text

from marketplace import rate_limit
from marketplace.database import Sessions
from marketplace.rate_limit import Rate

FIVE_A_MINUTE = Rate(count=5, seconds=60)


async def test_all_at_once_is_allowed_and_no_more(committed: Sessions) -> None:
    taken = await asyncio.gather(*(rate_limit.take(committed, "ip 1", FIVE_A_MINUTE) for _ in range(20)))
    assert sum(one.allowed for one in taken) == 5
    assert sorted(one.remaining for one in taken if one.allowed) == [0, 1, 2, 3, 4]
    assert all(0 < one.retry_after_s <= 12 for one in taken if not one.allowed)
    assert (await rate_limit.take(committed, "ip 2", FIVE_A_MINUTE)).allowed


async def test_allowance_comes_back_bit_by_bit(committed: Sessions) -> None:
    for _ in range(5):
        await rate_limit.take(committed, "k", FIVE_A_MINUTE)
    await pass_time(committed, 13)
    assert (await rate_limit.take(committed, "k", FIVE_A_MINUTE)).allowed
    assert not (await rate_limit.take(committed, "k", FIVE_A_MINUTE)).allowed


async def test_costs_are_weighed(committed: Sessions) -> None:
    assert (await rate_limit.take(committed, "k", FIVE_A_MINUTE, cost=4)).remaining == 1
    assert not (await rate_limit.take(committed, "k", FIVE_A_MINUTE, cost=2)).allowed
    assert (await rate_limit.take(committed, "k", FIVE_A_MINUTE, cost=1)).allowed
    with pytest.raises(ValueError, match="never"):
        await rate_limit.take(committed, "k", FIVE_A_MINUTE, cost=6)


async def test_whole_allowances_are_forgotten(committed: Sessions) -> None:
    await rate_limit.take(committed, "gone", FIVE_A_MINUTE)
    await pass_time(committed, 13)
    await rate_limit.take(committed, "here", FIVE_A_MINUTE)
    await rate_limit.forget(committed)
    async with committed() as session:
        assert (await session.scalars(text("SELECT key FROM rate_limit"))).all() == ["here"]


async def pass_time(sessions: Sessions, seconds: int) -> None:
    async with sessions.begin() as session:
        await session.execute(text(f"UPDATE rate_limit SET spent_until = spent_until - interval '{seconds} seconds'"))
