"""The append-only log of every change, hash-chained; it is the feed of events at the same time.

Whatever the ORM writes is logged by itself: one entry an object, with who, what, and before and after of each field.
Statements that bypass the ORM call `record`.

An entry is written in the transaction of its change, without number and hash, so that writers never wait for one
another. `seal` then numbers what is committed, in one order, and chains it: entry n's hash covers entry n and hash n-1.
Reading the feed seals first, the worker does so every minute. The application's role can insert entries
and do nothing else to them; only the sealing function, which belongs to the owner, fills in number and hash, once.
"""

import datetime
import uuid
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import msgspec
from sqlalchemy import Index, LargeBinary, Uuid, event, func, inspect, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, Mapper, Session, UOWTransaction, mapped_column

from marketplace.actors import Actor, actor_of
from marketplace.base import Base

HIDDEN = "[secret]"


class AuditEntry(Base):
    """`changes` is `{field: [before, after]}`. `audience` are the organisations whose feed shows the entry."""

    __tablename__ = "audit_entry"
    __audited__: ClassVar[bool] = False

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, server_default=func.uuidv7(monotonic=True))
    at: Mapped[datetime.datetime] = mapped_column(server_default=func.clock_timestamp())
    actor_kind: Mapped[str]
    actor_id: Mapped[uuid.UUID | None]
    actor_name: Mapped[str] = mapped_column(server_default="")
    organisation_id: Mapped[uuid.UUID | None]
    action: Mapped[str]
    subject_type: Mapped[str]
    subject_id: Mapped[str]
    changes: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    audience: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(Uuid()), server_default="{}")
    sequence: Mapped[int | None]
    hash: Mapped[bytes | None] = mapped_column(LargeBinary)

    __table_args__ = (
        Index("uq_audit_entry_sequence", "sequence", unique=True),
        Index("ix_audit_entry_unsealed", "id", postgresql_where=text("sequence IS NULL")),
        Index("ix_audit_entry_subject", "subject_type", "subject_id"),
        Index("ix_audit_entry_audience", "audience", postgresql_using="gin"),
    )


# Written as plain rows: the ORM would also write the two columns that only the sealing function may.
_LOG = AuditEntry.metadata.tables[AuditEntry.__tablename__]


async def record(
    session: AsyncSession,
    action: str,
    subject: Base,
    *,
    changes: dict[str, tuple[Any, Any]] | None = None,
    data: dict[str, Any] | None = None,
    audience: Sequence[uuid.UUID] | None = None,
    actor: Actor | None = None,
) -> None:
    """Log a change that did not go through the ORM, or an event without one ("listing.viewed")."""
    readers = _audience(subject) if audience is None else list(audience)
    await session.flush()  # the subject may be waiting for its id
    entry = _entry(actor or actor_of(session), action, subject, changes=_plain(changes or {}), audience=readers)
    await session.execute(_LOG.insert(), [entry | {"data": _plain(data or {})}])


async def record_each(session: AsyncSession, action: str, subjects: Sequence[Base]) -> None:
    """Log the same event of several subjects, in one statement."""
    if subjects:
        await session.flush()
        actor = actor_of(session)
        entries = (_entry(actor, action, one, changes={}, audience=_audience(one)) for one in subjects)
        await session.execute(_LOG.insert(), [entry | {"data": {}} for entry in entries])


async def seal(session: AsyncSession) -> int:
    """Number and chain what has been committed since the last time; how many entries that were."""
    return int((await session.execute(select(func.audit_seal()))).scalar_one())


async def feed(
    session: AsyncSession, *, after: int = 0, limit: int = 100, organisation_id: uuid.UUID | None = None
) -> Sequence[AuditEntry]:
    """Events in their one order, from sequence number `after` on; for one organisation or, without, for the operator.

    Whoever remembers the last number misses nothing and sees nothing twice.
    """
    await seal(session)
    query = select(AuditEntry).where(AuditEntry.sequence > after).order_by(AuditEntry.sequence).limit(limit)
    if organisation_id is not None:
        query = query.where(
            or_(AuditEntry.audience.contains([organisation_id]), AuditEntry.organisation_id == organisation_id)
        )
    return (await session.scalars(query)).all()


@event.listens_for(Session, "after_flush")
def _log_what_was_written(session: Session, _: UOWTransaction) -> None:
    rows = list(_entries(session))
    if rows:
        session.connection().execute(_LOG.insert(), rows)


def _entries(session: Session) -> Iterator[dict[str, Any]]:
    for verb, objects in (("created", session.new), ("updated", session.dirty), ("deleted", session.deleted)):
        for subject in objects:
            if not (isinstance(subject, Base) and subject.__audited__):
                continue
            changes = dict(_changes(subject, verb))
            if changes or verb != "updated":
                action = f"{subject.__tablename__}.{verb}"
                yield _entry(actor_of(session), action, subject, changes=changes, audience=_audience(subject))


def _changes(subject: Base, verb: str) -> Iterator[tuple[str, Any]]:
    state = inspect(subject)
    mapper: Mapper[Any] = state.mapper
    for attribute in mapper.column_attrs:
        column, key = attribute.columns[0], attribute.key
        # Only what is at hand: logging must not load anything.
        value, history = state.dict.get(key), state.attrs[key].history
        if verb == "updated":
            if not history.has_changes():
                continue
            before = history.deleted[0] if history.deleted else None
            pair = (before, value)
        else:
            pair = (None, value) if verb == "created" else (value, None)
        if pair != (None, None):
            yield column.name, _hidden(pair) if column.info.get("secret") else _plain(pair)


def _hidden(pair: tuple[Any, Any]) -> list[str | None]:
    return [None if value is None else HIDDEN for value in pair]


def _entry(actor: Actor, action: str, subject: Base, *, changes: Any, audience: list[uuid.UUID]) -> dict[str, Any]:
    return {
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "actor_name": actor.name,
        "organisation_id": actor.organisation_id,
        "action": action,
        "subject_type": subject.__tablename__,
        "subject_id": ",".join(str(part) for part in inspect(subject).mapper.primary_key_from_instance(subject)),
        "changes": changes,
        "data": {},
        "audience": audience,
    }


def _audience(subject: Base) -> list[uuid.UUID]:
    values = inspect(subject).dict
    owners = [values.get(column) for column in subject.__audience__]
    return [owner for owner in owners if isinstance(owner, uuid.UUID)]


def _plain(value: Any) -> Any:
    return msgspec.to_builtins(value, enc_hook=str)
