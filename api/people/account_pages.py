"""My account: who I am, for whom I act, where I am signed in, and a second factor."""

from typing import Any, Literal

from litestar import Request, Response
from litestar.di import NamedDependency
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
from marketplace.people import accounts, organisations
from marketplace.people.models import LoginSession

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
    await accounts.begin_totp(session, person=login.person)
    return see_other("/account/second-factor")


@get("/account/second-factor", access=SIGNED_IN, problems=(), include_in_schema=False)
async def show_second_factor(request: Request[Any, Any, Any], login: NamedDependency[LoginSession]) -> Response[bytes]:
    """The secret to put into an authenticator until it is on; then the way to turn it off."""
    return _second_factor(request, login, None)


def _second_factor(
    request: Request[Any, Any, Any], login: LoginSession, form: Form[CodeIn] | None, status: int = 200
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
        on=person.totp_confirmed_at is not None,
    )


@post("/account/second-factor/confirm", access=SIGNED_IN, problems=(), status_code=303, include_in_schema=False)
async def confirm_second_factor(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], login: NamedDependency[LoginSession]
) -> Response[bytes]:
    """Turn it on with a first code."""
    return await _with_code(request, session, login, accounts.confirm_totp)


@post("/account/second-factor/off", access=SIGNED_IN, problems=(), status_code=303, include_in_schema=False)
async def end_second_factor(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], login: NamedDependency[LoginSession]
) -> Response[bytes]:
    """Turn it off with a code."""
    return await _with_code(request, session, login, accounts.end_totp)


async def _with_code(
    request: Request[Any, Any, Any], session: AsyncSession, login: LoginSession, act: Any
) -> Response[bytes]:
    form = await read_form(request, CodeIn)
    if form.value is None:
        return _second_factor(request, login, form, status=422)
    try:
        await act(session, person=login.person, code=form.value.code, login=login)
    except MarketplaceError as error:
        return _second_factor(request, login, form.refuse(error), status=422)
    return see_other("/account")


ACCOUNT_PAGES = [
    show_account,
    take_profile,
    take_acting,
    take_end_of_sessions,
    begin_second_factor,
    show_second_factor,
    confirm_second_factor,
    end_second_factor,
    *ORGANISATION_PAGES,
    *STANDING_PAGES,
]
