"""What is open for an organisation, a person or the operator: one query a queue, what waits for them first."""

import datetime
import uuid
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, false, func, null, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import Actor
from marketplace.applications.models import Application
from marketplace.assessments.models import Assessor, Assignment, ListingAssessment
from marketplace.assessments.process import LIVE
from marketplace.calls.models import Call
from marketplace.deals.models import Deal, Offer
from marketplace.introductions.models import Introduction
from marketplace.introductions.queries import visible_to
from marketplace.knowledge.models import KnowledgeItem
from marketplace.listings.models import Listing
from marketplace.needs.models import Consultation, Need
from marketplace.people.models import Organisation, VerificationRecord
from marketplace.process import latest
from marketplace.review.models import ReviewAssignment, Reviewer, ReviewRound
from marketplace.screening.models import Screen

SHOWN = 5


class Row(NamedTuple):
    """`waits` says that the next step is the reader's. The title is a Text, or plain text that is nobody's language."""

    id: uuid.UUID
    title: Any
    state: str | None
    since: datetime.datetime
    waits: bool


class Queue(NamedTuple):
    """`process` names the process whose states the rows are in; `waiting` of `total` wait for the reader."""

    name: str
    process: str | None
    rows: Sequence[Row]
    total: int
    waiting: int


class _Asked(NamedTuple):
    name: str
    process: str | None
    query: Any


async def queues_of(session: AsyncSession, actor: Actor) -> list[Queue]:
    """The queues of whoever asks, in the order in which their kind of organisation works."""
    kind = next((role.removeprefix("kind:") for role in actor.roles if role.startswith("kind:")), "")
    return [await _read(session, asked) for asked in _asked_by(kind, actor)]


async def _read(session: AsyncSession, asked: _Asked) -> Queue:
    found = (await session.execute(asked.query)).all()
    total, waiting = (found[0].total, found[0].waiting) if found else (0, 0)
    return Queue(asked.name, asked.process, [Row(*row[:5]) for row in found], total, waiting)


def _asked_by(kind: str, actor: Actor) -> list[_Asked]:
    by_kind = {
        "holder": (_technologies, _applications, _introductions, _deals),
        "investor": (_calls, _received, _introductions, _deals, _screens),
        "incubator": (_calls, _received, _introductions, _deals, _screens),
        "demand": (_needs, _introductions, _deals, _screens),
        "assessor": (_assignments, _reviews),
        "operator": (_verifications, _formal_checks, _unassessed, _assessments, _knowledge, _consultations),
    }
    return [ask(actor) for ask in by_kind.get(kind, ())]


def _open(
    model: Any, title: Any, *mine: ColumnElement[bool], waits: ColumnElement[bool], name: str, joined: Any = None
) -> _Asked:
    """Those that are not at their end; those that wait for the reader first, then the ones that moved last."""
    process = model.__process__
    turn = waits.label("waits")
    ended = [state.name for state in latest(process).states if state.final]
    query = (
        select(
            model.id,
            title,
            model.state,
            model.state_since,
            turn,
            func.count().over().label("total"),
            func.count().filter(waits).over().label("waiting"),
        )
        .where(model.state.not_in(ended), *mine)
        .order_by(turn.desc(), model.state_since.desc(), model.id)
        .limit(SHOWN)
    )
    return _Asked(name, process, joined(query) if joined else query)


def _technologies(actor: Actor) -> _Asked:
    mine = Listing.organisation_id == actor.organisation_id
    return _open(Listing, Listing.name, mine, waits=Listing.state.in_(("draft", "suspended")), name="technologies")


def _applications(actor: Actor) -> _Asked:
    mine = Application.organisation_id == actor.organisation_id
    waits = Application.state.in_(("draft", "invited"))
    return _open(Application, Call.title, mine, waits=waits, name="applications", joined=_with_call)


def _with_call(query: Select[Any]) -> Select[Any]:
    return query.join(Call, Call.id == Application.call_id)


def _received(actor: Actor) -> _Asked:
    mine = (Call.organisation_id == actor.organisation_id, Application.state != "draft")
    return _open(
        Application,
        Listing.name,
        *mine,
        waits=Application.state == "submitted",
        name="received",
        joined=lambda query: _with_call(query).join(Listing, Listing.id == Application.listing_id),
    )


def _calls(actor: Actor) -> _Asked:
    mine = Call.organisation_id == actor.organisation_id
    return _open(Call, Call.title, mine, waits=Call.state.in_(("draft", "closed")), name="calls")


def _introductions(actor: Actor) -> _Asked:
    asked = and_(Introduction.recipient_id == actor.organisation_id, Introduction.state == "expressed")
    return _open(
        Introduction,
        Listing.name,
        visible_to(actor),
        waits=or_(asked, Introduction.state == "mutual"),
        name="introductions",
        joined=lambda query: query.join(Listing, Listing.id == Introduction.listing_id),
    )


def _deals(actor: Actor) -> _Asked:
    """An offer waits for the side that did not make it; the later steps ask both."""
    mine = or_(
        Deal.holder_organisation_id == actor.organisation_id, Deal.financier_organisation_id == actor.organisation_id
    )
    theirs = and_(Deal.state.in_(("offered", "amending")), Offer.organisation_id != actor.organisation_id)
    both = Deal.state.in_(("agreed", "reconfirming", "conditions", "signing", "judging"))
    return _open(
        Deal,
        Listing.name,
        mine,
        waits=func.coalesce(or_(theirs, both), false()),
        name="deals",
        joined=lambda query: query.join(Listing, Listing.id == Deal.listing_id).outerjoin(
            Offer, Offer.id == Deal.open_offer_id
        ),
    )


def _needs(actor: Actor) -> _Asked:
    mine = Need.organisation_id == actor.organisation_id
    return _open(Need, Need.title, mine, waits=Need.state.in_(("draft", "answered")), name="needs")


def _screens(actor: Actor) -> _Asked:
    query = (
        select(
            Screen.id,
            Screen.name,
            null().label("state"),
            Screen.created_at,
            false().label("waits"),
            func.count().over().label("total"),
            func.count().filter(false()).over().label("waiting"),
        )
        .where(Screen.organisation_id == actor.organisation_id, Screen.closed_at.is_(None))
        .order_by(Screen.id.desc())
        .limit(SHOWN)
    )
    return _Asked("screens", None, query)


def _assignments(actor: Actor) -> _Asked:
    return _open(
        Assignment,
        Listing.name,
        Assessor.person_id == actor.id,
        waits=true(),
        name="assignments",
        joined=lambda query: (
            query.join(Assessor, Assessor.id == Assignment.assessor_id)
            .join(ListingAssessment, ListingAssessment.id == Assignment.assessment_id)
            .join(Listing, Listing.id == ListingAssessment.listing_id)
        ),
    )


def _reviews(actor: Actor) -> _Asked:
    return _open(
        ReviewAssignment,
        Call.title,
        Reviewer.person_id == actor.id,
        waits=true(),
        name="reviews",
        joined=lambda query: (
            query.join(Reviewer, Reviewer.id == ReviewAssignment.reviewer_id)
            .join(ReviewRound, ReviewRound.id == ReviewAssignment.round_id)
            .join(Call, Call.id == ReviewRound.call_id)
        ),
    )


def _verifications(_: Actor) -> _Asked:
    waiting = select(VerificationRecord.organisation_id).where(VerificationRecord.decision.is_(None))
    mine = (Organisation.id.in_(waiting), Organisation.state == "submitted")
    return _open(Organisation, Organisation.name, *mine, waits=true(), name="verifications")


def _formal_checks(_: Actor) -> _Asked:
    mine = Listing.state.in_(("submitted", "formal-check"))
    return _open(Listing, Listing.name, mine, waits=true(), name="formal-checks")


def _unassessed(_: Actor) -> _Asked:
    """Past the formal check, and nobody has called assessors yet."""
    live = select(ListingAssessment.listing_id).where(ListingAssessment.state.in_(LIVE))
    mine = (Listing.state == "assessment", Listing.id.not_in(live))
    return _open(Listing, Listing.name, *mine, waits=true(), name="unassessed")


def _assessments(_: Actor) -> _Asked:
    return _open(
        ListingAssessment,
        Listing.name,
        waits=ListingAssessment.state.in_(("open", "further-review")),
        name="assessments",
        joined=lambda query: query.join(Listing, Listing.id == ListingAssessment.listing_id),
    )


def _knowledge(_: Actor) -> _Asked:
    return _open(KnowledgeItem, KnowledgeItem.title, KnowledgeItem.state == "review", waits=true(), name="knowledge")


def _consultations(_: Actor) -> _Asked:
    mine = Consultation.state.in_(("open", "escalated"))
    return _open(Consultation, Consultation.query, mine, waits=true(), name="consultations")
