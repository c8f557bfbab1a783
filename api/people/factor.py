"""Whether whoever is signed in has a second factor."""

from typing import Any

from litestar import Request
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.people.models import LoginSession, Person


async def has_second_factor(request: Request[Any, Any, Any], session: AsyncSession) -> bool:
    """Whom forms ask for its code; without one, nothing that always wants it can be done."""
    login = request.scope.get("auth")
    if not isinstance(login, LoginSession):
        return False
    return (await session.get_one(Person, login.person_id)).totp_confirmed_at is not None
