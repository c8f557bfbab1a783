"""The feed of events, and where it is sent."""

import uuid
from typing import Annotated, Any

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api.conditional import SHOWN_ONCE
from api.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from api.platform import actor_of, platform_of
from api.routing import SIGNED_IN, delete, get, post
from api.webhooks import schemas
from api.webhooks.pages import administered_delivery, administered_webhook
from marketplace.errors import Forbidden, only
from marketplace.paging import count, newest_first, page
from marketplace.people import accounts
from marketplace.people.models import LoginSession, Organisation
from marketplace.webhooks import service
from marketplace.webhooks.events import events_after
from marketplace.webhooks.models import WebhookDelivery, WebhookSubscription
from marketplace.webhooks.signing import signing_secret

_ONE = "/organisations/{organisation_id:uuid}/webhooks/{webhook_id:uuid}"
After = Annotated[int, QueryParameter(ge=0, le=2**53 - 1, description="`after` of the answer before.")]


async def managed_webhook(
    webhook_id: FromPath[uuid.UUID],
    session: NamedDependency[AsyncSession],
    managed_organisation: NamedDependency[Organisation],
) -> WebhookSubscription:
    found: WebhookSubscription = only(
        await service.subscription(session, organisation=managed_organisation, webhook_id=webhook_id), "webhook"
    )
    return found


async def webhook_delivery(
    delivery_id: FromPath[uuid.UUID],
    session: NamedDependency[AsyncSession],
    managed_webhook: NamedDependency[WebhookSubscription],
) -> WebhookDelivery:
    found: WebhookDelivery = only(
        await service.delivery(session, subscription=managed_webhook, delivery_id=delivery_id), "delivery"
    )
    return found


@get("/events", access=SIGNED_IN, problems=())
async def read_events(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], after: After = 0, limit: Limit = 100
) -> schemas.Events:
    """What happened that concerns one's organisation, in order; ask again with `after` for what is new."""
    organisation_id = actor_of(request).organisation_id
    if organisation_id is None:
        raise Forbidden("no-organisation", "Choose an organisation to act for.", "请先选择所代表的机构。")
    items = list(await events_after(session, organisation_id=organisation_id, after=after, limit=limit))
    return schemas.Events(items=items, after=items[-1].sequence if items else after)


@get("/organisations/{organisation_id:uuid}/webhooks", access=SIGNED_IN)
async def list_webhooks(
    session: NamedDependency[AsyncSession], managed_organisation: NamedDependency[Organisation]
) -> list[schemas.WebhookOut]:
    """Where events are sent, and how that goes."""
    return [schemas.WebhookOut.of(found) for found in await service.subscriptions(session, managed_organisation)]


@post("/organisations/{organisation_id:uuid}/webhooks", access=SIGNED_IN)
async def subscribe(
    request: Request[Any, Any, Any],
    data: JSONBody[schemas.WebhookIn],
    session: NamedDependency[AsyncSession],
    managed_organisation: NamedDependency[Organisation],
    login: NamedDependency[LoginSession],
) -> Response[schemas.NewWebhookOut]:
    """Have events sent to an https address, signed with the secret of the answer; after the second factor, if any."""
    await accounts.show_factor_again(session, login=login)
    made = await service.subscribe(session, organisation=managed_organisation, url=data.url, actions=data.actions)
    secret = signing_secret(platform_of(request).key, made.id)
    return Response(schemas.NewWebhookOut(secret=secret, webhook=schemas.WebhookOut.of(made)), headers=SHOWN_ONCE)


@post(f"{_ONE}/enable", access=SIGNED_IN, status_code=204)
async def enable_again(
    session: NamedDependency[AsyncSession], managed_webhook: NamedDependency[WebhookSubscription]
) -> None:
    """Begin again where it stopped, after it was turned off for its failures."""
    await service.enable_again(session, subscription=managed_webhook)


@post(f"{_ONE}/pause", access=SIGNED_IN, status_code=204)
async def pause_webhook(
    session: NamedDependency[AsyncSession], managed_webhook: NamedDependency[WebhookSubscription]
) -> None:
    """Send nothing until it is enabled again; it then goes on where it stopped."""
    await service.pause(session, subscription=managed_webhook)


@get(f"{_ONE}/deliveries", access=SIGNED_IN)
async def list_deliveries(
    session: NamedDependency[AsyncSession],
    managed_webhook: NamedDependency[WebhookSubscription],
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Page[schemas.DeliveryOut]:
    """What was sent in the last 30 days and how that went, the newest first."""
    query = service.deliveries(managed_webhook)
    after = decode_cursor(cursor, tuple[uuid.UUID]) if cursor else None
    found = await page(session, query, order=newest_first(WebhookDelivery), after=after, limit=limit)
    following = encode_cursor(found.position) if found.position else None
    return Page([schemas.DeliveryOut.of(one) for one in found.items], following, await count(session, query))


@post(f"{_ONE}/deliveries/{{delivery_id:uuid}}/again", access=SIGNED_IN, status_code=204)
async def send_delivery_again(
    session: NamedDependency[AsyncSession], webhook_delivery: NamedDependency[WebhookDelivery]
) -> None:
    """Send the same events once more, also where the webhook is off."""
    await service.send_again(session, delivery=webhook_delivery)


@delete(_ONE, access=SIGNED_IN, status_code=204)
async def unsubscribe(
    session: NamedDependency[AsyncSession], managed_webhook: NamedDependency[WebhookSubscription]
) -> None:
    """Send nothing there any more."""
    await service.unsubscribe(session, subscription=managed_webhook)


DEPENDENCIES = {
    "administered_delivery": administered_delivery,
    "administered_webhook": administered_webhook,
    "managed_webhook": managed_webhook,
    "webhook_delivery": webhook_delivery,
}
ROUTES = [
    read_events,
    list_webhooks,
    subscribe,
    enable_again,
    pause_webhook,
    list_deliveries,
    send_delivery_again,
    unsubscribe,
]
