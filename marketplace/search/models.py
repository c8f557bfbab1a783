"""Searches that are kept, and what each has already told of."""

import datetime
import uuid
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.base import Base, Record, unique_where
from marketplace.people.models import Person


class SavedSearch(Record):
    """A question with its filters; a mail goes to `alerts_to` when something new answers it.

    `through` is the last entry of the change feed that was looked at.
    """

    __tablename__ = "saved_search"

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    name: Mapped[str]
    text: Mapped[str] = mapped_column(server_default="")
    filters: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    # Nobody while it pauses, and after the link in a mail was used.
    alerts_to: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    through: Mapped[int] = mapped_column(server_default="0")
    closed_at: Mapped[datetime.datetime | None]

    reader: Mapped[Person | None] = relationship(lazy="raise")

    __table_args__ = (
        unique_where(
            "uq_saved_search_name",
            "organisation_id",
            "name",
            where=sql("closed_at IS NULL"),
            code="saved-search-exists",
            message="You have a saved search of this name.",
            message_zh="您已有同名搜索。",
        ),
        Index("ix_saved_search_alerted", "id", postgresql_where=sql("closed_at IS NULL AND alerts_to IS NOT NULL")),
    )


class SavedSearchFinding(Base):
    """One thing that one search has told of: no second mail is sent about it (append-only)."""

    __tablename__ = "saved_search_finding"
    __audited__: ClassVar[bool] = False

    saved_search_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("saved_search.id"), primary_key=True)
    subject_key: Mapped[str] = mapped_column(primary_key=True)
    found_at: Mapped[datetime.datetime]
