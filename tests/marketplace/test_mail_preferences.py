"""Who chose so gets mails once a day together, or not at all; what must be sent is sent."""

import ast
from pathlib import Path

import pytest
from sqlalchemy import select

import marketplace
from marketplace import mail
from marketplace.actors import system
from marketplace.clock import SetClock
from marketplace.database import Sessions, transaction
from marketplace.jobs import Context, drain
from marketplace.mail import Mail, Mailer
from marketplace.mail_preferences import TOPICS, Frequency, choose, preferences_of, topic_of
from marketplace.people.models import Person
from tests.marketplace.test_mail import Postman

ME = system("test")
# Not a matter of taste: addresses to prove, passwords, invitations, money with its deadlines, the day's mail itself.
ALWAYS = ("account-", "verify-email", "sign-up-again", "reset", "invitation", "payment-x", "webhook-disabled", "daily")


async def reader(sessions: Sessions, **wanted: Frequency) -> None:
    async with transaction(sessions, ME) as session:
        person = Person(email="Li@Example.org", name="Li", password_hash="none", language="zh")
        session.add(person)
        await session.flush()
        await choose(session, person=person, wanted={"deals": "immediately"})
        await choose(session, person=person, wanted=wanted)
        assert await preferences_of(session, person) == dict.fromkeys(TOPICS, "immediately") | wanted


async def put(sessions: Sessions, kind: str, subject: str) -> None:
    async with transaction(sessions, ME) as session:
        await mail.send(session, to="li@example.org", subject=subject, text=f"{subject}: 正文", kind=kind)


async def test_a_day_is_one_mail_and_what_nobody_wants_is_none(sessions: Sessions, clock: SetClock) -> None:
    postman = Postman()
    context = Context(sessions=sessions, clock=clock, tools={Mailer: postman})
    await reader(sessions, deals="daily", needs="never")
    for kind, subject in (("deal-step", "One"), ("need-answer", "Two"), ("report-due", "Three"), ("reset", "Four")):
        await put(sessions, kind, subject)
    await drain(context)
    assert [message["Subject"] for message in postman.delivered] == ["Four"]
    for _ in range(2):  # a day's mail leaves once
        await mail.fold(context)
        await drain(context)
    (_, daily) = postman.delivered
    assert "2 条消息" in daily["Subject"]
    text = daily.get_content()
    assert text.index("■ One") < text.index("One: 正文") < text.index("■ Three")
    assert "Two" not in text
    async with sessions() as session:
        left = (await session.scalars(select(Mail).where(Mail.sent_at.is_(None)))).all()
    assert left == []


async def test_who_is_not_known_gets_everything_at_once(sessions: Sessions, clock: SetClock) -> None:
    postman = Postman()
    await put(sessions, "deal-step", "One")
    await drain(Context(sessions=sessions, clock=clock, tools={Mailer: postman}))
    assert len(postman.delivered) == 1


@pytest.mark.parametrize("kind", ALWAYS)
def test_what_must_be_sent_cannot_be_turned_off(kind: str) -> None:
    assert topic_of(kind) is None


def test_every_other_kind_of_mail_has_a_topic() -> None:
    found = {kind for path in Path(marketplace.__file__).parent.rglob("*.py") for kind in _kinds(path)}
    assert len(found) > len(TOPICS)
    missing = {kind for kind in found if topic_of(kind) is None and not kind.startswith((*ALWAYS, "payment-"))}
    assert not missing, f"say in TOPICS what these are about, or here that they are always sent: {missing}"


def _kinds(path: Path) -> list[str]:
    """The kinds that calls of `send` in a file name outright, or begin."""
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    sent = [call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "send"]
    values = [word.value for call in sent for word in call.keywords if word.arg == "kind"]
    said = [value.values[0] if isinstance(value, ast.JoinedStr) else value for value in values]
    return [one.value for one in said if isinstance(one, ast.Constant) and isinstance(one.value, str)]
