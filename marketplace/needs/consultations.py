"""One matter, one consultation: handed over with its results, assigned, answered, and measured."""

import hashlib
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, false, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import Actor, actor_of
from marketplace.database import clock_of
from marketplace.errors import Conflict, FieldError, Invalid
from marketplace.listings.models import Listing
from marketplace.listings.process import PUBLISHED
from marketplace.needs.envelopes import published_envelopes
from marketplace.needs.interview import Answer, interview
from marketplace.needs.margins import Match, match
from marketplace.needs.models import Consultation, ConsultationAnswer, Need
from marketplace.needs.service import matches_of
from marketplace.needs.specification import Specification
from marketplace.people.models import Organisation
from marketplace.process import ProcessEvent, advance, begin
from scoring.technology import Text

RESULTS_MAX = 20
EXPERT_KINDS = ("assessor", "operator")
SECONDS_PER_DAY = 86_400


class ResponseTimes(Struct, frozen=True, kw_only=True):
    """Days from asking to the answer, over all answers; the quartiles are None until there is one."""

    answered: int
    waiting: int
    median_days: float | None
    quartile_low_days: float | None
    quartile_high_days: float | None


async def hand_over_need(session: AsyncSession, *, need: Need, question: str) -> Consultation:
    """A need with the technologies found for it."""
    found = await matches_of(session, need=need)
    return await _open(
        session,
        matter=f"need {need.id}",
        need_id=need.id,
        organisation_id=need.organisation_id,
        query="",
        specification=need.specification,
        results=_kept(found),
        question=question,
    )


async def hand_over_query(
    session: AsyncSession, *, asker: Organisation, text: str, answers: Sequence[Answer], question: str
) -> Consultation:
    """A query in plain words with the answers given to the interviewer, and what they led to."""
    technologies = await published_envelopes(session)
    heard = interview(text, answers, technologies)
    words = " ".join(text.casefold().split())
    given = msgspec.json.encode(sorted((answer.question, answer.option) for answer in answers)).decode()
    return await _open(
        session,
        matter=f"query {asker.id} {words} {given}",
        organisation_id=asker.id,
        query=text,
        specification=msgspec.to_builtins(heard.specification),
        results=_kept(match(heard.specification, technologies)),
        question=question,
    )


async def _open(session: AsyncSession, *, matter: str, **columns: Any) -> Consultation:
    consultation = Consultation(
        matter_hash=hashlib.sha256(matter.encode()).digest(), opened_at=clock_of(session).now(), version=1, **columns
    )
    await begin(session, consultation)
    return consultation


def _kept(matches: Sequence[Match]) -> list[dict[str, Any]]:
    return [
        {
            "listing_id": str(found.technology.id),
            "name": msgspec.to_builtins(found.technology.name),
            "fit": found.fit,
            "binding": found.binding.limit if found.binding else None,
            "margin": found.binding.typical if found.binding else None,
            "unknown": found.unknown,
            "missed": found.missed,
        }
        for found in matches[:RESULTS_MAX]
    ]


def consultation_specification(consultation: Consultation) -> Specification:
    return msgspec.convert(consultation.specification, Specification)


async def assign_consultation(
    session: AsyncSession, *, consultation: Consultation, assignee: Organisation
) -> ProcessEvent:
    """Give it to staff or to experts; giving it to others later is the same step."""
    if assignee.kind not in EXPERT_KINDS or assignee.state != "verified":
        expected = "a verified organisation of assessors or the platform's own"
        field = FieldError(
            field="organisation_id",
            value=str(assignee.id),
            expected=expected,
            expected_zh="须为已核验的评估机构或平台方",
        )
        raise Invalid([field])
    if assignee.id == consultation.organisation_id:
        raise Conflict("own-matter", "Nobody answers a matter of their own.", "不能由提问方自行答复。")
    consultation.assignee_id = assignee.id
    return await advance(session, consultation, "assign")


async def answer_consultation(
    session: AsyncSession, *, consultation: Consultation, text: Text, listing_ids: Sequence[uuid.UUID] = ()
) -> ConsultationAnswer:
    """Answer the matter, perhaps with technologies to look at; each opening has one answer."""
    await _check_listings(session, listing_ids)
    assert consultation.assignee_id is not None  # noqa: S101 - only the assignee gets here
    await advance(session, consultation, "answer", actor=actor_of(session).acting_as("expert"))
    answer = ConsultationAnswer(
        consultation_id=consultation.id,
        number=len(await answers_of(session, consultation)) + 1,
        organisation_id=consultation.assignee_id,
        text=text,
        listing_ids=[str(listing_id) for listing_id in listing_ids],
        asked_at=consultation.opened_at,
        answered_at=clock_of(session).now(),
    )
    session.add(answer)
    await session.flush()
    return answer


async def _check_listings(session: AsyncSession, listing_ids: Sequence[uuid.UUID]) -> None:
    query = select(Listing.id).where(Listing.id.in_(listing_ids), Listing.state == PUBLISHED)
    known = set((await session.scalars(query)).all())
    if faults := list(_unknown(listing_ids, known)):
        raise Invalid(faults)


def _unknown(listing_ids: Sequence[uuid.UUID], known: set[uuid.UUID]) -> Iterator[FieldError]:
    for number, listing_id in enumerate(listing_ids):
        if listing_id not in known:
            yield FieldError(
                field=f"listing_ids.{number}", value=str(listing_id),
                expected="a published technology", expected_zh="须为已发布的技术",
            )  # fmt: skip


async def move_consultation(
    session: AsyncSession, *, consultation: Consultation, transition: str, role: str, note: str = ""
) -> ProcessEvent:
    """Return, close, reopen or archive; what is reopened begins to wait anew."""
    event = await advance(session, consultation, transition, actor=actor_of(session).acting_as(role), note=note)
    if transition == "reopen":
        consultation.opened_at = clock_of(session).now()
        await session.flush()
    return event


async def answers_of(session: AsyncSession, consultation: Consultation) -> Sequence[ConsultationAnswer]:
    query = select(ConsultationAnswer).where(ConsultationAnswer.consultation_id == consultation.id)
    return (await session.scalars(query.order_by(ConsultationAnswer.number))).all()


def consultation_visible_to(actor: Actor) -> ColumnElement[bool]:
    """Askers see theirs, experts those that are theirs to answer or were, staff all."""
    if "operator" in actor.roles:
        return true()
    if actor.organisation_id is None:
        return false()  # a matter that is not assigned yet has no assignee either, and is nobody else's to see
    return or_(Consultation.organisation_id == actor.organisation_id, Consultation.assignee_id == actor.organisation_id)


async def response_times(session: AsyncSession) -> ResponseTimes:
    """How long askers waited; what still waits is counted beside it and not left out silently."""
    waited = func.extract("epoch", ConsultationAnswer.answered_at - ConsultationAnswer.asked_at) / SECONDS_PER_DAY
    quartiles = [func.percentile_cont(share).within_group(waited) for share in (0.25, 0.5, 0.75)]
    answered, low, median, high = (await session.execute(select(func.count(ConsultationAnswer.id), *quartiles))).one()
    waiting = select(func.count(Consultation.id)).where(Consultation.state.in_(("open", "escalated", "assigned")))
    return ResponseTimes(
        answered=answered,
        waiting=await session.scalar(waiting) or 0,
        median_days=_days(median),
        quartile_low_days=_days(low),
        quartile_high_days=_days(high),
    )


def _days(value: Any) -> float | None:
    return None if value is None else round(float(value), 2)
