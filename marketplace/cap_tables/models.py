"""The cap tables that a holder showed for a deal."""

import datetime
import uuid
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.base import Record, unique


class CapTable(Record):
    """One cap table as files of the Open Cap Format by their names; a newer one replaces it (append-only)."""

    __tablename__ = "cap_table"

    deal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("deal.id"))
    number: Mapped[int]
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    as_of: Mapped[datetime.date]
    files: Mapped[dict[str, Any]]
    sha256: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (
        unique(
            "deal_id",
            "number",
            code="cap-table-meanwhile",
            message="Another cap table was handed in at the same moment; look again.",
            message_zh="他人刚刚提交股权结构表，请刷新后重试。",
        ),
    )
