"""The page of one need: what everybody sees, and what its seeker and its solvers do there."""

from typing import Any

from litestar import Request, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.needs.routes import kept_envelopes
from api.needs.schemas import PublicNeed
from api.needs.solutions import shown
from api.platform import actor_of, platform_of
from api.site import words
from api.site.forms import Form
from api.site.render import page
from marketplace.listings.models import Listing
from marketplace.listings.process import PUBLISHED
from marketplace.needs import queries, solutions
from marketplace.needs.margins import match, relaxations
from marketplace.needs.models import Need, Solution
from marketplace.needs.process import NEED, REASONS, SOLUTION
from scoring.technology import Text

MATCHES_SHOWN = 5
OFFERED_MAX = 100
STATES = {state.name: state.label for state in NEED.states}
SOLUTION_STATES = {state.name: state.label for state in SOLUTION.states}


async def needs_page(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    need: Need,
    *,
    seeker: bool = False,
    sees_all: bool = False,
    solver: bool = False,
    status: int = 200,
    form: Form[Any] | None = None,
    about: str = "",
) -> Response[bytes]:
    """The page of a need; `form` with `about` says which of its forms comes back with errors."""
    actor, public = actor_of(request), PublicNeed.of(need)
    found = match(public.specification, await kept_envelopes(platform_of(request), session))
    proposed: Any = []
    if actor.organisation_id is not None:
        query = select(Solution).where(Solution.need_id == public.id, solutions.visible_to(actor, session))
        proposed = await shown(session, (await session.scalars(query.order_by(Solution.id))).all(), actor)
    return page(
        request,
        "needs/need.html",
        status=status,
        need=public,
        state=need.state if sees_all else "",
        states=STATES,
        seeker=seeker,
        sees_all=sees_all,
        solver=solver,
        matches=found[:MATCHES_SHOWN],
        by_listing={one.technology.id: one for one in found},
        relaxed=relaxations(found),
        solutions=proposed,
        solution_states=SOLUTION_STATES,
        waiting=await queries.solutions_waiting(session, need) if sees_all else 0,
        embargoed=bool(public.embargo_until and public.embargo_until > platform_of(request).clock.now()),
        offered=await _offered(session, actor.organisation_id, "kind:holder" in actor.roles) if solver else [],
        reasons=REASONS,
        media=words.MEDIA,
        form=form,
        about=about,
    )


async def _offered(session: AsyncSession, organisation_id: Any, own_only: bool) -> list[tuple[Any, Text]]:
    """What a solver may propose: holders their own recommended technologies, experts any."""
    query = select(Listing.id, Listing.name).where(Listing.state == PUBLISHED).limit(OFFERED_MAX)
    if own_only:
        query = query.where(Listing.organisation_id == organisation_id)
    return [(row[0], row[1]) for row in await session.execute(query.order_by(Listing.id))]
