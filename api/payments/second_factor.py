"""The second factor, shown in the same form as the step that asks for it."""

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.payments.approvals import Signer
from marketplace.people import accounts
from marketplace.people.models import LoginSession


async def shown_again(session: AsyncSession, signer: Signer, login: LoginSession, code: str) -> Signer:
    """Whoever signs, with the code that was typed, if one was."""
    if not code.strip():
        return signer
    await accounts.step_up(session, login=login, code=code.strip())
    return replace(signer, stepped_up_at=login.stepped_up_at)
