"""A deal with its payment under way, made through the services for the table of roles and routes."""

import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.database import Sessions, transaction
from marketplace.deals.models import Deal
from marketplace.payments import disputes, funding, milestones, refunds
from marketplace.payments.models import DealPayment, FeeInvoice, MilestonePayment
from marketplace.payments.refunds import RefundWish
from marketplace.payments.setup import Arrangement, payment_of, set_up_payment
from marketplace.people.models import Organisation
from tests.marketplace.payments import making
from tests.marketplace.payments.making import EVERYBODY, Stage
from tests.marketplace.payments.test_claims import PAID, charged_back, claimed

PARTIES = ("investor", "holder")


async def _deal(session: AsyncSession, party: Any) -> Deal:
    """The party on its side: investors pay, holders are paid."""
    mine = await session.get_one(Organisation, party.organisation_id)
    sides = {"financier": mine} if party.kind == "investor" else {"holder": mine}
    return await making.signed_deal(session, Stage(), Stage(), **sides)


async def payable_deal(sessions: Sessions, party: Any) -> uuid.UUID:
    async with transaction(sessions, EVERYBODY) as session:
        return (await _deal(session, party)).id


async def _payment(session: AsyncSession, party: Any) -> DealPayment:
    return await set_up_payment(session, deal=await _deal(session, party))


async def _funded(session: AsyncSession, party: Any) -> MilestonePayment:
    payment = await _payment(session, party)
    await funding.fund(session, payment=payment)
    await making.confirm_all(session, payment)
    return (await making.milestones(session, payment))[0]


async def paid_deal(sessions: Sessions, party: Any) -> uuid.UUID:
    async with transaction(sessions, EVERYBODY) as session:
        return (await _payment(session, party)).deal_id


async def submitted_milestone(sessions: Sessions, party: Any) -> uuid.UUID:
    async with transaction(sessions, EVERYBODY) as session:
        paid = await _funded(session, party)
        await milestones.submit(session, paid=paid, evidence=["report.pdf"])
    return paid.id


async def ordered_pay_in(sessions: Sessions, party: Any) -> uuid.UUID:
    async with transaction(sessions, EVERYBODY) as session:
        return (await funding.fund(session, payment=await _payment(session, party))).id


async def proposed_refund(sessions: Sessions, party: Any) -> uuid.UUID:
    """By the platform, so that both sides may answer."""
    async with transaction(sessions, EVERYBODY) as session:
        paid = await _funded(session, party)
        return (await refunds.propose(session, paid=paid, wish=RefundWish(amount_minor=1_000, reason="r"))).id


async def opened_dispute(sessions: Sessions, party: Any) -> uuid.UUID:
    async with transaction(sessions, EVERYBODY) as session:
        paid = await _funded(session, party)
        return (await disputes.open_dispute(session, paid=paid, side="payer", reason="late")).id


async def issued_invoice(sessions: Sessions, party: Any) -> uuid.UUID:
    """For the fee of a milestone that was paid out to the party."""
    async with transaction(sessions, EVERYBODY) as session:
        arrangement = Arrangement(fee_basis_points=250, fee_tax_basis_points=600)
        payment = await set_up_payment(session, deal=await _deal(session, party), arrangement=arrangement)
        await funding.fund(session, payment=payment)
        await making.confirm_all(session, payment)
        paid = (await making.milestones(session, payment))[0]
        await milestones.submit(session, paid=paid, evidence=["report.pdf"])
        await milestones.accept(session, paid=paid, signer=making.signer(session, payment))
        await making.confirm_all(session, payment)
        query = select(FeeInvoice.id).where(FeeInvoice.buyer_id == payment.payee_id)
        return (await session.scalars(query)).one()


async def charged_back_deal(sessions: Sessions, party: Any) -> uuid.UUID:
    """One milestone of two was paid out before the payer's bank took all of it back."""
    async with transaction(sessions, EVERYBODY) as session:
        mine = await session.get_one(Organisation, party.organisation_id)
        sides = {"financier": mine} if party.kind == "investor" else {"holder": mine}
        deal = await making.signed_deal(session, Stage(PAID), Stage(PAID), **sides)
        arrangement = Arrangement(provider="stripe", fee_basis_points=250)
        payment = await set_up_payment(session, deal=deal, arrangement=arrangement)
        return (await charged_back(session, payment)).deal_id


async def open_claim(sessions: Sessions, party: Any) -> uuid.UUID:
    deal_id = await charged_back_deal(sessions, party)
    async with transaction(sessions, EVERYBODY) as session:
        return (await claimed(session, await payment_of(session, deal_id))).id
