"""Invoices for what the platform keeps of a release."""

import datetime
import uuid
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import CHAR
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.base import Record


class FeeInvoice(Record):
    """One invoice for the fee of one release (append-only), numbered without gaps within its year.

    `seller` and `buyer` are kept as they were called then, with their tax numbers. The fee includes the tax.
    """

    __tablename__ = "fee_invoice"
    __audience__ = ("buyer_id",)

    year: Mapped[int]
    serial: Mapped[int]
    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("payment_order.id"))
    buyer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    seller: Mapped[dict[str, Any]]
    buyer: Mapped[dict[str, Any]]
    currency: Mapped[str] = mapped_column(CHAR(3))
    net_minor: Mapped[int]
    tax_basis_points: Mapped[int]
    tax_minor: Mapped[int]
    total_minor: Mapped[int]
    issued_at: Mapped[datetime.datetime]

    __table_args__ = (
        UniqueConstraint("year", "serial"),
        UniqueConstraint("order_id"),
        CheckConstraint("total_minor = net_minor + tax_minor AND total_minor > 0 AND tax_minor >= 0", name="adds_up"),
        CheckConstraint("tax_basis_points BETWEEN 0 AND 5000", name="tax_is_possible"),
        Index("ix_fee_invoice_buyer_id", "buyer_id", "id"),
    )

    @property
    def number(self) -> str:
        return f"{self.year}-{self.serial:06d}"
