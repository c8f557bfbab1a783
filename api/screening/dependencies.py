"""Screens, runs and watches, loaded and authorised in one step: only their own organisation knows of them."""

import uuid
from typing import Any

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from api.listings.dependencies import WRITERS
from api.platform import actor_of
from marketplace.actors import Actor
from marketplace.errors import FieldError, Forbidden, Invalid, only
from marketplace.screening.models import Screen, ScreeningRun, Watch


def organisation_of(actor: Actor) -> uuid.UUID:
    """The organisation that the caller may write for."""
    if actor.organisation_id is None or not any(role.startswith("kind:") for role in actor.roles):
        raise Forbidden("no-organisation", "Choose the organisation you act for first.", "请先选择所代表的机构。")
    if not (actor.kind == "key" or WRITERS & actor.roles):
        raise Forbidden("members-only", "You may look, not change.", "您仅有查看权限。")
    return actor.organisation_id


def reader_of(actor: Actor, alerts: bool) -> uuid.UUID | None:
    """Who gets the mails: the person who asks for them."""
    if alerts and actor.kind == "key":
        expected = "false: mails go to a person, and a key is none"
        raise Invalid([FieldError(field="alerts", expected=expected, expected_zh="密钥不是个人，无法接收邮件")])
    return actor.id if alerts else None


async def own_screen(
    request: Request[Any, Any, Any], screen_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> Screen:
    mine = (Screen.id == screen_id, Screen.organisation_id == actor_of(request).organisation_id)
    found: Screen = only(await session.scalar(select(Screen).where(*mine)), "screen")
    return found


async def changeable_screen(request: Request[Any, Any, Any], own_screen: NamedDependency[Screen]) -> Screen:
    organisation_of(actor_of(request))
    return own_screen


async def own_screening_run(
    request: Request[Any, Any, Any], run_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> ScreeningRun:
    mine = (ScreeningRun.id == run_id, Screen.organisation_id == actor_of(request).organisation_id)
    query = select(ScreeningRun).join(ScreeningRun.screen).where(*mine).options(joinedload(ScreeningRun.screen))
    found: ScreeningRun = only(await session.scalar(query), "screening-run")
    return found


async def own_watch(
    request: Request[Any, Any, Any], watch_id: FromPath[uuid.UUID], session: NamedDependency[AsyncSession]
) -> Watch:
    actor = actor_of(request)
    mine = (Watch.id == watch_id, Watch.organisation_id == actor.organisation_id)
    found: Watch = only(await session.scalar(select(Watch).where(*mine)), "watch")
    organisation_of(actor)
    return found


DEPENDENCIES = {
    "own_screen": own_screen,
    "changeable_screen": changeable_screen,
    "own_screening_run": own_screening_run,
    "own_watch": own_watch,
}
