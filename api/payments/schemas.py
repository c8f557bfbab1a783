"""What goes in and out about money. Amounts are whole minor units."""

import datetime
import uuid
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from api.fields import AmountMinor, Line, OptionalLine
from marketplace.deals.models import DealMilestone
from marketplace.money import Money
from marketplace.payments.letters import SILENCE
from marketplace.payments.models import (
    DealPayment,
    Dispute,
    FeeInvoice,
    MilestonePayment,
    PaymentOrder,
    PayoutAccount,
    Refund,
)
from marketplace.payments.payees import masked
from scoring.technology import Text

Positive = Annotated[int, Meta(ge=1, le=2**53 - 1, description="Whole minor units (fen, cents)")]
Reason = Annotated[str, Meta(min_length=1, max_length=4_000, pattern=r"^[^\x00]*\S[^\x00]*$")]
AccountNumber = Annotated[str, Meta(min_length=6, max_length=64, pattern=r"^[A-Z0-9 -]+$")]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]


class ArrangementIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who holds the money, and whether it comes stage by stage."""

    provider: Literal["record-only", "stripe"] = "record-only"
    by_stage: bool = False


class EvidenceIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    evidence: Annotated[list[Line], Meta(max_length=50)] = []


class NoteIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    note: Reason


class AcceptIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that is due, or a part of it."""

    amount_minor: Positive | None = None


class ProofIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`sent` by the sender; `received` or `not-received` by the receiver."""

    said: Literal["sent", "received", "not-received"]
    bank_reference: OptionalLine = ""
    document_sha256: Sha256 | None = None
    note: Annotated[str, Meta(max_length=2_000, pattern=r"^[^\x00]*$")] = ""


class RefundIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to go back; `released_minor` of it has been paid out already."""

    amount_minor: Positive
    released_minor: AmountMinor = 0
    reason: Reason


class SplitIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much of what is held goes to the payee; the rest goes back."""

    release_minor: AmountMinor


class DecisionIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    release_minor: AmountMinor
    note: Reason


class CostIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    cost_minor: Positive


class PayoutAccountIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    holder_name: Line
    bank: Line
    number: AccountNumber


class PayoutAccountOut(Struct, frozen=True, kw_only=True):
    """`number` is masked. Nothing is released before `effective_at`."""

    holder_name: str
    bank: str
    number: str
    effective_at: datetime.datetime

    @classmethod
    def of(cls, found: PayoutAccount) -> "PayoutAccountOut":
        return cls(
            holder_name=found.holder_name,
            bank=found.bank,
            number=masked(found.number),
            effective_at=found.effective_at,
        )


class StageOut(Struct, frozen=True, kw_only=True):
    """A milestone's payment. `silence` says what happens at `inspection_ends_at` without an answer.

    `report_state` is how the report stands that a holdback waits for; null where the milestone owes none.
    """

    id: uuid.UUID
    milestone_id: uuid.UUID
    title: Text
    state: str
    since: datetime.datetime
    amount: Money
    held: Money
    holdback_minor: int
    report_state: str | None
    release_minor: int | None
    due_on: datetime.date
    inspection_ends_at: datetime.datetime | None
    silence_rule: str
    silence: Text
    evidence: list[str]

    @classmethod
    def of(
        cls, paid: MilestonePayment, terms: DealMilestone, held: Money, report_state: str | None = None
    ) -> "StageOut":
        silence = SILENCE[terms.silence_rule]
        return cls(
            id=paid.id,
            milestone_id=terms.id,
            title=terms.title,
            state=paid.state,
            since=paid.state_since,
            amount=Money(terms.amount_minor, terms.currency),
            held=held,
            holdback_minor=terms.holdback_minor,
            report_state=report_state if terms.holdback_minor else None,
            release_minor=paid.release_minor,
            due_on=terms.due_on,
            inspection_ends_at=paid.inspection_ends_at if paid.state == "submitted" else None,
            silence_rule=terms.silence_rule,
            silence=Text(zh=silence["zh"], en=silence["en"]),
            evidence=paid.evidence,
        )


class OrderOut(Struct, frozen=True, kw_only=True):
    """An order to whoever holds the money; `key` names it there, too. `netted` is kept for what the payee owes."""

    id: uuid.UUID
    deal_id: uuid.UUID
    milestone_id: uuid.UUID | None
    kind: str
    key: str
    provider: str
    amount: Money
    fee: Money
    netted: Money
    state: str
    since: datetime.datetime
    attempt: int
    reference: str | None
    pay_url: str | None
    problem: dict[str, Any] | None

    @classmethod
    def of(cls, found: PaymentOrder) -> "OrderOut":
        return cls(
            id=found.id,
            deal_id=found.deal_id,
            milestone_id=found.milestone_id,
            kind=found.kind,
            key=found.key,
            provider=found.provider,
            amount=found.amount,
            fee=found.fee,
            netted=found.netted,
            state=found.state,
            since=found.state_since,
            attempt=found.attempt,
            reference=found.reference,
            pay_url=found.pay_url,
            problem=found.problem,
        )


class RefundOut(Struct, frozen=True, kw_only=True):
    id: uuid.UUID
    deal_id: uuid.UUID
    milestone_payment_id: uuid.UUID
    kind: str
    amount_minor: int
    released_minor: int
    reason: str
    state: str
    since: datetime.datetime

    @classmethod
    def of(cls, found: Refund) -> "RefundOut":
        return cls(
            id=found.id,
            deal_id=found.deal_id,
            milestone_payment_id=found.milestone_payment_id,
            kind=found.kind,
            amount_minor=found.amount_minor,
            released_minor=found.released_minor,
            reason=found.reason,
            state=found.state,
            since=found.state_since,
        )


class DisputeOut(Struct, frozen=True, kw_only=True):
    id: uuid.UUID
    deal_id: uuid.UUID
    milestone_payment_id: uuid.UUID
    reason: str
    held_minor: int
    release_minor: int | None
    agreed_by: list[str]
    cost_minor: int
    cost_cap_minor: int
    state: str
    since: datetime.datetime

    @classmethod
    def of(cls, found: Dispute) -> "DisputeOut":
        return cls(
            id=found.id,
            deal_id=found.deal_id,
            milestone_payment_id=found.milestone_payment_id,
            reason=found.reason,
            held_minor=found.held_minor,
            release_minor=found.release_minor,
            agreed_by=found.agreed_by,
            cost_minor=found.cost_minor,
            cost_cap_minor=found.cost_cap_minor,
            state=found.state,
            since=found.state_since,
        )


class InvoiceOut(Struct, frozen=True, kw_only=True):
    """An invoice for the platform's fee; the total includes the tax."""

    id: uuid.UUID
    number: str
    order_id: uuid.UUID
    seller: dict[str, Any]
    buyer: dict[str, Any]
    net: Money
    tax: Money
    tax_basis_points: int
    total: Money
    issued_at: datetime.datetime

    @classmethod
    def of(cls, found: FeeInvoice) -> "InvoiceOut":
        return cls(
            id=found.id,
            number=found.number,
            order_id=found.order_id,
            seller=found.seller,
            buyer=found.buyer,
            net=Money(found.net_minor, found.currency),
            tax=Money(found.tax_minor, found.currency),
            tax_basis_points=found.tax_basis_points,
            total=Money(found.total_minor, found.currency),
            issued_at=found.issued_at,
        )


class PaymentOut(Struct, frozen=True, kw_only=True):
    """How a deal is paid."""

    deal_id: uuid.UUID
    provider: str
    payer_id: uuid.UUID
    payee_id: uuid.UUID
    currency: str
    by_stage: bool
    fee_basis_points: int
    four_eyes_from_minor: int
    frozen_at: datetime.datetime | None
    frozen_reason: str

    @classmethod
    def of(cls, found: DealPayment) -> "PaymentOut":
        return cls(**{name: getattr(found, name) for name in cls.__struct_fields__})
