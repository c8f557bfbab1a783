"""Webhooks as pages of the account: where events are sent, with which outcome, and trying again."""

import uuid
from typing import Any

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from api.fields import OptionalLine
from api.paging import Cursor
from api.people.factor import has_second_factor
from api.platform import platform_of
from api.routing import SIGNED_IN, get, post
from api.site.attempt import carried_out
from api.site.forms import Form, Given, read_form
from api.site.lists import listed
from api.site.render import page, see_other
from api.webhooks.schemas import WebhookIn
from marketplace.errors import only
from marketplace.people import accounts
from marketplace.people.models import LoginSession, Organisation
from marketplace.webhooks import service
from marketplace.webhooks.models import WebhookDelivery, WebhookSubscription
from marketplace.webhooks.signing import signing_secret

_LIST = "/account/webhooks"
_ONE = "/account/webhooks/{webhook_id:uuid}"


class WebhookForm(WebhookIn, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """With the second factor's code, of whoever has one."""

    code: OptionalLine = ""


async def administered_webhook(
    webhook_id: FromPath[uuid.UUID],
    session: NamedDependency[AsyncSession],
    administered_organisation: NamedDependency[Organisation],
) -> WebhookSubscription:
    """One of the organisation that the caller administers and acts for."""
    found: WebhookSubscription = only(
        await service.subscription(session, organisation=administered_organisation, webhook_id=webhook_id), "webhook"
    )
    return found


async def administered_delivery(
    delivery_id: FromPath[uuid.UUID],
    session: NamedDependency[AsyncSession],
    administered_webhook: NamedDependency[WebhookSubscription],
) -> WebhookDelivery:
    """One attempt of such a webhook."""
    found: WebhookDelivery = only(
        await service.delivery(session, subscription=administered_webhook, delivery_id=delivery_id), "delivery"
    )
    return found


@get(_LIST, access=SIGNED_IN, problems=(), include_in_schema=False)
async def show_webhooks(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    administered_organisation: NamedDependency[Organisation],
) -> Response[bytes]:
    """Where events are sent, and the form for one more."""
    return await _webhooks_page(request, session, administered_organisation, None)


async def _webhooks_page(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    organisation: Organisation,
    form: Form[WebhookForm] | None,
    secret: str | None = None,
) -> Response[bytes]:
    return page(
        request,
        "webhooks/webhooks.html",
        status=422 if form else 200,
        form=form,
        secret=secret,
        webhooks=await service.subscriptions(session, organisation),
        most=service.SUBSCRIPTIONS_MAX,
        asks_code=await has_second_factor(request, session),
    )


def _separated(given: Given) -> Given:
    """The beginnings of actions, typed in one field with commas or spaces."""
    said = given.get("actions")
    if isinstance(said, str):
        return given | {"actions": said.replace("，", " ").replace("、", " ").replace(",", " ").split()}
    return given


@post(_LIST, access=SIGNED_IN, problems=(), status_code=200, include_in_schema=False)
async def take_webhook(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    administered_organisation: NamedDependency[Organisation],
    login: NamedDependency[LoginSession],
) -> Response[bytes]:
    """Have events sent; the secret stands on this page and nowhere else."""
    form = await read_form(request, WebhookForm, tidy=_separated)
    made: list[WebhookSubscription] = []

    async def act(given: WebhookForm) -> None:
        await accounts.show_factor_again(session, login=login, code=given.code)
        made.append(
            await service.subscribe(
                session, organisation=administered_organisation, url=given.url, actions=given.actions
            )
        )

    if not await carried_out(session, form, act):
        return await _webhooks_page(request, session, administered_organisation, form)
    secret = signing_secret(platform_of(request).key, made[0].id)
    return await _webhooks_page(request, session, administered_organisation, None, secret)


@get(_ONE, access=SIGNED_IN, include_in_schema=False)
async def show_webhook(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    administered_webhook: NamedDependency[WebhookSubscription],
    cursor: Cursor = None,
) -> Response[bytes]:
    """What was sent to one address, and how that went."""
    return page(
        request,
        "webhooks/webhook.html",
        webhook=administered_webhook,
        sent=await listed(session, service.deliveries(administered_webhook), WebhookDelivery, cursor),
    )


@post(f"{_ONE}/pause", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_pause(
    session: NamedDependency[AsyncSession], administered_webhook: NamedDependency[WebhookSubscription]
) -> Response[bytes]:
    """Send nothing for a while."""
    await service.pause(session, subscription=administered_webhook)
    return see_other(f"{_LIST}/{administered_webhook.id}")


@post(f"{_ONE}/resume", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_resumption(
    session: NamedDependency[AsyncSession], administered_webhook: NamedDependency[WebhookSubscription]
) -> Response[bytes]:
    """Go on where it stopped."""
    await service.enable_again(session, subscription=administered_webhook)
    return see_other(f"{_LIST}/{administered_webhook.id}")


@post(f"{_ONE}/delete", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_unsubscribing(
    session: NamedDependency[AsyncSession], administered_webhook: NamedDependency[WebhookSubscription]
) -> Response[bytes]:
    """Send nothing there any more."""
    await service.unsubscribe(session, subscription=administered_webhook)
    return see_other(_LIST)


@post(f"{_ONE}/deliveries/{{delivery_id:uuid}}/again", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_redelivery(
    session: NamedDependency[AsyncSession], administered_delivery: NamedDependency[WebhookDelivery]
) -> Response[bytes]:
    """Send the same events once more."""
    await service.send_again(session, delivery=administered_delivery)
    return see_other(f"{_LIST}/{administered_delivery.webhook_id}?asked=again")


PAGES = [
    show_webhooks,
    take_webhook,
    show_webhook,
    take_pause,
    take_resumption,
    take_unsubscribing,
    take_redelivery,
]
