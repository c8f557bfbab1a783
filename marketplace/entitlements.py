"""What an investor or incubator has without a plan, and what its plan adds, where the operator sells plans."""

import uuid
from typing import Any, Literal, NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.errors import Conflict
from marketplace.people.models import Organisation
from marketplace.settings import Settings
from marketplace.stripe.plans import is_entitled
from scoring.technology import Text

BUYERS = ("investor", "incubator")
Counted = Literal["screens", "seats"]
API_VOLUME_TIMES = 10
"""How many times the usual requests a minute a plan with API volume allows."""

_NEEDED = {
    "screens": Text(
        zh="无订阅最多保留{free}个筛选：请关闭一个，或在“平台订阅”中订阅。",
        en="Without a plan {free} screens can be kept: close one, or take a plan under “Platform plan”.",
    ),
    "seats": Text(
        zh="无订阅最多{free}个席位（含未处理的邀请）：请移除一位成员，或在“平台订阅”中订阅。",
        en="Without a plan there are {free} seats, open invitations included: remove a member, or take a plan under "
        "“Platform plan”.",
    ),
}


class FreeUse(NamedTuple):
    """How much is had without a plan; None is any number."""

    screens: int | None = None
    seats: int | None = None


def free_use_in(settings: Settings) -> FreeUse:
    """By the operator's settings; everything is free where no plan can be bought."""
    if settings.stripe_key is None:
        return FreeUse()
    return FreeUse(screens=settings.free_screens, seats=settings.free_seats)


async def require_room(
    session: AsyncSession, *, organisation_id: uuid.UUID, counted: Counted, used: Select[Any]
) -> None:
    """Refuse one more than is free, unless the plan entitles to it. What there is already stays when a plan ends."""
    free = getattr(session.info.get("free_use", FreeUse()), counted)
    if free is None:
        return
    # Locked, or two at once would both be the last that is free.
    own = select(Organisation.kind).where(Organisation.id == organisation_id).with_for_update(key_share=True)
    if await session.scalar(own) not in BUYERS:
        return
    if await is_entitled(session, organisation_id=organisation_id, feature=counted):
        return
    if int(await session.scalar(used) or 0) >= free:
        said = _NEEDED[counted]
        raise Conflict(
            "plan-needed", said.in_language("en").format(free=free), said.in_language("zh").format(free=free)
        )
