"""Codes of an authenticator, each good once; and codes for recovery, should the authenticator be lost."""

import datetime
import secrets

import pyotp
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.database import Sessions, clock_of
from marketplace.errors import Forbidden
from marketplace.people.models import Person, RecoveryCode
from marketplace.people.tokens import token_hash
from marketplace.rate_limit import Rate, take

TOTP_STEP_S = 30
CODES = 10
STEPPED_UP_FOR = datetime.timedelta(minutes=15)
# A code is good for half a minute: nobody needs more, and who guesses gets nowhere.
TRIES = (Rate(count=20, seconds=600), Rate(count=100, seconds=86_400))
# Without letters and digits that look alike on paper; 50 bits a code.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_HALF = 5


async def use_code(session: AsyncSession, *, person: Person, code: str | None) -> None:
    """Accept a code once: of this half minute or the one before, later than the last one used; or one for recovery.

    Whoever tries codes tries few: each try is counted in a transaction of its own, whatever becomes of this one.
    """
    await _count_a_try(session, person)
    step = _step_of(person, code, int(clock_of(session).now().timestamp()))
    if step is not None:
        later = (Person.totp_last_step.is_(None)) | (Person.totp_last_step < step)
        used = update(Person).where(Person.id == person.id, later).values(totp_last_step=step).returning(Person.id)
        if (await session.execute(used)).first():
            return
    elif code and person.totp_confirmed_at and await _use_recovery_code(session, person=person, code=code):
        return
    raise Forbidden("second-factor", "Give the present code of your authenticator.", "请输入身份验证器中的当前验证码。")


def require_recent(session: AsyncSession, stepped_up_at: datetime.datetime | None) -> None:
    """A recent second factor, for what cannot be undone."""
    if stepped_up_at is None or clock_of(session).now() - stepped_up_at > STEPPED_UP_FOR:
        raise Forbidden("step-up-needed", "Show your second factor again first.", "请先再次进行两步验证。")


async def _count_a_try(session: AsyncSession, person: Person) -> None:
    sessions: Sessions | None = session.info.get("sessions")
    if sessions is None:
        return
    for rate in TRIES:
        allowance = await take(sessions, f"codes:{person.id}:{rate.seconds}", rate)
        if not allowance.allowed:
            raise Forbidden(
                "too-many-codes", "Too many codes were tried; wait a while.", "验证码尝试过多，请稍后再试。"
            )


def _step_of(person: Person, code: str | None, now_s: int) -> int | None:
    if person.totp_secret is None or not code:
        return None
    totp = pyotp.TOTP(person.totp_secret)
    steps = [now_s // TOTP_STEP_S - back for back in (0, 1)]
    return next((s for s in steps if pyotp.utils.strings_equal(totp.at(s * TOTP_STEP_S), code)), None)


async def new_codes(session: AsyncSession, *, person: Person) -> list[str]:
    """Codes to be shown this once; those of before are void."""
    await forget_codes(session, person=person)
    codes = [f"{_half()}-{_half()}" for _ in range(CODES)]
    session.add_all(RecoveryCode(person_id=person.id, code_hash=token_hash(code)) for code in codes)
    await session.flush()
    return codes


def _half() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_HALF))


async def _use_recovery_code(session: AsyncSession, *, person: Person, code: str) -> bool:
    """Whether the code was good; it is used up then."""
    mine = (RecoveryCode.person_id == person.id, RecoveryCode.code_hash == token_hash(code.strip().lower()))
    used = update(RecoveryCode).where(*mine, RecoveryCode.used_at.is_(None)).values(used_at=clock_of(session).now())
    return (await session.execute(used.returning(RecoveryCode.id))).first() is not None


async def codes_left(session: AsyncSession, *, person: Person) -> int:
    left = (RecoveryCode.person_id == person.id, RecoveryCode.used_at.is_(None))
    return int(await session.scalar(select(func.count()).select_from(RecoveryCode).where(*left)) or 0)


async def forget_codes(session: AsyncSession, *, person: Person) -> None:
    await session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))
