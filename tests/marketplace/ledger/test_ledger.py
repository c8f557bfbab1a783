"""The ledger by itself: what can be written, what cannot, and what stays readable."""

import asyncio
import datetime
import uuid

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import system
from marketplace.clock import SetClock
from marketplace.database import Sessions, transaction
from marketplace.embedded import EmbeddedPostgres, Role
from marketplace.errors import Conflict, Invalid
from marketplace.ledger import chain
from marketplace.ledger.checks import faults
from marketplace.ledger.models import LedgerAccount, LedgerTransfer
from marketplace.ledger.service import (
    Entry,
    NewAccount,
    balance,
    complete,
    move,
    open_accounts,
    post,
    reserve,
    reverse,
    void,
)
from marketplace.ledger.statements import open_clearing, statement, trial_balance
from marketplace.money import Money

ME = system("test")
Ids = dict[str, uuid.UUID]


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


async def accounts(session: AsyncSession, currency: str = "CNY", **kinds: str) -> Ids:
    return await open_accounts(
        session, *(NewAccount(code=code, kind=kind, currency=currency) for code, kind in kinds.items())
    )


async def usual(session: AsyncSession) -> Ids:
    """Money in `held`: 1,000."""
    ids = await accounts(session, world="outside", held="held", other="held", clearing="clearing")
    await post(session, move("in", cny(1_000), debit=ids["world"], credit=ids["held"], code="fund"))
    return ids


async def refused(session: AsyncSession, *entries: Entry) -> str:
    """The constraint that refuses them."""
    async with session.begin_nested() as attempt:
        with pytest.raises(DBAPIError) as error:
            await post(session, *entries)
        await attempt.rollback()
    return str(error.value.orig.diag.constraint_name)  # type: ignore[union-attr]


async def test_the_same_key_acts_once_and_never_stands_for_something_else(session: AsyncSession) -> None:
    ids = await usual(session)
    entry = move("k", cny(10), debit=ids["held"], credit=ids["other"], code="x")
    assert [await post(session, entry), await post(session, entry)] == [[True], [False]]
    assert await balance(session, ids["other"]) == cny(10)
    for wrong in (
        move("k", cny(11), debit=ids["held"], credit=ids["other"], code="x"),
        move("k", cny(10), debit=ids["other"], credit=ids["held"], code="x"),
        move("k", cny(10), debit=ids["held"], credit=ids["other"], code="y"),
        reserve("k", cny(10), debit=ids["held"], credit=ids["other"], code="x"),
    ):
        assert await refused(session, wrong) == "uq_ledger_transfer_key"


async def test_what_is_reserved_is_resolved_once(session: AsyncSession) -> None:
    ids = await usual(session)
    for key in ("a", "b"):
        await post(session, reserve(key, cny(400), debit=ids["held"], credit=ids["other"], code="x"))
    over = reserve("c", cny(201), debit=ids["held"], credit=ids["other"], code="x")
    assert await refused(session, over) == "ck_ledger_account_not_below_zero"
    await post(session, complete("a1", cny(300), of="a", code="x"), void("b1", cny(400), of="b", code="x"))
    assert await refused(session, void("a2", cny(400), of="a", code="x")) == "uq_ledger_transfer_resolves_id"
    held = await session.get_one(LedgerAccount, ids["held"], populate_existing=True)
    assert (held.balance_minor, held.reserved_minor) == (700, 0)
    with pytest.raises(DBAPIError, match="cannot resolve or reverse"):
        await post(session, complete("in1", cny(1_000), of="in", code="x"))


async def test_a_mistake_is_corrected_by_its_reverse_once(session: AsyncSession) -> None:
    ids = await usual(session)
    await post(session, move("oops", cny(70), debit=ids["held"], credit=ids["other"], code="x"))
    await post(session, reverse("sorry", cny(70), of="oops", code="correction"))
    assert await balance(session, ids["held"]) == cny(1_000)
    assert await refused(session, reverse("again", cny(70), of="oops", code="x")) == "uq_ledger_transfer_reverses_id"


async def test_all_of_a_batch_or_nothing(session: AsyncSession) -> None:
    ids = await usual(session)
    good = move("good", cny(600), debit=ids["held"], credit=ids["other"], code="x")
    bad = move("bad", cny(600), debit=ids["held"], credit=ids["other"], code="x")
    assert await refused(session, good, bad) == "ck_ledger_account_not_below_zero"
    assert await balance(session, ids["other"]) == cny(0)


async def test_currencies_never_mix(session: AsyncSession) -> None:
    ids = await usual(session)
    euros = await accounts(session, "EUR", held="held")
    assert euros["held"] != ids["held"]
    for currency in ("CNY", "EUR"):
        mixed = move("mixed", Money(1, currency), debit=ids["held"], credit=euros["held"], code="x")
        assert (await refused(session, mixed)).startswith("fk_ledger_transfer_")


async def test_refusals_have_sentences(committed: Sessions) -> None:
    async with transaction(committed, ME) as session:
        ids = await usual(session)
    with pytest.raises(Invalid) as invalid:
        async with transaction(committed, ME) as session:
            await post(session, move("much", cny(2_000), debit=ids["held"], credit=ids["other"], code="x"))
    assert invalid.value.code == "not-enough-money"
    with pytest.raises(Conflict) as conflict:
        async with transaction(committed, ME) as session:
            await post(session, move("in", cny(1), debit=ids["world"], credit=ids["held"], code="fund"))
    assert conflict.value.code == "ledger-key-reused"


@pytest.mark.parametrize(
    "statement_",
    [
        "UPDATE ledger_transfer SET amount_minor = 1",
        "UPDATE ledger_transfer SET sequence = 1",
        "DELETE FROM ledger_transfer",
        "TRUNCATE ledger_transfer CASCADE",
        "UPDATE ledger_account SET balance_minor = 10",
        "INSERT INTO ledger_account (currency, code, kind, balance_minor) VALUES ('CNY', 'me', 'held', 5)",
        "INSERT INTO ledger_transfer (key) VALUES ('x')",
        "DELETE FROM ledger_seal",
        "ALTER TABLE ledger_transfer DISABLE TRIGGER ALL",
    ],
)
async def test_application_cannot_go_around_the_function(session: AsyncSession, statement_: str) -> None:
    with pytest.raises(DBAPIError) as error:
        await session.execute(text(statement_))
    assert error.value.orig.sqlstate == "42501"  # type: ignore[union-attr]


def test_reader_cannot_write(cluster: EmbeddedPostgres, database: str) -> None:
    with cluster.connect(Role.READER, database) as connection, pytest.raises(Exception, match="permission denied"):
        connection.execute("SELECT ledger_post('[]')")


async def test_trial_balance_of_the_past_stays_what_it_was(session: AsyncSession, clock: SetClock) -> None:
    ids = await usual(session)
    first = clock.now()
    clock.advance(datetime.timedelta(days=1))
    await post(session, move("day 2", cny(300), debit=ids["held"], credit=ids["other"], code="x"))
    known = (await session.execute(text("SELECT clock_timestamp()"))).scalar_one()
    await post(session, move("late", cny(5), debit=ids["held"], credit=ids["other"], code="x"))

    def of(found: object) -> dict[str, int]:
        return {row.code: row.balance_minor for row in found.rows}  # type: ignore[attr-defined]

    assert of(await trial_balance(session, at=first)) == {"world": -1_000, "held": 1_000}
    assert of(await trial_balance(session, at=clock.now(), known_at=known)) == {
        "world": -1_000, "held": 700, "other": 300,
    }  # fmt: skip
    now = await trial_balance(session)
    assert (of(now), now.sums) == ({"world": -1_000, "held": 695, "other": 305}, {"CNY": 0})
    assert await faults(session) == []


async def test_statement_runs_from_its_opening_to_its_closing(session: AsyncSession, clock: SetClock) -> None:
    mine = uuid.uuid4()
    ids = await usual(session)
    ids |= await open_accounts(session, NewAccount(code="mine", kind="outside", currency="CNY", organisation_id=mine))
    await post(session, move("1", cny(100), debit=ids["held"], credit=ids["mine"], code="release"))
    since = clock.advance(datetime.timedelta(days=1))
    await post(session, move("2", cny(50), debit=ids["held"], credit=ids["mine"], code="release"))
    await post(session, move("3", cny(20), debit=ids["mine"], credit=ids["held"], code="reverse"))
    until = clock.advance(datetime.timedelta(days=1))
    found = await statement(session, organisation_id=mine, since=since, until=until)
    assert (found.opening, found.closing) == ({"CNY": 100}, {"CNY": 130})
    assert [(line.key, line.amount_minor, line.balance_minor) for line in found.lines] == [
        ("2", 50, 150),
        ("3", -20, 130),
    ]


async def test_clearing_says_since_when_it_waits(session: AsyncSession, clock: SetClock) -> None:
    ids = await usual(session)
    await post(session, move("a", cny(9), debit=ids["held"], credit=ids["clearing"], code="x"))
    await post(session, move("b", cny(9), debit=ids["clearing"], credit=ids["other"], code="x"))
    assert await open_clearing(session) == []
    since = clock.advance(datetime.timedelta(hours=3))
    await post(session, move("c", cny(4), debit=ids["held"], credit=ids["clearing"], code="x"))
    clock.advance(datetime.timedelta(hours=1))
    await post(session, move("d", cny(1), debit=ids["held"], credit=ids["clearing"], code="x"))
    (waiting,) = await open_clearing(session)
    assert (waiting.code, waiting.balance_minor, waiting.since) == ("clearing", 5, since)


async def test_caps_hold_under_write_skew(committed: Sessions) -> None:
    """A hundred caps of 1,000, each attacked by four payments of 300 and more at once: none is ever exceeded."""
    async with transaction(committed, ME) as session:
        ids = await accounts(session, world="outside", **{f"cap{n}": "held" for n in range(100)})
        fill = [
            move(f"fill{n}", cny(1_000), debit=ids["world"], credit=ids[f"cap{n}"], code="fund") for n in range(100)
        ]
        await post(session, *fill)

    async def spend(number: int, attempt: int) -> bool:
        entry = move(
            f"{number}-{attempt}", cny(300 + attempt), debit=ids[f"cap{number}"], credit=ids["world"], code="x"
        )
        try:
            async with transaction(committed, ME) as session:
                await post(session, entry)
        except Invalid:
            return False
        return True

    for start in range(0, 100, 5):
        some = range(start, start + 5)
        done = await asyncio.gather(*(spend(number, attempt) for number in some for attempt in range(4)))
        assert sum(done) == 15  # three of four fit
    async with transaction(committed, ME) as session:
        left = (await session.scalars(select(LedgerAccount.balance_minor).where(LedgerAccount.kind == "held"))).all()
        assert all(0 <= minor < 100 for minor in left)
        assert await faults(session) == []


async def test_same_key_from_many_at_once_is_written_once(committed: Sessions) -> None:
    async with transaction(committed, ME) as session:
        ids = await usual(session)

    async def once() -> bool:
        async with transaction(committed, ME) as session:
            entry = move("once", cny(100), debit=ids["held"], credit=ids["other"], code="x")
            return (await post(session, entry))[0]

    assert sum(await asyncio.gather(*(once() for _ in range(12)))) == 1


TAMPERING = {
    "amount": "UPDATE ledger_transfer SET amount_minor = 11 WHERE currency = 'CNY' AND sequence = 3",
    "deleted": "DELETE FROM ledger_transfer WHERE currency = 'CNY' AND sequence = 3",
    "cut": "DELETE FROM ledger_transfer WHERE currency = 'CNY' AND sequence >= 5",
}


@pytest.mark.parametrize("tampering", TAMPERING.values(), ids=TAMPERING.keys())
async def test_tampering_breaks_the_chain(
    cluster: EmbeddedPostgres, database: str, committed: Sessions, tampering: str
) -> None:
    async with transaction(committed, ME) as session:
        ids = await usual(session)
        euros = await accounts(session, "EUR", world="outside", held="held")
        for n in range(5):
            await post(session, move(f"c{n}", cny(10), debit=ids["held"], credit=ids["other"], code="x"))
            await post(session, move(f"e{n}", Money(9, "EUR"), debit=euros["world"], credit=euros["held"], code="x"))
    async with transaction(committed, ME) as session:
        assert await chain.seal(session) == 11
        assert await chain.verify(session) == chain.ChainVerdict(transfers=11)
        numbers = select(LedgerTransfer.currency, LedgerTransfer.sequence).order_by(LedgerTransfer.sequence)
        assert dict((await session.execute(numbers)).all()) == {"CNY": 6, "EUR": 5}
    with cluster.connect(Role.ADMIN, database) as admin, admin.transaction():
        admin.execute("SET LOCAL session_replication_role = replica")
        admin.execute(tampering.encode())
    async with transaction(committed, ME) as session:
        broken = (await chain.verify(session)).broken
    assert broken in ("CNY 3", "CNY 5", "CNY 6")
