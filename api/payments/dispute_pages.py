"""A dispute on the operator's desk: where it stands, what a split would mean, and the decision."""

import uuid
from typing import Annotated, Any, Literal

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from api.calls.amounts import major, minor
from api.deals.dependencies import NAMED
from api.deals.schemas import DealOut
from api.fields import OptionalLine, Prose
from api.payments import case_routes, schemas, words
from api.payments.second_factor import shown_again
from api.platform import platform_of
from api.routing import OPERATOR, get, post
from api.site.attempt import carried_out
from api.site.forms import Form, read_form
from api.site.render import page, see_other
from marketplace.deals.models import Deal, DealMilestone
from marketplace.errors import FieldError, Invalid
from marketplace.payments import disputes
from marketplace.payments.approvals import Signer
from marketplace.payments.models import Dispute, MilestonePayment
from marketplace.payments.process import ANSWER_WITHIN, NEGOTIATE_WITHIN, OPEN_DISPUTE
from marketplace.payments.setup import payment_of
from marketplace.people.models import LoginSession
from marketplace.process import history

_DISPUTE = "/desk/operator/disputes/{dispute_id:uuid}"
# How long a step lasts before the next begins by itself.
WITHIN = {"negotiating": NEGOTIATE_WITHIN, "proposed": ANSWER_WITHIN}
Typed = Annotated[str | None, QueryParameter(max_length=40, description="An amount to the payee, to see what follows")]


class DisputeForm(Struct, frozen=True):
    """`release` is what goes to the payee, as people write amounts; `code` the second factor's."""

    step: Literal["propose", "decide", "cost"]
    release: OptionalLine = ""
    note: Prose = ""
    cost: OptionalLine = ""
    code: OptionalLine = ""


@get(_DISPUTE, access=OPERATOR, include_in_schema=False)
async def show_dispute_page(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    known_dispute: NamedDependency[Dispute],
    release: Typed = None,
) -> Response[bytes]:
    """The case, its steps and its costs; with `release`, what would follow from such a split."""
    form: Form[DisputeForm] = Form({"release": release} if release else {})
    return page(request, "payments/dispute.html", **await _view(request, session, known_dispute.id, form))


@post(_DISPUTE, access=OPERATOR, status_code=303, include_in_schema=False)
async def take_dispute_step(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    known_dispute: NamedDependency[Dispute],
    signer: NamedDependency[Signer],
    login: NamedDependency[LoginSession],
) -> Response[bytes]:
    """Propose a split, decide, or note what mediation cost."""
    form, dispute_id = await read_form(request, DisputeForm), known_dispute.id  # a refusal forgets the object

    async def act(given: DisputeForm) -> None:
        await _step(session, known_dispute, await shown_again(session, signer, login, given.code), given)

    if await carried_out(session, form, act):
        return see_other(f"/desk/operator/disputes/{dispute_id}")
    view = await _view(request, session, dispute_id, form)
    return page(request, "payments/dispute.html", status=422, **view)


async def _step(session: AsyncSession, dispute: Dispute, signer: Signer, given: DisputeForm) -> None:
    currency = (await payment_of(session, dispute.deal_id)).currency
    if given.step == "cost":
        cost = schemas.CostIn(cost_minor=_typed("cost", given.cost, currency, least=1))
        await case_routes.add_cost.fn(cost, session, dispute)
        return
    minor_released = _typed("release", given.release, currency)
    if given.step == "propose":
        await case_routes.propose_split.fn(schemas.SplitIn(release_minor=minor_released), session, dispute)
        return
    if not given.note.strip():
        raise Invalid([FieldError(field="note", expected="the reasons", expected_zh="请填写理由")])
    decision = schemas.DecisionIn(release_minor=minor_released, note=given.note)
    await case_routes.decide.fn(decision, session, dispute, signer)


def _typed(field: str, typed: str, currency: str, *, least: int = 0) -> int:
    found = minor(typed, currency) if typed.strip() else typed
    if isinstance(found, str) or found < least:
        expected, zh = "an amount of money", "请填写金额"
        raise Invalid([FieldError(field=field, value=typed, expected=expected, expected_zh=zh)])
    return found


async def _view(
    request: Request[Any, Any, Any], session: AsyncSession, dispute_id: uuid.UUID, form: Form[DisputeForm]
) -> dict[str, Any]:
    """Read anew: a step that was refused may have left it half known."""
    dispute = await session.get_one(Dispute, dispute_id, populate_existing=True)
    payment = await payment_of(session, dispute.deal_id)
    paid = await session.get_one(MilestonePayment, dispute.milestone_payment_id, populate_existing=True)
    typed = str(form.typed("release"))
    chosen = minor(typed, payment.currency) if typed else dispute.release_minor
    fits = isinstance(chosen, int) and 0 <= chosen <= dispute.held_minor
    within = WITHIN.get(dispute.state)
    return {
        "dispute": dispute,
        "payment": payment,
        "paid": paid,
        "terms": await session.get_one(DealMilestone, paid.milestone_id),
        "deal": DealOut.of(await session.get_one(Deal, dispute.deal_id, options=NAMED)),
        "steps": await history(session, dispute),
        "is_open": dispute.state in OPEN_DISPUTE,
        "until": dispute.state_since + within if within else None,
        "split": disputes.split_of(dispute, payment, chosen) if fits and isinstance(chosen, int) else None,
        "typed": typed or (major(chosen, payment.currency) if isinstance(chosen, int) else ""),
        "form": form,
        "now": platform_of(request).clock.now(),
        "words": words,
    }


DISPUTE_PAGES = [show_dispute_page, take_dispute_step]
