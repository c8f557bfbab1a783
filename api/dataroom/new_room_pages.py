"""A new room: what it is called, what it is about, and the agreement that visitors accept first."""

import uuid
from typing import Annotated, Any

from litestar import Response
from litestar.di import NamedDependency
from msgspec import Meta, Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.dataroom.gate import AnyRequest
from api.routing import SIGNED_IN, get, post
from api.site.forms import Form, read_form
from api.site.render import page, see_other
from marketplace.dataroom import ndas, rooms
from marketplace.dataroom.models import Nda
from marketplace.errors import FieldError, Invalid, MarketplaceError
from marketplace.listings.models import Listing
from marketplace.people.models import Organisation
from marketplace.texts import ShortText

_NEW = "/desk/rooms/new"
_TEMPLATE, _NONE = "template", "none"
CHOICES_MAX = 200


class RoomForm(Struct, frozen=True):
    """`agreement`: one of one's own, the platform's template as a new one, or none."""

    name: ShortText
    agreement: Annotated[str, Meta(pattern=r"^(template|none|[0-9a-f-]{36})$")] = _TEMPLATE
    listing_id: uuid.UUID | None = None


@get(_NEW, access=SIGNED_IN, problems=(403,), include_in_schema=False)
async def show_new_room(
    request: AnyRequest, session: NamedDependency[AsyncSession], room_owner: NamedDependency[Organisation]
) -> Response[bytes]:
    """The form."""
    return page(request, "dataroom/new.html", form=None, **await _choices(session, room_owner))


async def _choices(session: AsyncSession, owner: Organisation) -> dict[str, Any]:
    agreements = select(Nda).where(Nda.organisation_id == owner.id).order_by(Nda.id.desc()).limit(CHOICES_MAX)
    listings = select(Listing).where(Listing.organisation_id == owner.id, Listing.state != "withdrawn")
    return {
        "agreements": [(one.id, one.title) for one in await session.scalars(agreements)],
        "listings": [(one.id, one.name) for one in await session.scalars(listings.limit(CHOICES_MAX))],
        "sample": ndas.TEMPLATE,
    }


@post(_NEW, access=SIGNED_IN, problems=(403,), status_code=303, include_in_schema=False)
async def take_new_room(
    request: AnyRequest, session: NamedDependency[AsyncSession], room_owner: NamedDependency[Organisation]
) -> Response[bytes]:
    """Make the room; visitors see it once it is opened."""
    form, choices = await read_form(request, RoomForm), await _choices(session, room_owner)
    if form.value is not None:
        try:
            made = await _made(session, room_owner, form)
            return see_other(f"/desk/rooms/{made}")
        except MarketplaceError as error:
            form.refuse(error)
    return page(request, "dataroom/new.html", status=422, form=form, **choices)


async def _made(session: AsyncSession, owner: Organisation, form: Form[RoomForm]) -> uuid.UUID:
    given = form.value
    assert given is not None  # noqa: S101 - asked by the caller
    agreement = await _agreement(session, owner, given.agreement)
    plan = rooms.RoomPlan(name=given.name.text(), listing_id=given.listing_id, nda_id=agreement)
    return (await rooms.prepare_room(session, owner=owner, plan=plan)).id


async def _agreement(session: AsyncSession, owner: Organisation, chosen: str) -> uuid.UUID | None:
    if chosen == _NONE:
        return None
    if chosen == _TEMPLATE:
        made = await ndas.draft_nda(session, owner=owner, title=ndas.TEMPLATE_TITLE, text=ndas.TEMPLATE)
        return made.nda_id
    try:
        return uuid.UUID(chosen)
    except ValueError:
        fault = FieldError(field="agreement", expected="an agreement of yours", expected_zh="须为本机构的保密协议")
        raise Invalid([fault]) from None


NEW_ROOM_PAGES = [show_new_room, take_new_room]
