"""Orders: made with the change that wants them, done by a job outside any transaction, settled once.

    order_money   in the transaction of the flow: the order, the reservation of its money, the job
    execute       the job: notes that it asks, asks the provider outside any transaction, settles what it hears
    settle        in one transaction: the order's state, the ledger, and what follows in the flow (`effect`)

`settle` is also what webhooks, bank statements and the parties' own confirmations end in. No answer is never a
failure: it is looked into until somebody knows.
"""

import datetime
import uuid

import structlog
from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import Actor, actor_of
from marketplace.errors import Conflict
from marketplace.jobs import Context, job
from marketplace.money import Money
from marketplace.payments import bookings
from marketplace.payments.holding import (
    Absent,
    Accepted,
    Confirmed,
    HoldProvider,
    HoldProviders,
    Instruction,
    Outcome,
    Refused,
    Unknown,
)
from marketplace.payments.models import DealPayment, PaymentOrder
from marketplace.payments.process import OPEN_ORDER
from marketplace.payments.record_only import NAME, RecordOnly
from marketplace.process import advance, begin

# Providers forget keys after 24 hours; a key this old is looked up before it is used again.
KEY_GOOD_FOR = datetime.timedelta(hours=20)
ASK_AGAIN_S = (5, 30, 120, 600, 1800, 3600)
STALE_AFTER = datetime.timedelta(minutes=10)

_log = structlog.get_logger("greenhatch.payments")


class Wanted(Struct, frozen=True, kw_only=True):
    """A movement of money that a flow wants. `subject` is what is paid: no two live orders of a kind have the same."""

    kind: str
    subject: str
    amount: Money
    fee: Money
    milestone_id: uuid.UUID | None = None
    source_order_id: uuid.UUID | None = None
    netted_minor: int = 0
    claim_id: uuid.UUID | None = None


async def order_money(session: AsyncSession, *, payment: DealPayment, wanted: Wanted) -> PaymentOrder:
    """Make the order, set its money aside and ask for the job: all of it with the caller's change, or nothing."""
    same = select(func.count()).where(PaymentOrder.kind == wanted.kind, PaymentOrder.subject == wanted.subject)
    attempt = int(await session.scalar(same) or 0) + 1
    order = PaymentOrder(
        kind=wanted.kind,
        provider=payment.provider,
        deal_id=payment.deal_id,
        milestone_id=wanted.milestone_id,
        payer_id=payment.payer_id,
        payee_id=payment.payee_id,
        subject=wanted.subject,
        attempt=attempt,
        key=f"{wanted.kind}:{wanted.subject}:a{attempt}",
        amount_minor=wanted.amount.amount_minor,
        fee_minor=wanted.fee.amount_minor,
        currency=wanted.amount.currency,
        source_order_id=wanted.source_order_id,
        netted_minor=wanted.netted_minor,
        claim_id=wanted.claim_id,
    )
    await begin(session, order)
    await bookings.book_reservation(session, order)
    await _execute_soon(session, order)
    return order


async def _execute_soon(session: AsyncSession, order: PaymentOrder, *, at: datetime.datetime | None = None) -> None:
    await execute.defer(session, at=at, one_at_a_time=f"payment-order:{order.id}", order_id=str(order.id))


async def locked(session: AsyncSession, order_id: uuid.UUID) -> PaymentOrder:
    """The order, and nobody else can settle it until this transaction ends."""
    query = select(PaymentOrder).where(PaymentOrder.id == order_id).with_for_update()
    return (await session.scalars(query, execution_options={"populate_existing": True})).one()


@job("payments.execute", retry=ASK_AGAIN_S)
async def execute(context: Context, *, order_id: str) -> None:
    """Have one order done. Run twice it asks twice, with the same key, which acts once."""
    instruction, provider = await _about_to_ask(context, uuid.UUID(order_id))
    if instruction is None:
        return
    outcome = await _ask(provider_of(context, provider), instruction, context.clock.now())
    async with context.transaction() as session:
        order = await locked(session, instruction.order_id)
        await settle(session, order=order, outcome=outcome)
        if isinstance(outcome, Unknown) and order.state in OPEN_ORDER:
            wait_s = ASK_AGAIN_S[min(order.asked, len(ASK_AGAIN_S)) - 1]
            await _execute_soon(session, order, at=context.clock.now() + datetime.timedelta(seconds=wait_s))


def provider_of(context: Context, name: str) -> HoldProvider:
    """The provider by its name; without any at hand, the one that needs none."""
    at_hand = context.tools.get(HoldProviders) or HoldProviders(RecordOnly())
    return at_hand.named(name)


async def _about_to_ask(context: Context, order_id: uuid.UUID) -> tuple[Instruction | None, str]:
    """Note, before anybody is asked, that they are being asked."""
    async with context.transaction() as session:
        order = await locked(session, order_id)
        if order.state not in OPEN_ORDER:
            return None, order.provider
        if order.state == "requested":
            await advance(session, order, "send", actor=_provider(session))
        source = await session.get(PaymentOrder, order.source_order_id) if order.source_order_id else None
        instruction = order.instruction(source.reference if source else None)
        order.asked += 1
        order.first_sent_at = order.first_sent_at or context.clock.now()
        return instruction, order.provider


async def _ask(provider: HoldProvider, order: Instruction, now: datetime.datetime) -> Outcome:
    try:
        if order.first_sent_at is not None and now - order.first_sent_at > KEY_GOOD_FOR:
            found = await provider.look_up(order)
            if not isinstance(found, Absent):
                return found
        return await provider.instruct(order)
    except Exception as error:
        # Whatever broke, it broke after the question may have been heard.
        _log.error("a provider broke", key=order.key, exc_info=error)
        return Unknown(reason=f"{type(error).__name__}: {error}")


async def settle(session: AsyncSession, *, order: PaymentOrder, outcome: Outcome) -> PaymentOrder:
    """Record what became of an order (lock it first). Heard twice, it counts once; a contradiction is kept and told."""
    if order.state not in OPEN_ORDER:
        _contradiction(order, outcome)
        return order
    if order.state == "requested" and not isinstance(outcome, Refused):
        await advance(session, order, "send", actor=_provider(session))
    match outcome:
        case Accepted():
            await _on_accepted(session, order, outcome)
        case Confirmed():
            order.reference, order.problem = outcome.reference, None
            await bookings.book_movement(session, order)
            await advance(session, order, "confirm", actor=_provider(session))
        case Refused():
            order.problem = {"code": outcome.code, "message": outcome.message, "again": outcome.again}
            await bookings.undo(session, order)
            await advance(session, order, "refuse", actor=_provider(session), note=outcome.code)
        case Unknown():
            order.problem = {"code": "unknown", "message": outcome.reason}
            if order.state == "sent":
                await advance(session, order, "lose", actor=_provider(session))
    await session.flush()
    return order


async def _on_accepted(session: AsyncSession, order: PaymentOrder, outcome: Accepted) -> None:
    order.reference = outcome.reference or order.reference
    order.pay_url = outcome.pay_url or order.pay_url
    if order.state == "unknown":
        await advance(session, order, "find", actor=_provider(session))


def _contradiction(order: PaymentOrder, outcome: Outcome) -> None:
    told_otherwise = isinstance(outcome, Confirmed) if order.state == "refused" else isinstance(outcome, Refused)
    if told_otherwise:
        said = f"settled as {order.state}, and then heard: {type(outcome).__name__.lower()}"
        order.problem = {"code": "contradiction", "message": said}
        _log.error("an order was settled otherwise", key=order.key, said=said)


def _provider(session: AsyncSession) -> Actor:
    return actor_of(session).acting_as("provider")


@job("payments.look-after", every="*/10 * * * *")
async def look_after(context: Context) -> None:
    """Orders that hang: their job got lost, or nobody has told yet what became of them.

    A worker may have died just before it asked. Where a provider moves the money, it is asked again; a pay-in waits for
    its payer.
    """
    since = context.clock.now() - STALE_AFTER
    half_asked = (PaymentOrder.state == "sent") & (PaymentOrder.kind != "fund") & (PaymentOrder.provider != NAME)
    async with context.transaction() as session:
        hanging = PaymentOrder.state.in_(("requested", "unknown")) | half_asked
        query = select(PaymentOrder).where(hanging, PaymentOrder.state_since < since)
        for order in (await session.scalars(query)).all():
            await execute.defer(
                session,
                once=f"payment-order:{order.id}:again",
                one_at_a_time=f"payment-order:{order.id}",
                order_id=str(order.id),
            )


async def refuse_by_hand(session: AsyncSession, *, order: PaymentOrder, note: str) -> PaymentOrder:
    """The operator knows that an order will not be done (the bank said so, the parties called it off).

    Where a provider moves the money, only the provider can know.
    """
    if order.provider != NAME:
        raise Conflict("provider-says", "Here the payment provider says what was done.", "此单由支付机构确认。")
    held = await locked(session, order.id)
    return await settle(session, order=held, outcome=Refused(code="by-hand", message=note))
