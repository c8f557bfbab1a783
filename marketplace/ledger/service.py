"""Write into the ledger: open accounts, move money between them, reserve, resolve, reverse.

Every transfer has a key that its caller chose. Written again, it does nothing; with another content it is an error.
"""

import uuid
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.database import clock_of
from marketplace.ledger.models import LedgerAccount
from marketplace.money import Money


class NewAccount(Struct, frozen=True, kw_only=True):
    """`code` names it within its currency: `deal:…:payer`."""

    code: str
    kind: str
    currency: str
    organisation_id: uuid.UUID | None = None
    deal_id: uuid.UUID | None = None


class Entry(Struct, frozen=True, kw_only=True):
    """One transfer to be written; made by the functions below.

    `amount` is positive and goes from `debit` to `credit`. `of` is the key of the transfer that this one resolves or
    reverses; its accounts are then that one's.
    """

    key: str
    phase: str
    amount: Money
    code: str
    debit: uuid.UUID | None = None
    credit: uuid.UUID | None = None
    of: str | None = None
    subject_id: uuid.UUID | None = None
    data: dict[str, Any] = {}


def move(
    key: str, amount: Money, *, debit: uuid.UUID, credit: uuid.UUID, code: str, subject_id: uuid.UUID | None = None
) -> Entry:
    """Money that has moved."""
    return Entry(key=key, phase="posted", amount=amount, debit=debit, credit=credit, code=code, subject_id=subject_id)


def reserve(
    key: str, amount: Money, *, debit: uuid.UUID, credit: uuid.UUID, code: str, subject_id: uuid.UUID | None = None
) -> Entry:
    """Money that is about to move: nobody else can have it until it is completed or released again."""
    return Entry(key=key, phase="pending", amount=amount, debit=debit, credit=credit, code=code, subject_id=subject_id)


def complete(key: str, amount: Money, *, of: str, code: str, subject_id: uuid.UUID | None = None) -> Entry:
    """What was reserved has moved, all of it or less; the rest is free again."""
    return Entry(key=key, phase="post", amount=amount, of=of, code=code, subject_id=subject_id)


def void(key: str, amount: Money, *, of: str, code: str, subject_id: uuid.UUID | None = None) -> Entry:
    """What was reserved will not move."""
    return Entry(key=key, phase="void", amount=amount, of=of, code=code, subject_id=subject_id)


def reverse(key: str, amount: Money, *, of: str, code: str, subject_id: uuid.UUID | None = None) -> Entry:
    """The only way to correct what was written: the same amount the other way, once."""
    return Entry(key=key, phase="posted", amount=amount, of=of, code=code, subject_id=subject_id)


async def open_accounts(session: AsyncSession, *wanted: NewAccount) -> dict[str, uuid.UUID]:
    """The accounts' ids by their codes; those that do not exist yet are opened, empty."""
    rows = [msgspec.structs.asdict(account) for account in wanted]
    await session.execute(insert(LedgerAccount).on_conflict_do_nothing(), rows)
    names = [(account.currency, account.code) for account in wanted]
    query = select(LedgerAccount.code, LedgerAccount.id).where(
        tuple_(LedgerAccount.currency, LedgerAccount.code).in_(names)
    )
    return dict((await session.execute(query)).all())


_POST = text("SELECT ledger_post(CAST(:entries AS jsonb))")


async def post(session: AsyncSession, *entries: Entry) -> list[bool]:
    """Write all of them or none; for each, whether it is new (False: it was written before).

    Raises
    ------
    sqlalchemy.exc.DBAPIError
        At the statement, translated by `transaction`: an account would be overdrawn (Invalid), a key stands for
        another content, or something was resolved or reversed already (Conflict).
    """
    now = clock_of(session).now().isoformat()
    written = await session.execute(_POST, {"entries": msgspec.json.encode([_row(e, now) for e in entries]).decode()})
    return list(written.scalar_one())


def _row(entry: Entry, now: str) -> dict[str, Any]:
    return {
        "key": entry.key,
        "phase": entry.phase,
        "amount_minor": entry.amount.amount_minor,
        "currency": entry.amount.currency,
        "code": entry.code,
        "debit": entry.debit,
        "credit": entry.credit,
        "of": entry.of,
        "subject_id": entry.subject_id,
        "at": now,
        "data": entry.data,
    }


async def balances(session: AsyncSession, account_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Money]:
    """What is in the accounts now."""
    query = select(LedgerAccount.id, LedgerAccount.balance_minor, LedgerAccount.currency).where(
        LedgerAccount.id.in_(account_ids)
    )
    return {id_: Money(minor, currency) for id_, minor, currency in (await session.execute(query)).all()}


async def balance(session: AsyncSession, account_id: uuid.UUID) -> Money:
    """What is in the account now."""
    return (await balances(session, [account_id]))[account_id]
