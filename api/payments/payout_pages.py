"""Where one's organisation is paid: its bank account with the time in which a change cools off, and Stripe."""

import datetime
import uuid
from typing import Any

from litestar import Request, Response
from litestar.di import NamedDependency
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from api.fields import Line, OptionalLine
from api.payments import schemas
from api.payments.second_factor import shown_again
from api.people.factor import has_second_factor
from api.platform import actor_of, platform_of
from api.routing import SIGNED_IN, get, post
from api.site.attempt import carried_out
from api.site.forms import Form, read_form
from api.site.render import page, see_other
from api.stripe import schemas as stripe_schemas
from api.stripe import words as stripe_words
from marketplace.payments import payees
from marketplace.payments.approvals import Signer, require_step_up
from marketplace.people.models import LoginSession, Organisation
from marketplace.people.organisations import MANAGERS
from marketplace.stripe import links
from marketplace.stripe.accounts import account_of

_PAYOUT = "/account/payout"
HOUR = datetime.timedelta(hours=1)


class PayoutForm(Struct, frozen=True):
    """As the page asks for it; `code` is the second factor's."""

    holder_name: Line
    bank: Line
    number: schemas.AccountNumber
    code: OptionalLine = ""


@get(_PAYOUT, access=SIGNED_IN, problems=(), include_in_schema=False)
async def show_payout(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    acting_organisation: NamedDependency[Organisation],
) -> Response[bytes]:
    """The account that counts, the one that will, and how the organisation stands at Stripe."""
    return page(request, "payments/payout.html", **await _view(request, session, acting_organisation.id, None))


@post(_PAYOUT, access=SIGNED_IN, problems=(), status_code=303, include_in_schema=False)
async def take_payout_account(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    administered_organisation: NamedDependency[Organisation],
    signer: NamedDependency[Signer],
    login: NamedDependency[LoginSession],
) -> Response[bytes]:
    """State an account, or another one."""
    form, own_id = await read_form(request, PayoutForm), administered_organisation.id

    async def act(given: PayoutForm) -> None:
        require_step_up(session, await shown_again(session, signer, login, given.code))
        await payees.state_payout_account(
            session, organisation_id=own_id, holder_name=given.holder_name, bank=given.bank, number=given.number
        )

    if await carried_out(session, form, act):
        return see_other(_PAYOUT)
    return page(request, "payments/payout.html", status=422, **await _view(request, session, own_id, form))


@post("/account/payout/stripe", access=SIGNED_IN, problems=(), status_code=303, include_in_schema=False)
async def take_onboarding(
    session: NamedDependency[AsyncSession], administered_organisation: NamedDependency[Organisation]
) -> Response[bytes]:
    """Have the page prepared on which Stripe asks what it has to know."""
    await links.ask_for_link(session, organisation=administered_organisation, kind="onboarding")
    return see_other(f"{_PAYOUT}#stripe")


async def _view(
    request: Request[Any, Any, Any], session: AsyncSession, organisation_id: uuid.UUID, form: Form[PayoutForm] | None
) -> dict[str, Any]:
    manages = any(f"member:{role}" in actor_of(request).roles for role in MANAGERS)
    stated = [schemas.PayoutAccountOut.of(one) for one in await payees.stated_accounts(session, organisation_id)]
    account = await account_of(session, organisation_id)
    link = await links.open_link(session, organisation_id=organisation_id, kinds=("onboarding",)) if manages else None
    now = platform_of(request).clock.now()
    return {
        "form": form,
        "manages": manages,
        "coming": stated[0] if stated and stated[0].effective_at > now else None,
        "counts": next((one for one in stated if one.effective_at <= now), None),
        "before": [one for one in stated if one.effective_at <= now][1:],
        "cool_off_hours": payees.COOL_OFF // HOUR,
        "has_second_factor": await has_second_factor(request, session),
        "at_stripe": platform_of(request).settings.stripe_key is not None,
        "transfers": account.transfers if account else None,
        "checked_at": account.checked_at if account else None,
        "link": stripe_schemas.LinkOut.of(link) if link else None,
        "now": now,
        "words": stripe_words,
    }


PAYOUT_PAGES = [show_payout, take_payout_account, take_onboarding]
