"""Gaps between events are filled, and every movement is explained, without anybody asking."""

import datetime
from typing import Any

import stripe
import structlog
from sqlalchemy import select

from marketplace.jobs import Context, job
from marketplace.stripe import inbox, links, reconciliation
from marketplace.stripe.accounts import keep_standing, transfers_of
from marketplace.stripe.applying import apply_event
from marketplace.stripe.gate import StripeGate
from marketplace.stripe.models import StripeAccount, StripeEvent

__all__ = ["apply_event", "catch_up", "fill_gaps", "fill_old_gaps", "links", "reconcile", "refresh_accounts"]

# Stripe sends an event again for three days, and lists it for thirty.
SENT_FOR = datetime.timedelta(days=4)
LISTED_FOR = datetime.timedelta(days=30)
PAGE = 100
LATE = datetime.timedelta(minutes=10)

_log = structlog.get_logger("greenhatch.stripe")


@job("stripe.catch-up", every="*/10 * * * *")
async def catch_up(context: Context) -> None:
    """Events whose job gave up or was lost."""
    before = context.clock.now() - LATE
    async with context.transaction() as session:
        query = select(StripeEvent.id).where(StripeEvent.applied_at.is_(None), StripeEvent.created_at < before)
        for event_id in (await session.scalars(query.order_by(StripeEvent.id).limit(1_000))).all():
            await apply_event.defer(session, event=str(event_id), once=f"stripe.apply.{event_id}")


@job("stripe.fill-gaps", every="17 3 * * *", retry=(60, 600, 3_600))
async def fill_gaps(context: Context) -> None:
    """Every night: ask for events that no webhook brought."""
    await _ask_for_events(context, since=context.clock.now() - SENT_FOR)


@job("stripe.fill-old-gaps", every="17 4 * * 0", retry=(600, 3_600))
async def fill_old_gaps(context: Context) -> None:
    """Every week as far back as Stripe goes, should the nightly ones have been down themselves."""
    await _ask_for_events(context, since=context.clock.now() - LISTED_FOR)


async def _ask_for_events(context: Context, *, since: datetime.datetime) -> None:
    gate = context.tools.get(StripeGate)
    if gate is None:
        return
    listed = await gate.v1.events.list_async({"created": {"gte": int(since.timestamp())}, "limit": PAGE})
    page: list[dict[str, Any]] = []
    async for event in listed.auto_paging_iter():
        page.append(event.to_dict())
        if len(page) == PAGE:
            await _store(context, page)
            page = []
    await _store(context, page)


async def _store(context: Context, found: list[dict[str, Any]]) -> None:
    async with context.transaction() as session:
        new = [event["id"] for event in found if await inbox.store(session, event, source="list")]
    if new:
        _log.warning("events that no webhook brought", number=len(new))


@job("stripe.refresh-accounts", every="47 3 * * *", retry=(600, 3_600))
async def refresh_accounts(context: Context) -> None:
    """How payees' accounts stand, should an event about it have been lost: those are not listed anywhere."""
    gate = context.tools.get(StripeGate)
    if gate is None:
        return
    async with context.transaction() as session:
        known = (await session.scalars(select(StripeAccount.account_id).order_by(StripeAccount.checked_at))).all()
    for account_id in known:
        try:
            transfers = await transfers_of(gate, account_id)
        except stripe.InvalidRequestError:
            transfers = "closed"
        async with context.transaction() as session:
            await keep_standing(session, account_id=account_id, transfers=transfers)


@job("stripe.reconcile", every="*/5 * * * *", retry=(30, 120))
async def reconcile(context: Context) -> None:
    """Fetch what moved at Stripe and explain it, so that what cannot be explained is known within minutes."""
    if gate := context.tools.get(StripeGate):
        await reconciliation.fetch(context, gate)
        await reconciliation.explain(context, gate)
