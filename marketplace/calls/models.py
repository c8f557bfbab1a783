"""Calls with every edition they had, and financing requests."""

import datetime
import uuid
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import Text as TextColumn

from marketplace.base import Record, check, unique, unique_where
from marketplace.calls.process import CALL, FINANCING_REQUEST
from marketplace.listings.models import Listing
from marketplace.money import Money, money_checks, money_column
from marketplace.people.models import Organisation
from marketplace.process import InProcess
from scoring.technology import Text

INSTRUMENTS = ("grant", "loan", "convertible", "equity", "revenue-share")


def _instrument_is_known() -> CheckConstraint:
    return CheckConstraint(f"instrument IN ({', '.join(map(repr, INSTRUMENTS))})", name="instrument_is_known")


class Call(Record, InProcess):
    """`content` is a CallContent as JSON (rules, rubric, stages, questions, documents, blind fields); the columns

    beside it are what lists filter by and what the database itself keeps. `edition` counts what applicants were told;
    `version` counts every write.
    """

    __tablename__ = "call"
    __process__ = CALL.name

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    title: Mapped[Text]
    thesis: Mapped[Text]
    content: Mapped[dict[str, Any]]
    edition: Mapped[int] = mapped_column(server_default="1")
    media: Mapped[list[str]] = mapped_column(ARRAY(TextColumn))
    regions: Mapped[list[str]] = mapped_column(ARRAY(TextColumn))
    instrument: Mapped[str]
    trl_low: Mapped[int]
    trl_high: Mapped[int]
    ticket_min: Mapped[Money] = money_column("ticket_min")
    ticket_max: Mapped[Money] = money_column("ticket_max")
    seats: Mapped[int]
    # Only `take_seat` and `free_seat` write it, each in one statement.
    seats_taken: Mapped[int] = mapped_column(server_default="0")
    deadline: Mapped[datetime.datetime]
    published_at: Mapped[datetime.datetime | None]
    version: Mapped[int] = mapped_column(server_default="1")

    organisation: Mapped[Organisation] = relationship(lazy="raise")

    __table_args__ = (
        _instrument_is_known(),
        *money_checks("ticket_min"),
        *money_checks("ticket_max"),
        CheckConstraint(
            "ticket_min_currency = ticket_max_currency AND ticket_min_minor <= ticket_max_minor", name="ticket_is_range"
        ),
        CheckConstraint("trl_low BETWEEN 1 AND 9 AND trl_high BETWEEN trl_low AND 9", name="trl_is_range"),
        check(
            "seats_suffice",
            "seats_taken BETWEEN 0 AND seats",
            field="seats",
            code="seats-taken",
            message="a number of seats not below those already given",
            message_zh="名额数不得少于已分配的数量",
        ),
        CheckConstraint("seats BETWEEN 1 AND 10000", name="seats_are_sane"),
        Index("ix_call_organisation_id", "organisation_id"),
        Index("ix_call_open", "deadline", "id", postgresql_where=sql("state = 'published'")),
        Index("ix_call_media", "media", postgresql_using="gin"),
    )
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own name and type


class CallEdition(Record):
    """What a call said when it was published, and after each amendment (append-only)."""

    __tablename__ = "call_edition"
    __audited__: ClassVar[bool] = False

    call_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("call.id"))
    number: Mapped[int]
    content: Mapped[dict[str, Any]]
    # What differs from the edition before: [{"field", "before", "after"}].
    changes: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    note: Mapped[Text]
    made_by: Mapped[uuid.UUID | None]

    __table_args__ = (
        unique(
            "call_id",
            "number",
            code="amended-meanwhile",
            message="Somebody amended this call at the same moment; look again.",
            message_zh="他人刚刚修改了该征集，请刷新后重试。",
        ),
    )


class FinancingRequest(Record, InProcess):
    """What a holder wants financed: the secondary-development project. `content` is a RequestContent as JSON."""

    __tablename__ = "financing_request"
    __process__ = FINANCING_REQUEST.name

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    listing_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("listing.id"))
    title: Mapped[Text]
    summary: Mapped[Text]
    content: Mapped[dict[str, Any]]
    instrument: Mapped[str]
    budget: Mapped[Money] = money_column("budget")
    # Empty: every verified investor and incubator may read it; otherwise these alone.
    readers: Mapped[list[str]] = mapped_column(server_default="[]")
    open_until: Mapped[datetime.datetime | None]
    published_at: Mapped[datetime.datetime | None]
    version: Mapped[int] = mapped_column(server_default="1")

    organisation: Mapped[Organisation] = relationship(lazy="raise")
    listing: Mapped[Listing] = relationship(lazy="raise")

    __table_args__ = (
        _instrument_is_known(),
        *money_checks("budget", minimum=1),
        unique_where(
            "uq_financing_request_open",
            "listing_id",
            where=sql("state IN ('draft', 'published')"),
            code="request-exists",
            message="This technology has an open financing request already.",
            message_zh="该技术已有未结束的融资需求。",
        ),
        Index("ix_financing_request_organisation_id", "organisation_id"),
        Index("ix_financing_request_open", "published_at", "id", postgresql_where=sql("state = 'published'")),
    )
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own name and type
