"""Mail to reviewers, in their language. No letter says what is reviewed."""

import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace import mail
from marketplace.clock import to_the_minute
from marketplace.people.models import Person
from marketplace.review.models import Reviewer

_LETTERS = {
    "asked": {
        "zh": ("邀请您担任评审专家", "您被列入一次征集的评审专家库（编号 {id}）。评审开始后请登录，先声明利益关系。"),
        "en": ("Invitation to review", "You are in the pool of a call's reviewers (no. {id}). Once it opens, sign in "
               "and declare your interests first."),
    },
    "declare": {
        "zh": ("请声明利益关系", "评审（编号 {id}）已开始，请登录声明利益关系；截止 {due}。"),
        "en": ("Please declare your interests", "The reviews (no. {id}) have begun. Sign in and declare your "
               "interests; everything is due on {due}."),
    },
    "assigned": {
        "zh": ("您有新的评审任务", "您有 {count} 份申请待评审（编号 {id}），截止 {due}。"),
        "en": ("Applications to review", "There are {count} applications for you to review (no. {id}), due on {due}."),
    },
    "remind": {
        "zh": ("提醒：评审即将截止", "您还有 {count} 份评审未提交（编号 {id}），截止 {due}。"),
        "en": ("Reminder: reviews are due", "You have {count} reviews to submit (no. {id}), due on {due}."),
    },
}  # fmt: skip


async def tell_reviewer(
    session: AsyncSession, kind: str, reviewer: Reviewer, *, due: datetime.datetime, count: int = 0
) -> None:
    person = await session.get_one(Person, reviewer.person_id)
    subject, text = _LETTERS[kind]["zh" if person.language == "zh" else "en"]
    said = text.format(id=reviewer.id, due=to_the_minute(due), count=count)
    await mail.send(session, to=person.email, subject=subject, text=said, kind=f"review-{kind}")
