"""Who does something: carried by the session, written into the audit log, judged by the process engine."""

import uuid

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session


class Actor(Struct, frozen=True, kw_only=True):
    """`kind` is `person`, `key` (a program with an API key), `operator`, `time` or `system`.

    `roles` are what the actor is towards the thing at hand ("holder", "assessor"); whoever loads and authorises the
    thing adds them with `acting_as`.
    """

    kind: str
    id: uuid.UUID | None = None
    organisation_id: uuid.UUID | None = None
    roles: frozenset[str] = frozenset()
    name: str = ""

    def acting_as(self, *roles: str) -> "Actor":
        return replace(self, roles=self.roles | frozenset(roles))


TIME = Actor(kind="time", name="timer", roles=frozenset({"time"}))


def system(name: str) -> Actor:
    """A part of the software acting on its own: a job, an import, the demo."""
    return Actor(kind="system", name=name)


def act_as(session: AsyncSession, actor: Actor) -> None:
    """Everything this session changes from here on was done by `actor`."""
    session.info["actor"] = actor


def actor_of(session: AsyncSession | Session) -> Actor:
    try:
        return session.info["actor"]  # type: ignore[no-any-return]
    except KeyError:
        raise RuntimeError("nobody is acting: open the session with transaction(sessions, actor)") from None
