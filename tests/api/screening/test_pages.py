"""The screening workspace as a browser without scripts meets it."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from marketplace.clock import SetClock
from marketplace.jobs import Context, drain
from marketplace.money import Money
from marketplace.screening.facts import Scorers, no_proposal
from marketplace.screening.results import Row
from marketplace.screening.sharing import read_token, share_token
from scoring.portfolio.deal import Estimate
from scoring.screening.result import LevelBasis, LevelBelief, Place
from scoring.technology import Text
from tests.api.conftest import SERVER_KEY, MakeParty, Party
from tests.api.screening.test_screening import publish
from tests.api.site.test_pages import HTML, fields

ENGLISH = HTML | {"accept-language": "en"}
PORTFOLIO = "技术名称,自评TRL\n膜分离,7\n臭氧催化,5\n".encode()
FINANCING = {
    "instrument": "loan",
    "amount_minor": 100_000_00,
    "currency": "CNY",
    "stages": [{"name": {"en": "pilot"}, "months": 12, "cost_minor": 100_000_00}],
}


@pytest.fixture
def context(context: Context) -> Context:
    return replace(context, tools={Scorers: Scorers(cards={}, propose=no_proposal)})


@pytest.fixture
async def investor(party: MakeParty) -> Party:
    found = await party("investor")
    found.browser.headers.pop("x-csrf-token")  # a form brings the token itself
    return found


@pytest.fixture
async def published(party: MakeParty) -> list[str]:
    holder, operator = await party("holder"), await party("operator")
    asked = [await publish(holder, operator, number, financing=FINANCING) for number in range(2)]
    return [*asked, await publish(holder, operator, 3, evidence=[], claimed_trl=3, media=["air"])]


async def send(investor: Party, at: str, address: str, **typed: Any) -> httpx.Response:
    """The form that the page `at` has, filled in."""
    page = await investor.browser.get(at, headers=ENGLISH)
    token = fields(page.text)["csrf_token"]
    return await investor.browser.post(address, data={"csrf_token": token} | typed, headers=ENGLISH)


async def screened(investor: Party, context: Context, **typed: Any) -> str:
    answer = await send(investor, "/screens/new", "/screens", **({"name": "all"} | typed))
    assert answer.status_code == 303, answer.text
    await drain(context)
    return answer.headers["location"]


async def test_a_visitor_reads_what_screening_is_and_how_to_begin(client: httpx.AsyncClient) -> None:
    page = await client.get("/screens", headers=ENGLISH)
    assert page.status_code == 200
    assert "/sign-in?next=/screens/new" in page.text
    assert (await client.get("/screens/new", headers=HTML)).headers["location"].startswith("/sign-in?next=")


async def test_from_a_filter_to_the_ranking_the_map_and_a_file(
    investor: Party, published: list[str], context: Context
) -> None:
    answer = await send(investor, "/screens/new", "/screens", name="all of it")
    waiting = await investor.browser.get(answer.headers["location"], headers=ENGLISH)
    assert f'data-progress="{answer.headers["location"]}/progress"' in waiting.text
    await drain(context)
    page = await investor.browser.get(answer.headers["location"], headers=ENGLISH)
    assert page.text.count("Compare =技术") == 3
    assert "data-progress" not in page.text
    assert page.text.count("<circle") >= 1
    assert "nine times out of ten" in page.text
    assert not re.search(r"\sstyle=|<script(?! src=)", page.text)
    export = re.search(r'href="(/api/v1/screening-runs/[^"]+format=csv)"', page.text)
    assert export
    assert "技术" in (await investor.browser.get(export[1])).content.decode("utf-8-sig")
    assert "all of it" in (await investor.browser.get("/screens", headers=ENGLISH)).text


async def test_a_filter_that_cannot_be_keeps_what_was_typed(investor: Party) -> None:
    answer = await send(investor, "/screens/new", "/screens", **{"name": "mine", "filter.trl_min": "12"})
    assert answer.status_code == 422
    assert 'value="mine"' in answer.text
    assert 'id="error-filter.trl_min"' in answer.text
    await send(investor, "/screens/new", "/screens", name="twice")
    twice = await send(investor, "/screens/new", "/screens", name="twice")
    assert (twice.status_code, 'value="twice"' in twice.text) == (422, True)
    assert "You have a screen of this name." in twice.text


async def test_a_portfolio_is_screened_and_a_bad_one_names_its_cells(investor: Party, context: Context) -> None:
    token = fields((await investor.browser.get("/screens/new", headers=ENGLISH)).text)["csrf_token"]

    async def upload(name: str, content: bytes) -> httpx.Response:
        files = {"file": (name, content, "text/csv")}
        return await investor.browser.post("/screens/upload", data={"csrf_token": token}, files=files, headers=ENGLISH)

    bad = await upload("mine.csv", "技术名称,自评TRL\n膜分离,70\n".encode())
    assert bad.status_code == 422
    assert "row 2" in bad.text
    assert (await upload("mine.exe", b"MZ")).status_code == 422
    good = await upload("mine.csv", PORTFOLIO)
    assert good.status_code == 303
    await drain(context)
    page = (await investor.browser.get(good.headers["location"], headers=ENGLISH)).text
    assert "mine.csv" in page
    assert "膜分离" in page


async def test_a_link_shows_the_answer_to_a_visitor_until_it_ends(
    investor: Party, published: list[str], context: Context, client: httpx.AsyncClient, clock: SetClock
) -> None:
    here = await screened(investor, context)
    made = await send(investor, here, f"{here}/share")
    page = await investor.browser.get(made.headers["location"].partition("#")[0], headers=ENGLISH)
    found = re.search(r'value="https?://[^/]+(/shared/screens/[^"]+)"', page.text)
    assert found
    shared = await client.get(found[1], headers=ENGLISH)
    assert shared.status_code == 200
    assert "技术1" in shared.text
    assert "/share" not in shared.text.replace("/shared", "")
    assert (await client.get(found[1][:-2] + "xx", headers=HTML)).status_code == 404
    clock.advance(timedelta(days=15))
    ended = await client.get(found[1], headers=ENGLISH)
    assert (ended.status_code, "This link has ended" in ended.text) == (404, True)


async def test_links_are_ended_and_others_made(
    investor: Party, published: list[str], context: Context, client: httpx.AsyncClient, clock: SetClock
) -> None:
    here = await screened(investor, context)

    async def shared() -> str:
        made = await send(investor, here, f"{here}/share")
        return "/shared/screens/" + made.headers["location"].partition("=")[2].partition("#")[0]

    first = await shared()
    assert (await client.get(first, headers=HTML)).status_code == 200
    assert (await send(investor, here, f"{here}/unshare")).headers["location"] == here
    assert (await client.get(first, headers=HTML)).status_code == 404
    clock.advance(timedelta(seconds=2))
    assert (await client.get(await shared(), headers=HTML)).status_code == 200


async def test_closing_a_screen_ends_its_links(
    investor: Party, published: list[str], context: Context, client: httpx.AsyncClient
) -> None:
    here = await screened(investor, context)
    token = (await send(investor, here, f"{here}/share")).headers["location"].partition("=")[2].partition("#")[0]
    assert (await send(investor, here, f"{here}/close")).headers["location"] == "/screens"
    assert (await client.get(f"/shared/screens/{token}", headers=HTML)).status_code == 404


def test_a_token_is_read_with_its_own_key_only(clock: SetClock) -> None:
    import uuid

    one = uuid.uuid4()
    token = share_token(one, clock.now(), SERVER_KEY)
    assert read_token(token, SERVER_KEY) == (one, clock.now().replace(microsecond=0))
    assert read_token(token, b"another") is None
    assert read_token("é!", SERVER_KEY) is None


async def test_two_to_five_are_compared_and_watched(
    investor: Party, published: list[str], client: httpx.AsyncClient
) -> None:
    page = await investor.browser.get("/technologies/compare", params={"ids": published}, headers=ENGLISH)
    assert page.status_code == 200
    assert page.text.count("≠") >= 1
    assert (
        await client.get("/technologies/compare", params={"ids": published[:1]}, headers=ENGLISH)
    ).status_code == 422
    sent = fields(page.text)
    watched = await investor.browser.post("/watches", data=sent, headers=ENGLISH)
    assert watched.status_code == 303
    again = await investor.browser.post("/watches", data=sent, headers=ENGLISH)
    assert again.status_code == 303
    listed = (await investor.browser.get("/screens", headers=ENGLISH)).text
    end = re.search(r'action="(/watches/[^"]+/end)"', listed)
    assert end
    await send(investor, "/screens", end[1])
    assert "/watches/" not in (await investor.browser.get("/screens", headers=ENGLISH)).text


async def test_a_budget_chooses_the_set_worth_most(investor: Party, published: list[str], context: Context) -> None:
    here = await screened(investor, context)
    both = (await investor.browser.get(f"{here}/choose?budget=200000", headers=ENGLISH)).text
    assert "2 / 2" in both
    one = (await investor.browser.get(f"{here}/choose?budget=150000", headers=ENGLISH)).text
    assert "1 / 2" in one
    assert 'value="150000' in one
    assert "0 / 2" in (await investor.browser.get(f"{here}/choose?budget=10", headers=ENGLISH)).text


async def test_progress_is_told_until_the_answer_is_there(
    investor: Party, published: list[str], context: Context
) -> None:
    here = await screened(investor, context)
    told = await investor.browser.get(f"{here}/progress")
    assert told.headers["content-type"].startswith("text/event-stream")
    assert "event: done" in told.text


def test_those_at_one_place_share_a_point_of_the_map() -> None:
    import uuid

    from api.screening.chart import BOTTOM, map_of

    def row(name: str, level: int, loss: float) -> Row:
        return Row(
            id=name, name=Text(en=name), place=Place(rank=1, low=1, high=2, in_top=1.0, top_of=10),
            level=LevelBelief(level, level, 9, LevelBasis.CLAIM), measure=None, grade="A",
            loss_share=Estimate(loss, loss / 2, loss * 2), loss=Money(1, "CNY"), reasons=(), missing=(),
        )  # fmt: skip

    drawn = map_of(uuid.uuid4(), [row("a", 3, 0.10), row("b", 3, 0.101), row("c", 7, 0.02)])
    assert sorted(point.number for point in drawn.points) == [1, 2]
    near, far = sorted(drawn.points, key=lambda point: point.x)
    assert near.y < far.y < BOTTOM
    assert near.y_high < near.y < near.y_low


async def test_rows_of_an_uploaded_file_are_compared_up_to_five(investor: Party, context: Context, party: Any) -> None:
    table = b"id,name_en,media,claimed_trl\n" + b"".join(
        f"t{n},Technology {n},water,{n + 3}\n".encode() for n in range(1, 7)
    )
    token = fields((await investor.browser.get("/screens/new", headers=ENGLISH)).text)["csrf_token"]
    sent = {"file": ("mine.csv", table, "text/csv")}
    made = await investor.browser.post("/screens/upload", data={"csrf_token": token}, files=sent, headers=ENGLISH)
    one = made.headers["location"]
    await drain(context)
    page = (await investor.browser.get(one, headers=ENGLISH)).text
    assert page.count('name="rows" value="t') == 6
    compared = await investor.browser.get(f"{one}/compare", params={"rows": ["t1", "t4"]}, headers=ENGLISH)
    assert compared.status_code == 200
    assert all(said in compared.text for said in ("Technology 1", "Technology 4", "Rank", "Expected loss"))
    assert "Technology 2" not in compared.text
    for wrong in (["t1"], ["t1", "nobody"], [f"t{n}" for n in range(1, 7)]):
        answer = await investor.browser.get(f"{one}/compare", params={"rows": wrong}, headers=ENGLISH)
        assert (answer.status_code, "Choose two to five technologies" in answer.text) == (422, True)
    other = await party("investor")
    assert (await other.browser.get(f"{one}/compare", headers=ENGLISH)).status_code == 404
