"""Mandates: what an investor or incubator looks for at any time."""

from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Select, and_, exists, false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from marketplace.actors import Actor
from marketplace.database import clock_of
from marketplace.errors import Conflict, Invalid
from marketplace.matching.models import Mandate
from marketplace.matching.terms import Terms, impossible
from marketplace.people.models import Organisation
from scoring.technology import Text


class MandateContent(Struct, frozen=True, kw_only=True):
    """What it says. Only holders whose organisation is verified see one that is open to them."""

    title: Text
    thesis: Text = Text()
    terms: Terms = Terms()
    open_to_holders: bool = False


async def open_mandate(session: AsyncSession, *, organisation: Organisation, content: MandateContent) -> Mandate:
    mandate = Mandate(organisation_id=organisation.id, version=1)
    _write(mandate, content)
    session.add(mandate)
    await session.flush()
    return mandate


async def rewrite_mandate(session: AsyncSession, *, mandate: Mandate, content: MandateContent) -> None:
    _check_running(mandate)
    _write(mandate, content)
    await session.flush()


async def end_mandate(session: AsyncSession, *, mandate: Mandate) -> None:
    """It is kept, for introductions that came of it, and used no more."""
    _check_running(mandate)
    mandate.ended_at = clock_of(session).now()
    await session.flush()


def _write(mandate: Mandate, content: MandateContent) -> None:
    if faults := list(impossible(content.terms)):
        raise Invalid(faults)
    mandate.title, mandate.thesis = content.title, content.thesis
    mandate.terms = msgspec.to_builtins(content.terms)
    mandate.open_to_holders = content.open_to_holders


def _check_running(mandate: Mandate) -> None:
    if mandate.ended_at is not None:
        raise Conflict("mandate-ended", "This mandate has ended.", "该投资意向已结束。")


def terms_of_mandate(mandate: Mandate) -> Terms:
    return msgspec.convert(mandate.terms, Terms)


def mandates_visible(actor: Actor) -> ColumnElement[bool]:
    """One's own, and for verified holders those that run and are open to them; operators see all."""
    if "operator" in actor.roles:
        return Mandate.id.is_not(None)
    if actor.organisation_id is None:
        return false()
    holder = exists().where(
        Organisation.id == actor.organisation_id, Organisation.state == "verified", Organisation.kind == "holder"
    )
    shown = and_(Mandate.open_to_holders, Mandate.ended_at.is_(None), holder)
    return or_(Mandate.organisation_id == actor.organisation_id, shown)


def visible_mandates(actor: Actor, *, own: bool = False, running: bool = False) -> Select[Any]:
    """With their organisations."""
    query = select(Mandate).where(mandates_visible(actor)).options(joinedload(Mandate.organisation))
    if own:
        query = query.where(Mandate.organisation_id == actor.organisation_id)
    return query.where(Mandate.ended_at.is_(None)) if running else query
