import datetime
from typing import Any, NamedTuple

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import act_as, system
from marketplace.base import Base
from marketplace.clock import SetClock
from marketplace.errors import Conflict, Forbidden, Invalid, translated
from marketplace.introductions import queries, service
from marketplace.introductions.interest import Interest
from marketplace.introductions.models import Introduction
from marketplace.introductions.process import ANSWER_WITHIN, CONCLUDE_AFTER, CONSENT_WITHIN, OUTCOMES, PURPOSES, REASONS
from marketplace.jobs import Context, drain
from marketplace.listings.models import Listing
from marketplace.mail import Mail
from marketplace.matching.terms import Terms
from marketplace.money import Money
from marketplace.people.models import Organisation
from marketplace.process import history
from scoring.errors import Refusal
from scoring.technology import Text
from tests.marketplace.matching import world

WORDS = Text(zh="希望合作。", en="We would like to work together.")
LOAN = Interest(
    purpose="invest", instrument="loan", amount=Money(500_000_000, "CNY"), message=WORDS,
    start_from=datetime.date(2026, 6, 1), start_until=datetime.date(2026, 12, 1),
)  # fmt: skip


class Sides(NamedTuple):
    holder: Organisation
    investor: Organisation
    listing: Listing


async def sides(session: AsyncSession) -> Sides:
    holder, investor = await world.organisation(session, "holder"), await world.organisation(session, "investor")
    return Sides(holder, investor, await world.listing(session, holder))


async def by(session: AsyncSession, who: Organisation) -> AsyncSession:
    act_as(session, world.acting_for(who))
    return session


async def expressed(session: AsyncSession, made: Sides, interest: Interest = LOAN) -> Introduction:
    await by(session, made.investor)
    return await service.express_interest(session, initiator=made.investor, listing=made.listing, interest=interest)


async def mutual(session: AsyncSession, made: Sides) -> Introduction:
    introduction = await expressed(session, made)
    await service.reciprocate(await by(session, made.holder), introduction=introduction)
    return introduction


async def agree(session: AsyncSession, introduction: Introduction, who: Organisation) -> None:
    contact = await world.person_of(session, who.id)
    await service.consent(await by(session, who), introduction=introduction, contact=contact)


async def seen_by(session: AsyncSession, introduction: Introduction, who: Organisation) -> list[str]:
    found = await queries.contacts_of(session, introduction_id=introduction.id, actor=world.acting_for(who))
    return [contact.email for contact in found]


async def test_contact_data_open_with_the_second_consent_and_to_the_two_sides_alone(session: AsyncSession) -> None:
    made = await sides(session)
    introduction = await mutual(session, made)
    assert introduction.answered_at is not None
    await agree(session, introduction, made.investor)
    assert introduction.state == "mutual"
    assert await seen_by(session, introduction, made.holder) == []
    await agree(session, introduction, made.holder)
    assert introduction.state == "opened"
    people = [await world.person_of(session, who.id) for who in (made.investor, made.holder)]
    for who in (made.holder, made.investor):
        assert await seen_by(session, introduction, who) == [person.email for person in people]
    assert await seen_by(session, introduction, await world.organisation(session, "investor")) == []
    operator = system("x").acting_as("operator")
    assert await queries.contacts_of(session, introduction_id=introduction.id, actor=operator) == []


async def test_a_consent_can_be_taken_back_until_the_other_side_agrees(session: AsyncSession) -> None:
    made = await sides(session)
    introduction = await mutual(session, made)
    await agree(session, introduction, made.investor)
    await service.take_back_consent(await by(session, made.investor), introduction=introduction)
    await agree(session, introduction, made.holder)
    assert introduction.state == "mutual"
    await agree(session, introduction, made.investor)
    with pytest.raises(Conflict, match="not yet in contact"):
        await service.take_back_consent(session, introduction=introduction)


@pytest.mark.parametrize("consents", [(), ("initiator",), ("recipient",)])
async def test_the_database_keeps_no_contact_without_both_consents(
    session: AsyncSession, consents: tuple[str, ...]
) -> None:
    made = await sides(session)
    introduction = await mutual(session, made)
    for side in consents:
        await agree(session, introduction, made.investor if side == "initiator" else made.holder)
    person = await world.person_of(session, made.holder.id)
    insert = text(
        "INSERT INTO introduction_contact (introduction_id, side, contacts_open, person_id, name, email) "
        "VALUES (:introduction, 'recipient', :open, :person, 'x', 'x@x')"
    )
    for claimed in (True, False):
        values = {"introduction": introduction.id, "open": claimed, "person": person.id}
        with pytest.raises(IntegrityError):
            async with session.begin_nested():
                await session.execute(insert, values)
    with pytest.raises(IntegrityError, match="opened_by_both"):
        async with session.begin_nested():
            await session.execute(text("UPDATE introduction SET state = 'opened'"))


async def test_the_database_lets_no_consent_go_once_contacts_are_there(session: AsyncSession) -> None:
    made = await sides(session)
    introduction = await mutual(session, made)
    await agree(session, introduction, made.investor)
    await agree(session, introduction, made.holder)
    change = "UPDATE introduction SET state = 'closed', recipient_consented_at = NULL, recipient_contact_id = NULL"
    with pytest.raises(IntegrityError, match="contacts_open"):
        async with session.begin_nested():
            await session.execute(text(change))


async def test_a_contact_is_one_of_the_own_people(session: AsyncSession) -> None:
    made = await sides(session)
    introduction = await mutual(session, made)
    theirs = await world.person_of(session, made.holder.id)
    with pytest.raises(Invalid, match="own organisation"):
        await service.consent(await by(session, made.investor), introduction=introduction, contact=theirs)
    stranger = await world.organisation(session, "investor")
    with pytest.raises(Forbidden):
        await agree(session, introduction, stranger)


async def test_all_that_is_wrong_with_an_interest_is_named_at_once(session: AsyncSession) -> None:
    made = await sides(session)
    wrong = Interest(
        purpose="invest",
        instrument="barter",
        start_from=datetime.date(2020, 1, 1),
        start_until=datetime.date(2019, 1, 1),
    )
    with pytest.raises(Invalid) as refused:
        await expressed(session, made, wrong)
    fields = [fault.field for fault in refused.value.fields]
    assert fields == ["instrument", "amount", "start_from", "start_until", "start_from", "message"]
    assert all(fault.expected_zh for fault in refused.value.fields)


async def test_a_holder_writes_to_a_call_or_a_mandate_and_not_to_itself(session: AsyncSession) -> None:
    made = await sides(session)
    call = await world.call(session, made.investor)
    await by(session, made.holder)
    with pytest.raises(Invalid, match="the call or the mandate"):
        await service.express_interest(session, initiator=made.holder, listing=made.listing, interest=LOAN)
    found = await service.express_interest(
        session, initiator=made.holder, listing=made.listing, interest=LOAN, call=call
    )
    assert (found.recipient_id, found.call_id) == (made.investor.id, call.id)
    mandate = await world.mandate(session, made.holder, Terms())
    with pytest.raises(Conflict, match="Both sides"):
        await service.express_interest(
            session, initiator=made.holder, listing=made.listing, interest=LOAN, mandate=mandate
        )
    stranger = await world.organisation(session, "investor")
    with pytest.raises(Invalid, match="of your own"):
        await service.express_interest(session, initiator=stranger, listing=made.listing, interest=LOAN, call=call)


async def test_a_technology_that_is_not_published_introduces_nobody(session: AsyncSession) -> None:
    holder, investor = await world.organisation(session, "holder"), await world.organisation(session, "investor")
    draft = await world.listing(session, holder, published=False)
    with pytest.raises(Invalid, match="recommended"):
        await expressed(session, Sides(holder, investor, draft))


async def test_a_refusal_has_a_code_and_rests_for_ninety_days(session: AsyncSession, clock: SetClock) -> None:
    made = await sides(session)
    introduction = await expressed(session, made)
    await by(session, made.holder)
    for reason, note in (("rude", ""), ("other", " ")):
        with pytest.raises(Invalid):
            await service.decline(session, introduction=introduction, reason=reason, note=note)
    await service.decline(session, introduction=introduction, reason="too-early")
    with pytest.raises(Conflict, match="2026-05-31"):
        await expressed(session, made)
    call = await world.call(session, made.investor)
    await by(session, made.holder)  # the one who declined may change their mind
    await service.express_interest(session, initiator=made.holder, listing=made.listing, interest=LOAN, call=call)
    clock.advance(datetime.timedelta(days=91))
    with pytest.raises(Conflict, match="already"):
        async with session.begin_nested():
            await _translated(session, made)


async def _translated(session: AsyncSession, made: Sides) -> None:
    later = Interest(purpose="pilot", message=WORDS)
    try:
        await expressed(session, made, later)
    except IntegrityError as error:
        refusal = translated(error, Base.metadata)
        assert refusal is not None
        raise refusal from error


async def test_only_the_right_side_takes_each_step(session: AsyncSession) -> None:
    made = await sides(session)
    introduction = await expressed(session, made)
    with pytest.raises(Forbidden):
        await service.reciprocate(session, introduction=introduction)
    with pytest.raises(Forbidden):
        await service.decline(session, introduction=introduction, reason="terms")
    with pytest.raises(Forbidden):
        await service.withdraw(await by(session, made.holder), introduction=introduction)
    await service.withdraw(await by(session, made.investor), introduction=introduction)
    assert introduction.state == "withdrawn"


@pytest.mark.parametrize(
    ("state", "after", "ended"),
    [
        ("expressed", ANSWER_WITHIN, "expired"),
        ("mutual", CONSENT_WITHIN, "expired"),
        ("opened", CONCLUDE_AFTER, "concluded"),
    ],
)
async def test_nothing_waits_for_ever(
    context: Context, clock: SetClock, state: str, after: datetime.timedelta, ended: str
) -> None:
    async with context.transaction() as session:
        made = await sides(session)
        introduction = await (expressed if state == "expressed" else mutual)(session, made)
        if state == "opened":
            await agree(session, introduction, made.investor)
            await agree(session, introduction, made.holder)
    clock.advance(after - datetime.timedelta(seconds=1))
    await drain(context)
    async with context.transaction() as session:
        assert (await session.get_one(Introduction, introduction.id)).state == state
    clock.advance(datetime.timedelta(seconds=2))
    await drain(context)
    async with context.transaction() as session:
        assert (await session.get_one(Introduction, introduction.id)).state == ended


async def test_letters_go_to_the_other_side_and_hold_no_address(session: AsyncSession) -> None:
    made = await sides(session)
    introduction = await mutual(session, made)
    await agree(session, introduction, made.investor)
    await agree(session, introduction, made.holder)
    investor, holder = [(await world.person_of(session, who.id)).email for who in (made.investor, made.holder)]
    sent = (await session.scalars(select(Mail).where(Mail.kind.startswith("introduction-")).order_by(Mail.id))).all()
    kinds = [(letter.kind.removeprefix("introduction-"), letter.to) for letter in sent]
    assert kinds[0] == ("expressed", holder)
    assert set(kinds[1:3]) == {("reciprocated", investor), ("reciprocated", holder)}
    assert kinds[3] == ("consented", holder)
    assert set(kinds[4:]) == {("opened", investor), ("opened", holder)}
    assert not any("@" in letter.text for letter in sent)


async def test_what_came_of_it_is_said_by_a_code(session: AsyncSession) -> None:
    made = await sides(session)
    introduction = await mutual(session, made)
    await agree(session, introduction, made.investor)
    await agree(session, introduction, made.holder)
    with pytest.raises(Invalid):
        await service.conclude(session, introduction=introduction, outcome="bliss")
    await service.conclude(session, introduction=introduction, outcome="nda")
    assert (introduction.state, introduction.outcome) == ("concluded", "nda")
    assert [event.transition for event in await history(session, introduction)] == [
        "begin", "reciprocate", "open", "conclude",
    ]  # fmt: skip


async def test_the_operator_closes_for_a_reason(session: AsyncSession) -> None:
    introduction = await expressed(session, await sides(session))
    act_as(session, system("x").acting_as("operator"))
    with pytest.raises(Invalid):
        await service.close(session, introduction=introduction, note="")
    await service.close(session, introduction=introduction, note="Spam.")
    assert introduction.state == "closed"


def test_every_code_has_a_sentence_in_both_languages() -> None:
    assert all(entry.zh and entry.en for codes in (REASONS, PURPOSES, OUTCOMES) for entry in codes.values())


def test_a_median_needs_five_and_has_its_interval() -> None:
    few = queries.response_time_of([1, 2, 3, 4])
    assert isinstance(few, Refusal)
    assert few.reason == "too-few"
    found: Any = queries.response_time_of([5, 1, 3, 2, 4])
    assert (found.median_days, found.low_days, found.high_days, found.asked) == (3, 1, 5, 5)
    wide: Any = queries.response_time_of([float(n) for n in range(1, 22)])
    assert (wide.median_days, wide.low_days, wide.high_days) == (11, 7, 15)  # as tables of the sign test have it


def test_silence_counts_as_longer_than_any_answer() -> None:
    found: Any = queries.response_time_of([1, 2, None, None, None])
    assert (found.asked, found.answered, found.median_days, found.high_days) == (5, 2, None, None)
    assert found.low_days == 1
    silent: Any = queries.response_time_of([None] * 6)
    assert (silent.median_days, silent.low_days) == (None, ANSWER_WITHIN.days)


async def test_response_times_come_from_answers_and_expiries(session: AsyncSession, clock: SetClock) -> None:
    holder = await world.organisation(session, "holder")
    for number in range(5):
        investor = await world.organisation(session, "investor")
        made = Sides(holder, investor, await world.listing(session, holder, number=number))
        introduction = await expressed(session, made, Interest(purpose="pilot", message=WORDS))
        clock.advance(datetime.timedelta(days=number + 1))
        await service.decline(await by(session, holder), introduction=introduction, reason="no-capacity")
    found: Any = await queries.response_time(session, holder.id)
    assert (found.median_days, found.asked) == (3, 5)
    assert isinstance(await queries.response_time(session, investor.id), Refusal)
    clock.advance(datetime.timedelta(days=400))
    assert isinstance(await queries.response_time(session, holder.id), Refusal)
