"""Accounts, sessions and second factors; organisations stand in a file of their own."""

from typing import Any

from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.conditional import SHOWN_ONCE
from api.csrf import csrf_token
from api.limits import limit_guesses
from api.people import schemas
from api.people.authentication import cookie_name
from api.people.dependencies import (
    acting_organisation,
    administered_organisation,
    any_organisation,
    login,
    managed_organisation,
    own_organisation,
    shown_organisation,
)
from api.people.mail_routes import MAIL_ROUTES
from api.people.operator_routes import OPERATOR_ROUTES
from api.people.organisation_routes import ORGANISATION_ROUTES
from api.platform import Platform, platform_of
from api.routing import PUBLIC, SIGNED_IN, delete, get, post, put
from marketplace.people import accounts, organisations, second_factor
from marketplace.people.models import LoginSession


@post("/sign-up", access=PUBLIC, problems=(), status_code=202)
async def sign_up(
    request: Request[Any, Any, Any], data: JSONBody[schemas.SignUp], session: NamedDependency[AsyncSession]
) -> None:
    """Make an account and an organisation; a mail brings the link that opens them."""
    platform = platform_of(request)
    await limit_guesses(platform, "sign-up", data.email)
    await accounts.sign_up(
        session,
        email=data.email,
        password=data.password,
        person_name=data.person_name,
        organisation_name=data.organisation_name.text(),
        kind=data.kind,
        country=data.country,
        language=data.language,
        public_url=platform.settings.public_url,
        registration_number=data.registration_number or None,
        website=data.website,
    )


@post("/verify-email", access=PUBLIC, problems=(), status_code=204)
async def verify_email(data: JSONBody[schemas.TokenIn], session: NamedDependency[AsyncSession]) -> None:
    """Prove an address with the link's token."""
    await accounts.verify_email(session, token=data.token)


@post("/password-reset", access=PUBLIC, problems=(), status_code=202)
async def ask_for_reset(
    request: Request[Any, Any, Any], data: JSONBody[schemas.EmailIn], session: NamedDependency[AsyncSession]
) -> None:
    """Have a link sent for a new password; the answer is the same whether or not the address is known."""
    platform = platform_of(request)
    await limit_guesses(platform, "reset", data.email)
    await accounts.ask_for_reset(session, email=data.email, public_url=platform.settings.public_url)


@post("/password-reset/complete", access=PUBLIC, problems=(), status_code=204)
async def reset_password(data: JSONBody[schemas.ResetIn], session: NamedDependency[AsyncSession]) -> None:
    """Set a new password with the link's token; all sessions end."""
    await accounts.reset_password(session, token=data.token, password=data.password)


@post("/session", access=PUBLIC, problems=(403,), status_code=204)
async def sign_in(
    request: Request[Any, Any, Any], data: JSONBody[schemas.SignIn], session: NamedDependency[AsyncSession]
) -> Response[None]:
    """Sign in: the answer sets the session cookie."""
    platform = platform_of(request)
    await limit_guesses(platform, "sign-in", data.email)
    signed_in = await accounts.sign_in(
        session,
        email=data.email,
        password=data.password,
        totp_code=data.totp_code,
        user_agent=request.headers.get("user-agent", ""),
    )
    return Response(None, status_code=204, cookies=[session_cookie(platform, signed_in.token)])


def session_cookie(platform: Platform, token: str) -> Cookie:
    name = cookie_name(platform)
    return Cookie(
        key=name,
        value=token,
        httponly=True,
        secure=name.startswith("__Host-"),
        samesite="lax",
        path="/",
        max_age=int(accounts.ABSOLUTE.total_seconds()) if token else 0,
    )


@get("/session", access=SIGNED_IN, problems=())
async def whoami(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    login: NamedDependency[LoginSession],
) -> schemas.Me:
    """Who is signed in, for which organisations, and the token for changes."""
    person = login.person
    return schemas.Me(
        person_id=person.id,
        name=person.name,
        email=person.email,
        language=person.language,
        second_factor=person.totp_confirmed_at is not None,
        acting_for=login.organisation_id,
        organisations=[schemas.MyOrganisation.of(m) for m in await organisations.memberships_of(session, person)],
        csrf_token=csrf_token(platform_of(request), login),
    )


@put("/session/organisation", access=SIGNED_IN, status_code=204)
async def act_for(
    data: JSONBody[schemas.ActFor], session: NamedDependency[AsyncSession], login: NamedDependency[LoginSession]
) -> None:
    """Act for another organisation one is a member of."""
    await organisations.act_for(session, login=login, organisation_id=data.organisation_id)


@delete("/session", access=SIGNED_IN, problems=(), status_code=204)
async def sign_out(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], login: NamedDependency[LoginSession]
) -> Response[None]:
    """Sign out: the token is worth nothing from now on."""
    platform = platform_of(request)
    await accounts.sign_out(session, token=request.cookies[cookie_name(platform)])
    return Response(None, status_code=204, cookies=[session_cookie(platform, "")])


@get("/sessions", access=SIGNED_IN, problems=())
async def list_sessions(
    session: NamedDependency[AsyncSession], login: NamedDependency[LoginSession]
) -> list[schemas.SessionOut]:
    """Where one is signed in."""
    live = select(LoginSession).where(LoginSession.person_id == login.person_id, LoginSession.ended_at.is_(None))
    found = await session.scalars(live.order_by(LoginSession.last_seen_at.desc()))
    return [schemas.SessionOut.of(other, login.id) for other in found]


@delete("/sessions", access=SIGNED_IN, problems=(), status_code=204)
async def end_other_sessions(session: NamedDependency[AsyncSession], login: NamedDependency[LoginSession]) -> None:
    """Sign out everywhere else."""
    await accounts.end_sessions(session, person_id=login.person_id, but=login.id)


@post("/second-factor", access=SIGNED_IN, problems=())
async def begin_totp(
    session: NamedDependency[AsyncSession], login: NamedDependency[LoginSession]
) -> Response[schemas.TotpBegun]:
    """Begin a second factor: put the address into an authenticator, then confirm with a code."""
    begun = schemas.TotpBegun(uri=await accounts.begin_totp(session, person=login.person, login=login))
    return Response(begun, headers=SHOWN_ONCE)


@post("/second-factor/confirm", access=SIGNED_IN, problems=(), status_code=204)
async def confirm_totp(
    data: JSONBody[schemas.CodeIn], session: NamedDependency[AsyncSession], login: NamedDependency[LoginSession]
) -> None:
    """Turn the second factor on; other sessions end."""
    await accounts.confirm_totp(session, person=login.person, code=data.code, login=login)


@post("/second-factor/off", access=SIGNED_IN, problems=(), status_code=204)
async def end_totp(
    data: JSONBody[schemas.CodeIn], session: NamedDependency[AsyncSession], login: NamedDependency[LoginSession]
) -> None:
    """Turn it off with a code; other sessions end."""
    await accounts.end_totp(session, person=login.person, code=data.code, login=login)


@post("/second-factor/recovery-codes", access=SIGNED_IN, problems=(), status_code=200)
async def renew_recovery_codes(
    data: JSONBody[schemas.CodeIn], session: NamedDependency[AsyncSession], login: NamedDependency[LoginSession]
) -> Response[schemas.RecoveryCodesOut]:
    """Make ten codes that sign in once each, should the authenticator be lost; those of before are void."""
    await accounts.step_up(session, login=login, code=data.code)
    made = schemas.RecoveryCodesOut(codes=await second_factor.new_codes(session, person=login.person))
    return Response(made, headers=SHOWN_ONCE)


@post("/second-factor/step-up", access=SIGNED_IN, problems=(), status_code=204)
async def step_up(
    data: JSONBody[schemas.CodeIn], session: NamedDependency[AsyncSession], login: NamedDependency[LoginSession]
) -> None:
    """Show a code again, for steps that ask for a recent one."""
    await accounts.step_up(session, login=login, code=data.code)


DEPENDENCIES = {
    "acting_organisation": acting_organisation,
    "administered_organisation": administered_organisation,
    "login": login,
    "own_organisation": own_organisation,
    "managed_organisation": managed_organisation,
    "shown_organisation": shown_organisation,
    "any_organisation": any_organisation,
}
ROUTES = [
    sign_up,
    verify_email,
    ask_for_reset,
    reset_password,
    sign_in,
    whoami,
    act_for,
    sign_out,
    list_sessions,
    end_other_sessions,
    begin_totp,
    confirm_totp,
    end_totp,
    renew_recovery_codes,
    step_up,
    *MAIL_ROUTES,
    *ORGANISATION_ROUTES,
    *OPERATOR_ROUTES,
]
