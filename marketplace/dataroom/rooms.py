"""Making, opening, freezing and closing rooms; letting visitors in, in groups with rights."""

import datetime
import uuid
from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import Select, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from marketplace.actors import actor_of
from marketplace.database import clock_of
from marketplace.dataroom import letters
from marketplace.dataroom.models import Document, Folder, Group, Right, Room, Visitor
from marketplace.dataroom.ndas import nda_of
from marketplace.deals.models import Deal
from marketplace.errors import FieldError, Invalid
from marketplace.listings.models import Listing
from marketplace.people.models import Membership, Organisation
from marketplace.process import ProcessEvent, advance, begin
from scoring.technology import Text

OPEN_FOR = datetime.timedelta(days=90)
OPEN_FOR_MAX = datetime.timedelta(days=1095)
# Steps after which the room is open to a day that has to be known.
_TIMED = ("open", "extend", "freeze", "reopen", "release")
_BY_OPERATOR = ("suspend", "release", "end")
STEPS = ("open", "extend", "freeze", "reopen", "close", *_BY_OPERATOR)


class RoomPlan(Struct, frozen=True, kw_only=True):
    """What the owner says of a room."""

    name: Text
    listing_id: uuid.UUID | None = None
    deal_id: uuid.UUID | None = None
    nda_id: uuid.UUID | None = None
    questions_per_day: int = 20


class Admission(Struct, frozen=True, kw_only=True):
    """Whom to let in: everybody of an organisation, or one person of it."""

    organisation_id: uuid.UUID
    person_id: uuid.UUID | None = None


class Grant(Struct, frozen=True, kw_only=True):
    """A level for a folder, a document, or (neither) the whole room."""

    level: str
    folder_id: uuid.UUID | None = None
    document_id: uuid.UUID | None = None


async def prepare_room(session: AsyncSession, *, owner: Organisation, plan: RoomPlan) -> Room:
    room = Room(organisation_id=owner.id)
    await _follow(session, room, plan)
    await begin(session, room)
    return room


async def change_room(session: AsyncSession, *, room: Room, plan: RoomPlan) -> None:
    await _follow(session, room, plan)


async def _follow(session: AsyncSession, room: Room, plan: RoomPlan) -> None:
    if faults := await _faults(session, room.organisation_id, plan):
        raise Invalid(faults)
    for name in plan.__struct_fields__:
        setattr(room, name, getattr(plan, name))


async def _faults(session: AsyncSession, owner_id: uuid.UUID, plan: RoomPlan) -> list[FieldError]:
    faults = []
    if plan.listing_id and not await session.scalar(_own_listing(plan.listing_id, owner_id)):
        faults.append(_not_yours("listing_id", plan.listing_id, "a listing of yours", "须为本机构的技术条目"))
    if plan.deal_id and not await session.scalar(_own_deal(plan.deal_id, owner_id)):
        faults.append(_not_yours("deal_id", plan.deal_id, "a deal of yours", "须为本机构的交易"))
    if plan.nda_id and not await nda_of(session, plan.nda_id, organisation_id=owner_id):
        faults.append(_not_yours("nda_id", plan.nda_id, "an agreement of yours", "须为本机构的保密协议"))
    return faults


def _own_listing(listing_id: uuid.UUID, owner_id: uuid.UUID) -> Select[uuid.UUID]:
    return select(Listing.id).where(Listing.id == listing_id, Listing.organisation_id == owner_id)


def _own_deal(deal_id: uuid.UUID, owner_id: uuid.UUID) -> Select[uuid.UUID]:
    parties = or_(Deal.holder_organisation_id == owner_id, Deal.financier_organisation_id == owner_id)
    return select(Deal.id).where(Deal.id == deal_id, parties)


def _not_yours(field: str, value: uuid.UUID, expected: str, expected_zh: str) -> FieldError:
    return FieldError(field=field, value=str(value), expected=expected, expected_zh=expected_zh)


async def take_step(
    session: AsyncSession, *, room: Room, step: str, note: str = "", closes_at: datetime.datetime | None = None
) -> ProcessEvent:
    """Open, extend, freeze, reopen or close; or, as the platform, suspend, release or end.

    Who may do it is the process's to say: the caller stands in the role of the step.
    """
    if step in ("open", "extend"):
        room.closes_at = _day_of_closing(clock_of(session).now(), closes_at)
    due = {"expire": room.closes_at} if step in _TIMED and room.closes_at else {}
    role = "operator" if step in _BY_OPERATOR else "owner"
    event = await advance(session, room, step, actor=actor_of(session).acting_as(role), note=note, due=due)
    if step == "open":
        await _tell_visitors(session, room)
    return event


def _day_of_closing(now: datetime.datetime, wanted: datetime.datetime | None) -> datetime.datetime:
    closes_at = wanted or now + OPEN_FOR
    if not now < closes_at <= now + OPEN_FOR_MAX:
        expected = f"a moment to come, at most {OPEN_FOR_MAX.days} days away"
        expected_zh = f"须为未来{OPEN_FOR_MAX.days}天内的时间"
        fault = FieldError(field="closes_at", value=str(wanted), expected=expected, expected_zh=expected_zh)
        raise Invalid([fault])
    return closes_at


async def _tell_visitors(session: AsyncSession, room: Room) -> None:
    for visitor in await session.scalars(select(Visitor).where(Visitor.room_id == room.id)):
        await letters.tell_visitor(session, "room-open", room, visitor)


async def add_group(session: AsyncSession, *, room: Room, name: str, may_ask: bool) -> Group:
    group = Group(room_id=room.id, name=name, may_ask=may_ask)
    session.add(group)
    await session.flush()
    return group


async def groups_of(session: AsyncSession, room: Room) -> Sequence[Group]:
    return (await session.scalars(select(Group).where(Group.room_id == room.id).order_by(Group.id))).all()


async def admit(session: AsyncSession, *, room: Room, group: Group, admission: Admission) -> Visitor:
    """Let an organisation, or one of its people, in.

    Raises
    ------
    Invalid
        The organisation is not verified, is the owner's own, or the person does not belong to it.
    """
    organisation = await session.get(Organisation, admission.organisation_id)
    if organisation is None or organisation.state != "verified" or organisation.id == room.organisation_id:
        expected, expected_zh = "another organisation, verified by the platform", "须为其他已核验的机构"
        raise Invalid([_not_yours("organisation_id", admission.organisation_id, expected, expected_zh)])
    if admission.person_id and not await _is_member(session, admission):
        expected, expected_zh = "one of the organisation's people", "须为该机构成员"
        raise Invalid([_not_yours("person_id", admission.person_id, expected, expected_zh)])
    visitor = Visitor(
        room_id=room.id, group_id=group.id, organisation_id=admission.organisation_id, person_id=admission.person_id
    )
    session.add(visitor)
    await session.flush()
    if room.state == "open":
        await letters.tell_visitor(session, "room-open", room, visitor)
    return visitor


async def _is_member(session: AsyncSession, admission: Admission) -> bool:
    mine = (Membership.organisation_id == admission.organisation_id, Membership.person_id == admission.person_id)
    return await session.scalar(select(Membership.id).where(*mine)) is not None


async def turn_out(session: AsyncSession, *, visitor: Visitor) -> None:
    """From this moment on no link of theirs opens anything."""
    await session.delete(visitor)
    await session.flush()


async def visitors_of(session: AsyncSession, room: Room) -> Sequence[Visitor]:
    query = select(Visitor).where(Visitor.room_id == room.id).order_by(Visitor.id)
    return (await session.scalars(query.options(joinedload(Visitor.organisation), joinedload(Visitor.person)))).all()


async def set_rights(session: AsyncSession, *, group: Group, grants: Sequence[Grant]) -> None:
    """Replace all rights of a group; what is not named inherits from the folder above."""
    if faults := await _faults_of_grants(session, group, grants):
        raise Invalid(faults)
    # Two who set rights at once do so one after the other, and no mixture of theirs remains.
    await session.execute(select(Group.id).where(Group.id == group.id).with_for_update())
    await session.execute(delete(Right).where(Right.group_id == group.id))
    session.add_all(
        Right(group_id=group.id, folder_id=given.folder_id, document_id=given.document_id, level=given.level)
        for given in grants
    )
    await session.flush()


async def _faults_of_grants(session: AsyncSession, group: Group, grants: Sequence[Grant]) -> list[FieldError]:
    folders = set(await session.scalars(select(Folder.id).where(Folder.room_id == group.room_id)))
    documents = set(await session.scalars(select(Document.id).where(Document.room_id == group.room_id)))
    faults, seen = [], set()
    for number, given in enumerate(grants):
        thing = given.document_id or given.folder_id
        known = (given.folder_id is None or given.folder_id in folders) and (
            given.document_id is None or given.document_id in documents
        )
        if not known or (given.folder_id and given.document_id) or thing in seen:
            expected, expected_zh = (
                "one folder or document of this room, each once",
                "须为本室的一个文件夹或文件，且不重复",
            )
            value = str(thing or "the whole room")
            fault = FieldError(field=f"rights.{number}", value=value, expected=expected, expected_zh=expected_zh)
            faults.append(fault)
        seen.add(thing)
    return faults


async def rights_of(session: AsyncSession, group_id: uuid.UUID) -> Sequence[Right]:
    return (await session.scalars(select(Right).where(Right.group_id == group_id).order_by(Right.id))).all()
