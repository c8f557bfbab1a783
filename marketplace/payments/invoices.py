"""Issue an invoice for the fee of each release, in the transaction that books the fee."""

from typing import Any

from sqlalchemy import Select, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.payments.invoice_models import FeeInvoice
from marketplace.payments.process import PAYMENT_ORDER
from marketplace.payments.setup import now_of, payment_of
from marketplace.people.models import Organisation
from marketplace.process import ProcessEvent, effect

# Held until the transaction ends: a number is given to an invoice that is there, or to none.
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended('fee_invoice', 0))")


def tax_within(total_minor: int, tax_basis_points: int) -> int:
    """The tax that an amount includes, rounded half up.

    >>> tax_within(10_600, 600), tax_within(100, 600)
    (600, 6)
    """
    whole = 10_000 + tax_basis_points
    return (2 * total_minor * tax_basis_points + whole) // (2 * whole)


@effect(PAYMENT_ORDER.name, "confirm")
async def on_fee_earned(session: AsyncSession, order: Any, event: ProcessEvent) -> None:
    """The payee, out of whose release the fee was kept, gets the invoice."""
    if order.kind != "release" or not order.fee_minor:
        return
    payment = await payment_of(session, order.deal_id)
    tax = tax_within(order.fee_minor, payment.fee_tax_basis_points)
    await session.execute(_ONE_AT_A_TIME)
    year = now_of(session).year
    last = await session.scalar(select(func.max(FeeInvoice.serial)).where(FeeInvoice.year == year))
    invoice = FeeInvoice(
        year=year,
        serial=(last or 0) + 1,
        order_id=order.id,
        buyer_id=order.payee_id,
        seller=await _platform(session),
        buyer=_party(await session.get_one(Organisation, order.payee_id)),
        currency=order.currency,
        net_minor=order.fee_minor - tax,
        tax_basis_points=payment.fee_tax_basis_points,
        tax_minor=tax,
        total_minor=order.fee_minor,
        issued_at=now_of(session),
    )
    session.add(invoice)
    await session.flush()


async def _platform(session: AsyncSession) -> dict[str, Any]:
    query = select(Organisation).where(Organisation.kind == "operator").order_by(Organisation.id).limit(1)
    found = await session.scalar(query)
    return {} if found is None else _party(found)


def _party(organisation: Organisation) -> dict[str, Any]:
    return {
        "name": {"zh": organisation.name.zh, "en": organisation.name.en},
        "country": organisation.country,
        "tax_number": organisation.registration_number,
    }


def invoices_to(organisation: Organisation) -> Select[FeeInvoice]:
    """What an organisation was invoiced."""
    return select(FeeInvoice).where(FeeInvoice.buyer_id == organisation.id)
