"""Mail about assessments, in the language of whoever reads it. No letter names an assessor or says what is judged."""

import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace import mail
from marketplace.assessments.models import Assessor, Assignment, ListingAssessment
from marketplace.clock import to_the_minute
from marketplace.people.models import Organisation, Person
from marketplace.people.readers import readers

_LETTERS = {
    "invited": {
        "zh": (
            "邀请您参与技术评估",
            "平台邀请您评估一项技术（编号 {id}）。请于 {due} 前登录，声明利益关系后查看内容。",
        ),
        "en": (
            "Invitation to assess a technology",
            "You are asked to assess a technology (no. {id}). Please sign in by {due} and declare your interests; "
            "then you can read it.",
        ),
    },
    "remind-invited": {
        "zh": ("提醒：请答复评估邀请", "评估邀请（编号 {id}）将于 {due} 失效。"),
        "en": ("Reminder: please answer", "The invitation to assess (no. {id}) ends on {due}."),
    },
    "remind-declared": {
        "zh": ("提醒：请提交评分", "评估（编号 {id}）的评分截止时间为 {due}。"),
        "en": ("Reminder: your score is due", "Your score (no. {id}) is due on {due}."),
    },
    "further-review": {
        "zh": ("评估需要补充评审", "评估 {id} 的区间跨越门槛，请确认一位补充评审专家。"),
        "en": ("A further assessor is needed", "The interval of assessment {id} crosses its bar; confirm one more."),
    },
    "assessor-missing": {
        "zh": ("评估缺少专家", "评估 {id} 有专家谢绝或超期，请另行指派。"),
        "en": ("An assessor is missing", "In assessment {id} somebody declined or let it expire; assign another."),
    },
    "ready-to-decide": {
        "zh": ("评估可以作出决定", "评估 {id} 的评分已齐。"),
        "en": ("An assessment can be decided", "All scores of assessment {id} are in."),
    },
    "decided": {
        "zh": ("您的技术评估已有结果", "评估 {id} 已作出决定，请登录查看理由与条件。"),
        "en": ("Your assessment is decided", "Assessment {id} is decided; sign in to read the reasons and conditions."),
    },
}


async def tell_assessor(
    session: AsyncSession, kind: str, assignment: Assignment, assessor: Assessor, due: datetime.datetime
) -> None:
    person = await session.get_one(Person, assessor.person_id)
    await _send(session, person, kind, id=str(assignment.id), due=to_the_minute(due))


async def tell_operators(session: AsyncSession, kind: str, assessment: ListingAssessment) -> None:
    for person in await readers(session, Organisation.kind == "operator"):
        await _send(session, person, kind, id=str(assessment.id))


async def tell_holder(session: AsyncSession, kind: str, assessment: ListingAssessment) -> None:
    for person in await readers(session, Organisation.id == assessment.listing.organisation_id):
        await _send(session, person, kind, id=str(assessment.id))


async def _send(session: AsyncSession, person: Person, kind: str, **values: str) -> None:
    subject, text = _LETTERS[kind]["zh" if person.language == "zh" else "en"]
    await mail.send(session, to=person.email, subject=subject, text=text.format(**values), kind=f"assessment-{kind}")
