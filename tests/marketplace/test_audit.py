import asyncio
import uuid

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace import audit, audit_chain
from marketplace.actors import Actor
from marketplace.audit import AuditEntry
from marketplace.database import Sessions, transaction
from marketplace.embedded import EmbeddedPostgres, Role
from marketplace.mail import Mail

ORGANISATION = uuid.uuid4()
PERSON = Actor(kind="person", id=uuid.uuid4(), organisation_id=ORGANISATION, name="Li Wei")


def a_mail(subject: str = "Hello") -> Mail:
    return Mail(to="li@example.org", subject=subject, text="https://…/token", kind="test")


async def entries(session: AsyncSession) -> list[AuditEntry]:
    await session.flush()
    return list((await session.scalars(select(AuditEntry).order_by(AuditEntry.id))).all())


async def test_each_change_says_who_what_and_before_and_after(session: AsyncSession) -> None:
    mail = a_mail()
    session.add(mail)
    await session.flush()
    mail.subject = "Good bye"
    await session.flush()
    await session.delete(mail)
    created, updated, deleted = await entries(session)
    assert [created.action, updated.action, deleted.action] == ["mail.created", "mail.updated", "mail.deleted"]
    assert created.changes["subject"] == [None, "Hello"]
    assert updated.changes == {"subject": ["Hello", "Good bye"]}
    assert deleted.changes["subject"] == ["Good bye", None]
    assert created.subject_id == str(mail.id)
    assert (created.actor_kind, created.actor_name) == ("system", "test")


async def test_secrets_are_not_logged(session: AsyncSession) -> None:
    session.add(a_mail())
    (entry,) = await entries(session)
    assert entry.changes["text"] == [None, audit.HIDDEN]
    assert "token" not in str(entry.changes)


async def test_nothing_changes_without_somebody_doing_it(sessions: Sessions) -> None:
    async with sessions() as session:
        session.add(a_mail())
        with pytest.raises(RuntimeError, match="nobody is acting"):
            await session.flush()


async def test_what_is_rolled_back_is_not_logged(session: AsyncSession) -> None:
    async with session.begin_nested() as inner:
        session.add(a_mail())
        await session.flush()
        await inner.rollback()
    assert await entries(session) == []


async def test_feed_is_numbered_without_gaps_and_shows_each_organisation_its_own(sessions: Sessions) -> None:
    async with transaction(sessions, PERSON) as session:
        session.add_all([a_mail(), a_mail()])
    async with transaction(sessions, Actor(kind="operator")) as session:
        mail = a_mail()
        session.add(mail)
        await audit.record(session, "mail.shown", mail, audience=[ORGANISATION])
    async with sessions() as session:
        everything = await audit.feed(session)
        mine = await audit.feed(session, organisation_id=ORGANISATION)
        rest = await audit.feed(session, after=everything[1].sequence or 0)
    assert [entry.sequence for entry in everything] == [1, 2, 3, 4]
    assert [entry.sequence for entry in mine] == [1, 2, 4]
    assert [entry.action for entry in rest] == ["mail.created", "mail.shown"]


async def test_concurrent_writers_and_sealers_make_one_chain(committed: Sessions) -> None:
    async def write() -> None:
        for _ in range(10):
            async with transaction(committed, PERSON) as session:
                session.add(a_mail())

    async def seal() -> None:
        for _ in range(10):
            async with committed.begin() as session:
                await audit.seal(session)

    await asyncio.gather(*(write() for _ in range(6)), *(seal() for _ in range(4)))
    async with committed.begin() as session:
        assert [entry.sequence for entry in await audit.feed(session)] == list(range(1, 61))
        assert await audit_chain.verify(session) == audit_chain.Verdict(entries=60)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET action = 'x'",
        "UPDATE audit_entry SET sequence = 99",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
        "INSERT INTO audit_entry (actor_kind, action, subject_type, subject_id, sequence) VALUES ('', '', '', '', 7)",
        "UPDATE process_event SET note = 'x'",
        "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
    ],
)
async def test_application_cannot_rewrite_the_log(session: AsyncSession, statement: str) -> None:
    with pytest.raises(DBAPIError) as refused:
        await session.execute(text(statement))
    assert refused.value.orig.sqlstate == "42501"


@pytest.mark.parametrize("role", [Role.OWNER, Role.ADMIN])
def test_owner_cannot_rewrite_it_by_mistake(cluster: EmbeddedPostgres, database: str, role: Role) -> None:
    with cluster.connect(role, database) as connection:
        for statement in ("DELETE FROM audit_entry", "TRUNCATE audit_entry", "DELETE FROM process_event"):
            with pytest.raises(Exception, match="append-only"):
                connection.execute(statement)


TAMPERING = {
    "changed-byte": "UPDATE audit_entry SET action = 'Mail.created' WHERE sequence = 3",
    "changed-hash": "UPDATE audit_entry SET hash = sha256('x') WHERE sequence = 5",
    "deleted-row": "DELETE FROM audit_entry WHERE sequence = 3",
    "swapped-pair": "UPDATE audit_entry SET sequence = CASE sequence WHEN 3 THEN 4 ELSE 3 END WHERE sequence IN (3, 4)",
    "backdated": "UPDATE audit_entry SET at = at - interval '1 microsecond' WHERE sequence = 3",
}


@pytest.mark.parametrize("statement", TAMPERING.values(), ids=TAMPERING.keys())
async def test_tampering_by_the_superuser_is_found(
    cluster: EmbeddedPostgres, database: str, committed: Sessions, statement: str
) -> None:
    async with transaction(committed, PERSON) as session:
        session.add_all([a_mail(str(number)) for number in range(6)])
    async with committed.begin() as session:
        await audit.seal(session)
        assert await audit_chain.verify(session) == audit_chain.Verdict(entries=6)
    with cluster.connect(Role.ADMIN, database) as admin, admin.transaction():
        admin.execute("SET LOCAL session_replication_role = replica")
        admin.execute("DROP INDEX uq_audit_entry_sequence")
        admin.execute(statement)
        admin.execute("CREATE UNIQUE INDEX uq_audit_entry_sequence ON audit_entry (sequence)")
    async with committed.begin() as session:
        verdict = await audit_chain.verify(session)
    assert verdict.broken_at in (3, 5)


async def test_cut_tail_is_found_by_the_anchor_outside(
    cluster: EmbeddedPostgres, database: str, committed: Sessions
) -> None:
    async with transaction(committed, PERSON) as session:
        session.add_all([a_mail(str(number)) for number in range(4)])
    async with committed.begin() as session:
        anchor = await audit_chain.head(session, key=b"k")
    with cluster.connect(Role.ADMIN, database) as admin, admin.transaction():
        admin.execute("SET LOCAL session_replication_role = replica")
        admin.execute("DELETE FROM audit_entry WHERE sequence = 4")
    async with committed.begin() as session:
        assert (await audit_chain.verify(session)).broken_at is None
        assert (await audit_chain.verify(session, anchors=[anchor], key=b"k")).broken_at == 4
        assert (await audit_chain.verify(session, anchors=[anchor], key=b"other")).broken_at == 4
