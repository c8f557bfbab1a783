"""The journal for accountants: CSV, XLSX, and the plain text that hledger and ledger read."""

import csv
import datetime
import io
from collections.abc import Sequence
from typing import Any

from openpyxl import Workbook
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.money import in_units

COLUMNS = (
    "recorded_at", "at", "currency", "sequence", "key", "code", "phase", "debit", "credit", "amount_minor", "hash",
)  # fmt: skip
# What a spreadsheet would take for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\0")

_JOURNAL = text("""
    SELECT t.recorded_at, t.at, t.currency, t.sequence, t.key, t.code, t.phase, d.code AS debit, c.code AS credit,
        t.amount_minor, encode(t.hash, 'hex') AS hash
    FROM ledger_transfer t JOIN ledger_account d ON d.id = t.debit_account_id
        JOIN ledger_account c ON c.id = t.credit_account_id
    WHERE t.at >= :since AND t.at < :until ORDER BY t.at, t.id
""")


async def journal(session: AsyncSession, *, since: datetime.datetime, until: datetime.datetime) -> Sequence[Any]:
    """Every transfer of a time, reservations included, with the columns of `COLUMNS`."""
    return (await session.execute(_JOURNAL, {"since": since, "until": until})).all()


def as_csv(rows: Sequence[Any]) -> bytes:
    """With a header line; texts that a spreadsheet would compute are quoted so that it does not."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue().encode()


def as_xlsx(rows: Sequence[Any]) -> bytes:
    """One sheet; amounts are numbers, times are text with their zone."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("journal")
    sheet.append(COLUMNS)
    for row in rows:
        sheet.append([_cell(value) for value in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


def as_hledger(rows: Sequence[Any]) -> bytes:
    """What moved (reservations are left out, as they move nothing); `hledger -f FILE balance` ends at zero."""
    moved = (row for row in rows if row.phase in ("posted", "post"))
    return "\n".join(_transaction(row) for row in moved).encode()


def _transaction(row: Any) -> str:
    amount = in_units(row.amount_minor, row.currency)
    return (
        f"{row.at:%Y-%m-%d} * {row.code}  ; key {row.key}\n"
        f"    {row.credit}  {amount} {row.currency}\n"
        f"    {row.debit}  -{amount} {row.currency}\n"
    )
