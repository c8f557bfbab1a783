"""Who somebody is towards a room, and whether they may do something there, with the reason where they may not."""

import datetime
import uuid

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import Actor
from marketplace.dataroom.models import Group, NdaAcceptance, NdaVersion, Room, RoomAccess, Visitor
from marketplace.dataroom.process import OPEN, PREPARING
from marketplace.dataroom.rights import DOWNLOAD, NONE, VIEW, at_least
from marketplace.errors import Forbidden, MarketplaceError, NotFound

WRITERS = frozenset({"member:owner", "member:admin", "member:member"})
# Of whom it must not even be told that there is such a thing.
_HIDDEN = ("stranger", "no-right", "removed")
_SENTENCES = {
    "owner-only": ("Only the room's owner may do this.", "仅资料室所有方可操作。"),
    "no-writer": ("You may look at this room, not change it.", "您只能查看，不能修改。"),
    "visitors-only": ("Only visitors accept the agreement.", "仅访客需接受协议。"),
    "operators-only": ("This is for the platform's operators.", "仅限平台运营方操作。"),
    "not-for-operators": ("The platform does not read what is in a room.", "平台不查阅资料室内容。"),
    "not-open": ("The room is not open.", "资料室未开放。"),
    "nda-first": (
        "Accept the confidentiality agreement first, in its present version.",
        "请先接受现行版本的保密协议。",
    ),
    "name-only": ("You may know that this document exists, not read it.", "您仅可知悉该文件存在，不可查看。"),
    "view-only": ("You may look at this document, not keep it.", "您仅可在线查看，不可下载。"),
    "cannot-be-marked": (
        "Only PDF files can be looked at; others need the right to download.",
        "仅PDF可在线查看，其他文件需下载权限。",
    ),
    "may-not-ask": ("Your group may not put questions.", "您所在的访客组不可提问。"),
    "link-not-good": ("This link has expired or was made for somebody else.", "该链接已失效或属于他人。"),
}


class Standing(Struct, frozen=True, kw_only=True):
    """`side` is owner, visitor or operator; only visitors have a group."""

    side: str
    writer: bool = False
    group_id: uuid.UUID | None = None
    may_ask: bool = False
    accepted: bool = False


class Attempt(Struct, frozen=True, kw_only=True):
    """What somebody does or tries in a room, for the log."""

    room_id: uuid.UUID
    action: str
    actor: Actor
    ip_address: str
    document_id: uuid.UUID | None = None
    version_number: int | None = None


async def standing_of(session: AsyncSession, room: Room, actor: Actor) -> Standing | None:
    """None for strangers. Visitors are people: no program reads what was shown to them, and nobody what is prepared."""
    if actor.organisation_id is None:
        return None
    if actor.organisation_id == room.organisation_id:
        return Standing(side="owner", writer=actor.kind == "key" or bool(WRITERS & actor.roles))
    visits = actor.kind in ("person", "operator") and room.state != PREPARING
    if visits and (group := await _group_of(session, room, actor)):
        accepted = await has_accepted(session, room, actor)
        return Standing(side="visitor", group_id=group.id, may_ask=group.may_ask, accepted=accepted)
    return Standing(side="operator") if "operator" in actor.roles else None


async def _group_of(session: AsyncSession, room: Room, actor: Actor) -> Group | None:
    query = (
        select(Group)
        .join(Visitor, Visitor.group_id == Group.id)
        .where(Visitor.room_id == room.id, Visitor.organisation_id == actor.organisation_id)
        .where(func.coalesce(Visitor.person_id, actor.id) == actor.id)
        .order_by(Visitor.person_id.nulls_last())
        .limit(1)
    )
    found: Group | None = await session.scalar(query)
    return found


async def current_nda(session: AsyncSession, room: Room) -> NdaVersion | None:
    """The text that holds now; None where the room asks for no agreement."""
    query = select(NdaVersion).where(NdaVersion.nda_id == room.nda_id).order_by(NdaVersion.number.desc()).limit(1)
    found: NdaVersion | None = await session.scalar(query)
    return found


async def has_accepted(session: AsyncSession, room: Room, actor: Actor) -> bool:
    """Whether this person has accepted, for the organisation they act for, the text that holds now."""
    text = await current_nda(session, room)
    if text is None:
        return True
    mine = (
        NdaAcceptance.room_id == room.id,
        NdaAcceptance.nda_version_id == text.id,
        NdaAcceptance.person_id == actor.id,
        NdaAcceptance.organisation_id == actor.organisation_id,
    )
    return await session.scalar(select(NdaAcceptance.id).where(*mine)) is not None


def why_not_enter(room: Room, standing: Standing) -> str | None:
    """Why the content of the room stays closed to somebody; None if it does not."""
    if standing.side == "owner":
        return None
    if standing.side == "operator":
        return "not-for-operators"
    if room.state != OPEN:
        return "not-open"
    return None if standing.accepted else "nda-first"


def why_not_open(level: str, action: str, *, marked: bool) -> str | None:
    """Why a document stays closed to a visitor who has this level, for `view` or `download`."""
    if level == NONE:
        return "no-right"
    if not at_least(level, VIEW):
        return "name-only"
    if at_least(level, DOWNLOAD):
        return None
    if action == "download":
        return "view-only"
    return None if marked else "cannot-be-marked"


def refusal_of(reason: str, kind: str = "room") -> MarketplaceError:
    if reason in _HIDDEN:
        return NotFound(kind)
    return Forbidden(reason, *_SENTENCES[reason])


def log_attempt(attempt: Attempt, at: datetime.datetime, *, denied: str = "") -> RoomAccess:
    """One line of the room's log, to be added to a session."""
    return RoomAccess(
        room_id=attempt.room_id, action=attempt.action, granted=not denied, reason=denied,
        document_id=attempt.document_id, version_number=attempt.version_number,
        actor_kind=attempt.actor.kind, actor_id=attempt.actor.id, actor_name=attempt.actor.name,
        organisation_id=attempt.actor.organisation_id, at=at, ip_address=attempt.ip_address,
    )  # fmt: skip
