"""What goes in and out about claims on payees."""

import datetime
import uuid
from typing import Annotated, Literal

from msgspec import Meta, Struct

from api.fields import OptionalLine
from marketplace.money import Money
from marketplace.payments.models import PayeeClaim

Positive = Annotated[int, Meta(ge=1, le=2**53 - 1, description="Whole minor units (fen, cents)")]
Reason = Annotated[str, Meta(min_length=1, max_length=4_000, pattern=r"^[^\x00]*\S[^\x00]*$")]
Step = Literal[
    "approve",
    "drop",
    "say-repaid",
    "confirm-repaid",
    "deny-repaid",
    "doubt",
    "keep",
    "write-off",
    "say-paid-back",
    "confirm-paid-back",
    "deny-paid-back",
    "close",
]


class ClaimIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`netting_basis` is the clause or law by which half of each next release is kept for it; empty where none is."""

    amount_minor: Positive
    reason: Reason
    netting_basis: OptionalLine = ""


class ClaimStepIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`say-repaid` is for all that is owed, or for `amount_minor`; what was sent names the bank's reference."""

    step: Step
    amount_minor: Positive | None = None
    bank_reference: OptionalLine = ""
    note: Annotated[str, Meta(max_length=4_000, pattern=r"^[^\x00]*$")] = ""


class ClaimOut(Struct, frozen=True, kw_only=True):
    """What the payee owes: `settled` was kept from releases or repaid, `said` is sent and not confirmed yet."""

    id: uuid.UUID
    deal_id: uuid.UUID
    order_id: uuid.UUID
    amount: Money
    outstanding: Money
    settled: Money
    written_off: Money
    said: Money | None
    said_reference: str
    reason: str
    netting_basis: str
    state: str
    since: datetime.datetime

    @classmethod
    def of(cls, found: PayeeClaim) -> "ClaimOut":
        def money(minor: int) -> Money:
            return Money(minor, found.currency)

        return cls(
            id=found.id,
            deal_id=found.deal_id,
            order_id=found.order_id,
            amount=money(found.amount_minor),
            outstanding=money(found.outstanding_minor),
            settled=money(found.settled_minor),
            written_off=money(found.lost_minor),
            said=money(found.said_minor) if found.said_minor else None,
            said_reference=found.said_reference,
            reason=found.reason,
            netting_basis=found.netting_basis,
            state=found.state,
            since=found.state_since,
        )
