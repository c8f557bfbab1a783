"""A signed deal between a payer and a payee, and both sides' words, as tests need them."""

import datetime
import itertools
import uuid
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from fixtures.catalogue import technologies
from marketplace.actors import system
from marketplace.deals.models import Consent, Deal, DealMilestone, Offer
from marketplace.listings import service as listings
from marketplace.listings.content import Content
from marketplace.payments import proofs
from marketplace.payments.approvals import Signer
from marketplace.payments.models import DealPayment, MilestonePayment, PaymentOrder
from marketplace.payments.process import OPEN_ORDER
from marketplace.payments.proofs import SENDER, Said
from marketplace.payments.setup import Arrangement, now_of, set_up_payment, stages_of
from marketplace.people.models import Membership, Organisation, Person
from marketplace.process import begin
from scoring.technology import Text

EVERYBODY = system("test").acting_as("holder", "operator", "payer", "payee", "mediator")
CURRENCY = "CNY"
_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Stage:
    """Terms of one milestone."""

    amount_minor: int = 100_000
    holdback_minor: int = 0
    silence_rule: str = "accepted"
    due_in_days: int = 30


async def organisation(session: AsyncSession, kind: str) -> tuple[Organisation, Person]:
    number = next(_NUMBERS)
    domain = f"money{number}-{uuid.uuid4().hex[:6]}.example"
    made = Organisation(name=Text(en=f"{kind} {number}"), kind=kind, country="CN", email_domain=domain)
    await begin(session, made)
    person = Person(email=f"p@{domain}", name=f"Person {number}", password_hash="none", language="en")
    session.add(person)
    await session.flush()
    session.add(Membership(organisation_id=made.id, person_id=person.id, role="owner"))
    await session.flush()
    return made, person


async def signed_deal(
    session: AsyncSession,
    *stages: Stage,
    holder: Organisation | None = None,
    financier: Organisation | None = None,
) -> Deal:
    """As the deal's own process leaves it when both have signed."""
    holder = holder or (await organisation(session, "holder"))[0]
    financier = financier or (await organisation(session, "investor"))[0]
    # A name of its own: nobody lists the same twice.
    technology = replace(technologies()[0], name=Text(en=f"Technology {next(_NUMBERS)}"))
    listing = await listings.draft_listing(session, holder=holder, content=Content(technology=technology))
    deal = Deal(
        listing_id=listing.id,
        holder_organisation_id=holder.id,
        financier_organisation_id=financier.id,
        link="co-development",
        instrument="grant",
    )
    await begin(session, deal)
    now = now_of(session)
    document = f"terms of {deal.id}".encode()
    offer = Offer(
        deal_id=deal.id, number=1, side="holder", organisation_id=holder.id, terms={}, document=document,
        sha256=sha256(document).digest(), made_at=now, expires_at=now + datetime.timedelta(days=30),
    )  # fmt: skip
    session.add(offer)
    await session.flush()
    deal.agreed_offer_id, deal.terms_sha256 = offer.id, offer.sha256
    deal.amount_minor, deal.currency = sum(stage.amount_minor for stage in stages), CURRENCY
    await session.flush()
    for position, stage in enumerate(stages, start=1):
        session.add(_milestone(deal, position, stage, now.date()))
    for side, of in (("holder", holder), ("financier", financier)):
        member = (await session.scalars(select(Membership).where(Membership.organisation_id == of.id))).first()
        session.add(
            Consent(
                deal_id=deal.id, offer_id=offer.id, sha256=offer.sha256, kind="signed", side=side,
                organisation_id=of.id, person_id=member.person_id, person_name="P", organisation_name=of.name,
                given_at=now,
            )
        )  # fmt: skip
    await session.flush()
    deal.signed_at, deal.state = now, "awaiting-funds"
    await session.flush()
    return deal


def _milestone(deal: Deal, position: int, stage: Stage, today: datetime.date) -> DealMilestone:
    return DealMilestone(
        deal_id=deal.id,
        position=position,
        title=Text(en=f"Stage {position}"),
        deliverable=Text(en="Report"),
        amount_minor=stage.amount_minor,
        currency=CURRENCY,
        due_on=today + datetime.timedelta(days=stage.due_in_days),
        inspection_days=10,
        silence_rule=stage.silence_rule,
        holdback_minor=stage.holdback_minor,
    )


async def payable(session: AsyncSession, *stages: Stage, **arrangement: Any) -> DealPayment:
    deal = await signed_deal(session, *stages)
    return await set_up_payment(session, deal=deal, arrangement=Arrangement(**arrangement))


async def milestones(session: AsyncSession, payment: DealPayment) -> list[MilestonePayment]:
    return [paid for paid, _ in await stages_of(session, payment.deal_id)]


async def open_orders(session: AsyncSession, payment: DealPayment) -> list[PaymentOrder]:
    query = select(PaymentOrder).where(PaymentOrder.deal_id == payment.deal_id, PaymentOrder.state.in_(OPEN_ORDER))
    return list((await session.scalars(query.order_by(PaymentOrder.id))).all())


async def both_say(session: AsyncSession, order: PaymentOrder) -> None:
    """Sent, and received."""
    sender = SENDER[order.kind]
    receiver = "payee" if sender == "payer" else "payer"
    await proofs.say(session, order=order, side=sender, said=Said(said="sent", bank_reference="B1"))
    await proofs.say(session, order=order, side=receiver, said=Said(said="received"))


async def confirm_all(session: AsyncSession, payment: DealPayment) -> int:
    """Both sides confirm whatever is ordered, until nothing is."""
    done = 0
    while orders := await open_orders(session, payment):
        for order in orders:
            await both_say(session, order)
            done += 1
    return done


def signer(session: AsyncSession, payment: DealPayment, *, stepped_up: bool = True, side: str = "payer") -> Signer:
    return Signer(
        person_id=uuid.uuid4(),
        organisation_id=payment.payer_id if side == "payer" else payment.payee_id,
        stepped_up_at=now_of(session) if stepped_up else None,
    )
