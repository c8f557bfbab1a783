import asyncio

import pytest
from sqlalchemy import func, select

from marketplace import idempotency
from marketplace.actors import system
from marketplace.clock import SystemClock
from marketplace.database import Sessions, transaction
from marketplace.errors import Conflict, Invalid
from marketplace.idempotency import IdempotencyKey, StoredResponse
from marketplace.jobs import Context
from marketplace.mail import Mail

ME = system("test")
ANSWER = StoredResponse(status=201, headers={"location": "/mail/1"}, body=b'{"id":1}')
BODY = idempotency.request_hash("POST", "/mail", b"{}")


async def act(sessions: Sessions, *, key: str = "k", body: bytes = BODY, fail: bool = False) -> StoredResponse:
    async with transaction(sessions, ME) as session:
        if earlier := await idempotency.claim(session, actor="org-1", key=key, request_hash=body):
            return earlier
        session.add(Mail(to="a@b", subject="s", text="t", kind="test"))
        await asyncio.sleep(0.01)
        if fail:
            raise ZeroDivisionError
        await idempotency.store(session, actor="org-1", key=key, response=ANSWER)
    return ANSWER


async def acted(sessions: Sessions) -> int | None:
    async with sessions() as session:
        return await session.scalar(select(func.count()).select_from(Mail))


async def test_of_twenty_at_once_one_acts_and_all_get_its_answer(committed: Sessions) -> None:
    answers = await asyncio.gather(*(act(committed) for _ in range(20)))
    assert answers == [ANSWER] * 20
    assert await acted(committed) == 1


async def test_same_key_with_another_body_is_refused(sessions: Sessions) -> None:
    await act(sessions)
    with pytest.raises(Conflict, match="another request"):
        await act(sessions, body=idempotency.request_hash("POST", "/mail", b'{"a":1}'))


async def test_failed_request_leaves_the_key_free(committed: Sessions) -> None:
    with pytest.raises(ZeroDivisionError):
        await act(committed, fail=True)
    await act(committed)
    assert await acted(committed) == 1


@pytest.mark.parametrize("key", ["", "k" * 256, "a\0b"])
async def test_key_that_cannot_be_one_is_refused(sessions: Sessions, key: str) -> None:
    with pytest.raises(Invalid, match="1 to 255"):
        await act(sessions, key=key)


async def test_old_answers_are_forgotten(sessions: Sessions) -> None:
    await act(sessions)
    await idempotency.forget(Context(sessions=sessions, clock=SystemClock()))
    assert await kept(sessions) == 1
    later = SystemClock().now() + idempotency.KEPT
    await idempotency.forget(Context(sessions=sessions, clock=type("Later", (), {"now": lambda _: later})()))
    assert await kept(sessions) == 0


async def kept(sessions: Sessions) -> int | None:
    async with sessions() as session:
        return await session.scalar(select(func.count()).select_from(IdempotencyKey))
