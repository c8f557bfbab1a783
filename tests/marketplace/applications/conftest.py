"""Posters, holders, calls and applications, made as a test needs them."""

import datetime
import itertools
import uuid
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import Actor, act_as, system
from marketplace.applications import service as applications
from marketplace.applications.answers import Document
from marketplace.applications.models import Application
from marketplace.calls import service as calls
from marketplace.calls.content import CallContent
from marketplace.calls.models import Call
from marketplace.calls.templates import templates
from marketplace.database import clock_of
from marketplace.listings import service as listings
from marketplace.listings.content import Content
from marketplace.listings.models import Listing
from marketplace.money import Money
from marketplace.people.models import Membership, Organisation, Person
from marketplace.process import begin
from scoring.technology import Evidence, EvidenceGrade, Medium, Parameter, Provenance, Technology, Text

EVERYBODY = system("test").acting_as("holder", "poster", "applicant", "operator")
REPORT = Evidence(
    id="E3", grade=EvidenceGrade.TESTED, dated=datetime.date(2025, 6, 1), sha256="0" * 64, supports=("trl.5",)
)
ASKED = Money(100_000_000, "CNY")
DOCUMENT = Document(key="test-report", name="report.pdf", sha256="0" * 64)
BUDGET = Document(key="budget", name="budget.xlsx", sha256="1" * 64)
CONCEPT: dict[str, Any] = {"problem": "Nitrogen", "advantage": "Half the energy", "use-of-funds": "A pilot"}


def technology(name: str = "Membrane", **changed: Any) -> Technology:
    given: dict[str, Any] = {
        "id": "T",
        "name": Text(zh="膜", en=name),
        "summary": Text(en=f"{name} for reuse"),
        "provenance": Provenance.AWARD,
        "media": (Medium.WATER,),
        "pollutants": ("TN",),
        "parameters": (Parameter(name="removal.TN", unit="share", low=0.7, high=0.9),),
        "claimed_trl": 6,
        "evidence": (REPORT,),
    }
    return Technology(**(given | changed))


def grant(now: datetime.datetime, **changed: Any) -> CallContent:
    """The grant's template, with two seats."""
    content = next(template.content for template in templates(now) if template.key == "grant")
    return msgspec.structs.replace(content, **({"seats": 2} | changed))


@dataclass
class Market:
    session: AsyncSession
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    async def organisation(self, kind: str, language: str = "en") -> Organisation:
        number = next(self.numbers)
        made = Organisation(
            name=Text(zh=f"机构{number}", en=f"Organisation {number}"),
            kind=kind,
            country="CN",
            email_domain=f"m{number}-{uuid.uuid4().hex[:8]}.example",
        )
        await begin(self.session, made)
        made.state = "verified"
        person = Person(email=f"p@{made.email_domain}", name="Person", language=language, password_hash="none")
        self.session.add(person)
        await self.session.flush()
        self.session.add(Membership(organisation_id=made.id, person_id=person.id, role="owner"))
        return made

    async def listing(self, holder: Organisation | None = None, **changed: Any) -> Listing:
        holder = holder or await self.organisation("holder")
        content = Content(technology=technology(f"Membrane {next(self.numbers)}", **changed))
        made = await listings.draft_listing(self.session, holder=holder, content=content)
        await self.session.flush()
        return made

    async def call(self, *, publish: bool = True, **changed: Any) -> Call:
        poster = await self.organisation("investor")
        made = await calls.draft_call(
            self.session, poster=poster, content=grant(clock_of(self.session).now(), **changed)
        )
        if publish:
            await calls.publish_call(self.session, call=made)
        return made

    async def draft(self, call: Call, listing: Listing | None = None, **answers: Any) -> Application:
        listing = listing or await self.listing()
        made = await applications.draft_application(self.session, call=call, listing=listing)
        await applications.save_application(
            self.session, application=made, answers=CONCEPT | answers, documents=(), asked=ASKED
        )
        return made

    async def submitted(self, call: Call, listing: Listing | None = None) -> Application:
        made = await self.draft(call, listing)
        await applications.submit_application(self.session, application=made, edition=call.edition)
        return made


@pytest.fixture
def actor() -> Actor:
    return EVERYBODY


@pytest.fixture
def market(session: AsyncSession) -> Market:
    act_as(session, EVERYBODY)
    return Market(session)
