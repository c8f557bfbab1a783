"""The job that applies one event, once."""

import uuid

from sqlalchemy import select

from marketplace.jobs import Context, job
from marketplace.stripe import events
from marketplace.stripe.gate import StripeGate
from marketplace.stripe.models import StripeEvent


@job("stripe.apply", retry=(5, 30, 300, 3_600))
async def apply_event(context: Context, *, event: str) -> None:
    """Apply one event once: Stripe is asked first, then everything happens in one transaction, or nothing."""
    gate, found = context.tools.get(StripeGate), await _waiting(context, uuid.UUID(event))
    if found is None or gate is None:
        return
    try:
        answer = await events.ask(gate, found.type, found.body)
        async with context.transaction() as session:
            query = select(StripeEvent).where(StripeEvent.id == found.id).with_for_update()
            row = (await session.scalars(query)).one()
            if row.applied_at is None:
                told = events.Told(type=row.type, at=row.occurred_at, body=row.body, answer=answer)
                await events.apply(session, told)
                row.applied_at, row.problem = context.clock.now(), ""
    except Exception as error:
        await _failed(context, found.id, error)
        raise


async def _waiting(context: Context, event_id: uuid.UUID) -> StripeEvent | None:
    async with context.transaction() as session:
        found = await session.get(StripeEvent, event_id)
        return found if found is not None and found.applied_at is None else None


async def _failed(context: Context, event_id: uuid.UUID, error: Exception) -> None:
    async with context.transaction() as session:
        row = await session.get_one(StripeEvent, event_id)
        row.tries, row.problem = row.tries + 1, f"{type(error).__name__}: {error}"[:300]
