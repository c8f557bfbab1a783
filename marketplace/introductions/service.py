"""Expressing interest, answering it, agreeing to open contact data, and saying what came of it."""

import datetime
import uuid

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace import audit
from marketplace.actors import Actor, actor_of, system
from marketplace.calls.models import Call
from marketplace.database import clock_of
from marketplace.errors import Conflict, FieldError, Forbidden, Invalid
from marketplace.introductions import letters
from marketplace.introductions.interest import Interest, faults_of, one_of
from marketplace.introductions.models import Introduction, IntroductionContact
from marketplace.introductions.process import ANSWER_WITHIN, CONSENT_WITHIN, OUTCOMES, REASONS
from marketplace.listings.models import Listing
from marketplace.listings.process import PUBLISHED
from marketplace.matching.models import Mandate
from marketplace.people.models import Membership, Organisation, Person
from marketplace.process import ProcessEvent, advance, begin, effect

# Who was declined does not come back with the same technology before this.
REST = datetime.timedelta(days=90)


async def express_interest(
    session: AsyncSession,
    *,
    initiator: Organisation,
    listing: Listing,
    interest: Interest,
    call: Call | None = None,
    mandate: Mandate | None = None,
) -> Introduction:
    """Write to the other side about a published technology: its holder to a call or a mandate, others to its holder."""
    recipient_id = _recipient(initiator, listing, call, mandate)
    if faults := list(faults_of(interest, clock_of(session).now().date())):
        raise Invalid(faults)
    await _check_rest(session, initiator, recipient_id, listing)
    made = Introduction(
        listing_id=listing.id,
        initiator_id=initiator.id,
        recipient_id=recipient_id,
        call_id=call.id if call else None,
        mandate_id=mandate.id if mandate else None,
        purpose=interest.purpose,
        instrument=interest.instrument,
        amount=interest.amount,
        start_from=interest.start_from,
        start_until=interest.start_until,
        message=interest.message,
        expressed_at=clock_of(session).now(),
        version=1,
    )
    await begin(session, made)
    await letters.tell(session, "expressed", made, "recipient", days=ANSWER_WITHIN.days)
    return made


def _recipient(initiator: Organisation, listing: Listing, call: Call | None, mandate: Mandate | None) -> uuid.UUID:
    if listing.state != PUBLISHED:
        expected = "a recommended technology"
        raise Invalid([FieldError(field="listing_id", expected=expected, expected_zh="须为已推荐技术")])
    if (call is not None and call.state != "published") or (mandate is not None and mandate.ended_at is not None):
        expected = "one that is open"
        raise Invalid([FieldError(field=_named(call), expected=expected, expected_zh="须为进行中的征集或投资意向")])
    addressee = call or mandate
    if listing.organisation_id != initiator.id:
        if addressee is not None and addressee.organisation_id != initiator.id:
            raise Invalid([_not_yours(_named(call))])
        return listing.organisation_id
    if addressee is None:
        expected = "the call or the mandate you write to"
        raise Invalid([FieldError(field="call_id", expected=expected, expected_zh="请选择要对接的征集或投资意向")])
    if addressee.organisation_id == initiator.id:
        raise Conflict("own-introduction", "Both sides are you.", "不能与本单位对接。")
    return addressee.organisation_id


def _named(call: Call | None) -> str:
    return "call_id" if call else "mandate_id"


def _not_yours(field: str) -> FieldError:
    expected = "one of your own, or a technology of your own"
    return FieldError(field=field, expected=expected, expected_zh="须为本单位的征集、意向或技术")


async def _check_rest(
    session: AsyncSession, initiator: Organisation, recipient_id: uuid.UUID, listing: Listing
) -> None:
    """Nobody is asked again so soon; they themselves may ask at any time.

    The rows are locked: a refusal that is being written at this moment counts.
    """
    query = select(Introduction.state, Introduction.answered_at).where(
        Introduction.listing_id == listing.id,
        Introduction.initiator_id == initiator.id,
        Introduction.recipient_id == recipient_id,
    )
    now = clock_of(session).now()
    for state, answered_at in (await session.execute(query.with_for_update())).all():
        if state == "declined" and answered_at is not None and now < answered_at + REST:
            day = (answered_at + REST).date().isoformat()
            raise Conflict(
                "declined-recently",
                f"They declined this; you can ask again from {day} on.",
                f"对方已谢绝，{day}起可再次联系。",
            )


async def reciprocate(session: AsyncSession, *, introduction: Introduction) -> ProcessEvent:
    """The recipient is interested as well; contact data stay closed until both agree to open them."""
    event = await advance(session, introduction, "reciprocate", actor=_acting(session, introduction))
    introduction.answered_at = clock_of(session).now()
    await session.flush()
    await letters.tell(session, "reciprocated", introduction, "initiator", "recipient", days=CONSENT_WITHIN.days)
    return event


async def decline(session: AsyncSession, *, introduction: Introduction, reason: str, note: str = "") -> ProcessEvent:
    """Say no by a code of `REASONS`; the code `other` needs a note."""
    if reason not in REASONS:
        raise Invalid([one_of("reason", reason, tuple(REASONS))])
    if reason == "other" and not note.strip():
        raise Invalid([FieldError(field="note", expected="the other reason", expected_zh="请填写其他理由")])
    actor = _acting(session, introduction)
    if "recipient" not in actor.roles:
        raise Forbidden("recipient-only", "Only who was asked can decline.", "仅被联系方可谢绝。")
    introduction.reason_code, introduction.reason_note = reason, note
    introduction.answered_at = introduction.answered_at or clock_of(session).now()
    event = await advance(session, introduction, "decline", actor=actor, note=note)
    await letters.tell(session, "declined", introduction, "initiator")
    return event


async def withdraw(session: AsyncSession, *, introduction: Introduction, note: str = "") -> ProcessEvent:
    """The initiator takes it back."""
    event = await advance(session, introduction, "withdraw", actor=_acting(session, introduction), note=note)
    await letters.tell(session, "withdrawn", introduction, "recipient")
    return event


async def conclude(session: AsyncSession, *, introduction: Introduction, outcome: str, note: str = "") -> ProcessEvent:
    """Say what came of it, by a code of `OUTCOMES`."""
    if outcome not in OUTCOMES:
        raise Invalid([one_of("outcome", outcome, tuple(OUTCOMES))])
    event = await advance(session, introduction, "conclude", actor=_acting(session, introduction), note=note)
    introduction.outcome = outcome
    await session.flush()
    return event


async def close(session: AsyncSession, *, introduction: Introduction, note: str) -> ProcessEvent:
    """The operator ends it, for a reason that both sides read."""
    event = await advance(session, introduction, "close", note=note)
    await letters.tell(session, "closed", introduction, "initiator", "recipient")
    return event


async def consent(session: AsyncSession, *, introduction: Introduction, contact: Person) -> Introduction:
    """One side lets the other have the name and address of one of its people; the second consent opens both."""
    await _lock(session, introduction)
    side = side_of(introduction, actor_of(session))
    _check_mutual(introduction)
    await _check_contact(session, getattr(introduction, f"{side}_id"), contact)
    setattr(introduction, f"{side}_contact_id", contact.id)
    setattr(introduction, f"{side}_consented_at", clock_of(session).now())
    await session.flush()
    await audit.record(session, "introduction.consented", introduction)
    if introduction.contacts_open:
        await advance(session, introduction, "open", actor=system("introductions").acting_as("consents"))
    else:
        await letters.tell(session, "consented", introduction, _other(side))
    return introduction


async def take_back_consent(session: AsyncSession, *, introduction: Introduction) -> Introduction:
    """As long as the other side has not agreed, too: what was seen cannot be unseen."""
    await _lock(session, introduction)
    side = side_of(introduction, actor_of(session))
    _check_mutual(introduction)
    setattr(introduction, f"{side}_contact_id", None)
    setattr(introduction, f"{side}_consented_at", None)
    await session.flush()
    await audit.record(session, "introduction.consent-taken-back", introduction)
    return introduction


async def _lock(session: AsyncSession, introduction: Introduction) -> None:
    """The two sides consent one after another, so that the second one knows of the first."""
    await session.refresh(introduction, with_for_update={"of": Introduction})


def _check_mutual(introduction: Introduction) -> None:
    if introduction.state != "mutual":
        raise Conflict(
            "not-mutual",
            "Contact data are a question only while both sides are interested and not yet in contact.",
            "仅在双方有意且尚未互换联系方式时可操作。",
        )


async def _check_contact(session: AsyncSession, organisation_id: uuid.UUID, contact: Person) -> None:
    theirs = (Membership.organisation_id == organisation_id, Membership.person_id == contact.id)
    member = await session.scalar(select(func.count()).select_from(Membership).where(*theirs))
    if not member or contact.disabled_at is not None:
        expected = "somebody of your own organisation"
        raise Invalid([FieldError(field="contact_id", expected=expected, expected_zh="须为本单位成员")])


@effect("introduction", "open")
async def _copy_contacts(session: AsyncSession, introduction: Introduction, event: ProcessEvent) -> None:
    for side in ("initiator", "recipient"):
        person = await session.get_one(Person, getattr(introduction, f"{side}_contact_id"))
        session.add(
            IntroductionContact(
                introduction_id=introduction.id,
                side=side,
                contacts_open=True,
                person_id=person.id,
                name=person.name,
                email=person.email,
            )
        )
    await session.flush()
    await letters.tell(session, "opened", introduction, "initiator", "recipient")


@effect("introduction", "expire")
async def _tell_of_expiry(session: AsyncSession, introduction: Introduction, event: ProcessEvent) -> None:
    await letters.tell(session, "expired", introduction, "initiator", "recipient")


def side_of(introduction: Introduction, actor: Actor) -> str:
    """Which of the two sides the actor's organisation is."""
    if actor.organisation_id == introduction.initiator_id:
        return "initiator"
    if actor.organisation_id == introduction.recipient_id:
        return "recipient"
    raise Forbidden("sides-only", "This is for the two sides.", "仅限对接双方操作。")


def _other(side: str) -> str:
    return "recipient" if side == "initiator" else "initiator"


def _acting(session: AsyncSession, introduction: Introduction) -> Actor:
    actor = actor_of(session)
    return actor.acting_as(side_of(introduction, actor))
