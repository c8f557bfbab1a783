"""Setting up a round of reviews for one stage of a call."""

import datetime
from typing import Any

from litestar import Request, Response
from litestar.di import NamedDependency
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from api.calls import words
from api.calls.call_form import instant
from api.platform import platform_of
from api.routing import SIGNED_IN, get, post
from api.site.attempt import attempt
from api.site.forms import Form, read_form
from api.site.render import page, see_other
from marketplace.calls.content import Stage
from marketplace.calls.models import Call
from marketplace.calls.service import content_of
from marketplace.clock import BEIJING
from marketplace.errors import MarketplaceError
from marketplace.review import rounds
from marketplace.review.rounds import Plan

_WEEKS = datetime.timedelta(weeks=6)


class RoundForm(Struct, frozen=True, kw_only=True):
    """One stage's reviews."""

    stage: Stage
    due_at: datetime.datetime
    reviews_wanted: int = 2
    reviews_max: int = 4


def _due(tree: dict[str, Any]) -> dict[str, Any]:
    if isinstance(typed := tree.get("due_at"), str):
        tree["due_at"] = instant(typed)
    return tree


@get("/desk/calls/{call_id:uuid}/rounds/new", access=SIGNED_IN, include_in_schema=False)
async def show_new_round(request: Request[Any, Any, Any], posted_call: NamedDependency[Call]) -> Response[bytes]:
    """Set up the reviews of one stage."""
    return _new_round_page(request, posted_call, None)


def _new_round_page(request: Request[Any, Any, Any], call: Call, form: Form[Any] | None) -> Response[bytes]:
    due = max(call.deadline, platform_of(request).clock.now()) + _WEEKS
    return page(
        request,
        "review/new-round.html",
        status=422 if form else 200,
        form=form,
        call=call,
        stages={stage: words.STAGES[stage] for stage in content_of(call).stages},
        due=f"{due.astimezone(BEIJING):%Y-%m-%dT%H:%M}",
    )


@post("/desk/calls/{call_id:uuid}/rounds/new", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_new_round(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], posted_call: NamedDependency[Call]
) -> Response[bytes]:
    """Make the round; nobody is asked yet."""
    form = await read_form(request, RoundForm, prepare=_due)
    try:
        if given := form.value:
            plan = Plan(
                stage=given.stage,
                due_at=given.due_at,
                reviews_wanted=given.reviews_wanted,
                reviews_max=given.reviews_max,
            )
            async with attempt(session):
                made = await rounds.make_round(session, call=posted_call, plan=plan)
            return see_other(f"/desk/calls/rounds/{made.id}")
    except MarketplaceError as error:
        form.refuse(error)
    return _new_round_page(request, posted_call, form)


NEW_ROUND_PAGES = [show_new_round, take_new_round]
