"""What an assessor does: keep a profile, answer invitations, read, score, and then see the others."""

import uuid
from typing import Any

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from api.assessments import assessor_schemas, schemas
from api.assessments.dependencies import AssessingPerson
from api.conditional import respond
from api.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from api.routing import SIGNED_IN, get, post, put
from api.steps import StepOut
from marketplace.assessments import queries, roster, work
from marketplace.assessments.models import Assessor, Assignment
from marketplace.assessments.standing import scores_of, technology_judged
from marketplace.errors import Forbidden, only
from marketplace.paging import count, newest_first, page

_ONE = "/assignments/{assignment_id:uuid}"


@get("/assessors/me", access=SIGNED_IN)
async def show_profile(own_profile: NamedDependency[Assessor]) -> assessor_schemas.ProfileOut:
    """One's own profile."""
    return assessor_schemas.ProfileOut.of(own_profile)


@put("/assessors/me", access=SIGNED_IN, problems=())
async def keep_profile(
    data: JSONBody[assessor_schemas.ProfileIn],
    session: NamedDependency[AsyncSession],
    assessing_person: NamedDependency[AssessingPerson],
) -> assessor_schemas.ProfileOut:
    """Write one's own profile."""
    kept = await roster.keep_profile(
        session,
        person_id=assessing_person.person_id,
        organisation_id=assessing_person.organisation_id,
        profile=data.profile(),
    )
    return assessor_schemas.ProfileOut.of(kept)


@get("/assessors/me/relations", access=SIGNED_IN)
async def list_relations(
    session: NamedDependency[AsyncSession], own_profile: NamedDependency[Assessor]
) -> list[assessor_schemas.RelationOut]:
    """What one has stated about oneself and organisations."""
    return [assessor_schemas.RelationOut.of(stated) for stated in await roster.relations_of(session, own_profile)]


@post("/assessors/me/relations", access=SIGNED_IN)
async def state_relation(
    data: JSONBody[assessor_schemas.RelationIn],
    session: NamedDependency[AsyncSession],
    own_profile: NamedDependency[Assessor],
) -> assessor_schemas.RelationOut:
    """State a relation to an organisation; it stays on record."""
    stated = await roster.state_relation(
        session,
        assessor=own_profile,
        organisation_id=data.organisation_id,
        kind=data.kind,
        ended_on=data.ended_on,
        note=data.note,
    )
    return assessor_schemas.RelationOut.of(stated)


@get("/assignments", access=SIGNED_IN, problems=())
async def list_assignments(
    session: NamedDependency[AsyncSession],
    assessing_person: NamedDependency[AssessingPerson],
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Page[assessor_schemas.AssignmentOut]:
    """What one was asked to judge, the newest first."""
    query = queries.own_assignments(assessing_person.person_id)
    after = decode_cursor(cursor, tuple[uuid.UUID]) if cursor else None
    found = await page(session, query, order=newest_first(Assignment), after=after, limit=limit)
    following = encode_cursor(found.position) if found.position else None
    total = await count(session, queries.own_assignment_ids(assessing_person.person_id))
    return Page([assessor_schemas.AssignmentOut.of(item) for item in found.items], following, total)


@get(_ONE, access=SIGNED_IN)
async def show_assignment(own_assignment: NamedDependency[Assignment]) -> assessor_schemas.AssignmentOut:
    """Title and summary, which is all there is to see before the declaration."""
    return assessor_schemas.AssignmentOut.of(own_assignment)


@post(f"{_ONE}/declaration", access=SIGNED_IN)
async def declare(
    data: JSONBody[assessor_schemas.DeclarationIn],
    session: NamedDependency[AsyncSession],
    own_assignment: NamedDependency[Assignment],
) -> StepOut:
    """Declare one's interests: without conflicts the content opens, with one the seat is given up."""
    return StepOut.of(await work.declare(session, assignment=own_assignment, conflicts=data.declared()))


@post(f"{_ONE}/decline", access=SIGNED_IN)
async def decline(
    data: JSONBody[schemas.ReasonIn],
    session: NamedDependency[AsyncSession],
    own_assignment: NamedDependency[Assignment],
) -> StepOut:
    """Decline, with a reason."""
    return StepOut.of(await work.decline(session, assignment=own_assignment, note=data.note))


@get(f"{_ONE}/content", access=SIGNED_IN)
async def show_form(open_assignment: NamedDependency[Assignment]) -> assessor_schemas.FormOut:
    """What is to be judged, and the framework's questions."""
    assessment = open_assignment.assessment
    return assessor_schemas.FormOut.of(assessment, technology_judged(assessment))


@post(f"{_ONE}/score", access=SIGNED_IN)
async def submit_score(
    data: JSONBody[assessor_schemas.ScoreIn],
    session: NamedDependency[AsyncSession],
    open_assignment: NamedDependency[Assignment],
) -> schemas.ScoreOut:
    """Score, once and for good."""
    return schemas.ScoreOut.of(await work.submit_score(session, assignment=open_assignment, ratings=data.said()), "you")


@get(f"{_ONE}/peers", access=SIGNED_IN)
async def show_peers(
    session: NamedDependency[AsyncSession], own_assignment: NamedDependency[Assignment]
) -> assessor_schemas.PeersOut:
    """What the others said, under made-up names; only once one's own score is in."""
    if own_assignment.state != "scored":
        raise Forbidden("score-first", "You see the others once your own score is in.", "提交评分后方可查看他人评分。")
    scores = await scores_of(session, own_assignment.assessment)
    named = queries.names_of(scores)
    return assessor_schemas.PeersOut(
        scores=[schemas.ScoreOut.of(score, named[score.id]) for score in scores],
        disagreements=await queries.disagreements_in(session, own_assignment.assessment),
    )


@get(
    f"{_ONE}/receipt",
    access=SIGNED_IN,
    responses={200: ResponseSpec(dict[str, Any], description="Canonical JSON")},
)
async def download_score_receipt(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    own_assignment: NamedDependency[Assignment],
) -> Response[bytes]:
    """The receipt of one's own score."""
    score = only(await queries.score_of(session, own_assignment), "score")
    return respond(request, score.receipt)


ASSESSOR_ROUTES = [
    show_profile,
    keep_profile,
    list_relations,
    state_relation,
    list_assignments,
    show_assignment,
    declare,
    decline,
    show_form,
    submit_score,
    show_peers,
    download_score_receipt,
]
