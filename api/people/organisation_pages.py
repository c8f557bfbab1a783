"""The organisation one acts for: what it says of itself, its members, invitations and API keys."""

import uuid
from typing import Annotated, Any, Literal

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.exceptions import TooManyRequestsException
from litestar.params import FromPath
from msgspec import Meta, Struct
from sqlalchemy.ext.asyncio import AsyncSession

from api.fields import Line, OptionalLine, Url
from api.limits import limit_guesses
from api.people.factor import has_second_factor
from api.people.schemas import InvitationOut, InviteIn, KeyOut, MemberOut, RoleIn
from api.platform import actor_of, platform_of
from api.routing import SIGNED_IN, get, post
from api.site import words
from api.site.attempt import carried_out
from api.site.forms import Form, read_form
from api.site.language import gettext
from api.site.render import page, see_other
from marketplace.errors import MarketplaceError
from marketplace.people import accounts, keys, organisations
from marketplace.people.models import LoginSession, Organisation
from marketplace.people.organisations import MANAGERS
from marketplace.texts import ShortText
from scoring.technology import Text

_HOME = "/account/organisation"
# For a page the usual ones; the API takes a scope for each of its parts.
Scope = Literal["read", "write", "listings:read", "listings:write", "screens:read", "screens:write", "deals:read"]
SCOPES = {
    "read": Text(zh="读取全部", en="Read everything"),
    "write": Text(zh="修改全部", en="Change everything"),
    "listings:read": Text(zh="读取技术条目", en="Read technologies"),
    "listings:write": Text(zh="修改技术条目", en="Change technologies"),
    "screens:read": Text(zh="读取筛选", en="Read screens"),
    "screens:write": Text(zh="运行筛选", en="Run screens"),
    "deals:read": Text(zh="读取交易", en="Read deals"),
}


class DescriptionForm(Struct, frozen=True):
    """What the public page says."""

    name: ShortText
    website: Url | None = None


class KeyForm(Struct, frozen=True):
    """A key as the page asks for it; `code` is the second factor's, of whoever has one."""

    name: Line
    scopes: Annotated[list[Scope], Meta(min_length=1)]
    days: Annotated[int, Meta(ge=1, le=365)] = 90
    code: OptionalLine = ""


@get(_HOME, access=SIGNED_IN, problems=(), include_in_schema=False)
async def show_own_organisation(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    acting_organisation: NamedDependency[Organisation],
) -> Response[bytes]:
    """What the organisation says, and who belongs to it."""
    return page(request, "people/organisation.html", **await _known(request, session, acting_organisation))


async def _known(request: Request[Any, Any, Any], session: AsyncSession, found: Organisation) -> dict[str, Any]:
    """Read before anything is tried: after a refusal the session reads nothing."""
    invited = await organisations.open_invitations(session, found)
    return {
        "form": None,
        "inviting": None,
        "name": found.name,
        "website": found.website,
        "kind": words.KINDS[found.kind],
        "settled": found.state in ("submitted", "verified"),
        "members": [MemberOut.of(member) for member in await organisations.members(session, found)],
        "invitations": [InvitationOut(one.id, one.email, one.role, one.expires_at) for one in invited],
        "manages": any(f"member:{role}" in actor_of(request).roles for role in MANAGERS),
        "roles": words.ROLES,
    }


@post(_HOME, access=SIGNED_IN, problems=(), status_code=303, include_in_schema=False)
async def take_description(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    administered_organisation: NamedDependency[Organisation],
) -> Response[bytes]:
    """Change what the public page says."""
    form, known = await read_form(request, DescriptionForm), await _known(request, session, administered_organisation)
    if form.value is None:
        return page(request, "people/organisation.html", status=422, **(known | {"form": form}))
    try:
        name, website = form.value.name.text(), form.value.website
        await organisations.describe(session, organisation=administered_organisation, name=name, website=website)
    except MarketplaceError as error:
        return page(request, "people/organisation.html", status=422, **(known | {"form": form.refuse(error)}))
    return see_other(_HOME)


@post("/account/invitations", access=SIGNED_IN, problems=(), status_code=303, include_in_schema=False)
async def take_invitation(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    administered_organisation: NamedDependency[Organisation],
) -> Response[bytes]:
    """Invite somebody by mail."""
    form, known = await read_form(request, InviteIn), await _known(request, session, administered_organisation)
    platform = platform_of(request)
    try:
        if form.value is not None:
            await limit_guesses(platform, "invite", form.value.email)
            await organisations.invite(
                session,
                organisation=administered_organisation,
                email=form.value.email,
                role=form.value.role,
                public_url=platform.settings.public_url,
            )
            return see_other(f"{_HOME}#invitations")
    except MarketplaceError as error:
        form.refuse(error)
    except TooManyRequestsException:
        form.refusal = gettext("Too many invitations to this address. Wait ten minutes.")
    return page(request, "people/organisation.html", status=422, **(known | {"inviting": form}))


@post("/account/invitations/{invitation_id:uuid}/close", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def close_invitation(
    invitation_id: FromPath[uuid.UUID],
    session: NamedDependency[AsyncSession],
    administered_organisation: NamedDependency[Organisation],
) -> Response[bytes]:
    """Take an invitation back."""
    await organisations.take_back_invitation(
        session, organisation=administered_organisation, invitation_id=invitation_id
    )
    return see_other(f"{_HOME}#invitations")


@post("/account/members/{person_id:uuid}/role", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_role(
    request: Request[Any, Any, Any],
    person_id: FromPath[uuid.UUID],
    session: NamedDependency[AsyncSession],
    administered_organisation: NamedDependency[Organisation],
) -> Response[bytes]:
    """Change what a member may do."""
    form = await read_form(request, RoleIn)
    if form.value is None:
        known = await _known(request, session, administered_organisation)
        return page(request, "people/organisation.html", status=422, **(known | {"form": form}))
    await organisations.change_role(
        session, organisation=administered_organisation, person_id=person_id, role=form.value.role
    )
    return see_other(f"{_HOME}#members")


@post("/account/members/{person_id:uuid}/remove", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_removal(
    person_id: FromPath[uuid.UUID],
    session: NamedDependency[AsyncSession],
    administered_organisation: NamedDependency[Organisation],
) -> Response[bytes]:
    """Remove a member."""
    await organisations.remove_member(session, organisation=administered_organisation, person_id=person_id)
    return see_other(f"{_HOME}#members")


@get("/account/keys", access=SIGNED_IN, problems=(), include_in_schema=False)
async def show_keys(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    administered_organisation: NamedDependency[Organisation],
) -> Response[bytes]:
    """The organisation's API keys, without their secrets."""
    return await _keys(request, session, administered_organisation, None)


async def _keys(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    organisation: Organisation,
    form: Form[KeyForm] | None,
    secret: str | None = None,
) -> Response[bytes]:
    return page(
        request,
        "people/keys.html",
        status=422 if form else 200,
        form=form,
        secret=secret,
        keys=[KeyOut.of(key) for key in await keys.keys_of(session, organisation)],
        scopes=SCOPES,
        asks_code=await has_second_factor(request, session),
        now=platform_of(request).clock.now(),
    )


@post("/account/keys", access=SIGNED_IN, problems=(), status_code=200, include_in_schema=False)
async def take_key(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    administered_organisation: NamedDependency[Organisation],
    login: NamedDependency[LoginSession],
) -> Response[bytes]:
    """Make a key; its secret stands on this page and nowhere else."""
    form = await read_form(request, KeyForm)
    made: list[str] = []

    async def act(given: KeyForm) -> None:
        await accounts.show_factor_again(session, login=login, code=given.code)
        issued = await keys.issue_key(
            session,
            organisation=administered_organisation,
            name=given.name,
            scopes=given.scopes,
            days=given.days,
            server_key=platform_of(request).key,
        )
        made.append(issued.shown)

    if not await carried_out(session, form, act):
        return await _keys(request, session, administered_organisation, form)
    return await _keys(request, session, administered_organisation, None, secret=made[0])


@post("/account/keys/{key_id:uuid}/revoke", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_revocation(
    key_id: FromPath[uuid.UUID],
    session: NamedDependency[AsyncSession],
    administered_organisation: NamedDependency[Organisation],
) -> Response[bytes]:
    """Revoke a key, at once and for good."""
    await keys.revoke_key(session, organisation=administered_organisation, key_id=key_id)
    return see_other("/account/keys")


ORGANISATION_PAGES = [
    show_own_organisation,
    take_description,
    take_invitation,
    close_invitation,
    take_role,
    take_removal,
    show_keys,
    take_key,
    take_revocation,
]
