"""Whom an owner may want to let in: by name, by the address of one of their people, or from among partners in deals."""

import uuid
from collections.abc import Sequence

from sqlalchemy import func, or_, select, type_coerce
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.dataroom.rooms import Admission
from marketplace.deals.models import Deal
from marketplace.errors import FieldError, Invalid
from marketplace.people.models import Membership, Organisation, Person

PARTNERS_MAX = 100


async def partners_of(session: AsyncSession, organisation_id: uuid.UUID) -> Sequence[Organisation]:
    """Verified organisations that it has a deal with."""
    sides = (Deal.holder_organisation_id, Deal.financier_organisation_id)
    of_deals = [select(other).where(mine == organisation_id) for mine, other in (sides, sides[::-1])]
    query = select(Organisation).where(
        or_(*(Organisation.id.in_(found) for found in of_deals)), Organisation.state == "verified"
    )
    return (await session.scalars(query.order_by(Organisation.id).limit(PARTNERS_MAX))).all()


async def admission_named(session: AsyncSession, *, organisation: str, email: str | None) -> Admission:
    """Everybody of the organisation with this name, in either language; with `email`, that person of it alone.

    Raises
    ------
    Invalid
        No verified organisation has the name, or the person does not belong to it.
    """
    name = type_coerce(Organisation.name, JSONB)
    same = (func.lower(name[language].astext) == organisation.strip().lower() for language in ("zh", "en"))
    query = select(Organisation.id).where(or_(*same), Organisation.state == "verified").limit(2)
    found = (await session.scalars(query)).all()
    if len(found) != 1:
        expected = "the exact name of one verified organisation"
        raise _wrong("organisation", organisation, expected, "请填写一家已核验机构的准确名称")
    person_id = await _member_named(session, found[0], email) if email else None
    return Admission(organisation_id=found[0], person_id=person_id)


async def _member_named(session: AsyncSession, organisation_id: uuid.UUID, email: str) -> uuid.UUID:
    query = select(Person.id).join(Membership, Membership.person_id == Person.id)
    mine = (Membership.organisation_id == organisation_id, func.lower(Person.email) == email.strip().lower())
    found: uuid.UUID | None = await session.scalar(query.where(*mine))
    if found is None:
        raise _wrong("email", email, "the address of one of the organisation's people", "须为该机构成员的邮箱")
    return found


def _wrong(field: str, value: str, expected: str, expected_zh: str) -> Invalid:
    return Invalid([FieldError(field=field, value=value, expected=expected, expected_zh=expected_zh)])
