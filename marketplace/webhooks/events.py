"""An organisation's events: the part of the audit log that is meant for it, without what is nobody's business."""

import uuid
from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace import audit
from marketplace.audit import AuditEntry

# Who signs in where is a matter between a person and the platform.
PRIVATE_SUBJECTS = ("login_session", "email_token", "mail", "person", "webhook_subscription")


class Event(Struct, frozen=True, kw_only=True):
    """Something that happened. What a thing is like now is asked where it lives, with the rights of whoever asks.

    `sequence` numbers grow and have no meaning beyond their order; `action` is such as `listing.published`; `actor`
    says what kind of party did it, and `mine` whether it was one's own organisation.
    """

    sequence: int
    at: str
    action: str
    subject_type: str
    subject_id: str
    actor: str
    mine: bool


def of_organisation(organisation_id: uuid.UUID) -> Select[AuditEntry]:
    own = or_(AuditEntry.audience.contains([organisation_id]), AuditEntry.organisation_id == organisation_id)
    shown = (AuditEntry.sequence.is_not(None), AuditEntry.subject_type.not_in(PRIVATE_SUBJECTS), own)
    return select(AuditEntry).where(*shown)


async def events_after(session: AsyncSession, *, organisation_id: uuid.UUID, after: int, limit: int) -> Sequence[Event]:
    """The next events beyond a sequence number: who remembers the last one misses none and sees none twice."""
    await audit.seal(session)
    query = of_organisation(organisation_id).where(AuditEntry.sequence > after)
    found = await session.scalars(query.order_by(AuditEntry.sequence).limit(limit))
    return [_event(entry, organisation_id) for entry in found]


def _event(entry: AuditEntry, organisation_id: uuid.UUID) -> Event:
    return Event(
        sequence=entry.sequence or 0,
        at=entry.at.isoformat(),
        action=entry.action,
        subject_type=entry.subject_type,
        subject_id=entry.subject_id,
        actor=entry.actor_kind,
        mine=entry.organisation_id == organisation_id,
    )
