"""My account: who I am, for whom I act, where I am signed in, and a second factor."""

import uuid
from collections.abc import Sequence
from typing import Any, Literal

import segno
from litestar import Request, Response
from litestar.di import NamedDependency
from markupsafe import Markup
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from api.fields import Line
from api.people.organisation_pages import ORGANISATION_PAGES
from api.people.schemas import ActFor, CodeIn, MyOrganisation, SessionOut
from api.people.standing_pages import STANDING_PAGES
from api.routing import SIGNED_IN, get, post
from api.site import words
from api.site.forms import Form, read_form
from api.site.language import COOKIE, LANGUAGES
from api.site.render import page, see_other
from marketplace.errors import MarketplaceError
from marketplace.people import accounts, organisations, second_factor
from marketplace.people.models import LoginSession, Person

AGENT_CHARS_SHOWN = 80


class ProfileForm(Struct, frozen=True):
    """What a person says of themselves; letters are written in their language."""

    name: Line
    language: Literal["zh", "en"]


@get("/account", access=SIGNED_IN, problems=(), include_in_schema=False)
async def show_account(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], login: NamedDependency[LoginSession]
) -> Response[bytes]:
    """Everything about the person."""
    return page(request, "people/account.html", **await _known(session, login))


async def _known(session: AsyncSession, login: LoginSession) -> dict[str, Any]:
    """Read before anything is tried: after a refusal the session reads nothing."""
    person = login.person
    mine = await organisations.memberships_of(session, person)
    return {
        "form": None,
        "person": {"name": person.name, "email": person.email, "language": person.language},
        "second_factor": person.totp_confirmed_at is not None,
        "acting_for": login.organisation_id,
        "organisations": [MyOrganisation.of(membership) for membership in mine],
        "sessions": [SessionOut.of(one, login.id) for one in await accounts.live_sessions(session, person=person)],
        "roles": words.ROLES,
        "agent_chars": AGENT_CHARS_SHOWN,
    }


@post("/account/profile", access=SIGNED_IN, problems=(), status_code=303, include_in_schema=False)
async def take_profile(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], login: NamedDependency[LoginSession]
) -> Response[bytes]:
    """Change one's name and language; pages speak it from now on."""
    form = await read_form(request, ProfileForm)
    if form.value is None:
        return page(request, "people/account.html", status=422, **(await _known(session, login) | {"form": form}))
    accounts.describe_person(login.person, name=form.value.name, language=form.value.language)
    answer = see_other("/account")
    if request.cookies.get(COOKIE) in LANGUAGES:
        answer.set_cookie(key=COOKIE, value=form.value.language, samesite="lax", path="/")
    return answer


@post("/account/acting", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_acting(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], login: NamedDependency[LoginSession]
) -> Response[bytes]:
    """Act for another organisation of one's own from now on."""
    form = await read_form(request, ActFor)
    if form.value is None:
        return page(request, "people/account.html", status=422, **(await _known(session, login) | {"form": form}))
    await organisations.act_for(session, login=login, organisation_id=form.value.organisation_id)
    return see_other("/desk")


@post("/account/sessions/end", access=SIGNED_IN, problems=(), status_code=303, include_in_schema=False)
async def take_end_of_sessions(
    session: NamedDependency[AsyncSession], login: NamedDependency[LoginSession]
) -> Response[bytes]:
    """Sign out everywhere else."""
    await accounts.end_sessions(session, person_id=login.person_id, but=login.id)
    return see_other("/account#sessions")


@post("/account/second-factor", access=SIGNED_IN, problems=(), status_code=303, include_in_schema=False)
async def begin_second_factor(
    session: NamedDependency[AsyncSession], login: NamedDependency[LoginSession]
) -> Response[bytes]:
    """Make a secret for an authenticator."""
    await accounts.begin_totp(session, person=login.person, login=login)
    return see_other("/account/second-factor")


@get("/account/second-factor", access=SIGNED_IN, problems=(), include_in_schema=False)
async def show_second_factor(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], login: NamedDependency[LoginSession]
) -> Response[bytes]:
    """The secret to put into an authenticator until it is on; then recovery codes and the way to turn it off."""
    return await _second_factor(request, session, login, None)


async def _second_factor(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    login: LoginSession,
    form: Form[CodeIn] | None,
    *,
    status: int = 200,
    codes: Sequence[str] = (),
) -> Response[bytes]:
    person = login.person
    begun = person.totp_secret is not None and person.totp_confirmed_at is None
    return page(
        request,
        "people/second-factor.html",
        status=status,
        form=form,
        secret=person.totp_secret if begun else None,
        address=accounts.totp_address(person) if begun else None,
        picture=_picture(accounts.totp_address(person)) if begun else None,
        on=person.totp_confirmed_at is not None,
        codes=codes,
        codes_left=await second_factor.codes_left(session, person=person),
    )


def _picture(address: str) -> Markup:
    """A square code that a phone reads off the screen."""
    drawn = segno.make(address, error="m").svg_inline(scale=5, border=4, dark="#000", light="#fff", omitsize=False)
    return Markup(drawn)  # noqa: S704 - drawn by the library, with no text in it


@post("/account/second-factor/confirm", access=SIGNED_IN, problems=(), status_code=200, include_in_schema=False)
async def confirm_second_factor(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], login: NamedDependency[LoginSession]
) -> Response[bytes]:
    """Turn it on with a first code, and show the codes for recovery this once."""
    return await _with_code(request, session, login, accounts.confirm_totp, renews=True)


@post("/account/second-factor/codes", access=SIGNED_IN, problems=(), status_code=200, include_in_schema=False)
async def renew_codes(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], login: NamedDependency[LoginSession]
) -> Response[bytes]:
    """Make new codes for recovery, shown this once."""
    return await _with_code(request, session, login, _shown_again, renews=True)


async def _shown_again(session: AsyncSession, *, person: Person, code: str, login: LoginSession) -> None:
    await accounts.step_up(session, login=login, code=code)


@post("/account/second-factor/off", access=SIGNED_IN, problems=(), status_code=303, include_in_schema=False)
async def end_second_factor(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], login: NamedDependency[LoginSession]
) -> Response[bytes]:
    """Turn it off with a code."""
    return await _with_code(request, session, login, accounts.end_totp, renews=False)


async def _with_code(
    request: Request[Any, Any, Any], session: AsyncSession, login: LoginSession, act: Any, *, renews: bool
) -> Response[bytes]:
    form = await read_form(request, CodeIn)
    if form.value is None:
        return await _second_factor(request, session, login, form, status=422)
    try:
        await act(session, person=login.person, code=form.value.code, login=login)
    except MarketplaceError as error:
        return await _second_factor(request, session, login, form.refuse(error), status=422)
    if not renews:
        return see_other("/account")
    codes = await second_factor.new_codes(session, person=login.person)
    return await _second_factor(request, session, login, None, codes=codes)


class SessionEnd(Struct, frozen=True):
    """One browser to sign out."""

    session_id: uuid.UUID


@post("/account/sessions/end-one", access=SIGNED_IN, problems=(), status_code=303, include_in_schema=False)
async def take_end_of_one_session(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], login: NamedDependency[LoginSession]
) -> Response[bytes]:
    """Sign one other browser out."""
    form = await read_form(request, SessionEnd)
    if form.value is not None:
        await accounts.end_session(session, person_id=login.person_id, session_id=form.value.session_id)
    return see_other("/account#sessions")


ACCOUNT_PAGES = [
    show_account,
    take_profile,
    take_acting,
    take_end_of_sessions,
    begin_second_factor,
    show_second_factor,
    confirm_second_factor,
    renew_codes,
    end_second_factor,
    take_end_of_one_session,
    *ORGANISATION_PAGES,
    *STANDING_PAGES,
]
