"""The assessor's desk: declare, read, score once, and then see the others."""

from typing import Annotated, Any

from litestar import Request, Response
from litestar.di import NamedDependency
from msgspec import Meta, Struct
from sqlalchemy.ext.asyncio import AsyncSession

from api.assessments.assessor_schemas import AssignmentOut, ConflictIn, FormOut, RelationKind
from api.assessments.dependencies import AssessingPerson
from api.assessments.schemas import Reason, ReasonIn, ScoreOut
from api.fields import Line
from api.paging import Cursor
from api.routing import SIGNED_IN, get, post
from api.site.forms import Form, Given, read_form
from api.site.language import gettext
from api.site.lists import listed
from api.site.render import page, see_other
from marketplace.assessments import queries, work
from marketplace.assessments.models import Assignment
from marketplace.assessments.process import ASSIGNMENT
from marketplace.assessments.standing import scores_of, technology_judged
from marketplace.errors import MarketplaceError
from marketplace.listings.evidence import names_of
from scoring.readiness.framework import FRAMEWORKS, index_of
from scoring.technology import Rating, Text

_LIST = "/desk/assignments"
_ONE = "/desk/assignments/{assignment_id:uuid}"
STATES = {state.name: state.label for state in ASSIGNMENT.states}
RELATIONS = {
    "co-author": Text(zh="共同发表", en="We published together"),
    "employment": Text(zh="雇佣", en="Employment"),
    "consulting": Text(zh="咨询", en="Consulting"),
    "investment": Text(zh="投资", en="Investment"),
    "supervision": Text(zh="师生或上下级", en="Supervision"),
    "family": Text(zh="亲属", en="Family"),
    "dispute": Text(zh="纠纷", en="Dispute"),
    "other": Text(zh="其他", en="Other"),
}


@get(_LIST, access=SIGNED_IN, problems=(), include_in_schema=False)
async def show_assignments(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    assessing_person: NamedDependency[AssessingPerson],
    cursor: Cursor = None,
) -> Response[bytes]:
    """What one was asked to judge."""
    found = await listed(session, queries.own_assignments(assessing_person.person_id), Assignment, cursor)
    return page(
        request,
        "assessments/assignments.html",
        assignments=[AssignmentOut.of(item) for item in found.items],
        following=found.following,
        states=STATES,
        frameworks=FRAMEWORKS,
    )


@get(_ONE, access=SIGNED_IN, include_in_schema=False)
async def show_assignment_page(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    own_assignment: NamedDependency[Assignment],
) -> Response[bytes]:
    """The next thing to do: declare, score, or read what the others said."""
    return await _one(request, session, own_assignment)


async def _one(
    request: Request[Any, Any, Any], session: AsyncSession, assignment: Assignment, **forms: Form[Any]
) -> Response[bytes]:
    shown: dict[str, Any] = {"declaring": None, "declining": None, "form": None, "content": None, "scores": ()} | forms
    if assignment.state == "declared":
        shown |= _to_judge(assignment) | {"files": await names_of(session, assignment.assessment.listing_id)}
    if assignment.state == "scored":
        scores = await scores_of(session, assignment.assessment)
        named = queries.names_of(scores)
        shown["scores"] = [ScoreOut.of(score, named[score.id]) for score in scores]
        shown["disagreements"] = await queries.disagreements_in(session, assignment.assessment)
    return page(
        request,
        "assessments/assignment.html",
        status=422 if forms else 200,
        assignment=AssignmentOut.of(assignment),
        bar=assignment.assessment.bar,
        framework=FRAMEWORKS[assignment.assessment.framework],
        states=STATES,
        relations=RELATIONS,
        **shown,
    )


def _to_judge(assignment: Assignment) -> dict[str, Any]:
    """The content, with the values that a scale or a criterion takes."""
    assessment = assignment.assessment
    content = FormOut.of(assessment, technology_judged(assessment))
    index = index_of(assessment.framework)
    values = content.values or [str(level) for level in range(index.floor, index.top + 1)]
    return {"content": content, "values": [(value, value) for value in values]}


class DeclarationForm(Struct, frozen=True):
    """One conflict can be named on the page; with any, the seat is given up."""

    independent: bool
    confidential: bool = False
    kind: RelationKind | None = None
    note: Reason = ""


@post(f"{_ONE}/declaration", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_declaration(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    own_assignment: NamedDependency[Assignment],
) -> Response[bytes]:
    """Declare one's interests: without conflicts the content opens."""
    form = await read_form(request, DeclarationForm)
    if form.value is not None:
        form.errors |= _contradictions(form.value)
    if form.value is None or form.wrong:
        return await _one(request, session, own_assignment, declaring=form)
    conflict = [ConflictIn(kind=form.value.kind or "other", note=form.value.note)]
    declared = [] if form.value.independent else [work.Declared(kind=one.kind, note=one.note) for one in conflict]
    await work.declare(session, assignment=own_assignment, conflicts=declared)
    return see_other(f"{_LIST}/{own_assignment.id}")


def _contradictions(given: DeclarationForm) -> dict[str, str]:
    if given.independent:
        return {} if given.confidential else {"confidential": gettext("Promise to keep what you read to yourself.")}
    return {} if given.kind else {"kind": gettext("Say what connects you.")}


@post(f"{_ONE}/decline", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_refusal(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    own_assignment: NamedDependency[Assignment],
) -> Response[bytes]:
    """Give the seat up, with a reason."""
    form = await read_form(request, ReasonIn)
    if form.value is None:
        return await _one(request, session, own_assignment, declining=form)
    await work.decline(session, assignment=own_assignment, note=form.value.note)
    return see_other(_LIST)


class RatingForm(Struct, frozen=True):
    """A rating as the page asks for it."""

    criterion: Line
    value: Line
    rationale: Reason = ""
    evidence: list[Line] = []

    def rating(self) -> Rating:
        value: bool | int | str = self.value
        if self.value in ("true", "false"):
            value = self.value == "true"
        elif self.value.lstrip("-").isdecimal():
            value = int(self.value)
        return Rating(criterion=self.criterion, value=value, rationale=self.rationale, evidence=tuple(self.evidence))


class ScoreForm(Struct, frozen=True):
    """What was said; a criterion without a value was left out."""

    ratings: Annotated[list[RatingForm], Meta(min_length=1, max_length=300)]


def _answered(given: Given) -> Given:
    """The ratings that have a value; the others were left open. Numbers stay, so that errors find their fields."""
    open_ones = {
        name.removesuffix(".criterion")
        for name in given
        if name.endswith(".criterion") and not str(given.get(f"{name.removesuffix('.criterion')}.value", "")).strip()
    }
    return {name: value for name, value in given.items() if ".".join(name.split(".")[:2]) not in open_ones}


@post(f"{_ONE}/score", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_score(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    open_assignment: NamedDependency[Assignment],
) -> Response[bytes]:
    """Score, once and for good."""
    form = await read_form(request, ScoreForm, tidy=_answered)
    numbers = sorted({int(name.split(".")[1]) for name in form.given if name.startswith("ratings.")})
    if form.value is not None:
        try:
            said = [rating.rating() for rating in form.value.ratings]
            await work.submit_score(session, assignment=open_assignment, ratings=said)
            return see_other(f"{_LIST}/{open_assignment.id}")
        except MarketplaceError as error:
            form.refuse(error)
    form.errors = {_placed(name, numbers): text for name, text in form.errors.items()}
    return await _one(request, session, open_assignment, form=form)


def _placed(name: str, numbers: list[int]) -> str:
    """The field on the page that an error of the nth answered rating is about."""
    parts = name.split(".")
    if len(parts) > 1 and parts[0] == "ratings" and parts[1].isdecimal() and int(parts[1]) < len(numbers):
        return ".".join(["ratings", str(numbers[int(parts[1])]), *parts[2:3]])
    return name


DESK_PAGES = [show_assignments, show_assignment_page, take_declaration, take_refusal, take_score]
