"""Where an organisation has its events sent."""

import datetime
import uuid
from typing import ClassVar

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


class WebhookDelivery(Record):
    """One attempt to send events `first_event` to `last_event`, of which `events` were wanted, and how it went.

    `status` is what the receiver answered; `error` says why it counts as failed, and is empty where it does not.
    """

    __tablename__ = "webhook_delivery"
    __audited__: ClassVar[bool] = False

    webhook_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("webhook_subscription.id", ondelete="CASCADE"))
    first_event: Mapped[int]
    last_event: Mapped[int]
    events: Mapped[int]
    status: Mapped[int | None]
    error: Mapped[str] = mapped_column(server_default="")
    # Asked for by hand: it moves nothing on and turns nothing off.
    again: Mapped[bool] = mapped_column(server_default="false")

    __table_args__ = (Index("ix_webhook_delivery_webhook_id", "webhook_id", "id"),)
