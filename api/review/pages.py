"""The organiser's rounds of reviews: the pool, who reviews what, where reviewers differ, the pack, the decisions."""

from typing import Any

from litestar import Request, Response
from litestar.di import NamedDependency
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from api.calls import words
from api.platform import actor_of
from api.review import schemas
from api.review.decision_schemas import DecisionIn
from api.review.dependencies import readable_standing
from api.review.new_round_pages import NEW_ROUND_PAGES
from api.review.reviewer_pages import REVIEWER_PAGES
from api.review.round_view import counts_of, named_ratings
from api.review.words import LANGUAGES, OUTCOMES, SUGGESTIONS
from api.routing import SIGNED_IN, get, post
from api.site.attempt import carried_out
from api.site.forms import Form, read_form
from api.site.render import page, see_other
from api.site.words import MEDIA
from marketplace.applications.process import REASONS
from marketplace.calls.service import content_of
from marketplace.errors import Forbidden, MarketplaceError
from marketplace.review import deciding, pack, placing, queries, rounds
from marketplace.review.candidates import candidates_for
from marketplace.review.models import ReviewRound
from marketplace.review.pack import MEANING
from marketplace.review.rubric import rubric_of
from marketplace.review.standing import Standing, standing_of

_ROUND = "/desk/calls/rounds/{review_round_id:uuid}"


@get(_ROUND, access=SIGNED_IN, include_in_schema=False)
async def show_round_page(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], visible_round: NamedDependency[ReviewRound]
) -> Response[bytes]:
    """What this round is at, and what comes next."""
    return await _round_page(request, session, visible_round, None)


async def _round_page(
    request: Request[Any, Any, Any], session: AsyncSession, found: ReviewRound, form: Form[Any] | None
) -> Response[bytes]:
    views = {"setup": _setup, "reviewing": _reviewing, "committee": _committee, "decided": _committee}
    view = views.get(found.state)
    special = await view(request, session, found) if view else {}
    return page(
        request,
        "review/round.html",
        status=422 if form else 200,
        form=form,
        round=found,
        rubric=rubric_of(found.rubric),
        pool=await queries.pool_of(session, found),
        references=await queries.references_of(session, found.id),
        mine=found.call.organisation_id == actor_of(request).organisation_id,
        media=MEDIA,
        languages=LANGUAGES,
        meaning=MEANING,
        words=words,
        **special,
    )


async def _setup(request: Request[Any, Any, Any], session: AsyncSession, found: ReviewRound) -> dict[str, Any]:
    return {"candidates": await candidates_for(session, found)}


async def _reviewing(request: Request[Any, Any, Any], session: AsyncSession, found: ReviewRound) -> dict[str, Any]:
    assignments = counts_of(await queries.assignments_in(session, found))
    shown = {"standing": await _standing(request, session, found), "assignments": assignments}
    candidates = await candidates_for(session, found)
    try:
        proposal = await placing.propose(session, found)
    except MarketplaceError as error:
        return shown | {"candidates": candidates, "proposal": None, "short": error}
    return shown | {"candidates": candidates, "proposal": proposal, "short": None}


async def _standing(request: Request[Any, Any, Any], session: AsyncSession, found: ReviewRound) -> Standing | None:
    """Nothing of it for somebody who reviews here."""
    try:
        return await standing_of(session, await readable_standing(request, found, session))
    except Forbidden:
        return None


async def _committee(request: Request[Any, Any, Any], session: AsyncSession, found: ReviewRound) -> dict[str, Any]:
    kept = await pack.pack_of(session, found)
    decided = {one.application_id: one for one in await deciding.decisions_in(session, found)}
    opened = pack.opened(kept) if kept else None
    return {
        "pack": opened,
        "sha256": kept.sha256 if kept else "",
        "ratings": named_ratings(opened) if opened else {},
        "decided": decided,
        "outcomes": OUTCOMES,
        "suggestions": SUGGESTIONS,
        "reasons": REASONS,
        "last_stage": content_of(found.call).stages[-1] == found.stage,
    }


async def _after(request: Request[Any, Any, Any], session: AsyncSession, found: ReviewRound) -> ReviewRound:
    """The round as it is in the database, after something was taken back."""
    return await queries.locked_round(session, found.id)


async def _stepped(
    request: Request[Any, Any, Any], session: AsyncSession, found: ReviewRound, form: Form[Any], step: Any
) -> Response[bytes]:
    """Do it and show the round; where it is refused, say so on the same page."""
    address = f"/desk/calls/rounds/{found.id}"
    if await carried_out(session, form, step):
        return see_other(address)
    return await _round_page(request, session, await _after(request, session, found), form)


class Press(Struct, frozen=True):
    """No more than the press of a button."""


@post(f"{_ROUND}/reviewers", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_reviewer(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    organised_round: NamedDependency[ReviewRound],
) -> Response[bytes]:
    """Put somebody into the pool."""

    async def step(given: schemas.ReviewerIn) -> None:
        await rounds.add_reviewer(
            session, review_round=organised_round, person_id=given.person_id, expertise=given.expertise()
        )

    form = await read_form(request, schemas.ReviewerIn)
    return await _stepped(request, session, organised_round, form, step)


@post(f"{_ROUND}/references", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_reference(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    organised_round: NamedDependency[ReviewRound],
) -> Response[bytes]:
    """Add something that everybody rates first."""

    async def step(given: schemas.ReferenceIn) -> None:
        title, content = given.title.text(), given.content.text()
        await rounds.add_reference(session, review_round=organised_round, title=title, content=content)

    form = await read_form(request, schemas.ReferenceIn)
    return await _stepped(request, session, organised_round, form, step)


@post(f"{_ROUND}/open", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_open(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    organised_round: NamedDependency[ReviewRound],
) -> Response[bytes]:
    """Begin: reviewers are asked to declare their interests."""

    async def step(_: Press) -> None:
        await rounds.open_round(session, review_round=organised_round)

    return await _stepped(request, session, organised_round, await read_form(request, Press), step)


@post(f"{_ROUND}/assignments", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_assignments(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    organised_round: NamedDependency[ReviewRound],
) -> Response[bytes]:
    """Take the proposal over: everybody in it is asked."""

    async def step(_: Press) -> None:
        await placing.place(session, review_round=organised_round)

    return await _stepped(request, session, organised_round, await read_form(request, Press), step)


@post(f"{_ROUND}/close", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_close(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    organised_round: NamedDependency[ReviewRound],
) -> Response[bytes]:
    """End the blind pass and make the pack."""

    async def step(_: Press) -> None:
        await pack.close_round(session, review_round=organised_round)

    return await _stepped(request, session, organised_round, await read_form(request, Press), step)


@post(f"{_ROUND}/decisions", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_committee_decision(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    organised_round: NamedDependency[ReviewRound],
) -> Response[bytes]:
    """Record the committee's decision about one application."""

    async def step(given: DecisionIn) -> None:
        verdict, application_id = given.verdict(), given.application_id
        await deciding.decide(session, review_round=organised_round, application_id=application_id, verdict=verdict)

    form = await read_form(request, DecisionIn)
    return await _stepped(request, session, organised_round, form, step)


@post(f"{_ROUND}/cancel", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_cancel_round(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    cancellable_round: NamedDependency[ReviewRound],
) -> Response[bytes]:
    """End it without decisions."""

    async def step(given: schemas.NoteIn) -> None:
        await rounds.cancel_round(session, review_round=cancellable_round, note=given.note)

    form = await read_form(request, schemas.NoteIn)
    return await _stepped(request, session, cancellable_round, form, step)


PAGES = [
    *NEW_ROUND_PAGES,
    show_round_page,
    take_reviewer,
    take_reference,
    take_open,
    take_assignments,
    take_close,
    take_committee_decision,
    take_cancel_round,
    *REVIEWER_PAGES,
]
