"""Where a payee is paid, and the time in which a change of it counts for nothing yet.

Somebody who took over a payee's account would first change where the money goes: everybody of the payee is told, and
nothing is released until the new account counts.
"""

import datetime
import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import actor_of
from marketplace.payments import letters
from marketplace.payments.models import DealPayment, PayoutAccount
from marketplace.payments.setup import now_of

COOL_OFF = datetime.timedelta(hours=72)
ACCOUNTS_SHOWN = 20


async def state_payout_account(
    session: AsyncSession, *, organisation_id: uuid.UUID, holder_name: str, bank: str, number: str
) -> PayoutAccount:
    """The first account counts at once, a change after the cool-off."""
    changes = await latest_account(session, organisation_id) is not None
    stated = PayoutAccount(
        organisation_id=organisation_id,
        holder_name=holder_name,
        bank=bank,
        number=number,
        stated_by=actor_of(session).id,
        effective_at=now_of(session) + (COOL_OFF if changes else datetime.timedelta(0)),
    )
    session.add(stated)
    await session.flush()
    if changes:
        await letters.tell_organisation(session, organisation_id, "payee-changed", due=stated.effective_at)
    return stated


async def latest_account(session: AsyncSession, organisation_id: uuid.UUID) -> PayoutAccount | None:
    """The account stated last, whether it counts yet or not."""
    query = select(PayoutAccount).where(PayoutAccount.organisation_id == organisation_id)
    return await session.scalar(query.order_by(PayoutAccount.id.desc()).limit(1))


async def stated_accounts(session: AsyncSession, organisation_id: uuid.UUID) -> Sequence[PayoutAccount]:
    """The accounts that were ever stated, the last one first; what counts is the first that has become effective."""
    query = select(PayoutAccount).where(PayoutAccount.organisation_id == organisation_id)
    return (await session.scalars(query.order_by(PayoutAccount.id.desc()).limit(ACCOUNTS_SHOWN))).all()


async def blocked_until(session: AsyncSession, payment: DealPayment) -> datetime.datetime | None:
    """Until when nothing is released to the deal's payee, because their account has just changed."""
    latest = await latest_account(session, payment.payee_id)
    return latest.effective_at if latest is not None and latest.effective_at > now_of(session) else None


def masked(number: str) -> str:
    """Enough to recognise an account, not enough to use it."""
    return f"…{number[-4:]}" if len(number) > 6 else "…"
