"""Applications as one may see them: one's own, and those to one's own calls once they are submitted."""

import uuid
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from marketplace.actors import Actor
from marketplace.applications.models import Application, ApplicationScore
from marketplace.calls.models import Call

_WITH_PARTIES = (
    joinedload(Application.call),
    joinedload(Application.organisation),
    joinedload(Application.listing),
)


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """A draft, and what was withdrawn, is its applicant's alone; operators see what was submitted."""
    submitted = and_(Application.submitted_at.is_not(None), Application.state != "withdrawn")
    if "operator" in actor.roles:
        return submitted
    if actor.organisation_id is None:
        return false()
    called = exists().where(Call.id == Application.call_id, Call.organisation_id == actor.organisation_id)
    return or_(Application.organisation_id == actor.organisation_id, and_(submitted, called))


def own_applications(actor: Actor) -> Select[Any]:
    """What one's organisation applied with; operators get everything submitted."""
    query = select(Application).options(*_WITH_PARTIES)
    if "operator" in actor.roles:
        return query.where(visible_to(actor))
    return query.where(Application.organisation_id == actor.organisation_id)


def applications_to(call: Call, *, state: str | None = None) -> Select[Any]:
    """What was submitted to a call, and neither withdrawn nor forgotten."""
    query = (
        select(Application)
        .where(
            Application.call_id == call.id,
            Application.submitted_at.is_not(None),
            Application.state != "withdrawn",
            Application.anonymised_at.is_(None),
        )
        .options(*_WITH_PARTIES)
    )
    return query if state is None else query.where(Application.state == state)


async def application_visible(session: AsyncSession, application_id: uuid.UUID, actor: Actor) -> Application | None:
    query = select(Application).where(
        Application.id == application_id, Application.anonymised_at.is_(None), visible_to(actor)
    )
    whole = query.options(*_WITH_PARTIES, joinedload(Application.listing_version))
    found: Application | None = await session.scalar(whole)
    return found


async def receipt_of(session: AsyncSession, application: Application, stage: str | None = None) -> bytes | None:
    """The bytes frozen at the submission of a stage; of the last one by default."""
    query = select(ApplicationScore.receipt).where(ApplicationScore.application_id == application.id)
    if stage is not None:
        query = query.where(ApplicationScore.stage == stage)
    found: bytes | None = await session.scalar(query.order_by(ApplicationScore.id.desc()).limit(1))
    return found
