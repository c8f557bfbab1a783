"""Proposing a solution, and what the seeker makes of it: one is accepted, the others end with a reason."""

import uuid
from collections.abc import Iterator

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import Actor, actor_of, system
from marketplace.database import clock_of
from marketplace.errors import Conflict, FieldError, Forbidden, Invalid
from marketplace.listings.models import Listing
from marketplace.listings.process import PUBLISHED
from marketplace.needs import letters
from marketplace.needs.models import Consultation, Need, Solution
from marketplace.needs.process import OPEN, REASONS
from marketplace.people.models import Organisation
from marketplace.process import ProcessEvent, advance, begin, effect
from scoring.technology import Text

_WAITING = ("proposed", "shortlisted")
# The need's own history is the seeker's to read: it must not say who answered before the embargo ends.
_SOMEBODY = system("solver").acting_as("solver")


async def propose_solution(
    session: AsyncSession, *, need: Need, proposer: Organisation, listing: Listing, text: Text
) -> Solution:
    """Offer a published technology: holders one of their own, experts any."""
    _check_proposer(need, proposer, listing)
    await _lock(session, need)
    if need.state not in OPEN:
        raise Conflict("need-closed", "This need takes no more solutions.", "该需求已不再接受方案。")
    solution = Solution(need_id=need.id, proposer_id=proposer.id, listing_id=listing.id, text=text, version=1)
    await begin(session, solution)
    if need.state == "published":
        await advance(session, need, "answer", actor=_SOMEBODY, due={"expire": need.open_until})  # type: ignore[dict-item]
    await letters.tell_of_proposal(session, need, solution)
    return solution


def _check_proposer(need: Need, proposer: Organisation, listing: Listing) -> None:
    if proposer.id == need.organisation_id:
        raise Conflict("own-need", "This is a need of your own.", "不能对本单位的需求提出方案。")
    if faults := list(_wrong_listing(proposer, listing)):
        raise Invalid(faults)


def _wrong_listing(proposer: Organisation, listing: Listing) -> Iterator[FieldError]:
    own = proposer.kind != "holder" or listing.organisation_id == proposer.id
    if listing.state != PUBLISHED or not own:
        expected = "a recommended technology" + (" of your own" if proposer.kind == "holder" else "")
        yield FieldError(
            field="listing_id", value=str(listing.id), expected=expected, expected_zh="须为（本单位的）已推荐技术"
        )


async def shortlist_solution(session: AsyncSession, *, solution: Solution) -> ProcessEvent:
    return await advance(session, solution, "shortlist", actor=_seeking(session))


async def accept_solution(session: AsyncSession, *, solution: Solution, need: Need) -> ProcessEvent:
    """The need is solved by this one; those that wait are declined in the same step."""
    await _lock(session, need)
    event = await advance(session, solution, "accept", actor=_seeking(session))
    await advance(session, need, "solve", actor=_seeking(session))
    return event


async def decline_solution(session: AsyncSession, *, solution: Solution, reason: str, note: str = "") -> ProcessEvent:
    """Say why not, by a code of `REASONS`; the code `other` needs a note."""
    if reason not in REASONS:
        expected = "one of " + ", ".join(REASONS)
        raise Invalid([FieldError(field="reason", value=reason, expected=expected, expected_zh="请选择列出的理由")])
    if reason == "other" and not note.strip():
        raise Invalid([FieldError(field="note", expected="the other reason", expected_zh="请填写其他理由")])
    solution.reason_code, solution.reason_note = reason, note
    return await advance(session, solution, "decline", actor=_seeking(session), note=note)


async def withdraw_solution(session: AsyncSession, *, solution: Solution) -> ProcessEvent:
    return await advance(session, solution, "withdraw", actor=actor_of(session).acting_as("proposer"))


async def reveal_seeker(session: AsyncSession, *, solution: Solution) -> None:
    """The seeker agrees to be known to this proposer; once said it stays said."""
    if solution.state in ("declined", "withdrawn"):
        raise Conflict("solution-ended", "This solution has ended.", "该方案已结束。")
    if solution.revealed_at is None:
        solution.revealed_at = clock_of(session).now()
    await session.flush()


@effect("need", "solve")
async def _others_lose(session: AsyncSession, need: Need, event: ProcessEvent) -> None:
    await _decline_rest(session, need, "another-accepted")


@effect("need", "expire")
async def _nobody_won(session: AsyncSession, need: Need, event: ProcessEvent) -> None:
    await _decline_rest(session, need, "need-closed")


@effect("need", "withdraw")
async def _taken_back(session: AsyncSession, need: Need, event: ProcessEvent) -> None:
    await _decline_rest(session, need, "need-closed")


async def _decline_rest(session: AsyncSession, need: Need, reason: str) -> None:
    query = select(Solution).where(Solution.need_id == need.id, Solution.state.in_(_WAITING)).order_by(Solution.id)
    for solution in (await session.scalars(query.with_for_update())).all():
        solution.reason_code = reason
        await advance(session, solution, "decline", actor=system("needs").acting_as("closing"))


async def _lock(session: AsyncSession, need: Need) -> None:
    """Whoever changes the solutions of a need does it one after another."""
    await session.refresh(need, with_for_update=True)


def _seeking(session: AsyncSession) -> Actor:
    return actor_of(session).acting_as("seeker")


def visible_to(actor: Actor, session: AsyncSession) -> ColumnElement[bool]:
    """Proposers see their own; after the embargo the seeker, and the experts consulted on the need, see all."""
    now = clock_of(session).now()
    mine = Solution.proposer_id == actor.organisation_id
    consulted = select(Consultation.need_id).where(
        Consultation.assignee_id == actor.organisation_id, Consultation.state.in_(("assigned", "answered"))
    )
    opened = select(Need.id).where(
        Need.embargo_until <= now, or_(Need.organisation_id == actor.organisation_id, Need.id.in_(consulted))
    )
    if actor.organisation_id is None:
        raise Forbidden("organisation-only", "This is for members of an organisation.", "仅限机构成员操作。")
    return or_(mine, and_(Solution.need_id.in_(opened), Solution.state != "withdrawn"))


async def solution_visible(session: AsyncSession, *, solution_id: uuid.UUID, actor: Actor) -> Solution | None:
    query = select(Solution).where(Solution.id == solution_id, visible_to(actor, session))
    found: Solution | None = await session.scalar(query)
    return found
