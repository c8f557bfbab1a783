"""Subscribing to events and unsubscribing."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace import audit
from marketplace.actors import actor_of
from marketplace.audit import AuditEntry
from marketplace.database import clock_of
from marketplace.errors import Conflict, FieldError, Invalid
from marketplace.people.models import Organisation
from marketplace.webhooks import jobs
from marketplace.webhooks.models import WebhookDelivery, WebhookSubscription
from marketplace.webhooks.outgoing import RefusedUrl, check_url

SUBSCRIPTIONS_MAX = 10


async def subscribe(
    session: AsyncSession, *, organisation: Organisation, url: str, actions: Sequence[str]
) -> WebhookSubscription:
    """Have events sent from now on. The address itself is judged at each sending: names change what they point to."""
    try:
        check_url(url)
    except RefusedUrl as refused:
        expected = f"an https address on the open internet ({refused})"
        field = FieldError(field="url", value=url[:80], expected=expected, expected_zh="公网https地址")
        raise Invalid([field]) from refused
    # The organisation's row is the lock: two at once would each count one too few.
    await session.execute(select(Organisation.id).where(Organisation.id == organisation.id).with_for_update())
    if len(await subscriptions(session, organisation)) >= SUBSCRIPTIONS_MAX:
        raise Conflict("too-many-webhooks", f"{SUBSCRIPTIONS_MAX} at the most.", f"最多{SUBSCRIPTIONS_MAX}个。")
    await audit.seal(session)
    made = WebhookSubscription(
        organisation_id=organisation.id,
        created_by=actor_of(session).id,
        url=url,
        actions=sorted(set(actions)),
        position=int(await session.scalar(select(func.coalesce(func.max(AuditEntry.sequence), 0))) or 0),
    )
    session.add(made)
    await session.flush()
    return made


async def subscriptions(session: AsyncSession, organisation: Organisation) -> Sequence[WebhookSubscription]:
    query = select(WebhookSubscription).where(WebhookSubscription.organisation_id == organisation.id)
    return (await session.scalars(query.order_by(WebhookSubscription.id))).all()


async def subscription(
    session: AsyncSession, *, organisation: Organisation, webhook_id: uuid.UUID
) -> WebhookSubscription | None:
    mine = (WebhookSubscription.organisation_id == organisation.id, WebhookSubscription.id == webhook_id)
    found: WebhookSubscription | None = await session.scalar(select(WebhookSubscription).where(*mine))
    return found


async def unsubscribe(session: AsyncSession, *, subscription: WebhookSubscription) -> None:
    await session.delete(subscription)


async def pause(session: AsyncSession, *, subscription: WebhookSubscription) -> None:
    """Send nothing until it is enabled again; what happens meanwhile is sent then."""
    subscription.disabled_at = subscription.disabled_at or clock_of(session).now()
    await session.flush()


def deliveries(subscription: WebhookSubscription) -> Select[Any]:
    """What was sent in the last weeks, and how that went."""
    return select(WebhookDelivery).where(WebhookDelivery.webhook_id == subscription.id)


async def delivery(
    session: AsyncSession, *, subscription: WebhookSubscription, delivery_id: uuid.UUID
) -> WebhookDelivery | None:
    found: WebhookDelivery | None = await session.scalar(
        deliveries(subscription).where(WebhookDelivery.id == delivery_id)
    )
    return found


async def send_again(session: AsyncSession, *, delivery: WebhookDelivery) -> None:
    """Have the same events sent once more, by a job."""
    name = f"webhook.{delivery.webhook_id}"
    await jobs.redeliver.defer(session, delivery_id=str(delivery.id), one_at_a_time=name)


async def enable_again(session: AsyncSession, *, subscription: WebhookSubscription) -> None:
    """Begin again where it stopped, once the receiver is mended."""
    subscription.disabled_at = subscription.next_try_at = None
    subscription.failures, subscription.last_error = 0, ""
    await session.flush()
