"""Read the ledger: trial balances and statements at any time, and what clearing accounts still wait for.

There are two times: when something happened (`at`) and when it was recorded. A trial balance `at` last night as
`known_at` last night is the same for ever, whatever is recorded about last night later.
"""

import datetime
import uuid
from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

# One row a leg: transfers that moved something (a reservation and its release move nothing).
LEGS = """
    SELECT t.debit_account_id AS account_id, -t.amount_minor AS minor, t.* FROM ledger_transfer t
        WHERE t.phase IN ('posted', 'post')
    UNION ALL
    SELECT t.credit_account_id, t.amount_minor, t.* FROM ledger_transfer t WHERE t.phase IN ('posted', 'post')
"""


class TrialRow(Struct, frozen=True, kw_only=True):
    """One account at a time: what went out of it, what came in, and the difference."""

    account_id: uuid.UUID
    code: str
    kind: str
    currency: str
    debit_minor: int
    credit_minor: int
    balance_minor: int


class TrialBalance(Struct, frozen=True, kw_only=True):
    """All accounts that anything ever moved on. `sums` are by currency, and zero each, or the ledger is broken."""

    at: datetime.datetime
    known_at: datetime.datetime
    rows: list[TrialRow]
    sums: dict[str, int]


_TRIAL = text(f"""
    SELECT a.id AS account_id, a.code, a.kind, a.currency,
        coalesce(sum(-l.minor) FILTER (WHERE l.minor < 0), 0)::bigint AS debit_minor,
        coalesce(sum(l.minor) FILTER (WHERE l.minor > 0), 0)::bigint AS credit_minor,
        sum(l.minor)::bigint AS balance_minor
    FROM ({LEGS}) l JOIN ledger_account a ON a.id = l.account_id
    WHERE l.at <= :at AND l.recorded_at <= :known_at
        AND (CAST(:deal_id AS uuid) IS NULL OR a.deal_id = CAST(:deal_id AS uuid))
    GROUP BY a.id ORDER BY a.currency, a.code
""")  # noqa: S608 - put together from constants
# Later than the clock where a simulation runs ahead of it.
_NOW = text("SELECT greatest(clock_timestamp(), max(at)) FROM ledger_transfer")


async def trial_balance(
    session: AsyncSession,
    *,
    at: datetime.datetime | None = None,
    known_at: datetime.datetime | None = None,
    deal_id: uuid.UUID | None = None,
) -> TrialBalance:
    """Every account as it stood `at` a time, by what had been recorded until `known_at`; both are now by default."""
    now = (await session.execute(_NOW)).scalar_one()
    at, known_at = at or now, known_at or now
    asked = {"at": at, "known_at": known_at, "deal_id": deal_id}
    rows = [_as(TrialRow, row) for row in await session.execute(_TRIAL, asked)]
    sums: dict[str, int] = {}
    for row in rows:
        sums[row.currency] = sums.get(row.currency, 0) + row.balance_minor
    return TrialBalance(at=at, known_at=known_at, rows=rows, sums=sums)


class Line(Struct, frozen=True, kw_only=True):
    """One movement as an account's owner sees it; `balance_minor` is what the account stood at after it."""

    at: datetime.datetime
    key: str
    code: str
    account: str
    counterpart: str
    subject_id: uuid.UUID | None
    currency: str
    amount_minor: int
    balance_minor: int


class Statement(Struct, frozen=True, kw_only=True):
    """Movements of one organisation's accounts between two times, with what they stood at before and after."""

    since: datetime.datetime
    until: datetime.datetime
    opening: dict[str, int]
    lines: list[Line]
    closing: dict[str, int]


_LINES = text(f"""
    SELECT l.at, l.key, l.code, a.code AS account, o.code AS counterpart, l.subject_id, a.currency,
        l.minor AS amount_minor,
        sum(l.minor) OVER (PARTITION BY a.id ORDER BY l.at, l.id)::bigint AS balance_minor
    FROM ({LEGS}) l
        JOIN ledger_account a ON a.id = l.account_id
        JOIN ledger_account o ON o.id = CASE a.id WHEN l.debit_account_id THEN l.credit_account_id
            ELSE l.debit_account_id END
    WHERE a.organisation_id = :organisation_id AND l.at < :until
    ORDER BY l.at, l.id
""")  # noqa: S608 - put together from constants


async def statement(
    session: AsyncSession, *, organisation_id: uuid.UUID, since: datetime.datetime, until: datetime.datetime
) -> Statement:
    """What moved on an organisation's accounts from `since` (inclusive) to `until` (exclusive)."""
    asked = {"organisation_id": organisation_id, "until": until}
    lines = [_as(Line, row) for row in await session.execute(_LINES, asked)]
    before, within = [x for x in lines if x.at < since], [x for x in lines if x.at >= since]
    return Statement(since=since, until=until, opening=_sums(before), lines=within, closing=_sums(lines))


def _sums(lines: Sequence[Line]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for line in lines:
        sums[line.currency] = sums.get(line.currency, 0) + line.amount_minor
    return sums


class OpenClearing(Struct, frozen=True, kw_only=True):
    """Money of which one side has spoken and the other not yet, and since when it has waited."""

    account_id: uuid.UUID
    code: str
    deal_id: uuid.UUID | None
    currency: str
    balance_minor: int
    since: datetime.datetime


_CLEARING = text(f"""
    WITH open AS (SELECT * FROM ledger_account WHERE kind = 'clearing' AND balance_minor <> 0),
    run AS (
        SELECT l.account_id, l.at, l.id,
            sum(l.minor) OVER (PARTITION BY l.account_id ORDER BY l.recorded_at, l.id) AS stood
        FROM ({LEGS}) l WHERE l.account_id IN (SELECT id FROM open)
    ),
    zero AS (SELECT account_id, max(id::text) AS id FROM run WHERE stood = 0 GROUP BY account_id)
    SELECT o.id AS account_id, o.code, o.deal_id, o.currency, o.balance_minor, min(r.at) AS since
    FROM open o JOIN run r ON r.account_id = o.id LEFT JOIN zero z ON z.account_id = o.id
    WHERE z.id IS NULL OR r.id::text > z.id
    GROUP BY o.id, o.code, o.deal_id, o.currency, o.balance_minor ORDER BY since, o.code
""")  # noqa: S608 - put together from constants


async def open_clearing(session: AsyncSession) -> list[OpenClearing]:
    """Clearing accounts that are not at zero, the oldest first: what is not explained yet."""
    return [_as(OpenClearing, row) for row in await session.execute(_CLEARING)]


def _as(kind: type[Any], row: Row[Any]) -> Any:
    return kind(**row._mapping)
