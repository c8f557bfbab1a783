import pytest

from api.platform import Platform
from marketplace.actors import system
from marketplace.database import transaction
from marketplace.search.analysis import warm
from marketplace.search.library import Library
from marketplace.search.upkeep import keep_up
from marketplace.settings import Settings
from tests.api.conftest import SERVER_KEY
from tests.marketplace.search.test_upkeep import listings  # noqa: F401 - a fixture

API = "/api/v1/search"


@pytest.fixture(scope="module", autouse=True)
def _warm():
    warm()  # takes seconds, which an open transaction does not wait for


@pytest.fixture
def platform(sessions, clock, tmp_path):
    settings = Settings(requests_per_minute=0, home=tmp_path)
    return Platform(sessions=sessions, key=SERVER_KEY, settings=settings, clock=clock)


@pytest.fixture
async def indexed(platform, sessions, listings):  # noqa: F811
    library = Library(platform.settings.home)
    async with library.writing(), transaction(sessions, system("test")) as session:
        await keep_up(session, library)
    return listings


async def test_before_there_is_an_index_nothing_is_found(client):
    answer = await client.get(API, params={"q": "water"})
    assert answer.status_code == 200
    assert answer.json() == {
        "items": [],
        "next": None,
        "total": 0,
        "facets": {},
        "indexed_through": None,
        "spelled": {},
    }
    assert (await client.get(f"{API}/suggestions", params={"q": "w"})).json() == {"items": []}


async def test_a_visitor_finds_what_is_public(client, indexed):
    name = indexed[0].name.in_language("zh")
    found = (await client.get(API, params={"q": name})).json()
    assert found["items"][0]["id"] == str(indexed[0].id)
    assert found["items"][0]["match"] == 1.0
    assert {item["id"] for item in found["items"]} <= {str(listing.id) for listing in indexed[:2]}
    assert found["indexed_through"] > 0
    suggested = (await client.get(f"{API}/suggestions", params={"q": name[:3]})).json()
    assert suggested["items"]


async def test_every_order_pages_through_everything(client, indexed):
    names = " ".join(listing.name.in_language("zh") for listing in indexed)
    for sort in ("recommended", "match", "maturity", "risk", "freshness"):
        seen, cursor = [], None
        while True:
            params = {"q": names, "sort": sort, "limit": 1} | ({"cursor": cursor} if cursor else {})
            page = (await client.get(API, params=params)).json()
            seen += [item["id"] for item in page["items"]]
            if (cursor := page["next"]) is None:
                break
        assert sorted(seen) == sorted(str(listing.id) for listing in indexed[:2])


async def test_facets_narrow(client, indexed):
    name = indexed[0].name.in_language("zh")
    assert (await client.get(API, params={"q": name, "kind": "need"})).json()["total"] == 0
    assert (await client.get(API, params={"q": name, "kind": "listing", "pollutant": "nothing"})).json()["total"] == 0
    media = indexed[0].media
    assert (await client.get(API, params={"q": name, "medium": media})).json()["total"] >= 1


WRONG = (
    {"q": ""},
    {"q": "   "},
    {},
    {"q": "x" * 10_000},
    {"q": "水", "kind": "spaceship"},
    {"q": "水", "medium": "plasma"},
    {"q": "水", "colour": "green"},
    {"q": "水", "sort": "price"},
    {"q": "水", "cursor": "!!"},
    {"q": "水", "limit": 0},
    {"q": "水", "trl": ["1"] * 50},
)


async def test_bad_input_gets_a_clear_answer(client):
    for params in WRONG:
        answer = await client.get(API, params=params)
        assert answer.status_code == 400, (params, answer.text)
        assert answer.headers["content-type"].startswith("application/problem+json")


ANYTHING = (
    "AND OR (", '"', "field:*", "'; DROP TABLE listing; --", "🙂🌱", "\x00", "%_\\", "a" * 2000, "水" * 2000, "NOT",
    "\u202e水",     "../../etc/passwd", "{{7*7}}", "<script>alert(1)</script>", "-", "~", "\ufffd", "\U0010ffff",
)  # fmt: skip


async def test_any_text_is_a_question(client, indexed):
    for text in ANYTHING:
        for path in (API, f"{API}/suggestions"):
            answer = await client.get(path, params={"q": text})
            assert answer.status_code in (200, 400), (text, answer.text)


HTML = {"accept": "text/html", "accept-language": "en"}


async def test_the_page_marks_what_was_found_and_says_why(client, indexed):
    name = indexed[0].name.in_language("zh")
    page = (await client.get("/search", params={"q": name}, headers=HTML)).text
    assert f"/technologies/{indexed[0].id}" in page
    assert "<mark>" in page
    assert "Why this result" in page
    assert "<script>" not in (await client.get("/search", params={"q": "<script>alert(1)</script>"}, headers=HTML)).text


@pytest.mark.parametrize(
    "text", ["", "   ", "AND OR (", "😀" * 500, "'; DROP TABLE listing; --", "a" * 2000, "kind:need^9"]
)
async def test_any_question_gets_a_page(text, client, indexed):
    for header in (HTML, HTML | {"hx-request": "true"}):
        answer = await client.get("/search", params={"q": text}, headers=header)
        assert answer.status_code == 200, text


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"q": "a" * 10_000}, 400),
        ({"q": "水" * 2001}, 400),
        ({"q": "水", "medium": "plasma"}, 400),
        ({"q": "水", "sort": "price"}, 400),
        ({"q": "水", "trl": "x"}, 200),
        ({"q": "水", "industry": "'; DROP TABLE listing; --"}, 200),
        ({"q": "水", "cursor": "!!"}, 400),
        ({"q": "水", "colour": "green"}, 200),
    ],
)
async def test_a_page_answers_wrong_filters_as_a_page(params, status, client, indexed):
    answer = await client.get("/search", params=params, headers=HTML)
    assert (answer.status_code, "text/html" in answer.headers["content-type"]) == (status, True)


async def test_a_page_before_there_is_an_index_says_so(client):
    assert "being built" in (await client.get("/search", params={"q": "water"}, headers=HTML)).text
