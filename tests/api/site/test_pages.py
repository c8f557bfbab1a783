"""Pages as a browser without scripts meets them."""

import re
from typing import Any

import httpx
import pytest

from marketplace.actors import system
from marketplace.clock import SetClock
from marketplace.database import Sessions, transaction
from marketplace.people import accounts
from marketplace.people.models import Person

PASSWORD = "seven quiet otters paint"
HTML = {"accept": "text/html"}


def fields(page: str) -> dict[str, str]:
    """The hidden fields of a page's forms."""
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))


async def test_pages_run_no_script_but_ours(client: httpx.AsyncClient) -> None:
    for path in ("/", "/technologies", "/sign-in", "/sign-up"):
        page = await client.get(path, headers=HTML)
        assert page.status_code == 200
        assert "script-src 'self'" in page.headers["content-security-policy"]
        assert not re.search(r"<script(?! src=)|\sstyle=|\son\w+=|https?://(?!greenhatch\.test)", page.text), path


async def test_static_files_are_kept_for_ever_under_their_hash(client: httpx.AsyncClient) -> None:
    home = (await client.get("/", headers=HTML)).text
    addresses = re.findall(r'(?:href|src)="(/static/[^"]+)"', home)
    assert {address.rsplit("/", 1)[1] for address in addresses} == {"site.css", "site.js", "htmx.js", "mark.svg"}
    for address in addresses:
        answer = await client.get(address)
        assert (answer.status_code, "immutable" in answer.headers["cache-control"]) == (200, True)
    assert (await client.get("/static/000000000000/site.css")).status_code == 404


async def test_what_holds_a_secret_is_not_compressed(client: httpx.AsyncClient, party: Any) -> None:
    holder = await party("holder")
    for browser, compressed in ((client, True), (holder.browser, False)):
        page = await browser.get("/technologies", headers=HTML | {"accept-encoding": "br, gzip;q=0.8"})
        assert ("content-encoding" in page.headers) == compressed
        assert "<!doctype html>" in page.text
        assert "Accept-Encoding" in page.headers["vary"]
    style = re.findall(r"/static/[^\"]+\.css", page.text)[0]
    small = await client.get(style, headers={"accept-encoding": "gzip"})
    plain = await client.get(style, headers={"accept-encoding": "identity"})
    assert int(small.headers["content-length"]) * 2 < int(plain.headers["content-length"])
    assert small.text == plain.text


async def test_who_must_sign_in_first_comes_back_to_where_they_were_going(
    client: httpx.AsyncClient, party: Any, sessions: Sessions, clock: SetClock
) -> None:
    refused = await client.post("/sign-out", headers=HTML)
    assert refused.status_code == 401
    assert "<!doctype html>" in refused.text
    holder = await party("holder")
    page = await client.get("/sign-in?next=/technologies", headers=HTML)
    async with transaction(sessions, system("test")) as session:
        person = await session.get_one(Person, holder.person_id)
        await accounts.set_password(session, person=person, password=PASSWORD)
        person.email_verified_at = clock.now()
    sent = fields(page.text) | {"email": person.email, "password": PASSWORD}
    answer = await client.post("/sign-in", data=sent)
    assert (answer.status_code, answer.headers["location"]) == (303, "/technologies")
    assert person.name in (await client.get("/technologies", headers=HTML)).text


async def test_a_wrong_password_keeps_the_address_and_says_so_in_the_reader_s_language(
    client: httpx.AsyncClient,
) -> None:
    sent = {"email": "who@nowhere.example", "password": "wrong horse", "next": "//evil.example"}
    answer = await client.post("/sign-in", data=sent, headers={"accept-language": "zh"})
    assert answer.status_code == 422
    assert 'value="who@nowhere.example"' in answer.text
    assert "wrong horse" not in answer.text
    assert 'role="alert"' in answer.text
    assert fields(answer.text)["next"] == "/"


async def test_a_form_of_another_site_is_refused(client: httpx.AsyncClient, party: Any) -> None:
    sent = {"email": "a@b.example", "password": "x"}
    answer = await client.post("/sign-in", data=sent, headers={"origin": "https://evil.example"})
    assert answer.status_code == 403
    holder = await party("holder")
    holder.browser.headers.pop("x-csrf-token")
    assert (await holder.browser.post("/sign-out", data={"csrf_token": "wrong"})).status_code == 403


async def test_signing_out_needs_the_token_of_the_form(party: Any) -> None:
    holder = await party("holder")
    whoami = await holder.browser.get("/api/v1/session")
    holder.browser.headers.pop("x-csrf-token")
    answer = await holder.browser.post("/sign-out", data={"csrf_token": whoami.json()["csrf_token"]})
    assert answer.status_code == 303
    assert (await holder.browser.get("/api/v1/session")).status_code == 401


async def test_joining_by_form_sends_the_mail(client: httpx.AsyncClient) -> None:
    sent = {
        "email": "new@station.example",
        "password": "seven quiet otters paint",
        "person_name": "Li",
        "organisation_name": "Station",
        "kind": "holder",
        "country": "CN",
    }
    wrong = await client.post("/sign-up", data=sent | {"kind": "operator", "country": "China"})
    assert wrong.status_code == 422
    assert 'value="Station"' in wrong.text
    assert wrong.text.count('class="error"') >= 2
    assert "new@station.example" in (await client.post("/sign-up", data=sent)).text


@pytest.mark.parametrize("path", ["/nothing", "/technologies/00000000-0000-7000-8000-000000000000"])
async def test_what_is_not_there_is_said_on_a_page(path: str, client: httpx.AsyncClient) -> None:
    answer = await client.get(path, headers=HTML)
    assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (404, "text/html")
    assert (await client.get(path)).headers["content-type"] == "application/problem+json"


async def test_a_catalogue_filter_that_cannot_be_is_a_page_too(client: httpx.AsyncClient) -> None:
    answer = await client.get("/technologies?trl_min=12", headers=HTML)
    assert answer.status_code == 400
    assert "trl_min" in answer.text
