"""Who is written to."""

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.people.models import Membership, Organisation, Person


async def readers(session: AsyncSession, *whose: ColumnElement[bool]) -> list[Person]:
    """People in the organisations and roles that `whose` says, each once; nobody whose account is disabled."""
    query = (
        select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(*whose, Person.disabled_at.is_(None))
        .distinct()
        .order_by(Person.id)
    )
    return list(await session.scalars(query))
