"""Caps, what counts against them, and approval thresholds.

The database keeps the sum of the uses beside each cap and refuses what does not fit, so that no two commitments can
both take the last unit, however they meet.
"""

import datetime
import uuid

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import CHAR
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.base import Record, check

KINDS = ("fund", "call-budget", "exposure")


class Cap(Record):
    """What an organisation may commit at most, in one currency.

    `fund` is set by the organisation itself, `call-budget` for one of its calls, `exposure` by the operator: in all,
    or (with `counterparty_id`) to one holder.
    """

    __tablename__ = "cap"

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    kind: Mapped[str]
    call_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("call.id"))
    counterparty_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("organisation.id"))
    currency: Mapped[str] = mapped_column(CHAR(3))
    limit_minor: Mapped[int]
    # The sum of the uses not released; only the trigger on `cap_use` writes it.
    committed_minor: Mapped[int] = mapped_column(server_default="0")
    version: Mapped[int] = mapped_column(server_default="1")

    __table_args__ = (
        UniqueConstraint(
            "organisation_id", "kind", "call_id", "counterparty_id", "currency",
            name="uq_cap_subject", postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint(f"kind IN ({', '.join(repr(kind) for kind in KINDS)})", name="kind_is_known"),
        CheckConstraint("(kind = 'call-budget') = (call_id IS NOT NULL)", name="budget_is_of_call"),
        CheckConstraint("counterparty_id IS NULL OR kind = 'exposure'", name="counterparty_is_exposed"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_is_code"),
        CheckConstraint("committed_minor >= 0", name="committed_is_sum"),
        check(
            "holds",
            "committed_minor <= limit_minor",
            field="limit_minor",
            code="cap-reached",
            message="no less than what is committed already",
            message_zh="不得低于已承诺的金额",
        ),
        Index("ix_cap_call_id", "call_id"),
    )  # fmt: skip
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own name and type


class CapUse(Record):
    """What one deal takes of one cap, until it is released."""

    __tablename__ = "cap_use"

    cap_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cap.id"))
    deal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("deal.id"))
    amount_minor: Mapped[int]
    released_at: Mapped[datetime.datetime | None]

    cap: Mapped[Cap] = relationship(lazy="raise")

    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_is_positive"),
        Index("uq_cap_use_open", "cap_id", "deal_id", unique=True, postgresql_where=sql("released_at IS NULL")),
        Index("ix_cap_use_deal_id", "deal_id"),
    )


class ApprovalRule(Record):
    """From this amount on an organisation's yes needs a second person (four eyes).

    A raised threshold counts from `counts_from` on; until then `before_minor` does.
    """

    __tablename__ = "approval_rule"

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    currency: Mapped[str] = mapped_column(CHAR(3))
    threshold_minor: Mapped[int]
    before_minor: Mapped[int | None]
    counts_from: Mapped[datetime.datetime | None]
    version: Mapped[int] = mapped_column(server_default="1")

    __table_args__ = (
        UniqueConstraint("organisation_id", "currency"),
        CheckConstraint("threshold_minor >= 0", name="threshold_is_amount"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_is_code"),
        CheckConstraint(
            "(before_minor IS NULL) = (counts_from IS NULL) AND before_minor < threshold_minor", name="raised_from_less"
        ),
    )
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own name and type
