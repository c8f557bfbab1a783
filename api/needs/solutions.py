"""Solutions: proposed by holders and experts, decided by the seeker."""

import uuid
from collections.abc import Sequence
from typing import Any

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.needs import schemas_answers as schemas
from api.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from api.platform import actor_of
from api.routing import SIGNED_IN, get, post
from api.steps import StepOut
from marketplace.actors import Actor
from marketplace.errors import FieldError, Invalid
from marketplace.listings.models import Listing
from marketplace.needs import queries, solutions
from marketplace.needs.models import Need, Solution
from marketplace.paging import count, newest_first, page
from marketplace.people.models import Organisation

_SOLUTION = "/solutions/{solution_id:uuid}"


async def shown(session: AsyncSession, found: Sequence[Solution], actor: Actor) -> list[schemas.SolutionOut]:
    """With the names to show: the proposers', and the seekers' that agreed to be known to this caller."""
    revealed = [item.need_id for item in found if item.revealed_at and item.proposer_id == actor.organisation_id]
    query = select(Need.id, Organisation).join(Organisation, Organisation.id == Need.organisation_id)
    seekers = await _pairs(session, query.where(Need.id.in_(revealed))) if revealed else {}
    proposers = await _by_id(session, Organisation, {item.proposer_id for item in found})
    names = select(Listing.id, Listing.name).where(Listing.id.in_({item.listing_id for item in found}))
    technologies = await _pairs(session, names)
    return [
        schemas.SolutionOut.of(
            item,
            technology=technologies[item.listing_id],
            proposer=proposers[item.proposer_id],
            seeker=seekers.get(item.need_id) if item.revealed_at else None,
        )
        for item in found
    ]


async def _pairs(session: AsyncSession, query: Any) -> dict[uuid.UUID, Any]:
    return dict((await session.execute(query)).all())


async def _by_id(session: AsyncSession, model: Any, ids: set[uuid.UUID]) -> dict[uuid.UUID, Any]:
    return {row.id: row for row in (await session.scalars(select(model).where(model.id.in_(ids)))).all()}


@post("/published-needs/{need_id:uuid}/solutions", access=SIGNED_IN)
async def propose_solution(
    request: Request[Any, Any, Any],
    data: JSONBody[schemas.SolutionIn],
    session: NamedDependency[AsyncSession],
    solving_organisation: NamedDependency[Organisation],
    answerable_need: NamedDependency[Need],
) -> schemas.SolutionOut:
    """Propose a published technology; no other proposer sees it, and the seeker not before the embargo ends."""
    listing = await session.get(Listing, data.listing_id)
    if listing is None:
        expected = "a recommended technology"
        raise Invalid(
            [
                FieldError(
                    field="listing_id", value=str(data.listing_id), expected=expected, expected_zh="须为已推荐技术"
                )
            ]
        )
    made = await solutions.propose_solution(
        session, need=answerable_need, proposer=solving_organisation, listing=listing, text=data.text.text()
    )
    return (await shown(session, [made], actor_of(request)))[0]


@get("/needs/{need_id:uuid}/solutions", access=SIGNED_IN)
async def list_solutions_of_need(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], own_need: NamedDependency[Need]
) -> schemas.SolutionsOut:
    """What was proposed; before the embargo ends only how many."""
    actor = actor_of(request)
    query = select(Solution).where(Solution.need_id == own_need.id, solutions.visible_to(actor, session))
    found = (await session.scalars(query.order_by(Solution.id))).all()
    return schemas.SolutionsOut(
        items=await shown(session, found, actor),
        total=await queries.solutions_waiting(session, own_need),
        embargo_until=own_need.embargo_until,
    )


@get("/solutions", access=SIGNED_IN, problems=())
async def list_solutions(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Page[schemas.SolutionOut]:
    """Solutions that one proposed, or may see as seeker or expert, the newest first."""
    actor = actor_of(request)
    query = select(Solution).where(solutions.visible_to(actor, session))
    after = decode_cursor(cursor, tuple[uuid.UUID]) if cursor else None
    found = await page(session, query, order=newest_first(Solution), after=after, limit=limit)
    following = encode_cursor(found.position) if found.position else None
    return Page(await shown(session, found.items, actor), following, await count(session, query))


@get(_SOLUTION, access=SIGNED_IN)
async def show_solution(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    visible_solution: NamedDependency[Solution],
) -> schemas.SolutionOut:
    """One solution."""
    return (await shown(session, [visible_solution], actor_of(request)))[0]


@post(f"{_SOLUTION}/shortlist", access=SIGNED_IN)
async def shortlist_solution(
    session: NamedDependency[AsyncSession], sought_solution: NamedDependency[Solution]
) -> StepOut:
    """Look closer at a solution."""
    return StepOut.of(await solutions.shortlist_solution(session, solution=sought_solution))


@post(f"{_SOLUTION}/accept", access=SIGNED_IN)
async def accept_solution(
    session: NamedDependency[AsyncSession], sought_solution: NamedDependency[Solution]
) -> StepOut:
    """Accept a shortlisted solution: the need is solved, the others are told so."""
    need = await session.get_one(Need, sought_solution.need_id)
    return StepOut.of(await solutions.accept_solution(session, solution=sought_solution, need=need))


@post(f"{_SOLUTION}/decline", access=SIGNED_IN)
async def decline_solution(
    data: JSONBody[schemas.DeclineIn],
    session: NamedDependency[AsyncSession],
    sought_solution: NamedDependency[Solution],
) -> StepOut:
    """Decline a solution for one of the reasons that have a code."""
    event = await solutions.decline_solution(session, solution=sought_solution, reason=data.reason, note=data.note)
    return StepOut.of(event)


@post(f"{_SOLUTION}/reveal", access=SIGNED_IN)
async def reveal_seeker(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    sought_solution: NamedDependency[Solution],
) -> schemas.SolutionOut:
    """Agree to be known to this solution's proposer."""
    await solutions.reveal_seeker(session, solution=sought_solution)
    return (await shown(session, [sought_solution], actor_of(request)))[0]


@post(f"{_SOLUTION}/withdraw", access=SIGNED_IN, operation_id="withdraw_solution")
async def withdraw_solution(
    session: NamedDependency[AsyncSession], proposed_solution: NamedDependency[Solution]
) -> StepOut:
    """Take a solution of one's own back."""
    return StepOut.of(await solutions.withdraw_solution(session, solution=proposed_solution))


SOLUTIONS = [
    propose_solution,
    list_solutions_of_need,
    list_solutions,
    show_solution,
    shortlist_solution,
    accept_solution,
    decline_solution,
    reveal_seeker,
    withdraw_solution,
]
