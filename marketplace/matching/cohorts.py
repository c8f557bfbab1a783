"""Cohorts: technologies wish, calls rank, and the seats of several calls are given out together, stably."""

import datetime
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Select, and_, exists, false, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from marketplace import audit
from marketplace.actors import Actor, actor_of
from marketplace.applications.models import Application
from marketplace.calls.models import Call
from marketplace.database import clock_of
from marketplace.errors import Conflict, FieldError, Forbidden, Invalid
from marketplace.listings.models import Listing
from marketplace.matching.assignment import Assignment, Side, assign
from marketplace.matching.models import Cohort, CohortTrack, CohortWish
from marketplace.people.models import Organisation
from marketplace.process import ProcessEvent, advance, begin
from scoring.technology import Text

# Who has applied and is not out of it.
IN_PLAY = ("submitted", "invited", "waitlisted", "accepted")
# The calls that a cohort takes.
JOINABLE = ("published", "closed")
WISHES_WITHIN = datetime.timedelta(days=365)

Lists = Sequence[Sequence[uuid.UUID]]
"""Tiers, the best first; those in one tier are equally good."""


class CohortContent(Struct, frozen=True, kw_only=True):
    """`seats` by the ids of one's own calls."""

    title: Text
    wishes_until: datetime.datetime
    seats: Mapping[uuid.UUID, int]
    proposing: Side = "technologies"


async def open_cohort(session: AsyncSession, *, organiser: Organisation, content: CohortContent) -> Cohort:
    """Put several of one's own calls together; from now on technologies that applied to them may wish."""
    own = select(Call.id).where(
        Call.id.in_(list(content.seats)), Call.organisation_id == organiser.id, Call.state.in_(JOINABLE)
    )
    known = set((await session.scalars(own)).all())
    if faults := list(_faults(content, known, clock_of(session).now())):
        raise Invalid(faults)
    cohort = Cohort(
        organisation_id=organiser.id, title=content.title, wishes_until=content.wishes_until,
        proposing=content.proposing, version=1,
    )  # fmt: skip
    await begin(session, cohort, due={"close-wishes": content.wishes_until})
    for call_id, seats in content.seats.items():
        session.add(CohortTrack(cohort_id=cohort.id, call_id=call_id, seats=seats, ranking=[]))
    await session.flush()
    return cohort


def _faults(content: CohortContent, known: set[uuid.UUID], now: datetime.datetime) -> Iterator[FieldError]:
    if not now < content.wishes_until <= now + WISHES_WITHIN:
        expected = "a time in the future, within a year"
        seen = content.wishes_until.isoformat()
        yield FieldError(field="wishes_until", value=seen, expected=expected, expected_zh="须为一年内的未来时间")
    if not content.seats:
        yield FieldError(field="seats", expected="at least one call", expected_zh="请至少选择一个征集")
    for call_id in content.seats:
        if call_id not in known:
            expected = "a published call of your own"
            yield FieldError(
                field=f"seats.{call_id}", value=str(call_id), expected=expected, expected_zh="须为本机构已发布的征集"
            )


async def wish(session: AsyncSession, *, cohort: Cohort, listing: Listing, wishes: Lists) -> CohortWish:
    """Say which calls a technology would like best; the last word before wishes close counts. Nobody else reads it."""
    await session.refresh(cohort, with_for_update={"read": True})  # wishes close before or after this one
    if cohort.state != "wishing":
        raise Conflict("wishes-closed", "Wishes are closed.", "志愿填报已截止。")
    applied = select(Application.call_id).where(
        Application.listing_id == listing.id,
        Application.state.in_(IN_PLAY),
        Application.call_id.in_(select(CohortTrack.call_id).where(CohortTrack.cohort_id == cohort.id)),
    )
    known = set((await session.scalars(applied)).all())
    _check_lists("wishes", wishes, known, "a call of the cohort that this technology applied to")
    kept: dict[str, Any] = {"wishes": _plain(wishes)}
    row = {"cohort_id": cohort.id, "listing_id": listing.id, "organisation_id": listing.organisation_id} | kept
    new = insert(CohortWish).values(row).on_conflict_do_update(index_elements=["cohort_id", "listing_id"], set_=kept)
    query = select(CohortWish).from_statement(new.returning(CohortWish))
    said: CohortWish = (await session.scalars(query, execution_options={"populate_existing": True})).one()
    await audit.record(session, "cohort_wish.said", said)
    return said


async def rank(session: AsyncSession, *, cohort: Cohort, call_id: uuid.UUID, ranking: Lists) -> CohortTrack:
    """Say whom a call would take, the best first; it should follow from reviews that are on record."""
    if cohort.state not in ("wishing", "ranking"):
        raise Conflict("cohort-ended", "This cohort has ended.", "该批次已结束。")
    query = select(CohortTrack).where(CohortTrack.cohort_id == cohort.id, CohortTrack.call_id == call_id)
    track = await session.scalar(query.with_for_update())
    if track is None:
        expected = "a call of the cohort"
        raise Invalid(
            [FieldError(field="call_id", value=str(call_id), expected=expected, expected_zh="须为本批次的征集")]
        )
    _check_lists("ranking", ranking, await _applicants(session, call_id), "a technology that applied to this call")
    track.ranking = _plain(ranking)
    await session.flush()
    return track


async def _applicants(session: AsyncSession, call_id: uuid.UUID) -> set[uuid.UUID]:
    query = select(Application.listing_id).where(Application.call_id == call_id, Application.state.in_(IN_PLAY))
    return set((await session.scalars(query)).all())


def _check_lists(field: str, lists: Lists, known: set[uuid.UUID], expected: str) -> None:
    """Everybody known, and named once."""
    seen, faults = set[uuid.UUID](), list[FieldError]()
    for number, tier in enumerate(lists):
        for place, entry in enumerate(tier):
            where = f"{field}.{number}.{place}"
            if entry not in known:
                faults.append(
                    FieldError(field=where, value=str(entry), expected=expected, expected_zh="不在可选范围内")
                )
            if entry in seen:
                faults.append(
                    FieldError(field=where, value=str(entry), expected="each one once", expected_zh="不得重复")
                )
            seen.add(entry)
    if faults:
        raise Invalid(faults)


def _plain(lists: Lists) -> list[list[str]]:
    return [[str(entry) for entry in tier] for tier in lists if tier]


async def place(session: AsyncSession, *, cohort: Cohort) -> ProcessEvent:
    """Give out the seats; whoever has left a call meanwhile is left out. The draw for ties is the cohort's id."""
    await session.refresh(cohort, with_for_update=True)
    tracks = (await session.scalars(select(CohortTrack).where(CohortTrack.cohort_id == cohort.id))).all()
    wishes = (await session.scalars(select(CohortWish).where(CohortWish.cohort_id == cohort.id))).all()
    in_play = {str(track.call_id): {str(i) for i in await _applicants(session, track.call_id)} for track in tracks}
    found = assign(
        {
            str(entry.listing_id): [
                [call for call in tier if str(entry.listing_id) in in_play.get(call, set())] for tier in entry.wishes
            ]
            for entry in wishes
        },
        {
            str(track.call_id): [[i for i in tier if i in in_play[str(track.call_id)]] for tier in track.ranking]
            for track in tracks
        },
        {str(track.call_id): track.seats for track in tracks},
        proposing=cohort.proposing,  # type: ignore[arg-type]
        draw=str(cohort.id),
    )
    cohort.result = msgspec.to_builtins(found)
    return await advance(session, cohort, "place", actor=_organising(session, cohort))


def result_of(cohort: Cohort) -> Assignment | None:
    return None if cohort.result is None else msgspec.convert(cohort.result, Assignment)


async def cancel(session: AsyncSession, *, cohort: Cohort) -> ProcessEvent:
    return await advance(session, cohort, "cancel", actor=_organising(session, cohort))


def _organising(session: AsyncSession, cohort: Cohort) -> Actor:
    actor = actor_of(session)
    return actor.acting_as("organiser") if actor.organisation_id == cohort.organisation_id else actor


def cohorts_visible(actor: Actor) -> ColumnElement[bool]:
    """Organisers see their own, holders those whose calls they applied to, operators all."""
    if "operator" in actor.roles:
        return Cohort.id.is_not(None)
    if actor.organisation_id is None:
        return false()
    applied = exists().where(
        and_(
            CohortTrack.cohort_id == Cohort.id,
            Application.call_id == CohortTrack.call_id,
            Application.organisation_id == actor.organisation_id,
            Application.state.in_(IN_PLAY),
        )
    )
    return or_(Cohort.organisation_id == actor.organisation_id, applied)


def visible_cohorts(actor: Actor) -> Select[Any]:
    return select(Cohort).where(cohorts_visible(actor))


async def tracks_of(session: AsyncSession, cohort: Cohort) -> Sequence[CohortTrack]:
    """With their calls."""
    query = select(CohortTrack).where(CohortTrack.cohort_id == cohort.id).options(joinedload(CohortTrack.call))
    return (await session.scalars(query.order_by(CohortTrack.id))).all()


async def wishes_of(session: AsyncSession, cohort: Cohort, actor: Actor) -> Sequence[CohortWish]:
    """One's own technologies' wishes: not even the organiser reads anybody else's."""
    if actor.organisation_id is None:
        raise Forbidden("organisation-only", "This is for members of an organisation.", "仅限机构成员操作。")
    mine = (CohortWish.cohort_id == cohort.id, CohortWish.organisation_id == actor.organisation_id)
    return (await session.scalars(select(CohortWish).where(*mine).order_by(CohortWish.id))).all()
