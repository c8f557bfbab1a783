"""The operator's figures: how far parties come, what the jobs and the mails do, whether the audit log is whole."""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.applications.models import Application
from marketplace.audit import AuditEntry
from marketplace.deals.models import Deal
from marketplace.introductions.models import Introduction
from marketplace.listings.models import Listing
from marketplace.listings.process import PUBLISHED
from marketplace.mail import Mail
from marketplace.people.models import Organisation

_SIGNED = ("awaiting-funds", "funded", "completed", "in-trial", "judging")


class Stage(NamedTuple):
    """How many got this far."""

    name: str
    number: int


class Outbox(NamedTuple):
    """Mails that wait, and those among them that failed."""

    waiting: int
    failing: int


class LogState(NamedTuple):
    """The last number of the chain, and how many entries wait for theirs (the worker seals every minute)."""

    sealed: int
    unsealed: int


async def funnel(session: AsyncSession) -> list[Stage]:
    """From organisations to signed deals, in one query."""
    stages = _stages()
    row = (await session.execute(stages.counted)).one()
    return [Stage(name, number) for name, number in zip(stages.names, row, strict=True)]


class _Stages(NamedTuple):
    names: tuple[str, ...]
    counted: Select[Any]


@cache
def _stages() -> _Stages:
    queries: dict[str, Select[Any]] = {
        "organisations": select(func.count(Organisation.id)),
        "verified": select(func.count(Organisation.id)).where(Organisation.state == "verified"),
        "listings": select(func.count(Listing.id)),
        "recommended": select(func.count(Listing.id)).where(Listing.state == PUBLISHED),
        "applications": select(func.count(Application.id)).where(Application.submitted_at.is_not(None)),
        "introductions": select(func.count(Introduction.id)),
        "answered": select(func.count(Introduction.id)).where(Introduction.answered_at.is_not(None)),
        "deals": select(func.count(Deal.id)),
        "signed": select(func.count(Deal.id)).where(Deal.state.in_(_SIGNED)),
    }
    return _Stages(tuple(queries), select(*(query.scalar_subquery() for query in queries.values())))


async def outbox(session: AsyncSession) -> Outbox:
    waiting = and_(Mail.sent_at.is_(None), Mail.held.is_(False))
    counted = select(func.count().filter(waiting), func.count().filter(waiting, Mail.last_error.is_not(None)))
    return Outbox(*(await session.execute(counted.select_from(Mail))).one())


async def log_state(session: AsyncSession) -> LogState:
    last = select(func.coalesce(func.max(AuditEntry.sequence), 0)).scalar_subquery()
    unsealed = select(func.count(AuditEntry.id)).where(AuditEntry.sequence.is_(None)).scalar_subquery()
    return LogState(*(await session.execute(select(last, unsealed))).one())


async def latest_entries(session: AsyncSession, *, before: int | None, limit: int) -> Sequence[AuditEntry]:
    """The newest numbered entries, or those before a number."""
    query = select(AuditEntry).where(AuditEntry.sequence.is_not(None))
    if before is not None:
        query = query.where(AuditEntry.sequence < before)
    return (await session.scalars(query.order_by(AuditEntry.sequence.desc()).limit(limit))).all()
