"""The operator's reconciliation desk and exports; statements and payout accounts of organisations."""

import datetime
import uuid
from typing import Annotated, Literal

from litestar import Response
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from api.payments import schemas
from api.payments.desk_schemas import DeskOut
from api.routing import OPERATOR, SIGNED_IN, get, post
from marketplace.database import clock_of
from marketplace.errors import FieldError, Invalid, only
from marketplace.ledger import export, statements
from marketplace.paging import count, newest_first, page
from marketplace.payments import endings, invoices, orders, payees, queries
from marketplace.payments.approvals import Signer, require_step_up
from marketplace.payments.models import DealPayment, FeeInvoice, MilestonePayment, PaymentOrder
from marketplace.people.models import Organisation

Time = Annotated[datetime.datetime | None, QueryParameter(description="RFC 3339; now by default")]
MONTH = datetime.timedelta(days=31)
YEARS = (1990, 2200)
_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "hledger": "text/plain; charset=utf-8",
}


def _usable(time: datetime.datetime | None) -> bool:
    """With its zone, and where one can still count months to and fro."""
    return time is None or (time.tzinfo is not None and YEARS[0] <= time.year <= YEARS[1])


def _wrong_time(name: str, time: datetime.datetime | None) -> FieldError:
    expected, zh = f"a time with its zone, of the years {YEARS[0]} to {YEARS[1]}", "须为带时区的合理时间"
    return FieldError(field=name, value=str(time), expected=expected, expected_zh=zh)


def _span(
    session: AsyncSession, since: datetime.datetime | None, until: datetime.datetime | None
) -> tuple[datetime.datetime, datetime.datetime]:
    """The time asked for; the last month by default."""
    wrong = [_wrong_time(name, time) for name, time in (("since", since), ("until", until)) if not _usable(time)]
    if wrong:
        raise Invalid(wrong)
    end = until or clock_of(session).now() + datetime.timedelta(seconds=1)
    return since or end - MONTH, end


@get("/payments/organisations/{organisation_id:uuid}/statement", access=SIGNED_IN)
async def show_statement(
    session: NamedDependency[AsyncSession],
    own_organisation: NamedDependency[Organisation],
    since: Time = None,
    until: Time = None,
) -> statements.Statement:
    """What moved on an organisation's side of its deals, with what it stood at before and after."""
    start, end = _span(session, since, until)
    return await statements.statement(session, organisation_id=own_organisation.id, since=start, until=end)


@get("/payments/organisations/{organisation_id:uuid}/invoices", access=SIGNED_IN)
async def list_invoices(
    session: NamedDependency[AsyncSession],
    own_organisation: NamedDependency[Organisation],
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Page[schemas.InvoiceOut]:
    """Invoices for the platform's fee, the newest first."""
    return await invoices_page(session, own_organisation, cursor, limit)


async def invoices_page(
    session: AsyncSession, buyer: Organisation, cursor: str | None, limit: int
) -> Page[schemas.InvoiceOut]:
    query = invoices.invoices_to(buyer)
    after = decode_cursor(cursor, tuple[uuid.UUID]) if cursor else None
    found = await page(session, query, order=newest_first(FeeInvoice), after=after, limit=limit)
    following = encode_cursor(found.position) if found.position else None
    items = [schemas.InvoiceOut.of(invoice) for invoice in found.items]
    return Page(items, following, await count(session, query))


@get("/payments/organisations/{organisation_id:uuid}/payout-account", access=SIGNED_IN)
async def show_payout_account(
    session: NamedDependency[AsyncSession], own_organisation: NamedDependency[Organisation]
) -> schemas.PayoutAccountOut:
    """Where the organisation is paid; the number is masked."""
    found = only(await payees.latest_account(session, own_organisation.id), "payout-account")
    return schemas.PayoutAccountOut.of(found)


@post("/payments/organisations/{organisation_id:uuid}/payout-account", access=SIGNED_IN)
async def state_payout_account(
    data: JSONBody[schemas.PayoutAccountIn],
    session: NamedDependency[AsyncSession],
    managed_organisation: NamedDependency[Organisation],
    signer: NamedDependency[Signer],
) -> schemas.PayoutAccountOut:
    """State where to be paid, with a fresh second factor. A change counts after 72 hours, and nothing is released

    until then.
    """
    require_step_up(session, signer)
    stated = await payees.state_payout_account(
        session, organisation_id=managed_organisation.id, holder_name=data.holder_name, bank=data.bank,
        number=data.number,
    )  # fmt: skip
    return schemas.PayoutAccountOut.of(stated)


@get("/payments/desk", access=OPERATOR, problems=())
async def show_desk(session: NamedDependency[AsyncSession]) -> DeskOut:
    """What share of all money is explained, what is not and since when, and everything that waits for somebody."""
    return DeskOut.of(await queries.desk(session))


@get("/payments/trial-balance", access=OPERATOR, problems=())
async def show_trial_balance(
    session: NamedDependency[AsyncSession], at: Time = None, known_at: Time = None
) -> statements.TrialBalance:
    """Every account as it stood at a time, by what had been recorded until another."""
    wrong = [_wrong_time(name, time) for name, time in (("at", at), ("known_at", known_at)) if not _usable(time)]
    if wrong:
        raise Invalid(wrong)
    return await statements.trial_balance(session, at=at, known_at=known_at)


@get(
    "/payments/journal",
    access=OPERATOR,
    problems=(),
    responses={200: ResponseSpec(str, description="The file", media_type="text/csv")},
)
async def export_journal(
    session: NamedDependency[AsyncSession],
    since: Time = None,
    until: Time = None,
    as_: Annotated[Literal["csv", "xlsx", "hledger"], QueryParameter(name="as")] = "csv",
) -> Response[bytes]:
    """The journal as a file: CSV, XLSX, or the plain text that hledger reads."""
    start, end = _span(session, since, until)
    rows = await export.journal(session, since=start, until=end)
    written = {"csv": export.as_csv, "xlsx": export.as_xlsx, "hledger": export.as_hledger}[as_](rows)
    name = f"journal.{'journal' if as_ == 'hledger' else as_}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return Response(written, media_type=_TYPES[as_], headers=headers)


@post("/payments/deals/{paid_deal_id:uuid}/freeze", access=OPERATOR)
async def freeze(
    data: JSONBody[schemas.NoteIn],
    session: NamedDependency[AsyncSession],
    deal_payment: NamedDependency[DealPayment],
) -> schemas.PaymentOut:
    """Stop further releases of a deal."""
    await endings.freeze(session, payment=deal_payment, reason=data.note)
    return schemas.PaymentOut.of(deal_payment)


@post("/payments/deals/{paid_deal_id:uuid}/unfreeze", access=OPERATOR)
async def unfreeze(
    session: NamedDependency[AsyncSession],
    deal_payment: NamedDependency[DealPayment],
    signer: NamedDependency[Signer],
) -> schemas.PaymentOut:
    """Let payments go on, with a fresh second factor."""
    require_step_up(session, signer)
    await endings.unfreeze(session, payment=deal_payment)
    return schemas.PaymentOut.of(deal_payment)


@post("/payments/orders/{payment_order_id:uuid}/refuse", access=OPERATOR)
async def refuse_order(
    data: JSONBody[schemas.NoteIn],
    session: NamedDependency[AsyncSession],
    payment_order: NamedDependency[PaymentOrder],
    signer: NamedDependency[Signer],
) -> schemas.OrderOut:
    """An order that will not be done: what was set aside for it is free again, what was said to have left reversed."""
    require_step_up(session, signer)
    return schemas.OrderOut.of(await orders.refuse_by_hand(session, order=payment_order, note=data.note))


@post("/payments/milestones/{milestone_payment_id:uuid}/close", access=OPERATOR, status_code=204)
async def close(
    data: JSONBody[schemas.NoteIn],
    session: NamedDependency[AsyncSession],
    milestone_payment: NamedDependency[MilestonePayment],
) -> None:
    """End a milestone's payment by hand, where no money is held for it."""
    await endings.close(session, paid=milestone_payment, note=data.note)


DESK_ROUTES = [
    show_statement,
    list_invoices,
    show_payout_account,
    state_payout_account,
    show_desk,
    show_trial_balance,
    export_journal,
    freeze,
    unfreeze,
    refuse_order,
    close,
]
