"""What the operator sees and does: organisations, what waits to be verified, the outbox, the audit log."""

import uuid
from typing import Annotated, Any

from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody, QueryParameter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from api.people import operator_schemas as schemas
from api.routing import OPERATOR, get, post
from marketplace import audit
from marketplace.mail import Mail
from marketplace.paging import count, newest_first, page
from marketplace.people import operators
from marketplace.people.models import Organisation, VerificationRecord

After = Annotated[int, QueryParameter(ge=0, le=2**53 - 1, description="The last sequence number one has.")]


def _position(cursor: str | None) -> tuple[Any, ...] | None:
    return decode_cursor(cursor, tuple[uuid.UUID]) if cursor else None


def _next(position: object | None) -> str | None:
    return None if position is None else encode_cursor(position)


@get("/operator/organisations", access=OPERATOR, problems=())
async def list_organisations(
    session: NamedDependency[AsyncSession],
    kind: FromQuery[schemas.AnyKind | None] = None,
    organisation_state: FromQuery[schemas.State | None] = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Page[schemas.OrganisationRow]:
    """All organisations, the newest first."""
    query = operators.organisations_query(kind=kind, state=organisation_state)
    found = await page(session, query, order=newest_first(Organisation), after=_position(cursor), limit=limit)
    rows = [schemas.OrganisationRow.of(row) for row in found.items]
    return Page(rows, _next(found.position), await count(session, query))


@get("/operator/verifications", access=OPERATOR, problems=())
async def list_waiting_verifications(
    session: NamedDependency[AsyncSession], cursor: Cursor = None, limit: Limit = 20
) -> Page[schemas.WaitingVerification]:
    """What was handed in and waits for a decision, the newest first."""
    query = operators.waiting_verifications()
    found = await page(session, query, order=newest_first(VerificationRecord), after=_position(cursor), limit=limit)
    rows = [schemas.WaitingVerification.of(row) for row in found.items]
    return Page(rows, _next(found.position), await count(session, query))


@post("/operator/organisations/{organisation_id:uuid}/transitions", access=OPERATOR, status_code=204)
async def move_organisation(
    data: JSONBody[schemas.TransitionIn],
    session: NamedDependency[AsyncSession],
    any_organisation: NamedDependency[Organisation],
) -> None:
    """Suspend, reinstate or close an organisation. Nobody acts for one that is suspended."""
    await operators.move_organisation(
        session, organisation=any_organisation, transition=data.transition, note=data.note
    )


@get("/operator/mail", access=OPERATOR, problems=())
async def list_mail(
    session: NamedDependency[AsyncSession], cursor: Cursor = None, limit: Limit = 20
) -> Page[schemas.MailOut]:
    """The outbox, the newest first: where mail is read when no mail server is set."""
    query = select(Mail)
    found = await page(session, query, order=newest_first(Mail), after=_position(cursor), limit=limit)
    for mail in found.items:
        await audit.record(session, "mail.read", mail)
    return Page([schemas.MailOut.of(mail) for mail in found.items], _next(found.position), await count(session, query))


@get("/operator/audit", access=OPERATOR, problems=())
async def read_audit(
    session: NamedDependency[AsyncSession], after: After = 0, limit: Limit = 100
) -> list[schemas.AuditOut]:
    """The audit log in its one order, from a sequence number on."""
    return [schemas.AuditOut.of(entry) for entry in await audit.feed(session, after=after, limit=limit)]


OPERATOR_ROUTES = [list_organisations, list_waiting_verifications, move_organisation, list_mail, read_audit]
