"""The steps of a deal, one route each."""

from typing import Any

from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from api.deals import schemas
from api.routing import OPERATOR, SIGNED_IN, post
from marketplace.deals import agreement, changes, conditions, negotiation, service, trial
from marketplace.deals.models import Deal, DealCondition

_DEAL = "/deals/{deal_id:uuid}"
_CONDITION = f"{_DEAL}/conditions/{{condition_key:str}}"


@post(f"{_DEAL}/offers", access=SIGNED_IN)
async def make_offer(
    data: JSONBody[schemas.OfferIn], session: NamedDependency[AsyncSession], own_deal: NamedDependency[Deal]
) -> schemas.OfferOut:
    """Put terms on the table, or counter the other side's; whoever offers has accepted them."""
    made = await negotiation.make_offer(
        session, deal=own_deal, terms=data.terms, message=data.message, expires_at=data.expires_at
    )
    return schemas.OfferOut.of(made, own_deal)


@post(f"{_DEAL}/accept", access=SIGNED_IN)
async def accept_offer(
    data: JSONBody[schemas.ConsentIn], session: NamedDependency[AsyncSession], own_deal: NamedDependency[Deal]
) -> schemas.DealStep:
    """Accept the other side's offer, naming the hash of the document you read."""
    event = await negotiation.accept_offer(session, deal=own_deal, sha256=data.digest)
    return schemas.DealStep.of(event, own_deal)


@post(f"{_DEAL}/decline", access=SIGNED_IN)
async def decline_offer(
    data: JSONBody[schemas.NoteIn], session: NamedDependency[AsyncSession], own_deal: NamedDependency[Deal]
) -> schemas.DealStep:
    """Decline the other side's offer and stay at the table."""
    event = await negotiation.decline_offer(session, deal=own_deal, note=data.note)
    return schemas.DealStep.of(event, own_deal)


@post(f"{_DEAL}/retract", access=SIGNED_IN)
async def retract_offer(
    data: JSONBody[schemas.NoteIn], session: NamedDependency[AsyncSession], own_deal: NamedDependency[Deal]
) -> schemas.DealStep:
    """Take one's own offer back before it is accepted."""
    event = await negotiation.retract_offer(session, deal=own_deal, note=data.note)
    return schemas.DealStep.of(event, own_deal)


@post(f"{_DEAL}/approve", access=SIGNED_IN, operation_id="approve_deal")
async def approve(
    data: JSONBody[schemas.ConsentIn], session: NamedDependency[AsyncSession], own_deal: NamedDependency[Deal]
) -> schemas.DealStep:
    """Approve as the second person of one's organisation."""
    return schemas.DealStep.of(await agreement.approve(session, deal=own_deal, sha256=data.digest), own_deal)


@post(f"{_DEAL}/refuse", access=SIGNED_IN)
async def refuse_approval(
    data: JSONBody[schemas.NoteIn], session: NamedDependency[AsyncSession], own_deal: NamedDependency[Deal]
) -> schemas.DealStep:
    """Refuse approval: back to the table, with nothing agreed."""
    return schemas.DealStep.of(await agreement.refuse_approval(session, deal=own_deal, note=data.note), own_deal)


@post(f"{_DEAL}/sign", access=SIGNED_IN)
async def sign(
    data: JSONBody[schemas.ConsentIn], session: NamedDependency[AsyncSession], own_deal: NamedDependency[Deal]
) -> schemas.DealStep:
    """Sign the agreed document; with the second signature the deal takes effect."""
    return schemas.DealStep.of(await agreement.sign(session, deal=own_deal, sha256=data.digest), own_deal)


@post(f"{_DEAL}/changes", access=SIGNED_IN)
async def propose_change(
    data: JSONBody[schemas.ChangeIn], session: NamedDependency[AsyncSession], own_deal: NamedDependency[Deal]
) -> schemas.OfferOut:
    """Propose other terms than the agreed ones, which stand until the other side accepts."""
    made = await changes.propose_change(session, deal=own_deal, terms=data.terms, message=data.message)
    return schemas.OfferOut.of(made, own_deal)


@post(f"{_DEAL}/changes/accept", access=SIGNED_IN)
async def accept_change(
    data: JSONBody[schemas.ConsentIn], session: NamedDependency[AsyncSession], own_deal: NamedDependency[Deal]
) -> schemas.DealStep:
    """Accept the proposed change; a material one begins the cooling-off anew."""
    return schemas.DealStep.of(await changes.accept_change(session, deal=own_deal, sha256=data.digest), own_deal)


@post(f"{_DEAL}/changes/refuse", access=SIGNED_IN)
async def keep_terms(
    data: JSONBody[schemas.NoteIn], session: NamedDependency[AsyncSession], own_deal: NamedDependency[Deal]
) -> schemas.DealStep:
    """Refuse or take back a proposed change: what was agreed stands."""
    return schemas.DealStep.of(await changes.keep_terms(session, deal=own_deal, note=data.note), own_deal)


@post(f"{_DEAL}/material-change", access=SIGNED_IN)
async def report_change(
    data: JSONBody[schemas.NoteIn], session: NamedDependency[AsyncSession], movable_deal: NamedDependency[Deal]
) -> schemas.DealStep:
    """Report a fact that changes what was agreed on: both reconfirm in time, or the deal lapses."""
    event = await changes.report_change(session, deal=movable_deal, note=data.note)
    return schemas.DealStep.of(event, movable_deal)


@post(f"{_DEAL}/reconfirm", access=SIGNED_IN)
async def reconfirm(
    data: JSONBody[schemas.ConsentIn], session: NamedDependency[AsyncSession], own_deal: NamedDependency[Deal]
) -> schemas.DealStep:
    """Stand by the agreed terms in spite of what was reported."""
    return schemas.DealStep.of(await changes.reconfirm(session, deal=own_deal, sha256=data.digest), own_deal)


@post(f"{_DEAL}/leave", access=SIGNED_IN)
async def leave(
    data: JSONBody[schemas.NoteIn], session: NamedDependency[AsyncSession], own_deal: NamedDependency[Deal]
) -> schemas.DealStep:
    """Get up from the table; once the time to cool off is over, with a reason."""
    return schemas.DealStep.of(await negotiation.leave(session, deal=own_deal, note=data.note), own_deal)


def _condition_step(name: str, said: str, act: Any) -> Any:
    """The four things that are done with a condition differ in nothing but their words."""

    @post(f"{_CONDITION}/{name}", access=SIGNED_IN, operation_id=f"{name}_condition", description=said)
    async def step(
        data: JSONBody[schemas.NoteIn],
        session: NamedDependency[AsyncSession],
        movable_deal: NamedDependency[Deal],
        condition_of_deal: NamedDependency[DealCondition],
    ) -> schemas.ConditionOut:
        await act(session, deal=movable_deal, condition=condition_of_deal, note=data.note)
        return schemas.ConditionOut.of(condition_of_deal)

    return step


async def _confirm(session: AsyncSession, *, deal: Deal, condition: DealCondition, note: str) -> None:
    await conditions.confirm_condition(session, deal=deal, condition=condition)


CONDITION_STEPS = [
    _condition_step("report", "Say that a condition is met, and what shows it.", conditions.report_condition),
    _condition_step("confirm", "Agree that a condition is met: for the side it protects.", _confirm),
    _condition_step("waive", "Do without a condition, and say why.", conditions.waive_condition),
    _condition_step("dispute", "Say why a reported condition is not met.", conditions.dispute_condition),
]


@post(f"{_DEAL}/trial-results", access=SIGNED_IN)
async def report_result(
    data: JSONBody[schemas.ResultIn], session: NamedDependency[AsyncSession], own_deal: NamedDependency[Deal]
) -> list[trial.KpiStanding]:
    """Report a measurement during a trial; how every KPI stands now."""
    await trial.report_result(
        session, deal=own_deal, kpi=data.kpi, value=data.value, measured_on=data.measured_on, note=data.note
    )
    return await trial.standing_of(session, own_deal)


@post(f"{_DEAL}/trial/end", access=SIGNED_IN)
async def end_trial(session: NamedDependency[AsyncSession], own_deal: NamedDependency[Deal]) -> schemas.DealStep:
    """End a trial early: the financier has seen enough."""
    return schemas.DealStep.of(await trial.end_trial(session, deal=own_deal), own_deal)


@post(f"{_DEAL}/trial/convert", access=SIGNED_IN)
async def convert(session: NamedDependency[AsyncSession], own_deal: NamedDependency[Deal]) -> schemas.DealStep:
    """Take up the option: the technology changes hands on the terms that were signed."""
    return schemas.DealStep.of(await trial.convert(session, deal=own_deal), own_deal)


@post(f"{_DEAL}/trial/return", access=SIGNED_IN)
async def return_technology(
    data: JSONBody[schemas.NoteIn], session: NamedDependency[AsyncSession], movable_deal: NamedDependency[Deal]
) -> schemas.DealStep:
    """Give the technology back after the trial and pay nothing."""
    event = await trial.return_technology(session, deal=movable_deal, note=data.note)
    return schemas.DealStep.of(event, movable_deal)


@post(f"{_DEAL}/end", access=OPERATOR)
async def end_deal(
    data: JSONBody[schemas.NoteIn], session: NamedDependency[AsyncSession], visible_deal: NamedDependency[Deal]
) -> schemas.DealStep:
    """End a deal in any state, with a reason where it is signed: the operator's way out."""
    event = await service.end_by_operator(session, deal=visible_deal, note=data.note)
    return schemas.DealStep.of(event, visible_deal)


STEPS = [
    make_offer,
    accept_offer,
    decline_offer,
    retract_offer,
    approve,
    refuse_approval,
    sign,
    propose_change,
    accept_change,
    keep_terms,
    report_change,
    reconfirm,
    leave,
    *CONDITION_STEPS,
    report_result,
    end_trial,
    convert,
    return_technology,
    end_deal,
]
