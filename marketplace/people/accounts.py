"""Signing up, proving an address, signing in and out, a second factor, a forgotten password."""

import datetime
import uuid
from collections.abc import Sequence
from typing import NamedTuple

import pyotp
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from marketplace import mail
from marketplace.database import clock_of
from marketplace.errors import Conflict, FieldError, Forbidden, Invalid
from marketplace.people import passwords, second_factor
from marketplace.people.letters import letter, tell_of_change
from marketplace.people.models import EmailToken, LoginSession, Membership, Organisation, Person
from marketplace.people.tokens import new_token, token_hash
from marketplace.process import begin
from scoring.technology import Text

ABSOLUTE = datetime.timedelta(days=14)
IDLE = datetime.timedelta(hours=12)
SEEN_EVERY = datetime.timedelta(minutes=5)
FRESH = datetime.timedelta(minutes=30)
VERIFY_WITHIN = datetime.timedelta(days=3)
RESET_WITHIN = datetime.timedelta(hours=1)


async def sign_up(
    session: AsyncSession,
    *,
    email: str,
    password: str,
    person_name: str,
    organisation_name: Text,
    kind: str,
    country: str,
    language: str,
    public_url: str,
    registration_number: str | None = None,
    website: str | None = None,
) -> None:
    """A new person with a new organisation; nothing can be done until the address is proved.

    An address that is known gets a mail that says so, and the caller hears the same as anybody: who has an account
    is nobody's business.
    """
    if weak := passwords.weakness(password, email, person_name):
        raise Invalid([weak])
    password_hash = await passwords.hashed(password)  # in either case: the time it takes would tell
    if known := await person_by_email(session, email):
        await mail.send(session, to=known.email, kind="sign-up-again", **letter("again", language, public_url))
        return
    person = Person(email=email, name=person_name, language=language, password_hash=password_hash)
    organisation = Organisation(
        name=organisation_name,
        kind=kind,
        country=country,
        email_domain=email.rpartition("@")[2].lower(),
        registration_number=registration_number,
        website=website,
    )
    session.add(person)
    await begin(session, organisation)
    session.add(Membership(organisation_id=organisation.id, person_id=person.id, role="owner"))
    await _send_token(session, person, "verify-email", VERIFY_WITHIN, public_url)


async def person_by_email(session: AsyncSession, email: str) -> Person | None:
    found: Person | None = await session.scalar(select(Person).where(func.lower(Person.email) == email.lower()))
    return found


async def _send_token(
    session: AsyncSession, person: Person, purpose: str, within: datetime.timedelta, public_url: str
) -> None:
    token, expires_at = new_token(), clock_of(session).now() + within
    session.add(EmailToken(person_id=person.id, purpose=purpose, token_hash=token_hash(token), expires_at=expires_at))
    said = letter(purpose, person.language, f"{public_url}/{purpose}?token={token}")
    await mail.send(session, to=person.email, kind=purpose, **said)


async def use_email_token(session: AsyncSession, *, token: str, purpose: str) -> Person:
    """The person the token was sent to; it works once."""
    now = clock_of(session).now()
    used = (
        update(EmailToken)
        .where(
            EmailToken.token_hash == token_hash(token),
            EmailToken.purpose == purpose,
            EmailToken.used_at.is_(None),
            EmailToken.expires_at > now,
        )
        .values(used_at=now)
        .returning(EmailToken.person_id)
    )
    person_id = await session.scalar(used)
    if person_id is None:
        expected = "a link that was not used and has not expired"
        raise Invalid([FieldError(field="token", expected=expected, expected_zh="未使用且未过期的链接")])
    return await session.get_one(Person, person_id)


async def verify_email(session: AsyncSession, *, token: str) -> Person:
    person = await use_email_token(session, token=token, purpose="verify-email")
    person.email_verified_at = clock_of(session).now()
    return person


async def ask_for_reset(session: AsyncSession, *, email: str, public_url: str) -> None:
    """Nothing tells the caller whether the address is known."""
    if person := await person_by_email(session, email):
        await _send_token(session, person, "reset-password", RESET_WITHIN, public_url)


async def reset_password(session: AsyncSession, *, token: str, password: str) -> None:
    """A new password; whoever was signed in with the old one is no longer."""
    person = await use_email_token(session, token=token, purpose="reset-password")
    await set_password(session, person=person, password=password)
    person.email_verified_at = person.email_verified_at or clock_of(session).now()


async def set_password(session: AsyncSession, *, person: Person, password: str) -> None:
    if weak := passwords.weakness(password, person.email, person.name):
        raise Invalid([weak])
    person.password_hash = await passwords.hashed(password)
    await _void_links(session, person)
    await tell_of_change(session, person, "new-password")
    await end_sessions(session, person_id=person.id)


async def _void_links(session: AsyncSession, person: Person) -> None:
    """Links of before may lie in a mailbox that somebody else has read."""
    unused = (EmailToken.person_id == person.id, EmailToken.purpose == "reset-password", EmailToken.used_at.is_(None))
    await session.execute(update(EmailToken).where(*unused).values(used_at=clock_of(session).now()))


class SignedIn(NamedTuple):
    token: str
    login: LoginSession


async def sign_in(
    session: AsyncSession, *, email: str, password: str, totp_code: str | None = None, user_agent: str = ""
) -> SignedIn:
    """A new session with a new token, every time.

    Raises
    ------
    Forbidden
        One answer for a wrong address and a wrong password; others only to whoever knows the password.
    """
    person = await person_by_email(session, email)
    if not await passwords.matches(password, person.password_hash if person else None) or person is None:
        raise Forbidden("wrong-credentials", "The address or the password is wrong.", "邮箱或密码不正确。")
    if person.disabled_at is not None:
        raise Forbidden("account-disabled", "This account is disabled.", "账号已停用。")
    if person.email_verified_at is None:
        raise Forbidden("email-unproved", "Open the link in our mail first.", "请先打开验证邮件中的链接。")
    if person.totp_confirmed_at is not None:
        await second_factor.use_code(session, person=person, code=totp_code)
    return await _open_session(session, person, user_agent)


async def _open_session(session: AsyncSession, person: Person, user_agent: str) -> SignedIn:
    now, token = clock_of(session).now(), new_token()
    mine = select(Membership.organisation_id).where(Membership.person_id == person.id)
    login = LoginSession(
        token_hash=token_hash(token),
        person_id=person.id,
        organisation_id=await session.scalar(mine.order_by(Membership.created_at).limit(1)),
        user_agent=user_agent[:200],
        last_seen_at=now,
        expires_at=now + ABSOLUTE,
        stepped_up_at=now if person.totp_confirmed_at else None,
    )
    session.add(login)
    await session.flush()
    return SignedIn(token, login)


async def session_of(session: AsyncSession, *, token: str) -> LoginSession | None:
    """The live session of a token with its person; one that was idle too long is as good as none."""
    now = clock_of(session).now()
    query = (
        select(LoginSession)
        .where(
            LoginSession.token_hash == token_hash(token),
            LoginSession.ended_at.is_(None),
            LoginSession.expires_at > now,
            LoginSession.last_seen_at > now - IDLE,
        )
        .options(joinedload(LoginSession.person))
    )
    login: LoginSession | None = await session.scalar(query)
    if login is None or login.person.disabled_at is not None:
        return None
    if login.last_seen_at < now - SEEN_EVERY:
        seen = update(LoginSession).where(LoginSession.id == login.id).values(last_seen_at=now)
        await session.execute(seen)
    return login


async def live_sessions(session: AsyncSession, *, person: Person) -> Sequence[LoginSession]:
    """Where somebody is signed in, the one used last first."""
    now = clock_of(session).now()
    live = (
        LoginSession.person_id == person.id,
        LoginSession.ended_at.is_(None),
        LoginSession.expires_at > now,
        LoginSession.last_seen_at > now - IDLE,
    )
    query = select(LoginSession).where(*live).order_by(LoginSession.last_seen_at.desc(), LoginSession.id.desc())
    return (await session.scalars(query)).all()


def describe_person(person: Person, *, name: str, language: str) -> None:
    """What somebody is called, and in which language we write to them."""
    person.name, person.language = name, language


async def sign_out(session: AsyncSession, *, token: str) -> None:
    now = clock_of(session).now()
    mine = (LoginSession.token_hash == token_hash(token), LoginSession.ended_at.is_(None))
    await session.execute(update(LoginSession).where(*mine).values(ended_at=now))


async def end_sessions(session: AsyncSession, *, person_id: uuid.UUID, but: uuid.UUID | None = None) -> None:
    """End all sessions of a person; after a change of what proves who they are."""
    theirs = [LoginSession.person_id == person_id, LoginSession.ended_at.is_(None)]
    if but is not None:
        theirs.append(LoginSession.id != but)
    await session.execute(update(LoginSession).where(*theirs).values(ended_at=clock_of(session).now()))


async def end_session(session: AsyncSession, *, person_id: uuid.UUID, session_id: uuid.UUID) -> None:
    """End one session of a person's."""
    theirs = (LoginSession.id == session_id, LoginSession.person_id == person_id, LoginSession.ended_at.is_(None))
    await session.execute(update(LoginSession).where(*theirs).values(ended_at=clock_of(session).now()))


async def begin_totp(session: AsyncSession, *, person: Person, login: LoginSession) -> str:
    """A new secret to put into an authenticator; it counts once a code from it was shown.

    Only soon after the password was given: else whoever finds a browser signed in could sign with a factor of theirs.
    """
    _require_fresh(session, login)
    if person.totp_confirmed_at is not None:
        raise Conflict("totp-on", "A second factor is on already.", "已启用两步验证。")
    person.totp_secret = pyotp.random_base32()
    return totp_address(person)


def _require_fresh(session: AsyncSession, login: LoginSession) -> None:
    if clock_of(session).now() - login.created_at > FRESH:
        message = "Sign out and in again first: a second factor is set up right after signing in."
        raise Forbidden("sign-in-again", message, "请先退出并重新登录：两步验证须在登录后立即设置。")


def totp_address(person: Person) -> str:
    """What an authenticator reads; to be shown only until the second factor is on."""
    return pyotp.TOTP(person.totp_secret or "").provisioning_uri(name=person.email, issuer_name="Greenhatch")


async def confirm_totp(session: AsyncSession, *, person: Person, code: str, login: LoginSession) -> None:
    _require_fresh(session, login)
    await second_factor.use_code(session, person=person, code=code)
    person.totp_confirmed_at = login.stepped_up_at = clock_of(session).now()
    await tell_of_change(session, person, "factor-on")
    await end_sessions(session, person_id=person.id, but=login.id)


async def end_totp(session: AsyncSession, *, person: Person, code: str, login: LoginSession) -> None:
    await second_factor.use_code(session, person=person, code=code)
    person.totp_secret = person.totp_confirmed_at = person.totp_last_step = None
    login.stepped_up_at = None
    await second_factor.forget_codes(session, person=person)
    await tell_of_change(session, person, "factor-off")
    await end_sessions(session, person_id=person.id, but=login.id)


async def step_up(session: AsyncSession, *, login: LoginSession, code: str) -> None:
    """Show the second factor again, for a step that asks for a recent one."""
    await second_factor.use_code(session, person=login.person, code=code)
    login.stepped_up_at = clock_of(session).now()


async def show_factor_again(session: AsyncSession, *, login: LoginSession, code: str = "") -> None:
    """Ask whoever has a second factor for a recent code, typed just now or before; who has none goes on."""
    if login.person.totp_confirmed_at is None:
        return
    if code.strip():
        await step_up(session, login=login, code=code.strip())
    second_factor.require_recent(session, login.stepped_up_at)
