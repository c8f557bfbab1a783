"""The reviewer's desk: declare first, then read what is blind, then rate, once."""

import uuid
from typing import Any

from litestar import Request, Response
from litestar.di import NamedDependency
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from api.calls import words
from api.platform import actor_of
from api.review import reviewer_schemas as schemas
from api.review.words import INTERESTS
from api.routing import SIGNED_IN, get, post
from api.site.attempt import attempt
from api.site.forms import Form, read_form
from api.site.render import page, see_other
from api.site.words import MEDIA
from marketplace.calls.service import content_of
from marketplace.errors import Forbidden, MarketplaceError, only
from marketplace.review import declaring, queries, reviewing, rounds
from marketplace.review.declaring import Interest
from marketplace.review.models import ReviewAssignment, Reviewer
from marketplace.review.rubric import rubric_of
from scoring.technology import Text

_HOME = "/desk/reviews"
_PLACE = f"{_HOME}/places/{{reviewer_id:uuid}}"
_REVIEW = f"{_HOME}/{{review_assignment_id:uuid}}"


@get(_HOME, access=SIGNED_IN, problems=(), include_in_schema=False)
async def show_places(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Response[bytes]:
    """One's own places in pools of reviewers, with what is next in each."""
    actor = actor_of(request)
    query = queries.reviewing_as(actor.id if actor.kind == "person" else None)
    found = (await session.scalars(query.order_by(Reviewer.id.desc()).limit(50))).all()
    places = [schemas.PlaceOut.of(one) for one in found]
    return page(request, "review/places.html", places=places, words=words)


@get(_PLACE, access=SIGNED_IN, include_in_schema=False)
async def show_place(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], own_place: NamedDependency[Reviewer]
) -> Response[bytes]:
    """What is next: the declaration, the reference applications, the reviews."""
    return await _place_page(request, session, own_place, None)


async def _place_page(
    request: Request[Any, Any, Any], session: AsyncSession, place: Reviewer, form: Form[Any] | None
) -> Response[bytes]:
    opened = place.round.state != "setup"
    declared = {one.organisation_id: one for one in await queries.independence_of(session, [place.id])}
    references = await queries.references_open_to(session, place) if place.declared_at else []
    return page(
        request,
        "review/place.html",
        status=422 if form else 200,
        form=form or Form(),
        place=place,
        round=place.round,
        applicants=await queries.applicants_in(session, place.round) if opened else [],
        declared=declared,
        references=references,
        assignments=list(await session.scalars(queries.own_assignments(place).order_by(ReviewAssignment.id))),
        rubric=rubric_of(place.round.rubric),
        interests=INTERESTS,
        words=words,
    )


class Stated(Struct, frozen=True, kw_only=True):
    """What the form says of one applicant; no kind means independent."""

    organisation_id: uuid.UUID
    kind: schemas.Kind | None = None
    note: str = ""


class DeclarationForm(Struct, frozen=True, kw_only=True):
    """A line for every applicant."""

    interests: list[Stated] = []


@post(f"{_PLACE}/declare", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_declaration(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], own_place: NamedDependency[Reviewer]
) -> Response[bytes]:
    """Declare one's interests in all applicants."""
    form = await read_form(request, DeclarationForm)
    try:
        if form.value:
            stated = [one for one in form.value.interests if one.kind]
            interests = [
                Interest(organisation_id=one.organisation_id, kind=str(one.kind), note=one.note[:4_000])
                for one in stated
            ]
            await declaring.declare(session, reviewer=own_place, interests=interests)
            return see_other(f"{_HOME}/places/{own_place.id}")
    except MarketplaceError as error:
        form.refuse(error)
    return await _place_page(request, session, own_place, form)


@post(f"{_PLACE}/references", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_reference_rating(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], own_place: NamedDependency[Reviewer]
) -> Response[bytes]:
    """Rate a reference application, once."""
    form = await read_form(request, schemas.ReferenceRatingIn)
    try:
        if form.value:
            known = {one.id: one for one in await queries.references_of(session, own_place.round_id)}
            reference = only(known.get(form.value.reference_id), "reference")
            async with attempt(session):
                await reviewing.rate_reference(
                    session, reviewer=own_place, reference=reference, ratings=form.value.ratings
                )
            return see_other(f"{_HOME}/places/{own_place.id}")
    except MarketplaceError as error:
        form.refuse(error)
    return await _place_page(request, session, own_place, form)


class NoteForm(Struct, frozen=True):
    note: schemas.Note


@post(f"{_PLACE}/decline", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_decline(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], own_place: NamedDependency[Reviewer]
) -> Response[bytes]:
    """Leave the pool; what one has submitted stays."""
    form = await read_form(request, NoteForm)
    if form.value is None:
        return await _place_page(request, session, own_place, form)
    await rounds.leave_pool(session, reviewer=own_place, note=form.value.note)
    return see_other(_HOME)


@get(_REVIEW, access=SIGNED_IN, include_in_schema=False)
async def show_review(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    own_review_assignment: NamedDependency[ReviewAssignment],
) -> Response[bytes]:
    """What is to be reviewed, blind until the round is closed, and the rubric beside it."""
    try:
        return await _review_page(request, session, own_review_assignment, None)
    except Forbidden as error:
        if error.code not in ("declare-first", "calibrate-first"):
            raise
        return see_other(f"{_HOME}/places/{own_review_assignment.reviewer_id}")


async def _review_page(
    request: Request[Any, Any, Any], session: AsyncSession, task: ReviewAssignment, form: Form[Any] | None
) -> Response[bytes]:
    shown = await reviewing.read(session, assignment=task)
    own = await reviewing.own_review(session, task)
    call = content_of(task.application.call)
    technology = shown["technology"]
    return page(
        request,
        "review/review.html",
        status=422 if form else 200,
        form=form or Form(),
        task=task,
        shown=shown,
        name=Text(**technology["name"]) if technology.get("name") else None,
        asked={question.key: question for question in call.questions},
        own=schemas.ReviewOut.of(own) if own else None,
        others=[schemas.ReviewOut.of(one) for one in await reviewing.other_reviews(session, assignment=task)]
        if own
        else [],
        rubric=rubric_of(task.round.rubric),
        interests=INTERESTS,
        media=MEDIA,
        words=words,
    )


@post(_REVIEW, access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_review(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    own_review_assignment: NamedDependency[ReviewAssignment],
) -> Response[bytes]:
    """Submit, once and for good."""
    form, task = await read_form(request, schemas.ReviewIn), own_review_assignment
    try:
        if form.value:
            given = form.value
            await reviewing.submit(
                session, assignment=task, ratings=given.ratings, comment=given.comment, advice=given.advice
            )
            return see_other(f"{_HOME}/{task.id}")
    except MarketplaceError as error:
        form.refuse(error)
    return await _review_page(request, session, task, form)


@post(f"{_REVIEW}/recuse", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_recusal(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    own_review_assignment: NamedDependency[ReviewAssignment],
) -> Response[bytes]:
    """Give it up on seeing a conflict."""
    form, task = await read_form(request, schemas.RecusalIn), own_review_assignment
    try:
        if form.value:
            interest = Interest(organisation_id=task.organisation_id, kind=form.value.kind, note=form.value.note)
            await declaring.recuse(session, assignment=task, interest=interest)
            return see_other(f"{_HOME}/places/{task.reviewer_id}")
    except MarketplaceError as error:
        form.refuse(error)
    return await _review_page(request, session, task, form)


REVIEWER_PAGES = [
    show_places,
    show_place,
    take_declaration,
    take_reference_rating,
    take_decline,
    show_review,
    take_review,
    take_recusal,
]
