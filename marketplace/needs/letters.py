"""Mail about needs, solutions and consultations, in the reader's language. No letter says who is behind any of them."""

import datetime
import uuid

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace import mail
from marketplace.clock import to_the_minute
from marketplace.needs.models import Consultation, Need, Solution
from marketplace.needs.process import ANSWER_WITHIN, CLOSING_REASONS, REASONS
from marketplace.people.models import Membership, Organisation
from marketplace.people.readers import readers
from marketplace.process import ProcessEvent, effect
from scoring.technology import Text

_LETTERS = {
    "proposed": {
        "zh": ("您的需求收到新方案", "需求 {id} 收到一项技术方案，{due} 起可登录查看。"),
        "en": ("A solution was proposed", "Need {id} has a new solution; you can read it from {due}."),
    },
    "shortlist": {
        "zh": ("您的方案已入围", "您提出的方案 {id} 已入围，请等待需求方决定。"),
        "en": ("Your solution is shortlisted", "Solution {id}, which you proposed, is on the seeker's shortlist."),
    },
    "accept": {
        "zh": ("您的方案已被采纳", "您提出的方案 {id} 已被采纳，请登录查看后续步骤。"),
        "en": ("Your solution was accepted", "Solution {id}, which you proposed, was accepted; sign in to go on."),
    },
    "decline": {
        "zh": ("您的方案未被采纳", "您提出的方案 {id} 未被采纳。理由：{reason}。"),
        "en": ("Your solution was not taken", "Solution {id}, which you proposed, was not taken. The reason: {reason}"),
    },
    "expire": {
        "zh": ("您的需求已到期", "需求 {id} 已到期；如仍需解决，可重新发布。"),
        "en": ("Your need has expired", "Need {id} has expired; if it still stands, publish it anew."),
    },
    "assign": {
        "zh": ("有一项咨询待您答复", "咨询 {id} 已分派给贵机构，请在 {due} 前答复。"),
        "en": ("A consultation waits for you", "Consultation {id} is yours to answer; please do by {due}."),
    },
    "answer": {
        "zh": ("您的咨询已有答复", "咨询 {id} 已有专家答复，请登录查看；如未解决，可重新开启。"),
        "en": ("Your consultation was answered", "Consultation {id} has an answer; if it does not help, reopen it."),
    },
    "escalate": {
        "zh": ("咨询超时未受理", "咨询 {id} 超时未受理，请尽快分派。"),
        "en": ("A consultation waits too long", "Nobody has taken consultation {id} in time; please assign it."),
    },
    "return": {
        "zh": ("咨询被退回", "咨询 {id} 未按时答复或被退回，请重新分派。"),
        "en": ("A consultation came back", "Consultation {id} was not answered; please assign it anew."),
    },
}
_NONE = Text()
_OPERATORS = Organisation.kind == "operator"


async def tell_of_proposal(session: AsyncSession, need: Need, solution: Solution) -> None:
    """The seeker learns that there is one, and no more before the embargo ends."""
    opens = max(need.embargo_until or solution.created_at, solution.created_at)
    await _tell(session, "proposed", need, _of(need.organisation_id), due=opens)


def _of(organisation_id: uuid.UUID | None) -> ColumnElement[bool]:
    return (Membership.organisation_id == organisation_id) & (Membership.role != "viewer")


@effect("solution", "shortlist")
@effect("solution", "accept")
@effect("solution", "decline")
async def _proposer(session: AsyncSession, solution: Solution, event: ProcessEvent) -> None:
    reason = (REASONS | CLOSING_REASONS).get(solution.reason_code or "", _NONE)
    await _tell(session, event.transition, solution, _of(solution.proposer_id), reason=reason)


@effect("need", "expire")
async def _seeker(session: AsyncSession, need: Need, event: ProcessEvent) -> None:
    await _tell(session, event.transition, need, _of(need.organisation_id))


@effect("consultation", "assign")
async def _expert(session: AsyncSession, consultation: Consultation, event: ProcessEvent) -> None:
    await _tell(session, event.transition, consultation, _of(consultation.assignee_id), due=event.at + ANSWER_WITHIN)


@effect("consultation", "answer")
async def _asker(session: AsyncSession, consultation: Consultation, event: ProcessEvent) -> None:
    await _tell(session, event.transition, consultation, _of(consultation.organisation_id))


@effect("consultation", "escalate")
@effect("consultation", "return")
async def _operators(session: AsyncSession, consultation: Consultation, event: ProcessEvent) -> None:
    await _tell(session, event.transition, consultation, _OPERATORS)


async def _tell(
    session: AsyncSession,
    kind: str,
    subject: Need | Solution | Consultation,
    whose: ColumnElement[bool],
    *,
    due: datetime.datetime | None = None,
    reason: Text = _NONE,
) -> None:
    for person in await readers(session, whose):
        language = "zh" if person.language == "zh" else "en"
        title, text = _LETTERS[kind][language]
        when = to_the_minute(due) if due else ""
        said = text.format(id=subject.id, due=when, reason=reason.in_language(language).rstrip("。"))
        await mail.send(session, to=person.email, subject=title, text=said, kind=f"need-{kind}")
