import uuid

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.mail import Mail
from marketplace.paging import Key, _beyond, count, newest_first, page


async def some_mail(session: AsyncSession, kinds: str) -> list[uuid.UUID]:
    mails = [Mail(to="a@b", subject=str(n), text="", kind=kind) for n, kind in enumerate(kinds)]
    session.add_all(mails)
    await session.flush()
    return [mail.id for mail in mails]


ORDERS = {
    "newest first": newest_first(Mail),
    "both up": (Key(Mail.kind), Key(Mail.id)),
    "one up, one down": (Key(Mail.kind), Key(Mail.id, descending=True)),
    "both down": (Key(Mail.kind, descending=True), Key(Mail.id, descending=True)),
}


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS.keys())
async def test_pages_put_together_are_the_whole_list(session: AsyncSession, order: tuple[Key, ...]) -> None:
    await some_mail(session, "abacabadabacaba")
    whole = (await session.scalars(select(Mail.id).order_by(*(key.ordering() for key in order)))).all()
    seen: list[uuid.UUID] = []
    position = None
    while True:
        slice_ = await page(session, select(Mail), order=order, after=position, limit=4)
        seen += [mail.id for mail in slice_.items]
        position = slice_.position
        if position is None:
            break
    assert seen == list(whole)


async def test_new_rows_neither_repeat_nor_hide_others(session: AsyncSession) -> None:
    ids = await some_mail(session, "aaaaaa")
    first = await page(session, select(Mail), order=newest_first(Mail), limit=3)
    await some_mail(session, "bb")
    second = await page(session, select(Mail), order=newest_first(Mail), after=first.position, limit=3)
    assert [mail.id for mail in (*first.items, *second.items)] == ids[::-1]
    assert second.position is None


async def test_count_is_of_the_whole_query(session: AsyncSession) -> None:
    await some_mail(session, "abab")
    assert await count(session, select(Mail).where(Mail.kind == "a").order_by(Mail.id)) == 2


def test_position_of_another_order_is_refused() -> None:
    with pytest.raises(ValueError, match="has 2 values"):
        _beyond(ORDERS["both up"], ["a"])
