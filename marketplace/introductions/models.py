"""Introductions, and the contact data that both sides agreed to open."""

import datetime
import uuid
from typing import ClassVar

from sqlalchemy import CheckConstraint, Computed, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.base import Base, Record, check, secret, unique_where
from marketplace.calls.models import Call
from marketplace.introductions.process import INTRODUCTION, LIVE, OUTCOMES, PURPOSES, REASONS
from marketplace.listings.models import Listing
from marketplace.matching.models import Mandate
from marketplace.money import Money, money_checks, money_column
from marketplace.people.models import Organisation
from marketplace.process import InProcess
from scoring.portfolio.deal import INSTRUMENTS
from scoring.technology import Text

SIDES = ("initiator", "recipient")


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(map(repr, values))})", name=f"{column}_is_known")


class Introduction(Record, InProcess):
    """What one organisation proposes to another about one technology, of which one of the two is the holder.

    The technology's holder writes to a call or a mandate, anybody else to the holder. `contacts_open` follows from the
    two consents alone, and the database keeps no contact data without it.
    """

    __tablename__ = "introduction"
    __process__ = INTRODUCTION.name
    __audience__: ClassVar[tuple[str, ...]] = ("initiator_id", "recipient_id")

    listing_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("listing.id"))
    initiator_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    recipient_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    call_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("call.id"))
    mandate_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("mandate.id"))
    purpose: Mapped[str]
    instrument: Mapped[str | None]
    amount: Mapped[Money | None] = money_column("amount", nullable=True)
    start_from: Mapped[datetime.date | None]
    start_until: Mapped[datetime.date | None]
    message: Mapped[Text]
    expressed_at: Mapped[datetime.datetime]
    # When the recipient said yes or no.
    answered_at: Mapped[datetime.datetime | None]
    reason_code: Mapped[str | None]
    reason_note: Mapped[str] = mapped_column(server_default="")
    outcome: Mapped[str | None]
    # Whose name and address each side lets the other have, and since when.
    initiator_contact_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"), info=secret())
    initiator_consented_at: Mapped[datetime.datetime | None]
    recipient_contact_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"), info=secret())
    recipient_consented_at: Mapped[datetime.datetime | None]
    contacts_open: Mapped[bool] = mapped_column(
        Computed("initiator_consented_at IS NOT NULL AND recipient_consented_at IS NOT NULL", persisted=True)
    )
    version: Mapped[int] = mapped_column(server_default="1")

    listing: Mapped[Listing] = relationship(lazy="raise")
    call: Mapped[Call | None] = relationship(lazy="raise")
    mandate: Mapped[Mandate | None] = relationship(lazy="raise")
    initiator: Mapped[Organisation] = relationship(lazy="raise", foreign_keys=initiator_id)
    recipient: Mapped[Organisation] = relationship(lazy="raise", foreign_keys=recipient_id)

    __table_args__ = (
        UniqueConstraint("id", "contacts_open", name="uq_introduction_contacts_open"),
        unique_where(
            "uq_introduction_live",
            "listing_id",
            # The same two, whoever began.
            sql("least(initiator_id, recipient_id)"),
            sql("greatest(initiator_id, recipient_id)"),
            where=sql(f"state IN ({', '.join(map(repr, LIVE))})"),
            code="introduction-exists",
            message="The two of you have an introduction about this technology already.",
            message_zh="双方已就该技术建立对接。",
        ),
        CheckConstraint("initiator_id <> recipient_id", name="between_two"),
        CheckConstraint("call_id IS NULL OR mandate_id IS NULL", name="one_addressee"),
        _one_of("purpose", tuple(PURPOSES)),
        _one_of("instrument", INSTRUMENTS),
        _one_of("outcome", tuple(OUTCOMES)),
        _one_of("reason_code", tuple(REASONS)),
        *money_checks("amount", minimum=1),
        check(
            "start_is_range",
            "start_from <= start_until",
            field="start_from",
            code="start-reversed",
            message="a day not after start_until",
            message_zh="不得晚于最迟开始日期",
        ),
        CheckConstraint("state <> 'declined' OR reason_code IS NOT NULL", name="declined_for_a_reason"),
        CheckConstraint("state NOT IN ('opened', 'concluded') OR contacts_open", name="opened_by_both"),
        *(
            CheckConstraint(
                f"({side}_contact_id IS NULL) = ({side}_consented_at IS NULL)", name=f"{side}_consent_whole"
            )
            for side in SIDES
        ),
        Index("ix_introduction_initiator_id", "initiator_id"),
        Index("ix_introduction_recipient_id", "recipient_id"),
        Index("ix_introduction_listing_id", "listing_id"),
    )
    __mapper_args__ = {"version_id_col": version, "eager_defaults": True}  # noqa: RUF012 - SQLAlchemy's own name and type


class IntroductionContact(Base):
    """One side's contact data, as they were when both had agreed.

    `contacts_open` is always true and points at the introduction's own: such a row can neither be made before both
    consents are there, nor outlive one of them.
    """

    __tablename__ = "introduction_contact"
    __audited__: ClassVar[bool] = False

    introduction_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    side: Mapped[str] = mapped_column(primary_key=True)
    contacts_open: Mapped[bool]
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str] = mapped_column(info=secret())
    email: Mapped[str] = mapped_column(info=secret())

    __table_args__ = (
        ForeignKeyConstraint(
            ["introduction_id", "contacts_open"],
            ["introduction.id", "introduction.contacts_open"],
            name="fk_introduction_contact_contacts_open",
        ),
        CheckConstraint("contacts_open", name="open_alone"),
        _one_of("side", SIDES),
    )
