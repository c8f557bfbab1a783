"""What goes in and out."""

import datetime
import uuid
from typing import Annotated

from msgspec import Meta, Struct

from marketplace.webhooks.events import Event
from marketplace.webhooks.models import WebhookDelivery, WebhookSubscription

HttpsUrl = Annotated[str, Meta(max_length=500, pattern=r"^https://[^\s\x00]+$", examples=["https://hooks.example/in"])]
Action = Annotated[str, Meta(pattern=r"^[a-z_]+\.[a-z-]*$", max_length=80, examples=["listing."])]


class Events(Struct, frozen=True, kw_only=True):
    """`after` is what to ask for next time."""

    items: list[Event]
    after: int


class WebhookIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`actions` are beginnings of actions; without any, everything is sent."""

    url: HttpsUrl
    actions: Annotated[list[Action], Meta(max_length=20)] = []


class WebhookOut(Struct, frozen=True, kw_only=True):
    id: uuid.UUID
    url: str
    actions: list[str]
    position: int
    failures: int
    last_error: str
    delivered_at: datetime.datetime | None
    next_try_at: datetime.datetime | None
    disabled_at: datetime.datetime | None

    @classmethod
    def of(cls, found: WebhookSubscription) -> "WebhookOut":
        return cls(**{name: getattr(found, name) for name in cls.__struct_fields__})


class DeliveryOut(Struct, frozen=True, kw_only=True):
    """One attempt; `error` is empty where it went well, `status` none where nobody answered."""

    id: uuid.UUID
    created_at: datetime.datetime
    first_event: int
    last_event: int
    events: int
    status: int | None
    error: str
    again: bool

    @classmethod
    def of(cls, found: WebhookDelivery) -> "DeliveryOut":
        return cls(**{name: getattr(found, name) for name in cls.__struct_fields__})


class NewWebhookOut(Struct, frozen=True, kw_only=True):
    """`secret` signs every request, in the header `Greenhatch-Signature`: t=seconds, v1=HMAC-SHA256("seconds.body")."""

    secret: str
    webhook: WebhookOut
