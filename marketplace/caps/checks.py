"""What `greenhatch db check` looks at: the sum beside each cap is that of its uses."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.caps.models import Cap, CapUse
from marketplace.checks import Finding, check
from marketplace.settings import Settings


@check("caps")
async def caps_are_sums(session: AsyncSession, settings: Settings) -> Finding:
    used = func.coalesce(func.sum(CapUse.amount_minor).filter(CapUse.released_at.is_(None)), 0)
    query = select(Cap.id).outerjoin(CapUse).group_by(Cap.id).having(Cap.committed_minor != used)
    wrong = (await session.scalars(query)).all()
    if wrong:
        return Finding(ok=False, said=f"{len(wrong)} caps differ from what is committed: {wrong[0]}")
    return Finding(ok=True, said=f"{await session.scalar(select(func.count(Cap.id)))} caps agree with their uses")
