"""Moving a deal: who is who in it, one step at a time, and on by itself as far as everything is there."""

import datetime
from typing import Any

from sqlalchemy import func, inspect, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import Actor, actor_of, system
from marketplace.caps import service as limits
from marketplace.database import clock_of
from marketplace.deals.models import SIDES, Consent, Deal, DealCondition, Offer
from marketplace.deals.process import DEAL, LEAVING
from marketplace.deals.terms import Terms, read_terms
from marketplace.errors import Forbidden
from marketplace.process import ProcessEvent, advance, effect, go_off, process_of

COURSE = system("deals").acting_as("course")


async def locked(session: AsyncSession, deal: Deal) -> None:
    """Whoever changes anything of a deal does it one after another."""
    # Its own columns alone: what was loaded beside it is not to be locked.
    columns = [attribute.key for attribute in inspect(Deal).column_attrs]
    await session.refresh(deal, attribute_names=columns, with_for_update=True)


def side_of(deal: Deal, actor: Actor) -> str | None:
    """The side the actor's organisation is on; None for everybody else."""
    sides = {deal.holder_organisation_id: "holder", deal.financier_organisation_id: "financier"}
    return None if actor.organisation_id is None else sides.get(actor.organisation_id)


def own_side(session: AsyncSession, deal: Deal) -> str:
    side = side_of(deal, actor_of(session))
    if side is None:
        raise Forbidden("parties-only", "This is for the deal's parties.", "仅限交易双方操作。")
    return side


async def acting(session: AsyncSession, deal: Deal) -> Actor:
    """Whoever acts, with what they are in this deal."""
    actor, offer = actor_of(session), await open_offer(session, deal)
    side = side_of(deal, actor)
    if side is None:
        return actor
    if offer is None:
        return actor.acting_as(side)
    return actor.acting_as(side, "offerer" if offer.side == side else "recipient")


async def open_offer(session: AsyncSession, deal: Deal) -> Offer | None:
    return None if deal.open_offer_id is None else await session.get_one(Offer, deal.open_offer_id)


async def agreed_offer(session: AsyncSession, deal: Deal) -> Offer:
    return await session.get_one(Offer, deal.agreed_offer_id)


async def agreed_terms(session: AsyncSession, deal: Deal) -> Terms:
    return read_terms((await agreed_offer(session, deal)).terms)


async def move(
    session: AsyncSession,
    deal: Deal,
    transition: str,
    *,
    actor: Actor | None = None,
    due_at: datetime.datetime | None = None,
    note: str = "",
    data: dict[str, Any] | None = None,
) -> ProcessEvent:
    """Take one step; `due_at` is when the state it leads to ends by itself."""
    way = process_of(deal).find(transition, deal.state)
    timers = process_of(deal).timers_of(way.target) if way else []
    due = {timer.transition: due_at for timer in timers if due_at is not None}
    told = (data or {}) | ({} if due_at is None else {"due_at": due_at.isoformat()})
    return await advance(
        session, deal, transition, actor=actor or await acting(session, deal), note=note, data=told, due=due
    )


async def go_on(session: AsyncSession, deal: Deal) -> None:
    """Move on by itself: after the last consent, after the time to cool off, after the last condition."""
    if deal.state == "reconfirming" and await _both(session, deal, "reconfirmed"):
        deal.cooling_off_until = None
        await move(session, deal, "resume", actor=COURSE)
    if deal.state == "agreed" and await _approved(session, deal):
        await _cool_off(session, deal)
    if deal.state == "cooling-off" and _cooled_off(session, deal):
        await move(session, deal, "end-cooling-off", actor=COURSE)
    if deal.state == "conditions" and not await _open_conditions(session, deal):
        await move(session, deal, "open-signing", actor=COURSE)
    if deal.state == "signing" and await _both(session, deal, "signed"):
        await _take_effect(session, deal)
    await session.flush()


async def _cool_off(session: AsyncSession, deal: Deal) -> None:
    """Once; a change that is not material does not begin it anew."""
    if deal.cooling_off_until is None:
        days = (await agreed_terms(session, deal)).cooling_off_days
        deal.cooling_off_until = clock_of(session).now() + datetime.timedelta(days=days)
    await move(session, deal, "cool-off", actor=COURSE, due_at=deal.cooling_off_until)


def _cooled_off(session: AsyncSession, deal: Deal) -> bool:
    return deal.cooling_off_until is not None and deal.cooling_off_until <= clock_of(session).now()


async def _take_effect(session: AsyncSession, deal: Deal) -> None:
    deal.signed_at = clock_of(session).now()
    trial = (await agreed_terms(session, deal)).trial
    if trial is None:
        await move(session, deal, "take-effect", actor=COURSE)
    else:
        until = deal.signed_at + datetime.timedelta(days=trial.days)
        await move(session, deal, "begin-trial", actor=COURSE, due_at=until)


async def _approved(session: AsyncSession, deal: Deal) -> bool:
    query = select(Consent.side).where(Consent.offer_id == deal.agreed_offer_id, Consent.kind == "approved")
    return set(deal.approvals_needed) <= set((await session.scalars(query)).all())


async def _both(session: AsyncSession, deal: Deal, kind: str) -> bool:
    query = select(Consent.side).where(
        Consent.offer_id == deal.agreed_offer_id, Consent.kind == kind, Consent.round == deal.round
    )
    return set((await session.scalars(query)).all()) == set(SIDES)


async def _open_conditions(session: AsyncSession, deal: Deal) -> int:
    query = select(func.count(DealCondition.id)).where(
        DealCondition.deal_id == deal.id, DealCondition.state.not_in(("met", "waived"))
    )
    return await session.scalar(query) or 0


def commitment_of(deal: Deal) -> limits.Commitment:
    return limits.Commitment(
        deal_id=deal.id,
        financier_id=deal.financier_organisation_id,
        holder_id=deal.holder_organisation_id,
        call_id=deal.call_id,
    )


async def _note_due(session: AsyncSession, deal: Deal, event: ProcessEvent) -> None:
    """Keep what people see of the timers: the time that was named, else the usual one."""
    if named := event.data.get("due_at"):
        deal.due_at = datetime.datetime.fromisoformat(named)
        return
    after = [timer.after for timer in process_of(deal).timers_of(deal.state) if timer.after is not None]
    deal.due_at = deal.state_since + min(after) if after else None


async def _clear_table(session: AsyncSession, deal: Deal, event: ProcessEvent) -> None:
    deal.open_offer_id = None
    await session.flush()


async def _go_on_with_old_terms(session: AsyncSession, deal: Deal, event: ProcessEvent) -> None:
    await go_on(session, deal)


async def _wait_for_conditions(session: AsyncSession, deal: Deal, event: ProcessEvent) -> None:
    """Until the date that the terms name, if it comes before the usual one; if nothing is open, not at all."""
    long_stop = (await agreed_terms(session, deal)).long_stop_on
    if long_stop is not None and deal.due_at is not None:
        ends = datetime.datetime.combine(long_stop, datetime.time(), datetime.UTC)
        if ends < deal.due_at:
            deal.due_at = ends
            subject = {"subject_type": deal.__tablename__, "subject_id": str(deal.id)}
            await go_off.defer(session, at=ends, entry=event.entry, transition="lapse", **subject)
    await go_on(session, deal)


async def _give_back(session: AsyncSession, deal: Deal, event: ProcessEvent) -> None:
    await limits.release(session, deal.id)


for _transition in dict.fromkeys(way.name for way in DEAL.transitions):
    effect(DEAL.name, _transition)(_note_due)
for _transition in ("expire", "decline", "retract", "keep-terms", *LEAVING):
    effect(DEAL.name, _transition)(_clear_table)
for _transition in LEAVING:
    effect(DEAL.name, _transition)(_give_back)
effect(DEAL.name, "keep-terms")(_go_on_with_old_terms)
effect(DEAL.name, "end-cooling-off")(_wait_for_conditions)
