"""Whether a page's form asks for a code of the second factor."""

from typing import Any

from litestar import Request
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.people.models import LoginSession, Person


async def asks_for_code(request: Request[Any, Any, Any], session: AsyncSession) -> bool:
    """Of whoever has set one up."""
    login = request.scope.get("auth")
    if not isinstance(login, LoginSession):
        return False
    return (await session.get_one(Person, login.person_id)).totp_confirmed_at is not None
