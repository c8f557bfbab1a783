"""Payees' accounts at Stripe: made by us, completed by them on Stripe's own pages, so that we hold no papers."""

import uuid

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from stripe.params.v2.core import AccountCreateParams

from marketplace.database import clock_of
from marketplace.people.models import Organisation
from marketplace.stripe.gate import StripeGate
from marketplace.stripe.models import StripeAccount

RECIPIENT = "configuration.recipient"


def account_wanted(organisation: Organisation, email: str) -> AccountCreateParams:
    """A recipient: it gets transfers and charges nobody. The platform collects fees and answers for losses."""
    name = organisation.name.en or organisation.name.zh or "—"
    return {
        "contact_email": email,
        "display_name": name,
        "dashboard": "express",
        "identity": {"country": organisation.country.lower()},
        "defaults": {"responsibilities": {"fees_collector": "application", "losses_collector": "application"}},
        "configuration": {"recipient": {"capabilities": {"stripe_balance": {"stripe_transfers": {"requested": True}}}}},
        "metadata": {"organisation": str(organisation.id)},
        "include": ["configuration.recipient"],
    }


async def transfers_of(gate: StripeGate, account_id: str) -> str:
    """Whether the account can be paid now: `active`, or why not."""
    account = await gate.v2.core.accounts.retrieve_async(account_id, {"include": ["configuration.recipient"]})
    return standing(account)


def standing(account: object) -> str:
    """`configuration.recipient.capabilities.stripe_balance.stripe_transfers.status`, each of which may be missing."""
    found: object | None = account
    for step in ("configuration", "recipient", "capabilities", "stripe_balance", "stripe_transfers", "status"):
        found = getattr(found, step, None)
    return str(found or "missing")


async def keep_standing(session: AsyncSession, *, account_id: str, transfers: str) -> None:
    found = await session.scalar(select(StripeAccount).where(StripeAccount.account_id == account_id))
    if found is not None:
        found.transfers, found.checked_at = transfers, clock_of(session).now()


async def account_of(session: AsyncSession, organisation_id: uuid.UUID) -> StripeAccount | None:
    query = select(StripeAccount).where(StripeAccount.organisation_id == organisation_id)
    found: StripeAccount | None = await session.scalar(query)
    return found


async def keep_account(session: AsyncSession, *, organisation_id: uuid.UUID, account_id: str, transfers: str) -> None:
    """Two jobs may have asked: the same key made one account at Stripe, and one row stays here."""
    row = {"organisation_id": organisation_id, "account_id": account_id, "transfers": transfers}
    wanted = insert(StripeAccount).values(**row, checked_at=clock_of(session).now())
    await session.execute(wanted.on_conflict_do_nothing())
