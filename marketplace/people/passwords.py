"""Passwords: argon2id at the cost OWASP asks for, two at a time so that sign-ins cannot fill the machine."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from zxcvbn import zxcvbn

from marketplace.errors import FieldError

LENGTH_MIN, LENGTH_MAX = 10, 128
STRENGTH_MIN = 2
_ESTIMATED_LENGTH_MAX = 72

_hasher = PasswordHasher(memory_cost=46 * 1024, time_cost=1, parallelism=1)
_slots = asyncio.Semaphore(2)
# Verified against when there is no such person, so that the answer takes as long as for one there is.
_NOBODY = _hasher.hash("nobody has this password")


async def hashed(password: str) -> str:
    async with _slots:
        return await asyncio.to_thread(_hasher.hash, password)


async def matches(password: str, password_hash: str | None) -> bool:
    """Whether it is the password; takes the same time when there is no hash to compare with."""
    async with _slots:
        return await asyncio.to_thread(_verify, password_hash or _NOBODY, password) and password_hash is not None


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except VerificationError:
        return False


def weakness(password: str, *about: str) -> FieldError | None:
    """Why a password will not do, if it won't; `about` are words an attacker would try (name, e-mail)."""
    if not LENGTH_MIN <= len(password) <= LENGTH_MAX:
        return FieldError(
            field="password",
            expected=f"{LENGTH_MIN} to {LENGTH_MAX} characters",
            expected_zh=f"{LENGTH_MIN}至{LENGTH_MAX}个字符",
        )
    guessed = zxcvbn(password[:_ESTIMATED_LENGTH_MAX], user_inputs=[word for word in about if word])
    if guessed["score"] < STRENGTH_MIN:
        return FieldError(
            field="password",
            expected="a password that is harder to guess, such as four unrelated words",
            expected_zh="更难猜的密码，例如四个互不相关的词",
        )
    return None
