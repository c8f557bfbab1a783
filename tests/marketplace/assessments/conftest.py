"""A holder with a listing to be assessed, and assessors to do it."""

import datetime
import itertools
import uuid
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import Actor, act_as, system
from marketplace.assessments import queries, roster, seating, work
from marketplace.assessments.models import Assessor, Assignment, ListingAssessment
from marketplace.assessments.roster import Profile
from marketplace.assessments.seating import Plan
from marketplace.database import Sessions, transaction
from marketplace.listings import service as listings
from marketplace.listings.content import Content
from marketplace.listings.models import Listing
from marketplace.people.models import Membership, Organisation, Person
from marketplace.process import begin
from scoring.technology import Evidence, EvidenceGrade, Medium, Parameter, Provenance, Rating, Technology, Text

OPERATOR = Actor(kind="operator", name="operator", roles=frozenset({"operator"}))
HOLDING = Actor(kind="person", name="holder", roles=frozenset({"holder"}))

DOCUMENTS = tuple(
    Evidence(id=grade.value, grade=grade, dated=datetime.date(2025, 6, 1), sha256="0" * 64) for grade in EvidenceGrade
)


def technology(name: str = "Membrane", **changed: Any) -> Technology:
    given: dict[str, Any] = {
        "id": "T",
        "name": Text(zh="膜", en=name),
        "summary": Text(en=f"{name} for reuse"),
        "provenance": Provenance.SELF_NOMINATED,
        "media": (Medium.WATER,),
        "pollutants": ("COD",),
        "parameters": (Parameter(name="removal.COD", unit="share", value=0.9),),
        "claimed_trl": 9,
        "evidence": DOCUMENTS,
    }
    return Technology(**(given | changed))


@dataclass
class Town:
    """Everybody a test needs, made as it goes."""

    session: AsyncSession
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    async def organisation(self, kind: str, domain: str | None = None) -> Organisation:
        number = next(self.numbers)
        made = Organisation(
            name=Text(zh=f"机构{number}", en=f"Organisation {number}"),
            kind=kind,
            country="CN",
            email_domain=domain or f"town{number}-{uuid.uuid4().hex[:8]}.example",
        )
        await begin(self.session, made)
        made.state = "verified"
        await self.session.flush()
        return made

    async def person(self, organisation: Organisation, domain: str | None = None) -> Person:
        number = next(self.numbers)
        made = Person(
            email=f"p{number}@{domain or organisation.email_domain}",
            name=f"Person {number}",
            password_hash="none",
            language="en",
        )
        self.session.add(made)
        await self.session.flush()
        self.session.add(Membership(organisation_id=organisation.id, person_id=made.id, role="owner"))
        await self.session.flush()
        return made

    async def listing(self, content: Technology | None = None) -> Listing:
        holder = await self.organisation("holder")
        await self.person(holder)
        act_as(self.session, HOLDING)
        made = await listings.draft_listing(
            self.session, holder=holder, content=Content(technology=content or technology())
        )
        await listings.submit_listing(self.session, listing=made)
        act_as(self.session, OPERATOR)
        await listings.pass_formal_check(self.session, listing=made)
        assert made.state == "assessment"
        return made

    async def assessor(self, domain: str | None = None, **profile: Any) -> Assessor:
        organisation = await self.organisation("assessor", domain)
        person = await self.person(organisation)
        given = {"media": ("water",)} | profile
        made = await roster.keep_profile(
            self.session, person_id=person.id, organisation_id=organisation.id, profile=Profile(**given)
        )
        await self.session.refresh(made, ["person", "organisation"])
        return made

    async def assessment(self, listing: Listing | None = None, **plan: Any) -> ListingAssessment:
        act_as(self.session, OPERATOR)
        given = {"framework": "trl", "bar": 6} | plan
        return await seating.open_assessment(self.session, listing=listing or await self.listing(), plan=Plan(**given))

    async def seat(self, assessment: ListingAssessment, *assessors: Assessor) -> list[Assignment]:
        act_as(self.session, OPERATOR)
        made = await seating.assign(
            self.session, assessment=assessment, assessor_ids=[assessor.id for assessor in assessors]
        )
        return [await self.loaded(assignment, assessor) for assignment, assessor in zip(made, assessors, strict=True)]

    async def loaded(self, assignment: Assignment, assessor: Assessor) -> Assignment:
        found = await queries.assignment_of(self.session, assignment.id, person_id=assessor.person_id)
        assert found is not None
        return found

    async def declare(self, assignment: Assignment) -> None:
        act_as(self.session, system("test"))
        await work.declare(self.session, assignment=assignment, conflicts=[])

    async def score(self, assignment: Assignment, level: int, document: str = "E4") -> None:
        if assignment.state == "invited":
            await self.declare(assignment)
        await work.submit_score(self.session, assignment=assignment, ratings=[said(level, document)])


def said(level: Any, *documents: str, criterion: str = "trl") -> Rating:
    return Rating(criterion=criterion, value=level, rationale="seen on site", evidence=documents)


@pytest.fixture
def town(session: AsyncSession) -> Town:
    return Town(session)


async def access_assessment(sessions: Sessions, party: Any) -> uuid.UUID:
    """An assessment with nobody assigned."""
    async with transaction(sessions, OPERATOR) as session:
        return (await Town(session).assessment()).id


async def access_assignment(sessions: Sessions, party: Any) -> uuid.UUID:
    """An invitation for the person of this party."""
    async with transaction(sessions, OPERATOR) as session:
        town = Town(session)
        profile = Profile(media=("water",))
        assessor = await roster.keep_profile(
            session, person_id=party.person_id, organisation_id=party.organisation_id, profile=profile
        )
        assessment = await town.assessment()
        (made,) = await seating.assign(session, assessment=assessment, assessor_ids=[assessor.id])
        return made.id
