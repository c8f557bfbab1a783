"""Which mails a person gets, by what they are about: each as it comes, once a day together, or never.

What proves an address, opens an account, or is about money and deadlines one has agreed to, is always sent.
"""

import uuid
from collections.abc import Mapping
from typing import Literal, NamedTuple, cast, get_args

from sqlalchemy import CheckConstraint, ForeignKey, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from marketplace import audit
from marketplace.base import Record, unique
from marketplace.errors import FieldError, Invalid
from marketplace.people.models import Person
from scoring.technology import Text

Frequency = Literal["immediately", "daily", "never"]
USUALLY: Frequency = "immediately"


class Topic(NamedTuple):
    """Mails of the kinds that begin with one of `kinds`."""

    kinds: tuple[str, ...]
    label: Text
    about: Text


TOPICS: Mapping[str, Topic] = {
    "introductions": Topic(
        ("introduction-",),
        Text(zh="对接意向", en="Introductions"),
        Text(zh="有人表达意向、回应或征得同意", en="Somebody is interested, answers, or agrees"),
    ),
    "applications": Topic(
        ("application-",),
        Text(zh="征集与申报", en="Calls and applications"),
        Text(zh="申报的邀请、决定与征集的变更", en="Invitations, decisions, and calls that change"),
    ),
    "reviews": Topic(
        ("review-", "assessment-"),
        Text(zh="评审与评估", en="Reviews and assessments"),
        Text(zh="新的任务、期限提醒与结果", en="New work, its deadlines, and what came of it"),
    ),
    "rooms": Topic(
        ("room-",),
        Text(zh="资料室", en="Data rooms"),
        Text(zh="准入、问题与答复", en="Who may come in, questions and answers"),
    ),
    "deals": Topic(
        ("deal-", "report-"),
        Text(zh="交易与投后报告", en="Deals and their reports"),
        Text(zh="对方的每一步，以及到期的报告", en="Each step of the other side, and reports that are due"),
    ),
    "needs": Topic(
        ("need-",),
        Text(zh="需求与咨询", en="Needs and consultations"),
        Text(zh="收到的方案与答复", en="Solutions and answers that came in"),
    ),
    "events": Topic(
        ("event-",),
        Text(zh="活动", en="Events"),
        Text(zh="席位、时间变更与提醒", en="Your seat, new times, and reminders"),
    ),
    "alerts": Topic(
        ("screen-", "watch-", "search-"),
        Text(zh="筛选、关注与搜索提醒", en="Screens, watched technologies and searches"),
        Text(zh="有新增或变化", en="Something is new or has changed"),
    ),
    "listings": Topic(
        ("renewal-",),
        Text(zh="技术条目", en="Your technologies"),
        Text(zh="条目到期前提醒续期", en="Before a listing runs out"),
    ),
}


class MailPreference(Record):
    """What a person chose for a topic; without a row it is `USUALLY`."""

    __tablename__ = "mail_preference"

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    topic: Mapped[str]
    frequency: Mapped[str]

    __table_args__ = (
        unique(
            "person_id", "topic",
            code="chosen-already", message="This was chosen already.", message_zh="该项已设置。",
        ),
        CheckConstraint(
            f"frequency IN ({', '.join(repr(one) for one in get_args(Frequency))})", name="frequency_is_known"
        ),
    )  # fmt: skip


def topic_of(kind: str) -> str | None:
    """What a mail is about; None for those that are always sent."""
    return next((name for name, topic in TOPICS.items() if kind.startswith(topic.kinds)), None)


async def frequency_of(session: AsyncSession, *, to: str, kind: str) -> str:
    """How often a mail of this kind goes to an address; at once to addresses of nobody we know."""
    topic = topic_of(kind)
    if topic is None:
        return USUALLY
    query = select(MailPreference.frequency).join(Person, Person.id == MailPreference.person_id)
    mine = (func.lower(Person.email) == to.lower(), MailPreference.topic == topic)
    return await session.scalar(query.where(*mine)) or USUALLY


async def preferences_of(session: AsyncSession, person: Person) -> dict[str, Frequency]:
    """By topic, all of them."""
    query = select(MailPreference.topic, MailPreference.frequency).where(MailPreference.person_id == person.id)
    chosen = dict((await session.execute(query)).all())
    # The table's own check names the frequencies there are.
    return {topic: cast("Frequency", chosen.get(topic, USUALLY)) for topic in TOPICS}


async def choose(session: AsyncSession, *, person: Person, wanted: Mapping[str, Frequency]) -> None:
    """From now on, for the topics that are named; what waits for tomorrow's mail already still comes with it."""
    if unknown := wanted.keys() - TOPICS.keys():
        expected = f"one of {', '.join(TOPICS)}"
        named = (FieldError(field=f"topics.{name}", expected=expected, expected_zh="没有此类邮件") for name in unknown)
        raise Invalid(sorted(named, key=lambda fault: fault.field))
    rows = [{"person_id": person.id, "topic": topic, "frequency": often} for topic, often in wanted.items()]
    if not rows:
        return
    new = insert(MailPreference).values(rows)
    kept = new.on_conflict_do_update(index_elements=["person_id", "topic"], set_={"frequency": new.excluded.frequency})
    await session.execute(kept)
    await audit.record(session, "mail_preference.chosen", person)
