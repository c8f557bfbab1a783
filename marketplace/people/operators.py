"""What the platform's operators do: look after organisations, and see what waits for them."""

import secrets

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.database import clock_of
from marketplace.errors import Conflict
from marketplace.people import passwords
from marketplace.people.accounts import person_by_email
from marketplace.people.models import Membership, Organisation, Person, VerificationRecord
from marketplace.process import advance, begin
from scoring.technology import Text

PLATFORM = Text(zh="平台运营方", en="Platform operator")


async def make_operator(session: AsyncSession, *, email: str) -> str:
    """A new person who operates the platform; the password, to be shown once and changed.

    Raises
    ------
    Conflict
        Somebody has the address: an operator's account is nobody's everyday account.
    """
    if await person_by_email(session, email):
        raise Conflict("person-known", "Somebody has this address already.", "该邮箱已被使用。")
    password = secrets.token_urlsafe(18)
    person = Person(
        email=email,
        name=email.partition("@")[0],
        password_hash=await passwords.hashed(password),
        email_verified_at=clock_of(session).now(),
    )
    session.add(person)
    organisation = await _platform_itself(session, email)
    await session.flush()
    session.add(Membership(organisation_id=organisation.id, person_id=person.id, role="owner"))
    return password


async def _platform_itself(session: AsyncSession, email: str) -> Organisation:
    oldest = select(Organisation).where(Organisation.kind == "operator").order_by(Organisation.created_at).limit(1)
    found: Organisation | None = await session.scalar(oldest)
    if found is None:
        domain = email.rpartition("@")[2].lower()
        found = Organisation(name=PLATFORM, kind="operator", country="CN", email_domain=domain)
        await begin(session, found)
    return found


def organisations_query(*, kind: str | None = None, state: str | None = None) -> Select[Organisation]:
    query = select(Organisation)
    if kind is not None:
        query = query.where(Organisation.kind == kind)
    return query if state is None else query.where(Organisation.state == state)


def waiting_verifications() -> Select[VerificationRecord]:
    """What was handed in and not decided."""
    return select(VerificationRecord).where(VerificationRecord.decision.is_(None))


async def move_organisation(session: AsyncSession, *, organisation: Organisation, transition: str, note: str) -> None:
    """Suspend, reinstate or close an organisation, for a reason that is kept."""
    await advance(session, organisation, transition, note=note)
