"""Searches that are kept: by the API, and by pages without scripts; and calls among what is found."""

import httpx
import pytest

from api.platform import Platform
from marketplace.actors import system
from marketplace.database import Sessions, transaction
from marketplace.search.library import Library
from marketplace.search.upkeep import keep_up
from tests.api.calls import things as calls
from tests.api.conftest import MakeParty
from tests.api.search.test_search import _warm, indexed, platform
from tests.api.site.browser import HTML, fill, form_of
from tests.marketplace.search.test_upkeep import listings

__all__ = ["_warm", "indexed", "listings", "platform"]  # fixtures
API = "/api/v1/searches"
WISH = {"name": "Ammonia", "q": "ammonia", "filters": {"kind": ["listing"], "medium": ["water"]}}


async def test_a_search_is_kept_paused_and_removed(party: MakeParty) -> None:
    one, other = await party("investor"), await party("investor")
    made = await one.browser.post(API, json=WISH)
    assert made.status_code == 201, made.text
    saved = made.json()
    assert {name: saved[name] for name in ("name", "q", "filters", "alerts")} == WISH | {"alerts": True}
    assert (await one.browser.post(API, json=WISH)).status_code == 409
    assert (await other.browser.post(API, json=WISH)).status_code == 201
    paused = await one.browser.put(f"{API}/{saved['id']}/alerts", json={"alerts": False})
    assert paused.json()["alerts"] is False
    assert (await other.browser.put(f"{API}/{saved['id']}/alerts", json={"alerts": True})).status_code == 404
    assert (await one.browser.get(API)).json()["total"] == 1
    assert (await one.browser.delete(f"{API}/{saved['id']}")).status_code == 204
    assert (await one.browser.get(API)).json()["items"] == []
    assert (await one.browser.post(API, json=WISH)).status_code == 201


@pytest.mark.parametrize(
    "wish",
    [
        {"name": "Empty"}, {"name": "", "q": "x"}, {"name": "x", "q": "y", "filters": {"colour": ["red"]}},
        {"name": "x", "q": "y", "filters": {"kind": ["deal"]}}, {"name": "x", "q": "y" * 501},
    ],
)  # fmt: skip
async def test_what_cannot_be_asked_is_not_kept(party: MakeParty, wish: dict[str, object]) -> None:
    investor = await party("investor")
    assert (await investor.browser.post(API, json=wish)).status_code == 400
    assert (await investor.browser.get(API)).json()["total"] == 0


async def test_a_key_gets_no_mail(party: MakeParty) -> None:
    investor = await party("investor")
    assert (await investor.client.post(API, json=WISH)).status_code == 400
    assert (await investor.client.post(API, json=WISH | {"alerts": False})).status_code == 201


async def test_a_search_is_kept_under_its_results_and_paused_in_the_account(
    party: MakeParty, indexed: list[object]
) -> None:
    investor = await party("investor")
    browser = investor.browser
    name = indexed[0].name.in_language("zh")  # type: ignore[attr-defined]
    results = await browser.get("/search", params={"q": name, "kind": "listing"}, headers=HTML)
    fields = form_of(results.text, "/account/alerts")
    assert (fields["q"], fields["filters.kind"]) == (name, "listing")
    kept = await fill(browser, "/account/alerts", fields | {"name": "Mine", "alerts": "on"})
    assert kept.status_code == 303
    again = await fill(browser, "/account/alerts", fields | {"name": "Mine", "alerts": "on"})
    assert again.status_code == 422
    assert "You have a saved search of this name." in again.text
    page = (await browser.get("/account/alerts", headers=HTML)).text
    assert "Writes to me" in page
    address = next(part for part in page.split('"') if part.startswith("/account/alerts/") and "/remove" in part)
    token = {"csrf_token": fields["csrf_token"]}
    await fill(browser, address.replace("/remove", "/alerts"), token)
    assert "Paused" in (await browser.get("/account/alerts", headers=HTML)).text
    assert (await fill(browser, address, token)).status_code == 303
    assert "Mine" not in (await browser.get("/account/alerts", headers=HTML)).text


async def test_published_calls_are_found_and_drafts_only_by_their_own(
    client: httpx.AsyncClient, party: MakeParty, sessions: Sessions, platform: Platform
) -> None:
    poster, other = await party("investor"), await party("investor")
    published = await calls.published_call(sessions, poster)
    library = Library(platform.settings.home)
    async with library.writing(), transaction(sessions, system("test")) as session:
        await keep_up(session, library)
    shown = (await client.get(f"/api/v1/calls/{published}")).json()
    found = (await client.get("/api/v1/search", params={"q": shown["title"]["en"], "kind": "call"})).json()
    assert [item["id"] for item in found["items"]] == [str(published)]
    assert found["facets"]["kind"] == {"call": 1}
    page = await client.get("/search", params={"q": shown["title"]["en"]}, headers=HTML)
    assert f'href="/calls/{published}"' in page.text
    assert (await other.client.get("/api/v1/search", params={"q": shown["title"]["zh"], "kind": "need"})).json()[
        "total"
    ] == 0
