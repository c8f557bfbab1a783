"""Joining, signing in and out, and a new password."""

from typing import Annotated, Any

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.exceptions import TooManyRequestsException
from litestar.params import QueryParameter
from msgspec import Meta, Struct
from sqlalchemy.ext.asyncio import AsyncSession

from api.fields import Country, Email, Line, OptionalLine, Password
from api.limits import limit_guesses
from api.people import schemas
from api.people.account_pages import ACCOUNT_PAGES
from api.people.authentication import cookie_name
from api.people.letter_pages import LETTER_PAGES
from api.people.mail_pages import MAIL_PAGES
from api.people.routes import session_cookie
from api.platform import platform_of
from api.routing import PUBLIC, SIGNED_IN, get, post
from api.site.forms import Form, read_form
from api.site.language import choose_language, gettext
from api.site.pages import inside
from api.site.render import page, see_other
from api.site.words import KINDS
from marketplace.errors import MarketplaceError
from marketplace.people import accounts
from scoring.technology import Text

Back = Annotated[str, QueryParameter(max_length=2000)]
_JOINING = {code: said for code, said in KINDS.items() if code != "operator"}


class SignInForm(Struct, frozen=True):
    """As the page asks for it; `next` is where to go then."""

    email: Email
    password: Password
    totp_code: schemas.SecondFactorCode | None = None
    next: Annotated[str, Meta(max_length=2000)] = "/desk"


@get("/sign-in", access=PUBLIC, problems=(), include_in_schema=False)
async def show_sign_in(request: Request[Any, Any, Any], next: Back = "/desk") -> Response[bytes]:
    """The form to sign in with."""
    return page(request, "people/sign-in.html", form=None, next=inside(next))


@post("/sign-in", access=PUBLIC, problems=(403,), status_code=303, include_in_schema=False)
async def take_sign_in(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Response[bytes]:
    """Sign in, and go on where one was going."""
    form = await read_form(request, SignInForm)
    if form.value is None:
        return page(request, "people/sign-in.html", status=422, form=form, next=form.typed("next", "/desk"))
    given = form.value
    try:
        await limit_guesses(platform_of(request), "sign-in", given.email)
        signed_in = await accounts.sign_in(
            session,
            email=given.email,
            password=given.password,
            totp_code=given.totp_code,
            user_agent=request.headers.get("user-agent", ""),
        )
    except (MarketplaceError, TooManyRequestsException) as error:
        _refuse(request, form, error)
        return page(request, "people/sign-in.html", status=422, form=form, next=inside(given.next))
    answer = see_other(inside(given.next))
    answer.set_cookie(session_cookie(platform_of(request), signed_in.token))
    return answer


def _refuse(
    request: Request[Any, Any, Any], form: Form[Any], error: MarketplaceError | TooManyRequestsException
) -> None:
    if isinstance(error, MarketplaceError):
        choose_language(request)
        form.refuse(error)
    else:
        form.refusal = gettext("Too many tries. Wait ten minutes, or set a new password.")


@post("/sign-out", access=SIGNED_IN, problems=(), status_code=303, include_in_schema=False)
async def take_sign_out(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Response[bytes]:
    """Sign out everywhere this browser is signed in."""
    platform = platform_of(request)
    if token := request.cookies.get(cookie_name(platform)):
        await accounts.sign_out(session, token=token)
    answer = see_other("/")
    answer.set_cookie(session_cookie(platform, ""))
    return answer


class SignUpForm(Struct, frozen=True):
    """As the page asks for it: one name of the organisation, in the language of the page."""

    email: Email
    password: Password
    person_name: Line
    organisation_name: Line
    kind: schemas.Kind
    country: Country = "CN"
    registration_number: OptionalLine | None = None


@get("/sign-up", access=PUBLIC, problems=(), include_in_schema=False)
async def show_sign_up(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The form to join with."""
    return page(request, "people/sign-up.html", form=None, kinds=_JOINING)


@post("/sign-up", access=PUBLIC, problems=(), status_code=200, include_in_schema=False)
async def take_sign_up(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Response[bytes]:
    """Make an account; a mail brings the link that opens it."""
    form = await read_form(request, SignUpForm)
    if form.value is None:
        return page(request, "people/sign-up.html", status=422, form=form, kinds=_JOINING)
    given, platform, language = form.value, platform_of(request), choose_language(request)
    try:
        await limit_guesses(platform, "sign-up", given.email)
        await accounts.sign_up(
            session,
            email=given.email,
            password=given.password,
            person_name=given.person_name,
            organisation_name=Text(zh=given.organisation_name)
            if language == "zh"
            else Text(en=given.organisation_name),
            kind=given.kind,
            country=given.country,
            language=language,
            public_url=platform.settings.public_url,
            registration_number=given.registration_number or None,
            website=None,
        )
    except (MarketplaceError, TooManyRequestsException) as error:
        _refuse(request, form, error)
        return page(request, "people/sign-up.html", status=422, form=form, kinds=_JOINING)
    return page(request, "people/sent.html", email=given.email)


PAGES = [
    show_sign_in,
    take_sign_in,
    take_sign_out,
    show_sign_up,
    take_sign_up,
    *MAIL_PAGES,
    *ACCOUNT_PAGES,
    *LETTER_PAGES,
]
