"""What is held back until the report goes out with the report, and not before."""

import pytest
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import Actor, act_as
from marketplace.deals.models import Deal
from marketplace.errors import Conflict
from marketplace.ledger.service import balance
from marketplace.monitoring import reports
from marketplace.monitoring.models import MilestoneReport
from marketplace.monitoring.reports import ReportContent
from marketplace.monitoring.schedule import begin_monitoring
from marketplace.payments import disputes, funding, milestones
from marketplace.payments.models import DealPayment, MilestonePayment
from marketplace.people.models import Membership
from tests.api.monitoring.things import attach
from tests.marketplace.payments import making
from tests.marketplace.payments.making import EVERYBODY, Stage, confirm_all, payable, signer

DONE = ReportContent(summary="It runs.", progress_percent=100)
HOLDBACK = 10_000


@pytest.fixture
def actor() -> Actor:
    return EVERYBODY


async def monitored(session: AsyncSession, stage: Stage | None = None, **arrangement: object) -> MilestonePayment:
    """Paid in, and its report owed."""
    payment = await payable(session, stage or Stage(100_000, holdback_minor=HOLDBACK), **arrangement)
    await begin_monitoring(session, deal=await session.get_one(Deal, payment.deal_id))
    await funding.fund(session, payment=payment)
    await confirm_all(session, payment)
    return (await making.milestones(session, payment))[0]


async def payment_of(session: AsyncSession, paid: MilestonePayment) -> DealPayment:
    return (await session.scalars(select(DealPayment).where(DealPayment.deal_id == paid.deal_id))).one()


async def accept_work(session: AsyncSession, paid: MilestonePayment) -> None:
    payment = await payment_of(session, paid)
    await milestones.submit(session, paid=paid, evidence=["work.pdf"])
    await milestones.accept(session, paid=paid, signer=signer(session, payment))


async def sent_report(session: AsyncSession, paid: MilestonePayment) -> MilestoneReport:
    mine = (MilestoneReport.milestone_id == paid.milestone_id, MilestoneReport.kind == "final")
    report = (await session.scalars(select(MilestoneReport).where(*mine))).one()
    await attach(session, report, report.id.bytes)
    await reports.submit_report(session, report=report, content=DONE)
    return report


async def by_the_payer(session: AsyncSession, paid: MilestonePayment) -> None:
    """From here on a person of the payer's acts."""
    query = select(Membership.person_id).where(Membership.organisation_id == paid.payer_id)
    person = (await session.scalars(query)).first()
    act_as(session, Actor(kind="person", id=person, organisation_id=paid.payer_id))


async def held(session: AsyncSession, paid: MilestonePayment) -> int:
    return (await balance(session, paid.held_account_id)).amount_minor


async def test_it_cannot_be_handed_in_without_the_report_and_is_told_which(session: AsyncSession) -> None:
    paid = await monitored(session)
    await accept_work(session, paid)
    await confirm_all(session, await payment_of(session, paid))
    assert (paid.state, await held(session, paid)) == ("holdback", HOLDBACK)
    with pytest.raises(Conflict, match=r"final report of “Stage 1” is accepted.*due on 20\d\d-\d\d-\d\d, is: Awaited"):
        await milestones.submit(session, paid=paid, evidence=["anything.pdf"])
    assert paid.state == "holdback"


async def test_without_a_report_owed_it_is_handed_in_like_other_work(session: AsyncSession) -> None:
    paid = await monitored(session)
    await session.execute(delete(MilestoneReport).where(MilestoneReport.milestone_id == paid.milestone_id))
    for _ in range(2):
        await accept_work(session, paid)
        await confirm_all(session, await payment_of(session, paid))
    assert (paid.state, await held(session, paid)) == ("released", 0)


@pytest.mark.parametrize("how", ["accepted", "waived"])
async def test_it_goes_out_by_itself_once_the_payer_takes_the_report(session: AsyncSession, how: str) -> None:
    paid = await monitored(session)
    await accept_work(session, paid)
    await confirm_all(session, await payment_of(session, paid))
    report = await sent_report(session, paid)
    assert paid.state == "holdback"
    await by_the_payer(session, paid)
    if how == "accepted":
        await reports.accept_report(session, report=report)
    else:
        await reports.waive_report(session, report=report, note="seen on site")
    assert paid.state == "releasing"
    act_as(session, EVERYBODY)
    await confirm_all(session, await payment_of(session, paid))
    assert (paid.state, await held(session, paid)) == ("released", 0)


async def test_a_large_holdback_waits_for_two_people_all_the_same(session: AsyncSession) -> None:
    paid = await monitored(session, four_eyes_from_minor=HOLDBACK)
    payment = await payment_of(session, paid)
    await accept_work(session, paid)
    await milestones.approve(session, paid=paid, signer=signer(session, payment))
    await confirm_all(session, payment)
    report = await sent_report(session, paid)
    await by_the_payer(session, paid)
    await reports.accept_report(session, report=report)
    assert paid.state == "submitted"
    act_as(session, EVERYBODY)
    await milestones.accept(session, paid=paid, signer=signer(session, payment))
    assert paid.state == "accepted"
    await milestones.approve(session, paid=paid, signer=signer(session, payment))
    assert paid.state == "releasing"


async def test_a_report_that_nobody_took_starts_the_inspection_and_pays_nothing(session: AsyncSession) -> None:
    """Silence accepts a report; whether it accepts the holdback is the contract's rule after the inspection."""
    paid = await monitored(session)
    await accept_work(session, paid)
    await confirm_all(session, await payment_of(session, paid))
    await reports.accept_report(session, report=await sent_report(session, paid))  # by the test's system actor
    assert (paid.state, await held(session, paid)) == ("submitted", HOLDBACK)


async def test_with_the_report_in_before_the_work_is_accepted_nothing_is_held_back(session: AsyncSession) -> None:
    paid = await monitored(session)
    await reports.accept_report(session, report=await sent_report(session, paid))
    assert paid.state == "funded"
    await accept_work(session, paid)
    assert paid.release_minor == 100_000


async def test_a_report_that_comes_while_the_rest_is_on_its_way_hands_the_holdback_in(session: AsyncSession) -> None:
    paid = await monitored(session)
    await accept_work(session, paid)
    await reports.accept_report(session, report=await sent_report(session, paid))
    assert paid.state == "releasing"
    await confirm_all(session, await payment_of(session, paid))
    assert (paid.state, await held(session, paid)) == ("submitted", HOLDBACK)


async def test_what_is_held_back_as_a_whole_waits_for_the_report_from_the_start(session: AsyncSession) -> None:
    paid = await monitored(session, Stage(HOLDBACK, holdback_minor=HOLDBACK))
    with pytest.raises(Conflict, match="final report"):
        await milestones.submit(session, paid=paid, evidence=["work.pdf"])


async def test_a_decision_pays_it_without_the_report(session: AsyncSession) -> None:
    paid = await monitored(session)
    payment = await payment_of(session, paid)
    await accept_work(session, paid)
    await confirm_all(session, payment)
    dispute = await disputes.open_dispute(session, paid=paid, side="payee", reason="the report is refused for nothing")
    await disputes.decide(
        session, dispute=dispute, release_minor=HOLDBACK, note="it was due", signer=signer(session, payment)
    )
    assert paid.state == "releasing"
