"""Sending events to who subscribed: in order, again after a failure, and no more after too many."""

import datetime
import time
import uuid
from collections.abc import Sequence
from typing import NamedTuple

import httpx
import msgspec
from sqlalchemy import delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace import mail
from marketplace.jobs import Context, job
from marketplace.people.models import Person
from marketplace.settings import signing_key
from marketplace.webhooks.events import Event, events_after
from marketplace.webhooks.models import WebhookDelivery, WebhookSubscription
from marketplace.webhooks.outgoing import Outgoing, RefusedUrl
from marketplace.webhooks.signing import signature, signing_secret

BATCH = 100
# After the last of them it is given up; together that is a good day.
BACKOFF_S = (60, 300, 1_800, 7_200, 21_600, 43_200)
DELIVERIES_KEPT = datetime.timedelta(days=30)


class Sent(NamedTuple):
    """What the receiver answered, and why that counts as failed; empty if it does not."""

    status: int | None
    error: str


@job("webhooks.look", every="* * * * *")
async def look(context: Context) -> None:
    """Ask for a delivery to everybody whose turn it is."""
    async with context.transaction() as session:
        due = or_(WebhookSubscription.next_try_at.is_(None), WebhookSubscription.next_try_at <= context.clock.now())
        query = select(WebhookSubscription.id).where(WebhookSubscription.disabled_at.is_(None), due)
        for found in await session.scalars(query):
            name = f"webhook.{found}"
            await deliver.defer(session, webhook_id=str(found), one_at_a_time=name, once=name)


@job("webhooks.deliver")
async def deliver(context: Context, *, webhook_id: str) -> None:
    """Send what is new, outside any transaction. A receiver may see an event twice, and knows it by its number."""
    async with context.transaction() as session:
        webhook = await session.get(WebhookSubscription, uuid.UUID(webhook_id))
        if webhook is None or webhook.disabled_at is not None:
            return
        new = await events_after(session, organisation_id=webhook.organisation_id, after=webhook.position, limit=BATCH)
    wanted = [event for event in new if _wanted(event, webhook.actions)]
    sent = await _send(context, webhook, wanted) if wanted else None
    await _note(context, webhook.id, new, wanted, sent)


@job("webhooks.redeliver")
async def redeliver(context: Context, *, delivery_id: str) -> None:
    """Send the same events once more, because somebody asked; also where the webhook is off, to try a receiver."""
    async with context.transaction() as session:
        before = await session.get(WebhookDelivery, uuid.UUID(delivery_id))
        if before is None:
            return
        webhook = await session.get_one(WebhookSubscription, before.webhook_id)
        organisation_id, after = webhook.organisation_id, before.first_event - 1
        found = await events_after(session, organisation_id=organisation_id, after=after, limit=BATCH)
    wanted = [one for one in found if one.sequence <= before.last_event and _wanted(one, webhook.actions)]
    if not wanted:
        return
    sent = await _send(context, webhook, wanted)
    async with context.transaction() as session:
        # Taken away while it was being sent, it keeps no deliveries.
        if await session.get(WebhookSubscription, webhook.id) is not None:
            _record(session, webhook.id, wanted, sent, again=True)


@job("webhooks.forget", every="17 3 * * *")
async def forget(context: Context) -> None:
    """What was sent a month ago helps nobody to find a fault."""
    async with context.transaction() as session:
        old = context.clock.now() - DELIVERIES_KEPT
        await session.execute(delete(WebhookDelivery).where(WebhookDelivery.created_at < old))


def _record(
    session: AsyncSession, webhook_id: uuid.UUID, events: Sequence[Event], sent: Sent, *, again: bool = False
) -> None:
    session.add(
        WebhookDelivery(
            webhook_id=webhook_id,
            first_event=events[0].sequence,
            last_event=events[-1].sequence,
            events=len(events),
            status=sent.status,
            error=sent.error[:300],
            again=again,
        )
    )


def _wanted(event: Event, actions: Sequence[str]) -> bool:
    return not actions or event.action.startswith(tuple(actions))


async def _send(context: Context, webhook: WebhookSubscription, events: Sequence[Event]) -> Sent:
    body, now = msgspec.json.encode({"events": events}), int(time.time())
    secret = signing_secret(signing_key(context.settings), webhook.id)
    headers = {
        "content-type": "application/json",
        "user-agent": "Greenhatch-Webhooks/1",
        "greenhatch-signature": signature(secret, timestamp=now, body=body),
    }
    outgoing = context.tools.get(Outgoing) or Outgoing()
    try:
        status = await outgoing.post(webhook.url, body, headers)
    except (RefusedUrl, httpx.HTTPError, TimeoutError) as error:
        return Sent(None, str(error) or type(error).__name__)
    return Sent(status, "" if 200 <= status < 300 else f"the answer was {status}")


async def _note(
    context: Context, webhook_id: uuid.UUID, events: Sequence[Event], wanted: Sequence[Event], sent: Sent | None
) -> None:
    async with context.transaction() as session:
        webhook = await session.get(WebhookSubscription, webhook_id, with_for_update=True)
        if webhook is None:
            return
        now = context.clock.now()
        if sent is not None:
            _record(session, webhook_id, wanted, sent)
        if sent is None or not sent.error:
            if events:
                webhook.position, webhook.delivered_at = events[-1].sequence, now
                webhook.failures, webhook.last_error, webhook.next_try_at = 0, "", None
            return
        webhook.failures, webhook.last_error = webhook.failures + 1, sent.error[:300]
        if webhook.failures <= len(BACKOFF_S):
            webhook.next_try_at = now + datetime.timedelta(seconds=BACKOFF_S[webhook.failures - 1])
            return
        webhook.disabled_at = now
        person = await session.get_one(Person, webhook.created_by)
        subject, text = _LETTERS[person.language]
        text = text.format(url=webhook.url, error=webhook.last_error)
        await mail.send(session, to=person.email, subject=subject, text=text, kind="webhook-disabled")


_LETTERS = {
    "zh": (
        "事件推送已停用",
        "多次推送失败，已停止向以下地址推送事件：\n{url}\n最后一次错误：{error}\n修复后请重新启用，事件将从中断处继续。\n",
    ),
    "en": (
        "Your webhook is off",
        "Events could not be sent to\n{url}\nfor about a day, so we stopped. The last error: {error}\n"
        "Turn it on again when it is mended; events continue where they stopped.\n",
    ),
}
