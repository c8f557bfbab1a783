"""Accounts, the journal of transfers between them, and the seals on it.

The application can open accounts and read everything. Transfers are written by `ledger_post`, a function of the
database that belongs to the owner: it keeps the balances, and nobody else can touch them.
"""

import datetime
import uuid
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import CHAR
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.base import Base, Record, check, unique, unique_where

# `pending` reserves, `post` and `void` resolve what was reserved, `posted` does both at once.
PHASES = ("posted", "pending", "post", "void")
ACCOUNT_KINDS = ("outside", "held", "clearing", "income", "reserve")


def _once(column: str, code: str, message: str, message_zh: str) -> Index:
    return unique_where(
        f"uq_ledger_transfer_{column}",
        column,
        where=text(f"{column} IS NOT NULL"),
        code=code,
        message=message,
        message_zh=message_zh,
    )


class LedgerAccount(Record):
    """`balance_minor` is what came in less what went out; `reserved_minor` of it is promised and cannot be spent.

    Only `outside` and `clearing` accounts may be below zero: the first because the world's money is not ours to count,
    the second because two reports of one movement arrive in any order. A clearing account must return to zero.
    """

    __tablename__ = "ledger_account"
    __audited__: ClassVar[bool] = False

    currency: Mapped[str] = mapped_column(CHAR(3))
    code: Mapped[str]
    kind: Mapped[str]
    organisation_id: Mapped[uuid.UUID | None]
    deal_id: Mapped[uuid.UUID | None]
    balance_minor: Mapped[int] = mapped_column(server_default="0")
    reserved_minor: Mapped[int] = mapped_column(server_default="0")
    expected_minor: Mapped[int] = mapped_column(server_default="0")

    __table_args__ = (
        UniqueConstraint("currency", "code"),
        # What transfers refer to, so that one can never lead from one currency to another.
        UniqueConstraint("id", "currency"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_is_code"),
        CheckConstraint(f"kind IN {ACCOUNT_KINDS}", name="kind_is_known"),
        CheckConstraint("reserved_minor >= 0 AND expected_minor >= 0", name="reserves_are_counted"),
        check(
            "not_below_zero",
            "kind IN ('outside', 'clearing') OR balance_minor >= reserved_minor",
            field="amount",
            code="not-enough-money",
            message="no more than is held and not promised already",
            message_zh="不得超过已托付且未被占用的金额",
        ),
        Index("ix_ledger_account_deal_id", "deal_id"),
        Index("ix_ledger_account_organisation_id", "organisation_id"),
    )


class LedgerTransfer(Base):
    """One movement from `debit_account_id` to `credit_account_id`, for good.

    `key` is the caller's id of it: the same key does nothing the second time, and is an error with another content.
    `at` is when it happened, `recorded_at` when it was written here. A pending transfer is resolved once, by the
    transfer that names it in `resolves_id`; a wrong one is corrected once, by the one that names it in `reverses_id`.
    """

    __tablename__ = "ledger_transfer"
    __audited__: ClassVar[bool] = False

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, server_default=func.uuidv7(monotonic=True))
    key: Mapped[str]
    currency: Mapped[str] = mapped_column(CHAR(3))
    phase: Mapped[str]
    debit_account_id: Mapped[uuid.UUID]
    credit_account_id: Mapped[uuid.UUID]
    amount_minor: Mapped[int]
    code: Mapped[str]
    subject_id: Mapped[uuid.UUID | None]
    resolves_id: Mapped[uuid.UUID | None]
    reverses_id: Mapped[uuid.UUID | None]
    at: Mapped[datetime.datetime]
    recorded_at: Mapped[datetime.datetime] = mapped_column(server_default=func.clock_timestamp())
    data: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    body_hash: Mapped[bytes] = mapped_column(LargeBinary)
    sequence: Mapped[int | None]
    hash: Mapped[bytes | None] = mapped_column(LargeBinary)

    __table_args__ = (
        unique(
            "key",
            code="ledger-key-reused",
            message="This transfer was written with another content.",
            message_zh="该转账标识已用于其他内容。",
        ),
        ForeignKeyConstraint(
            ["debit_account_id", "currency"],
            ["ledger_account.id", "ledger_account.currency"],
            name="fk_ledger_transfer_debit",
        ),
        ForeignKeyConstraint(
            ["credit_account_id", "currency"],
            ["ledger_account.id", "ledger_account.currency"],
            name="fk_ledger_transfer_credit",
        ),
        ForeignKeyConstraint(["resolves_id"], ["ledger_transfer.id"]),
        ForeignKeyConstraint(["reverses_id"], ["ledger_transfer.id"]),
        CheckConstraint("amount_minor > 0", name="moves_something"),
        CheckConstraint("debit_account_id <> credit_account_id", name="between_two"),
        CheckConstraint(f"phase IN {PHASES}", name="phase_is_known"),
        CheckConstraint("(phase IN ('post', 'void')) = (resolves_id IS NOT NULL)", name="resolves_when_it_says_so"),
        CheckConstraint("reverses_id IS NULL OR phase = 'posted'", name="reversal_is_posted"),
        _once("resolves_id", "resolved-already", "This was resolved already.", "该笔预留已处理。"),
        _once("reverses_id", "reversed-already", "This was reversed already.", "该笔转账已冲正。"),
        Index("ix_ledger_transfer_debit", "debit_account_id", "at"),
        Index("ix_ledger_transfer_credit", "credit_account_id", "at"),
        Index("ix_ledger_transfer_subject_id", "subject_id", postgresql_where=text("subject_id IS NOT NULL")),
        Index(
            "uq_ledger_transfer_sequence",
            "currency",
            "sequence",
            unique=True,
            postgresql_where=text("sequence IS NOT NULL"),
        ),
        Index("ix_ledger_transfer_unsealed", "id", postgresql_where=text("sequence IS NULL")),
    )


class LedgerSeal(Record):
    """The head of a ledger's chain of hashes at some time (append-only).

    It is audited: so the audit log, whose own head is noted outside the database, vouches for the ledger, too.
    """

    __tablename__ = "ledger_seal"

    currency: Mapped[str] = mapped_column(CHAR(3))
    sequence: Mapped[int]
    hash: Mapped[str]

    __table_args__ = (UniqueConstraint("currency", "sequence"),)
