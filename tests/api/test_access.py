"""Every route as every role, against one table: `access.csv`.

You added a route and this test fails? Its message holds the rows that are missing, filled in with what was seen.
Read every status in them, ask yourself whether that is what this role ought to get, and only then add them.

The table has one line a route and object, one column a role, the expected status in each cell.

`object` says whose thing the ids in the path name:

* ``-`` the path has no ids
* ``missing`` there is no such thing: nobody may ever see 200 or 500
* ``own`` it belongs to the role's organisation (viewer, reader: to the holder's; visitor, outsider: to a stranger)
* ``other`` it belongs to an organisation that has nothing to do with the role

`missing` is all that is asked until OBJECTS (below) knows how to make the things that *every* id in the path names;
then `own` and `other` are asked, too. Add a line to OBJECTS for each of your ids. An empty cell: the role's kind of
organisation never owns such a thing.

A route that takes JSON needs a body that is right, or every cell would be 400: add it to `api/examples.json` under
"METHOD path". A body of another kind (a file) goes there as {"content-type": …, "raw": …}.

All requests of one part of the API (the first word of the path) run in one test; each is rolled back.
"""

import csv
import json
import uuid
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute
from sqlalchemy import select, text

from api.examples import BODIES
from marketplace.actors import system
from marketplace.database import Sessions, transaction
from marketplace.people.models import ApiKey, Membership, Person
from marketplace.webhooks.models import WebhookDelivery, WebhookSubscription
from tests.api.calls import things as calls
from tests.api.conftest import built
from tests.api.dataroom import things as dataroom
from tests.api.deals import things as deals
from tests.api.introductions import things as introductions
from tests.api.knowledge import things as knowledge
from tests.api.matching import things as matching
from tests.api.monitoring import things as monitoring
from tests.api.needs import things as needs
from tests.api.payments import things as payments
from tests.api.review import things as review
from tests.api.screening import things as screening
from tests.api.search import things as search
from tests.api.solutions import things as solutions
from tests.api.stripe import things as stripe
from tests.marketplace.assessments.conftest import access_assessment, access_assignment

HERE = Path(__file__).parent
TABLE = HERE / "access.csv"
KINDS = ("holder", "investor", "incubator", "demand", "assessor", "operator")
ROLES = ("visitor", *KINDS, "viewer", "outsider", "reader")
SKIPPED = ("/schema",)  # Litestar's own, public
PREFIX = "/api/v1/"

Make = Callable[[Sessions, Any], Awaitable[Any]]


class Owned(NamedTuple):
    """How to make a thing for a party, and which kinds of organisation own such things (the first is the usual)."""

    make: Make
    kinds: tuple[str, ...] = KINDS


async def own_organisation(sessions: Sessions, party: Any) -> uuid.UUID:
    return party.organisation_id


async def colleague(sessions: Sessions, party: Any) -> uuid.UUID:
    async with transaction(sessions, system("test")) as session:
        person = Person(email=f"{uuid.uuid4().hex}@x.example", name="Colleague", password_hash="none", language="en")
        session.add(person)
        await session.flush()
        session.add(Membership(organisation_id=party.organisation_id, person_id=person.id, role="member"))
    return person.id


async def api_key(sessions: Sessions, party: Any) -> uuid.UUID:
    async with transaction(sessions, system("test")) as session:
        return await session.scalar(select(ApiKey.id).where(ApiKey.organisation_id == party.organisation_id).limit(1))


async def webhook(sessions: Sessions, party: Any) -> uuid.UUID:
    async with transaction(sessions, system("test")) as session:
        made = WebhookSubscription(
            organisation_id=party.organisation_id, created_by=party.person_id, url="https://x.example/", position=0
        )
        session.add(made)
    return made.id


async def delivery(sessions: Sessions, party: Any) -> uuid.UUID:
    """Of the party's first webhook."""
    async with transaction(sessions, system("test")) as session:
        of_party = WebhookSubscription.organisation_id == party.organisation_id
        webhook_id = await session.scalar(select(WebhookSubscription.id).where(of_party).limit(1))
        made = WebhookDelivery(webhook_id=webhook_id, first_event=1, last_event=2, events=2, status=200)
        session.add(made)
    return made.id


# The ids in paths, by name. Keep it sorted.
OBJECTS: dict[str, Owned] = {
    "application_id": Owned(calls.submitted_application, ("holder",)),
    "assessment_id": Owned(access_assessment, ("operator",)),
    "assignment_id": Owned(access_assignment, ("assessor",)),
    "call_id": Owned(calls.published_call, ("investor", "incubator")),
    "city_plan_id": Owned(solutions.kept_plan),
    "condition_key": Owned(deals.condition_key, ("holder", "investor", "incubator", "demand")),
    "cohort_id": Owned(matching.opened_cohort, ("investor", "incubator")),
    "consultation_id": Owned(needs.open_consultation, ("demand",)),
    "deal_id": Owned(deals.agreed_deal, ("holder", "investor", "incubator", "demand")),
    "delivery_id": Owned(delivery),
    "dispute_id": Owned(payments.opened_dispute, payments.PARTIES),
    "document_id": Owned(dataroom.made_document),
    "fee_invoice_id": Owned(payments.issued_invoice, ("holder",)),
    "financing_request_id": Owned(calls.published_request, ("holder",)),
    "flag_id": Owned(monitoring.noted_doubt, ("operator",)),
    "folder_id": Owned(dataroom.made_folder),
    "group_id": Owned(dataroom.made_group),
    "introduction_id": Owned(introductions.expressed_interest, ("holder", "investor", "incubator", "demand")),
    "key_id": Owned(api_key),
    "knowledge_id": Owned(knowledge.published_showcase, ("holder", "operator")),
    "knowledge_item_id": Owned(knowledge.drafted_showcase, ("holder", "operator")),
    "listing_id": Owned(screening.drafted_listing, ("holder",)),
    "mandate_id": Owned(matching.opened_mandate, ("investor", "incubator")),
    "matching_event_id": Owned(knowledge.published_event, ("operator",)),
    "milestone_id": Owned(monitoring.unreached_milestone, ("assessor",)),
    "milestone_payment_id": Owned(payments.submitted_milestone, payments.PARTIES),
    "nda_id": Owned(dataroom.drafted_nda),
    "need_id": Owned(needs.published_need, ("demand",)),
    "offer_number": Owned(deals.offer_number, ("holder", "investor", "incubator", "demand")),
    "organisation_id": Owned(own_organisation),
    "paid_deal_id": Owned(payments.paid_deal, payments.PARTIES),
    "payable_deal_id": Owned(payments.payable_deal, payments.PARTIES),
    "payee_claim_id": Owned(payments.open_claim, payments.PARTIES),
    "payment_order_id": Owned(payments.ordered_pay_in, payments.PARTIES),
    "person_id": Owned(colleague),
    "question_id": Owned(dataroom.asked_question),
    "refund_id": Owned(payments.proposed_refund, payments.PARTIES),
    "registration_id": Owned(knowledge.event_registration),
    "report_id": Owned(monitoring.owed_report, ("holder", "investor", "incubator")),
    "review_assignment_id": Owned(review.review_to_write, ("assessor",)),
    "review_round_id": Owned(review.round_under_review, ("investor", "incubator")),
    "reviewer_id": Owned(review.place_in_a_pool, ("assessor",)),
    "room_id": Owned(dataroom.open_room),
    "run_id": Owned(screening.waiting_run),
    "saved_search_id": Owned(search.saved_search),
    "screen_id": Owned(screening.saved_screen),
    "solution_id": Owned(needs.proposed_solution, ("holder",)),
    "stripe_link_id": Owned(stripe.wanted_link),
    "token": Owned(dataroom.any_link),
    "topic_id": Owned(knowledge.drafted_topic, ("operator",)),
    "visitor_id": Owned(dataroom.admitted_visitor),
    "watch_id": Owned(screening.watched),
    "webhook_id": Owned(webhook),
    "zone_id": Owned(knowledge.published_zone, ("operator",)),
}


class Route(NamedTuple):
    method: str
    path: str
    ids: tuple[str, ...]
    takes_body: bool

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def part(self) -> str:
        return self.path.removeprefix(PREFIX).strip("/").partition("/")[0] or "root"

    def objects(self) -> tuple[str, ...]:
        if not self.ids:
            return ("-",)
        return ("own", "other", "missing") if all(name in OBJECTS for name in self.ids) else ("missing",)


def routes_of(app: Litestar) -> Iterator[Route]:
    for route in app.routes:
        if not isinstance(route, HTTPRoute) or route.path.startswith(SKIPPED):
            continue
        ids = tuple(part.name for part in route.path_components if not isinstance(part, str))
        for method, (handler, _) in route.route_handler_map.items():
            if method not in ("OPTIONS", "HEAD"):
                yield Route(method, route.path_format, ids, handler.parsed_data_field is not None)


# Nothing is asked of the database for the list of routes.
ROUTES = sorted(routes_of(built()))
PARTS = sorted({route.part for route in ROUTES})


def table() -> dict[tuple[str, str], dict[str, str]]:
    with TABLE.open(newline="", encoding="utf-8") as file:
        return {(f"{row['method']} {row['path']}", row["object"]): row for row in csv.DictReader(file)}


class World:
    """All parties, and the things that were made for them."""

    def __init__(self, sessions: Sessions, visitor: httpx.AsyncClient, parties: dict[str, Any]) -> None:
        self.sessions, self.visitor, self.parties = sessions, visitor, parties
        self._made: dict[tuple[str, uuid.UUID], Any] = {}

    def client(self, role: str) -> httpx.AsyncClient:
        if role == "visitor":
            return self.visitor
        party = self.parties[role]
        return party.client if role == "reader" else party.browser

    def owner(self, role: str, whose: str, kinds: tuple[str, ...]) -> Any | None:
        """The party whose thing is asked for; None if the role's organisation never owns such a thing."""
        if whose == "other" or role in ("visitor", "outsider"):
            return self.parties[f"stranger {kinds[0]}"]
        party = self.parties["holder" if role in ("viewer", "reader") else role]
        return party if party.kind in kinds else None

    async def path(self, route: Route, role: str, whose: str) -> str | None:
        ids = {}
        for name in route.ids:
            if whose == "missing":
                ids[name] = uuid.uuid4()
                continue
            owned = OBJECTS[name]
            owner = self.owner(role, whose, owned.kinds)
            if owner is None:
                return None
            if (name, owner.organisation_id) not in self._made:
                self._made[name, owner.organisation_id] = await owned.make(self.sessions, owner)
            ids[name] = self._made[name, owner.organisation_id]
        return route.path.format(**ids)

    async def ask(self, route: Route, role: str, whose: str, body: Any) -> str:
        """The status, as it stands in a cell; what the request changed is undone."""
        path = await self.path(route, role, whose)
        if path is None:
            return ""
        client = self.client(role)
        cookies = dict(client.cookies)
        async with self.sessions.kw["bind"].begin_nested() as savepoint:
            answer = await client.request(route.method, path, **_sent(body))
            await savepoint.rollback()
        client.cookies.clear()
        client.cookies.update(cookies)
        return str(answer.status_code)


def _sent(body: Any) -> dict[str, Any]:
    if body is None:
        return {}
    if isinstance(body, dict) and "raw" in body:
        return {"content": body["raw"], "headers": {"content-type": body["content-type"]}}
    return {"json": body}


@pytest.fixture
async def world(sessions: Sessions, client: httpx.AsyncClient, party: Any) -> World:
    async with transaction(sessions, system("test")) as session:
        await session.execute(text("INSERT INTO jobs.procrastinate_workers DEFAULT VALUES"))  # or nothing is well
    parties = {kind: await party(kind) for kind in KINDS}
    parties["viewer"] = await party("holder", role="viewer", of=parties["holder"])
    parties["reader"] = await party("holder", scopes=("read",), of=parties["holder"])
    parties["outsider"] = await party("holder", verified=False)
    parties |= {f"stranger {kind}": await party(kind) for kind in KINDS}
    return World(sessions, client, parties)


@pytest.mark.parametrize("part", PARTS)
async def test_every_route_answers_every_role_as_the_table_says(part: str, world: World) -> None:
    expected, bodies = table(), json.loads(BODIES.read_text(encoding="utf-8"))
    wrong: list[str] = []
    rows_missing: list[str] = []
    for route in (route for route in ROUTES if route.part == part):
        if route.takes_body and route.name not in bodies:
            wrong.append(f"{route.name}: needs a body in api/examples.json that is right")
            continue
        for whose in route.objects():
            seen = {role: await world.ask(route, role, whose, bodies.get(route.name)) for role in ROLES}
            row = expected.get((route.name, whose))
            if row is None:
                rows_missing.append(",".join([route.method, route.path, whose, *seen.values()]))
                continue
            wrong += [
                f"{route.name} ({whose}) as {role}: expected {row[role] or 'nothing'}, was {status or 'not asked'}"
                for role, status in seen.items()
                if row[role] != status
            ]
            wrong += _never(route, whose, seen)
    if rows_missing:
        wrong.append(
            "access.csv has no row for these; check each status before you add them:\n" + "\n".join(rows_missing)
        )
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


def _never(route: Route, whose: str, seen: dict[str, str]) -> Iterator[str]:
    """What no table can make right."""
    for role, status in seen.items():
        if status.startswith("5"):
            yield f"{route.name} ({whose}) as {role}: {status} is a fault of ours"
        if whose == "missing" and status.startswith("2"):
            yield f"{route.name} as {role}: {status} for something that does not exist"


def test_the_table_has_no_rows_for_routes_that_are_gone() -> None:
    known = {(route.name, whose) for route in ROUTES for whose in ("-", "own", "other", "missing")}
    stale = [f"{name} ({whose})" for name, whose in table() if (name, whose) not in known]
    assert not stale, f"take these out of access.csv: {', '.join(stale)}"
