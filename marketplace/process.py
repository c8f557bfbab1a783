"""The one engine for every workflow: a process is data, and `advance` is the only way to change a state.

    LISTING = define(Process(
        name="listing", version=1, initial="draft",
        states=(State("draft"), State("submitted"), State("withdrawn", final=True)),
        transitions=(
            Transition("submit", ("draft",), "submitted", by={"holder"}),
            Transition("withdraw", ("draft", "submitted"), "withdrawn", by={"holder", "operator", "time"}),
        ),
        timers=(Timer("draft", "withdraw", after=timedelta(days=365)),),
    ))

A definition is checked when it is made: every state can be reached, every state leads to an end, and in every state
the operator has a way out. Changing a process means adding a version; what runs stays on the version it began with.
"""

import datetime
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, ClassVar

from sqlalchemy import Index, UniqueConstraint, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, attributes, mapped_column

from marketplace import audit
from marketplace.actors import TIME, Actor, actor_of
from marketplace.base import Base, Record
from marketplace.database import clock_of
from marketplace.errors import Conflict, FieldError, Forbidden, Invalid
from marketplace.jobs import Context, job
from marketplace.process_definition import (
    Process,
    ProcessError,
    State,
    Timer,
    Transition,
    define,
    defined,
    latest,
)

__all__ = [
    "InProcess",
    "Process",
    "ProcessError",
    "ProcessEvent",
    "State",
    "Timer",
    "Transition",
    "advance",
    "begin",
    "define",
    "defined",
    "effect",
    "history",
    "latest",
    "possible",
    "process_of",
]

Effect = Callable[[AsyncSession, Any, "ProcessEvent"], Awaitable[None]]
_EFFECTS: dict[tuple[str, str], list[Effect]] = {}


def effect(process: str, transition: str) -> Callable[[Effect], Effect]:
    """What always goes with a transition, whoever causes it (a timer, too), in the same transaction."""

    def register(run: Effect) -> Effect:
        _EFFECTS.setdefault((process, transition), []).append(run)
        return run

    return register


class InProcess:
    """Columns of a table whose rows run through the process named `__process__`. Only this module writes them."""

    __process__: ClassVar[str]

    state: Mapped[str]
    process_version: Mapped[int]
    # Counts the states entered: a timer knows by it whether its state was left meanwhile.
    state_entry: Mapped[int]
    state_since: Mapped[datetime.datetime]


class ProcessEvent(Record):
    """One step of one subject, kept for good and shown to whoever may see the subject."""

    __tablename__ = "process_event"
    __audited__: ClassVar[bool] = False

    subject_type: Mapped[str]
    subject_id: Mapped[uuid.UUID]
    entry: Mapped[int]
    process: Mapped[str]
    version: Mapped[int]
    transition: Mapped[str]
    from_state: Mapped[str | None]
    to_state: Mapped[str]
    at: Mapped[datetime.datetime]
    actor_kind: Mapped[str]
    actor_id: Mapped[uuid.UUID | None]
    organisation_id: Mapped[uuid.UUID | None]
    note: Mapped[str] = mapped_column(server_default="")
    data: Mapped[dict[str, Any]] = mapped_column(server_default="{}")

    __table_args__ = (
        UniqueConstraint("subject_type", "subject_id", "entry"),
        Index("ix_process_event_organisation_id", "organisation_id"),
    )


def process_of(subject: Any) -> Process:
    return defined(subject.__process__, subject.process_version)


def possible(subject: Any, actor: Actor) -> list[Transition]:
    """What `actor` could do with `subject` now: the buttons to show."""
    return [way for way in process_of(subject).leaving(subject.state) if way.by & actor.roles]


async def begin(
    session: AsyncSession, subject: Any, *, due: Mapping[str, datetime.datetime] | None = None
) -> "ProcessEvent":
    """Put a new subject into the initial state of the latest version, and add it to the session."""
    process, now = latest(subject.__process__), clock_of(session).now()
    subject.state, subject.process_version, subject.state_entry = process.initial, process.version, 0
    subject.state_since = now
    session.add(subject)
    await session.flush()
    return await _entered(session, process, subject, "begin", None, actor_of(session), due=due or {})


async def advance(
    session: AsyncSession,
    subject: Any,
    transition: str,
    *,
    actor: Actor | None = None,
    note: str = "",
    data: dict[str, Any] | None = None,
    due: Mapping[str, datetime.datetime] | None = None,
) -> "ProcessEvent":
    """Take one step: state, event, audit entry, effects and timers in the caller's transaction, or nothing of it.

    Parameters
    ----------
    actor
        Who does it, with the roles they have towards `subject`; by default whoever the session acts for.
    due
        When timers without a fixed duration are to go off, by the names of their transitions.

    Raises
    ------
    Conflict
        The subject is not in a state that this leaves, or somebody else moved it first.
    Forbidden
        The actor's roles may not do this.
    """
    actor = actor or actor_of(session)
    process = process_of(subject)
    way = _permitted(process, subject, transition, actor, note)
    source, now = subject.state, clock_of(session).now()
    await session.flush()
    if not await _compare_and_set(session, subject, way.target, now):
        raise Conflict("state-changed", "Somebody else was first; look again.", "他人已先行操作，请刷新后重试。")
    event = await _entered(session, process, subject, transition, source, actor, due=due or {}, note=note, data=data)
    for run in _EFFECTS.get((process.name, transition), ()):
        await run(session, subject, event)
    return event


def _permitted(process: Process, subject: Any, transition: str, actor: Actor, note: str) -> Transition:
    way = process.find(transition, subject.state)
    if way is None:
        raise Conflict(
            "not-in-this-state",
            f"{transition!r} is not possible in the state {subject.state!r}.",
            f"当前状态“{subject.state}”下不能执行“{transition}”。",
        )
    if not way.by & actor.roles:
        raise Forbidden("not-your-step", f"{transition!r} is for: {', '.join(sorted(way.by))}.", "您无权执行此操作。")
    if way.needs_note and not note.strip():
        raise Invalid([FieldError(field="note", expected="a reason", expected_zh="请填写理由")])
    return way


async def _compare_and_set(session: AsyncSession, subject: Any, target: str, now: datetime.datetime) -> bool:
    kind, entry = type(subject), subject.state_entry
    values = {"state": target, "state_entry": entry + 1, "state_since": now}
    moved = await session.execute(
        update(kind)
        .where(kind.id == subject.id, kind.state == subject.state, kind.state_entry == entry)
        .values(values)
        .returning(kind.id)
        .execution_options(synchronize_session=False)
    )
    if moved.first() is None:
        return False
    for name, value in values.items():
        attributes.set_committed_value(subject, name, value)
    return True


async def _entered(
    session: AsyncSession,
    process: Process,
    subject: Any,
    transition: str,
    source: str | None,
    actor: Actor,
    *,
    due: Mapping[str, datetime.datetime],
    note: str = "",
    data: dict[str, Any] | None = None,
) -> ProcessEvent:
    event = ProcessEvent(
        subject_type=subject.__tablename__, subject_id=subject.id, entry=subject.state_entry,
        process=process.name, version=process.version, transition=transition,
        from_state=source, to_state=subject.state, at=subject.state_since,
        actor_kind=actor.kind, actor_id=actor.id, organisation_id=actor.organisation_id, note=note, data=data or {},
    )  # fmt: skip
    session.add(event)
    await audit.record(
        session,
        f"{subject.__tablename__}.{transition}",
        subject,
        changes={"state": (source, subject.state)},
        data={"note": note} if note else {},
        actor=actor,
    )
    for timer in process.timers_of(subject.state):
        await _set(session, timer, subject, due)
    return event


async def _set(session: AsyncSession, timer: Timer, subject: Any, due: Mapping[str, datetime.datetime]) -> None:
    if timer.transition in due:
        at = due[timer.transition]
    elif timer.after is not None:
        at = subject.state_since + timer.after
    else:
        raise ValueError(f"say when {timer.transition!r} is due: advance(…, due={{{timer.transition!r}: …}})")
    await go_off.defer(
        session,
        at=at,
        subject_type=subject.__tablename__,
        subject_id=str(subject.id),
        entry=subject.state_entry,
        transition=timer.transition,
    )


@job("process.timer", retry=(10, 60, 600))
async def go_off(context: Context, *, subject_type: str, subject_id: str, entry: int, transition: str) -> None:
    """A timer: takes its step unless the state was left meanwhile."""
    kind = next(m.class_ for m in Base.registry.mappers if m.class_.__tablename__ == subject_type)
    async with context.transaction(TIME) as session:
        # Locked, so that the check and the step see the same state; whoever acts at the same moment is first or second.
        subject = (await session.scalars(select(kind).filter_by(id=uuid.UUID(subject_id)).with_for_update())).one()
        if subject.state_entry == entry:
            await advance(session, subject, transition, actor=TIME)


async def history(session: AsyncSession, subject: Any) -> Sequence[ProcessEvent]:
    query = select(ProcessEvent).where(
        ProcessEvent.subject_type == subject.__tablename__, ProcessEvent.subject_id == subject.id
    )
    return (await session.scalars(query.order_by(ProcessEvent.entry))).all()
