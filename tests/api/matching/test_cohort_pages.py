"""Cohorts as a browser without scripts meets them: opened, wished for, ranked, placed."""

import datetime
import uuid
from typing import Any, NamedTuple

from sqlalchemy import select

from marketplace.actors import act_as
from marketplace.applications.models import Application
from marketplace.calls import service as calls
from marketplace.clock import SetClock
from marketplace.database import Sessions, clock_of, transaction
from marketplace.jobs import Context, drain
from marketplace.people.models import Organisation
from tests.api.conftest import MakeParty, Party
from tests.api.site.browser import HTML, fill, form_of
from tests.marketplace.applications.conftest import EVERYBODY, Market, grant

DESK = "/desk/cohorts"
ZH = HTML | {"accept-language": "zh"}


class Made(NamedTuple):
    organiser: Party
    holder: Party
    calls: list[uuid.UUID]
    listing: uuid.UUID


async def applied(sessions: Sessions, party: MakeParty) -> Made:
    """An incubator with two calls, and a holder who applied to both."""
    organiser, holder = await party("incubator"), await party("holder")
    async with transaction(sessions, EVERYBODY) as session:
        market = Market(session)
        poster = await session.get_one(Organisation, organiser.organisation_id)
        posted = [
            await calls.draft_call(session, poster=poster, content=grant(clock_of(session).now())) for _ in range(2)
        ]
        listing = await market.listing()
        listing.organisation_id = holder.organisation_id
        await session.flush()
        for call in posted:
            await calls.publish_call(session, call=call)
            await market.submitted(call, listing)
        ids = [call.id for call in posted]
        for application in await session.scalars(select(Application).where(Application.listing_id == listing.id)):
            application.organisation_id = holder.organisation_id
        act_as(session, EVERYBODY)
    return Made(organiser, holder, ids, listing.id)


def typed(made: Made, clock: SetClock, **changed: Any) -> dict[str, Any]:
    until = (clock.now() + datetime.timedelta(days=1)).date().isoformat()
    given = {"title.zh": "第一批", "wishes_until": until, "proposing": "technologies"}
    return given | {f"seats.{call}": "1" for call in made.calls} | changed


async def test_a_cohort_from_its_opening_to_its_seats(
    sessions: Sessions, party: MakeParty, clock: SetClock, context: Context
) -> None:
    made = await applied(sessions, party)
    organiser, holder = made.organiser.browser, made.holder.browser
    opened = await fill(organiser, f"{DESK}/new", typed(made, clock))
    assert opened.status_code == 303, opened.text
    one = opened.headers["location"]
    assert "2 seats" not in (page := (await organiser.get(one, headers=HTML)).text)
    assert "Not ranked yet" in page
    assert one in (await holder.get(DESK, headers=HTML)).text

    wishes = f"{one}/wishes/{made.listing}"
    assert wishes in (await holder.get(one, headers=HTML)).text
    fields = form_of((await holder.get(wishes, headers=HTML)).text, wishes)
    first, second = (f"place.{call}" for call in made.calls)
    assert (await fill(holder, wishes, fields | {first: "2", second: "1"})).status_code == 303
    kept = form_of((await holder.get(wishes, headers=HTML)).text, wishes)
    assert (kept[first], kept[second]) == ("2", "1")

    for call in made.calls:
        ranking = f"{one}/rankings/{call}"
        assert (await fill(organiser, ranking, {f"place.{made.listing}": "1"})).status_code == 303
    early = await fill(organiser, f"{one}/place", {})
    assert (early.status_code, "alert" in early.text) == (422, True)
    for _ in range(9):  # a browser that is left alone is signed out
        clock.advance(datetime.timedelta(hours=6))
        await organiser.get(DESK, headers=HTML)
        await holder.get(DESK, headers=HTML)
    await drain(context)
    assert (await fill(organiser, f"{one}/place", {})).status_code == 303
    assert "已获名额" in (await holder.get(one, headers=ZH)).text
    assert "Placed" in (await organiser.get(one, headers=HTML)).text


async def test_what_is_wrong_stands_beside_its_field(sessions: Sessions, party: MakeParty, clock: SetClock) -> None:
    made = await applied(sessions, party)
    organiser, holder = made.organiser.browser, made.holder.browser
    first, second = (f"seats.{call}" for call in made.calls)
    none = await fill(organiser, f"{DESK}/new", typed(made, clock, **{first: "", second: ""}))
    assert (none.status_code, 'id="field-seats"' in none.text) == (422, True)
    strange = await fill(organiser, f"{DESK}/new", typed(made, clock, **{f"seats.{uuid.uuid4()}": "2", first: "zero"}))
    assert f'id="error-{first}"' in strange.text
    assert 'value="zero"' in strange.text
    one = (await fill(organiser, f"{DESK}/new", typed(made, clock))).headers["location"]
    wishes, stranger = f"{one}/wishes/{made.listing}", uuid.uuid4()
    answer = await fill(holder, wishes, {f"place.{stranger}": "1", f"place.{made.calls[0]}": "1"})
    assert (answer.status_code, f"place.{stranger}" in answer.text) == (422, True)


async def test_a_cohort_that_is_cancelled_says_so(sessions: Sessions, party: MakeParty, clock: SetClock) -> None:
    made = await applied(sessions, party)
    one = (await fill(made.organiser.browser, f"{DESK}/new", typed(made, clock))).headers["location"]
    page = (await made.organiser.browser.get(one, headers=HTML)).text
    assert "the wishes are void" in page
    assert (await fill(made.holder.browser, f"{one}/cancel", {})).status_code == 403
    assert (await fill(made.organiser.browser, f"{one}/cancel", {})).status_code == 303
    assert "已取消" in (await made.holder.browser.get(one, headers=ZH)).text
