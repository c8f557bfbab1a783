"""An application from a draft to a seat, and every way in which it can end otherwise."""

from datetime import timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.applications import decisions, service
from marketplace.applications.models import Application, ApplicationScore
from marketplace.audit import feed
from marketplace.calls import service as calls
from marketplace.calls.eligibility import Rule
from marketplace.clock import SetClock
from marketplace.errors import Conflict, Invalid
from marketplace.jobs import Context, drain
from marketplace.mail import Mail
from marketplace.process import history
from scoring.receipts import Receipt
from scoring.technology import Medium, Text
from tests.marketplace.applications.conftest import ASKED, BUDGET, CONCEPT, DOCUMENT, Market

WHY = Text(zh="延长", en="More time")


async def mails(session: AsyncSession, kind: str) -> int:
    return await session.scalar(select(func.count(Mail.id)).where(Mail.kind == f"application-{kind}")) or 0


async def test_through_both_stages_to_a_seat(market: Market, session: AsyncSession) -> None:
    call = await market.call()
    application = await market.submitted(call)
    await decisions.invite_application(session, application=application)
    assert (application.state, application.stage) == ("invited", "proposal")
    await service.save_application(
        session, application=application, answers={"milestones": "Three"}, documents=(DOCUMENT, BUDGET)
    )
    await service.submit_application(session, application=application, edition=1)
    await decisions.accept_application(session, application=application)
    await session.refresh(call)
    assert (application.state, call.seats_taken) == ("accepted", 1)
    states = [event.to_state for event in await history(session, application)]
    assert states == ["draft", "submitted", "invited", "submitted", "accepted"]
    assert application.answers["problem"] == "Nitrogen"
    for kind in ("submitted", "invite", "accept"):
        assert await mails(session, kind) == (2 if kind == "submitted" else 1)


async def test_the_score_is_frozen_with_a_receipt_that_can_be_computed_again(
    market: Market, session: AsyncSession
) -> None:
    application = await market.submitted(await market.call())
    kept = (await session.scalars(select(ApplicationScore))).one()
    receipt = Receipt.from_bytes(kept.receipt)
    assert receipt.verify().ok
    assert application.score["receipt_id"] == receipt.id == kept.receipt_id
    assert (application.score["low"], application.score["high"]) == (receipt.result["low"], receipt.result["high"])


async def test_whoever_called_has_a_submission_in_their_feed(market: Market, session: AsyncSession) -> None:
    call = await market.call()
    await market.draft(call)
    application = await market.submitted(call)
    told = await feed(session, organisation_id=call.organisation_id)
    received = [entry.subject_id for entry in told if entry.action.startswith("application.")]
    assert received == [str(application.id)]


async def test_all_that_is_missing_or_unmet_is_named_at_once(market: Market, session: AsyncSession) -> None:
    rule = Rule(id="removal", field="parameter.removal.TN", operator="at-least", value=0.95, unit="share")
    call = await market.call(eligibility=(rule,))
    listing = await market.listing(media=(Medium.NOISE,))
    application = await service.draft_application(session, call=call, listing=listing)
    with pytest.raises(Invalid) as refused:
        await service.submit_application(session, application=application, edition=1)
    assert [fault.field for fault in refused.value.fields] == [
        "answers.problem",
        "answers.advantage",
        "answers.use-of-funds",
        "eligibility.call.medium",
        "eligibility.call.ticket-min",
        "eligibility.call.ticket-max",
        "eligibility.removal",
    ]
    last = refused.value.fields[-1]
    assert (last.value, last.expected) == (
        "0.7 share to 0.9 share",
        "Parameter 'removal.TN': at least 0.95 share is asked, 0.7 share to 0.9 share was seen: not met.",
    )
    assert "不低于0.95 share" in last.expected_zh
    assert application.state == "draft"


async def test_what_cannot_be_told_does_not_stop_an_application(market: Market, session: AsyncSession) -> None:
    rule = Rule(id="patent", field="patents-granted", operator="at-least", value=1)
    application = await market.submitted(await market.call(eligibility=(rule,)))
    assert application.facts["unknown"] == ["patent"]
    strict = await market.call(eligibility=(replace(rule, unknown_blocks=True),))
    with pytest.raises(Invalid):
        await market.submitted(strict)


async def test_late_is_late(market: Market, session: AsyncSession, clock: SetClock) -> None:
    call = await market.call()
    application = await market.draft(call)
    clock.advance(call.deadline - clock.now())  # the timer has not run yet
    with pytest.raises(Conflict) as refused:
        await service.submit_application(session, application=application, edition=1)
    assert refused.value.code == "call-closed"
    with pytest.raises(Conflict):
        await market.draft(call)


async def test_one_technology_applies_once_to_a_call_and_again_after_it_withdrew(
    market: Market, session: AsyncSession
) -> None:
    call, listing = await market.call(), await market.listing()
    application = await market.submitted(call, listing)
    await service.withdraw_application(session, application=application)
    again = await market.submitted(call, listing)
    assert again.state == "submitted"


async def test_the_next_application_begins_with_earlier_answers(market: Market, session: AsyncSession) -> None:
    listing = await market.listing()
    await market.submitted(await market.call(), listing)
    other = await service.draft_application(session, call=await market.call(), listing=listing)
    assert other.answers == CONCEPT


async def test_answers_are_kept_one_by_one_and_checked(market: Market, session: AsyncSession) -> None:
    application = await market.draft(await market.call())
    await service.save_application(session, application=application, answers={"problem": None, "full-time": 3})
    assert application.answers == {"advantage": "Half the energy", "use-of-funds": "A pilot", "full-time": 3}
    with pytest.raises(Invalid) as refused:
        await service.save_application(
            session, application=application, answers={"full-time": "many", "milestones": "x", "problem": "x" * 1501}
        )
    assert [fault.field for fault in refused.value.fields] == [
        "answers.full-time", "answers.milestones", "answers.problem"
    ]  # fmt: skip


async def test_a_material_amendment_is_told_and_wants_to_be_agreed_to(
    market: Market, session: AsyncSession, context: Context
) -> None:
    call = await market.call()
    application = await market.submitted(call)
    content = calls.content_of(call)
    await calls.amend_call(session, call=call, content=replace(content, trl_low=5), note=WHY)
    await session.commit()
    await drain(context)
    assert await mails(session, "amended") == 1
    with pytest.raises(Conflict) as refused:
        await decisions.accept_application(session, application=application)
    assert refused.value.code == "not-agreed"
    await service.agree_to_edition(session, application=application, edition=2)
    await decisions.accept_application(session, application=application)


async def test_more_time_needs_no_new_agreement(market: Market, session: AsyncSession, clock: SetClock) -> None:
    call = await market.call()
    application = await market.submitted(call)
    later = replace(calls.content_of(call), deadline=call.deadline + timedelta(days=7))
    await calls.amend_call(session, call=call, content=later, note=WHY)
    await session.refresh(application)
    assert application.call_edition == call.edition == 2
    await decisions.accept_application(session, application=application)


async def test_a_draft_written_before_an_amendment_is_submitted_under_the_new_edition(
    market: Market, session: AsyncSession
) -> None:
    call = await market.call()
    application = await market.draft(call)
    await calls.amend_call(session, call=call, content=replace(calls.content_of(call), trl_low=5), note=WHY)
    with pytest.raises(Conflict) as refused:
        await service.submit_application(session, application=application, edition=1)
    assert refused.value.code == "call-amended"
    await service.submit_application(session, application=application, edition=2)


async def test_at_the_deadline_drafts_lapse_and_the_rest_waits(
    market: Market, session: AsyncSession, context: Context, clock: SetClock
) -> None:
    call = await market.call()
    draft, waiting = await market.draft(call), await market.submitted(call)
    await session.commit()
    clock.advance(call.deadline - clock.now())
    await drain(context)
    for subject in (call, draft, waiting):
        await session.refresh(subject)
    assert (call.state, draft.state, waiting.state) == ("closed", "lapsed", "submitted")
    assert await mails(session, "lapse") == 1


async def test_a_call_without_decisions_ends_by_itself(
    market: Market, session: AsyncSession, context: Context, clock: SetClock
) -> None:
    call = await market.call()
    waiting = await market.submitted(call)
    await session.commit()
    clock.advance(call.deadline - clock.now())
    await drain(context)
    await session.refresh(call)
    with pytest.raises(Conflict) as refused:
        await calls.complete_call(session, call=call, undecided=await decisions.undecided(session, call))
    assert refused.value.code == "undecided"
    clock.advance(timedelta(days=181))
    await drain(context)
    for subject in (call, waiting):
        await session.refresh(subject)
    assert (call.state, waiting.state) == ("completed", "ended")


async def test_cancelling_ends_everything_that_waits(market: Market, session: AsyncSession, context: Context) -> None:
    call = await market.call()
    waiting, accepted = await market.submitted(call), await market.submitted(call)
    await decisions.accept_application(session, application=accepted)
    await calls.cancel_call(session, call=call, note="no money")
    await session.commit()
    await drain(context)
    for subject in (waiting, accepted):
        await session.refresh(subject)
    assert (waiting.state, accepted.state) == ("ended", "accepted")


async def test_a_withdrawn_seat_is_free_again(market: Market, session: AsyncSession) -> None:
    call = await market.call(seats=1)
    first, second = await market.submitted(call), await market.submitted(call)
    await decisions.accept_application(session, application=first)
    with pytest.raises(Conflict) as refused:
        await decisions.accept_application(session, application=second)
    assert refused.value.code == "no-seat-left"
    await decisions.waitlist_application(session, application=second)
    await service.withdraw_application(session, application=first)
    assert await mails(session, "seat-free") == 1
    await decisions.accept_application(session, application=second)
    assert second.state == "accepted"


async def test_a_no_has_a_reason(market: Market, session: AsyncSession) -> None:
    application = await market.submitted(await market.call())
    for reason, note in (("because", ""), ("other", " ")):
        with pytest.raises(Invalid):
            await decisions.reject_application(session, application=application, reason=reason, note=note)
    await decisions.reject_application(session, application=application, reason="too-early")
    assert (application.state, application.reason_code) == ("rejected", "too-early")


async def test_the_invitation_to_the_next_stage_lapses(
    market: Market, session: AsyncSession, context: Context, clock: SetClock
) -> None:
    application = await market.submitted(await market.call())
    await decisions.invite_application(session, application=application)
    await session.commit()
    clock.advance(timedelta(days=31))
    await drain(context)
    found = await session.get_one(Application, application.id, populate_existing=True)
    assert found.state == "lapsed"


async def test_after_the_last_stage_there_is_no_next(market: Market, session: AsyncSession) -> None:
    call = await market.call(stages=("concept",), questions=(), documents=(), blind_fields=())
    listing = await market.listing()
    application = await service.draft_application(session, call=call, listing=listing)
    await service.save_application(session, application=application, answers={}, asked=ASKED)
    await service.submit_application(session, application=application, edition=1)
    with pytest.raises(Conflict) as refused:
        await decisions.invite_application(session, application=application)
    assert refused.value.code == "last-stage"
