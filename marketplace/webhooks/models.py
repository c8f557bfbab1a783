"""Where an organisation has its events sent."""

import datetime
import uuid

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.base import Record


class WebhookSubscription(Record):
    """`position` is the last event delivered. The signing secret is derived, not kept: see `signing`."""

    __tablename__ = "webhook_subscription"

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    url: Mapped[str]
    # Beginnings of actions ("listing."); none for all.
    actions: Mapped[list[str]] = mapped_column(server_default="[]")
    position: Mapped[int]
    failures: Mapped[int] = mapped_column(server_default="0")
    last_error: Mapped[str] = mapped_column(server_default="")
    delivered_at: Mapped[datetime.datetime | None]
    next_try_at: Mapped[datetime.datetime | None]
    disabled_at: Mapped[datetime.datetime | None]

    __table_args__ = (Index("ix_webhook_subscription_organisation_id", "organisation_id"),)
