"""Deals, what was offered, who agreed to what, and what has to be done.

What is signed is frozen: triggers refuse a signature that the rows do not bear out, and any change afterwards. How far
a milestone has come, and what was paid for it, is told by the tables of monitoring and payments that refer to it.
"""

import datetime
import uuid
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    UniqueConstraint,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, CHAR, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import Text as TextColumn

from marketplace.base import Record, unique, unique_where
from marketplace.deals.process import DEAL, ENDED, SIGNED
from marketplace.listings.models import Listing
from marketplace.people.models import Organisation
from marketplace.process import InProcess
from scoring.technology import Text

SIDES = ("holder", "financier")
# The four links of the sector: assessment, secondary development, technology trade (in four forms), incubation.
LINKS = ("assessment", "co-development", "licence", "transfer", "equity-contribution", "trial-first", "incubation")
INSTRUMENTS = ("grant", "loan", "convertible", "equity", "revenue-share")
SILENCE_RULES = ("accepted", "escalated")
CONSENTS = ("accepted", "approved", "reconfirmed", "signed")
CONDITION_STATES = ("open", "reported", "met", "waived")
INSPECTION_DAYS_MAX = 90


def _list(values: tuple[str, ...]) -> str:
    return ", ".join(repr(value) for value in values)


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({_list(values)})", name=f"{column}_is_known")


class Deal(Record, InProcess):
    """One technology, one holder, one financier (whoever pays: investor, incubator or buyer).

    Amount and currency are those of the offer that both agreed to, `terms_sha256` is the hash of its document. Sides
    of which a second person has to approve are in `approvals_needed`. `due_at` is when the state ends by itself.
    """

    __tablename__ = "deal"
    __process__ = DEAL.name
    __audience__ = ("holder_organisation_id", "financier_organisation_id")

    listing_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("listing.id"))
    holder_organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    financier_organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    call_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("call.id"))
    application_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("application.id"))
    link: Mapped[str]
    instrument: Mapped[str]
    amount_minor: Mapped[int | None]
    currency: Mapped[str | None] = mapped_column(CHAR(3))
    open_offer_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("deal_offer.id", use_alter=True))
    agreed_offer_id: Mapped[uuid.UUID | None]
    terms_sha256: Mapped[bytes | None] = mapped_column(LargeBinary)
    # Counts the material changes: each asks both sides to reconfirm.
    round: Mapped[int] = mapped_column(server_default="0")
    approvals_needed: Mapped[list[str]] = mapped_column(ARRAY(TextColumn), server_default="{}")
    cooling_off_until: Mapped[datetime.datetime | None]
    due_at: Mapped[datetime.datetime | None]
    signed_at: Mapped[datetime.datetime | None]
    version: Mapped[int] = mapped_column(server_default="1")

    listing: Mapped[Listing] = relationship(lazy="raise")
    holder: Mapped[Organisation] = relationship(lazy="raise", foreign_keys=[holder_organisation_id])
    financier: Mapped[Organisation] = relationship(lazy="raise", foreign_keys=[financier_organisation_id])

    __table_args__ = (
        _one_of("link", LINKS),
        _one_of("instrument", INSTRUMENTS),
        CheckConstraint("holder_organisation_id <> financier_organisation_id", name="two_parties"),
        CheckConstraint("amount_minor > 0", name="amount_is_positive"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_is_code"),
        CheckConstraint(
            "(agreed_offer_id IS NULL) = (amount_minor IS NULL) AND (agreed_offer_id IS NULL) = (currency IS NULL) "
            "AND (agreed_offer_id IS NULL) = (terms_sha256 IS NULL)",
            name="agreed_is_whole",
        ),
        CheckConstraint("signed_at IS NULL OR agreed_offer_id IS NOT NULL", name="signed_is_agreed"),
        CheckConstraint(
            f"state NOT IN ({_list((*SIGNED, 'completed', 'returned'))}) OR signed_at IS NOT NULL",
            name="runs_when_signed",
        ),
        UniqueConstraint("id", "currency"),
        ForeignKeyConstraint(
            ["agreed_offer_id", "id", "terms_sha256"],
            ["deal_offer.id", "deal_offer.deal_id", "deal_offer.sha256"],
            name="fk_deal_agreed_document",
            use_alter=True,
        ),
        unique_where(
            "uq_deal_open",
            "listing_id",
            "financier_organisation_id",
            "link",
            where=sql(f"state NOT IN ({_list(ENDED)})"),
            code="deal-exists",
            message="There is an open deal about this technology between the two of you already.",
            message_zh="双方就该技术已有进行中的交易。",
        ),
        unique_where(
            "uq_deal_application",
            "application_id",
            where=sql(f"application_id IS NOT NULL AND state NOT IN ({_list(ENDED)})"),
            code="application-has-deal",
            message="This application has led to a deal already.",
            message_zh="该申请已进入交易。",
        ),
        Index("ix_deal_holder_organisation_id", "holder_organisation_id", "id"),
        Index("ix_deal_financier_organisation_id", "financier_organisation_id", "id"),
        Index("ix_deal_call_id", "call_id"),
    )
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own name and type


class Offer(Record):
    """Terms that one side put on the table; never changed (append-only). `sha256` is the hash of `document`."""

    __tablename__ = "deal_offer"

    deal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("deal.id"))
    number: Mapped[int]
    side: Mapped[str]
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    person_id: Mapped[uuid.UUID | None]
    terms: Mapped[dict[str, Any]]
    document: Mapped[bytes] = mapped_column(LargeBinary)
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    message: Mapped[str] = mapped_column(server_default="")
    made_at: Mapped[datetime.datetime]
    expires_at: Mapped[datetime.datetime]

    __table_args__ = (
        _one_of("side", SIDES),
        CheckConstraint("sha256 = sha256(document)", name="sha256_is_of_document"),
        CheckConstraint("expires_at > made_at", name="expires_later"),
        UniqueConstraint("id", "deal_id", "sha256"),
        unique(
            "deal_id",
            "number",
            code="offer-meanwhile",
            message="Another offer was made at the same moment; look again.",
            message_zh="他人刚刚提出要约，请刷新后重试。",
        ),
    )


class Consent(Record):
    """One person's yes for one side to one document, bound to its hash; never changed (append-only).

    Making an offer is to accept its terms. `round` is the material change that was reconfirmed, else 0.
    """

    __tablename__ = "deal_consent"

    deal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("deal.id"))
    offer_id: Mapped[uuid.UUID]
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    kind: Mapped[str]
    side: Mapped[str]
    round: Mapped[int] = mapped_column(server_default="0")
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    # As they were called then: a document that is signed does not change its names.
    person_name: Mapped[str]
    organisation_name: Mapped[Text]
    given_at: Mapped[datetime.datetime]

    __table_args__ = (
        _one_of("kind", CONSENTS),
        _one_of("side", SIDES),
        ForeignKeyConstraint(
            ["offer_id", "deal_id", "sha256"],
            ["deal_offer.id", "deal_offer.deal_id", "deal_offer.sha256"],
            name="fk_deal_consent_document",
        ),
        unique(
            "offer_id",
            "kind",
            "side",
            "round",
            code="consented-already",
            message="Your side has said so already.",
            message_zh="贵方已作出该项确认。",
        ),
        unique_where(
            "uq_deal_consent_four_eyes",
            "offer_id",
            "side",
            "person_id",
            where=sql("kind IN ('accepted', 'approved')"),
            code="four-eyes",
            message="Whoever agreed to the terms cannot approve them, too: a second person has to.",
            message_zh="同意条款者不得自行复核，须由另一人复核。",
        ),
        Index("ix_deal_consent_deal_id", "deal_id"),
    )


class DealMilestone(Record):
    """A part of the deal that is delivered, inspected and paid by itself; with the others it makes up the amount.

    `silence_rule` says what no answer within `inspection_days` means. `holdback_minor` is the part of the amount that
    is kept until the report. `evidence` names the documents asked for.
    """

    __tablename__ = "deal_milestone"

    deal_id: Mapped[uuid.UUID]
    position: Mapped[int]
    title: Mapped[Text]
    deliverable: Mapped[Text]
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(CHAR(3))
    due_on: Mapped[datetime.date]
    inspection_days: Mapped[int]
    silence_rule: Mapped[str]
    holdback_minor: Mapped[int] = mapped_column(server_default="0")
    evidence: Mapped[list[str]] = mapped_column(JSONB, server_default="[]")

    __table_args__ = (
        # The currency is the deal's: it cannot be another, nor can the deal's change beneath it.
        ForeignKeyConstraint(["deal_id", "currency"], ["deal.id", "deal.currency"], name="fk_deal_milestone_deal"),
        UniqueConstraint("deal_id", "position"),
        _one_of("silence_rule", SILENCE_RULES),
        CheckConstraint("amount_minor > 0", name="amount_is_positive"),
        CheckConstraint("holdback_minor BETWEEN 0 AND amount_minor", name="holdback_is_part"),
        CheckConstraint(f"inspection_days BETWEEN 1 AND {INSPECTION_DAYS_MAX}", name="inspection_days_in_range"),
    )


class DealCondition(Record):
    """A condition precedent. One side (or the operator) has to bring it about, the other confirms or waives it."""

    __tablename__ = "deal_condition"

    deal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("deal.id"))
    key: Mapped[str]
    text: Mapped[Text]
    responsible: Mapped[str]
    beneficiary: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="open")
    note: Mapped[str] = mapped_column(server_default="")
    reported_at: Mapped[datetime.datetime | None]
    settled_by: Mapped[uuid.UUID | None]
    settled_at: Mapped[datetime.datetime | None]

    __table_args__ = (
        UniqueConstraint("deal_id", "key"),
        _one_of("responsible", (*SIDES, "operator")),
        _one_of("beneficiary", SIDES),
        _one_of("state", CONDITION_STATES),
        CheckConstraint("responsible <> beneficiary", name="two_sides"),
        CheckConstraint("(state IN ('met', 'waived')) = (settled_at IS NOT NULL)", name="settled_is_whole"),
    )


class TrialResult(Record):
    """A measurement of one KPI during a trial, as one side reports it; never changed (append-only)."""

    __tablename__ = "deal_trial_result"

    deal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("deal.id"))
    kpi: Mapped[str]
    value: Mapped[float] = mapped_column(Double())
    measured_on: Mapped[datetime.date]
    side: Mapped[str]
    person_id: Mapped[uuid.UUID | None]
    note: Mapped[str] = mapped_column(server_default="")

    __table_args__ = (_one_of("side", SIDES), Index("ix_deal_trial_result_deal_id", "deal_id"))
