"""Who takes part in a cohort, and which calls can be put together in one."""

import uuid
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import Actor
from marketplace.applications.models import Application
from marketplace.calls.models import Call
from marketplace.listings.models import Listing
from marketplace.matching.cohorts import IN_PLAY, JOINABLE
from marketplace.matching.models import Cohort, CohortTrack
from marketplace.people.models import Organisation
from scoring.technology import Text

CALLS_SHOWN = 100


class Member(NamedTuple):
    """A technology that applied to calls of a cohort: its applications by call."""

    listing_id: uuid.UUID
    name: Text
    applications: Mapping[uuid.UUID, uuid.UUID]


async def members_of(session: AsyncSession, cohort: Cohort, actor: Actor) -> list[Member]:
    """Everybody in play for the organiser and operators; a holder's own technologies for the holder."""
    tracks = select(CohortTrack.call_id).where(CohortTrack.cohort_id == cohort.id)
    query = (
        select(Listing.id, Listing.name, Application.call_id, Application.id)
        .join(Application, Application.listing_id == Listing.id)
        .where(Application.call_id.in_(tracks), Application.state.in_(IN_PLAY))
        .order_by(Listing.id)
    )
    if cohort.organisation_id != actor.organisation_id and "operator" not in actor.roles:
        query = query.where(Application.organisation_id == actor.organisation_id)
    found: dict[uuid.UUID, tuple[Text, dict[uuid.UUID, uuid.UUID]]] = {}
    for listing_id, name, call_id, application_id in await session.execute(query):
        found.setdefault(listing_id, (name, {}))[1][call_id] = application_id
    return [Member(listing_id, name, applications) for listing_id, (name, applications) in found.items()]


async def joinable_calls(session: AsyncSession, organiser: Organisation) -> Sequence[Call]:
    """One's own calls that a cohort can take, the newest first."""
    own = (Call.organisation_id == organiser.id, Call.state.in_(JOINABLE))
    return (await session.scalars(select(Call).where(*own).order_by(Call.id.desc()).limit(CALLS_SHOWN))).all()
