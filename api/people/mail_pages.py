"""Where the links in our mails lead: proving an address, a new password, an invitation.

A link opens a page with a button: programs that look into mails follow links, and must use nothing up.
"""

from typing import Annotated, Any

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.exceptions import TooManyRequestsException
from litestar.params import QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api.limits import limit_guesses
from api.people.schemas import EmailIn, ResetIn, TokenIn
from api.platform import platform_of
from api.routing import PUBLIC, SIGNED_IN, get, post
from api.site.forms import read_form
from api.site.language import gettext
from api.site.render import page, see_other
from marketplace.errors import MarketplaceError
from marketplace.people import accounts, organisations
from marketplace.people.models import LoginSession

Token = Annotated[str, QueryParameter(max_length=200, pattern=r"^[\w.~-]*$")]


@get("/verify-email", access=PUBLIC, problems=(), include_in_schema=False)
async def show_verify_email(request: Request[Any, Any, Any], token: Token = "") -> Response[bytes]:
    """A button that proves the address."""
    return page(request, "people/verify-email.html", form=None, token=token)


@post("/verify-email", access=PUBLIC, problems=(), status_code=303, include_in_schema=False)
async def take_verify_email(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Response[bytes]:
    """Prove the address, then sign in."""
    form = await read_form(request, TokenIn)
    try:
        if form.value is not None:
            await accounts.verify_email(session, token=form.value.token)
            return see_other("/sign-in")
    except MarketplaceError as error:
        form.refuse(error)
    return page(request, "people/verify-email.html", status=422, form=form, token=form.typed("token"))


@get("/password-reset", access=PUBLIC, problems=(), include_in_schema=False)
async def show_ask_for_reset(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Where one asks for a link to set a new password."""
    return page(request, "people/ask-for-reset.html", form=None, sent_to="")


@post("/password-reset", access=PUBLIC, problems=(), status_code=200, include_in_schema=False)
async def take_ask_for_reset(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]
) -> Response[bytes]:
    """Send the link; the answer is the same whether or not the address is known."""
    form, platform = await read_form(request, EmailIn), platform_of(request)
    try:
        if form.value is not None:
            await limit_guesses(platform, "reset", form.value.email)
            await accounts.ask_for_reset(session, email=form.value.email, public_url=platform.settings.public_url)
            return page(request, "people/ask-for-reset.html", form=None, sent_to=form.value.email)
    except TooManyRequestsException:
        form.refusal = gettext("Too many tries. Wait ten minutes, or set a new password.")
    return page(request, "people/ask-for-reset.html", status=422, form=form, sent_to="")


@get("/reset-password", access=PUBLIC, problems=(), include_in_schema=False)
async def show_reset(request: Request[Any, Any, Any], token: Token = "") -> Response[bytes]:
    """Where the link leads: a new password."""
    return page(request, "people/reset-password.html", form=None, token=token)


@post("/reset-password", access=PUBLIC, problems=(), status_code=303, include_in_schema=False)
async def take_reset(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Response[bytes]:
    """Set the new password; all sessions end."""
    form = await read_form(request, ResetIn)
    try:
        if form.value is not None:
            await accounts.reset_password(session, token=form.value.token, password=form.value.password)
            return see_other("/sign-in")
    except MarketplaceError as error:
        form.refuse(error)
    return page(request, "people/reset-password.html", status=422, form=form, token=form.typed("token"))


@get("/invitation", access=PUBLIC, problems=(), include_in_schema=False)
async def show_invitation(request: Request[Any, Any, Any], token: Token = "") -> Response[bytes]:
    """A button that accepts, for who is signed in; the way to sign in for others."""
    return page(request, "people/invitation.html", form=None, token=token)


@post("/invitation", access=SIGNED_IN, problems=(), status_code=303, include_in_schema=False)
async def take_invitation_answer(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], login: NamedDependency[LoginSession]
) -> Response[bytes]:
    """Join, and act for the organisation from now on."""
    form = await read_form(request, TokenIn)
    try:
        if form.value is not None:
            joined = await organisations.accept_invitation(session, token=form.value.token, person=login.person)
            await organisations.act_for(session, login=login, organisation_id=joined.organisation_id)
            return see_other("/account/organisation")
    except MarketplaceError as error:
        form.refuse(error)
    return page(request, "people/invitation.html", status=422, form=form, token=form.typed("token"))


MAIL_PAGES = [
    show_verify_email,
    take_verify_email,
    show_ask_for_reset,
    take_ask_for_reset,
    show_reset,
    take_reset,
    show_invitation,
    take_invitation_answer,
]
