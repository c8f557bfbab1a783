"""The library as a browser without scripts meets it."""

import re
from typing import Any

import httpx
import pytest

from marketplace.database import Sessions, transaction
from tests.api.conftest import MakeParty
from tests.api.knowledge.test_knowledge import CONTENTS
from tests.api.knowledge.things import EDITOR, _published, published_event, published_zone
from tests.api.site.test_pages import HTML, fields

ENGLISH = HTML | {"accept-language": "en"}
CHINESE = HTML | {"accept-language": "zh"}


@pytest.mark.parametrize("kind", [kind for kind in CONTENTS if kind != "zone"])
async def test_every_kind_has_a_page_in_both_languages(
    kind: str, client: httpx.AsyncClient, party: MakeParty, sessions: Sessions
) -> None:
    operator = await party("operator")
    async with transaction(sessions, EDITOR) as session:
        item_id = (await _published(session, operator.organisation_id, kind)).id
    for headers in (ENGLISH, CHINESE):
        page = await client.get(f"/knowledge/{item_id}", headers=headers)
        assert page.status_code == 200, page.text
        assert not re.search(r"\sstyle=|<script(?! src=)", page.text)
    listed = await client.get(f"/knowledge?kind={kind}&medium=&when=", headers=ENGLISH)
    assert f"/knowledge/{item_id}" in listed.text
    other = "policy" if kind != "policy" else "case"
    assert f'href="/knowledge/{item_id}"' not in (await client.get(f"/knowledge?kind={other}", headers=ENGLISH)).text


async def test_a_topic_shows_its_team(client: httpx.AsyncClient, party: MakeParty, sessions: Sessions) -> None:
    zone_id = await published_zone(sessions, await party("operator"))
    page = await client.get(f"/knowledge/{zone_id}", headers=ENGLISH)
    assert "Who looks after it" in page.text


async def test_a_seat_is_taken_and_given_back(client: httpx.AsyncClient, party: MakeParty, sessions: Sessions) -> None:
    here = f"/knowledge/{await published_event(sessions, await party('operator'))}"
    assert "Sign in to register" in (await client.get(here, headers=ENGLISH)).text
    guest = await party("investor")
    guest.browser.headers.pop("x-csrf-token")

    async def send(address: str) -> httpx.Response:
        token = fields((await guest.browser.get(here, headers=ENGLISH)).text)["csrf_token"]
        return await guest.browser.post(address, data={"csrf_token": token}, headers=ENGLISH)

    assert (await send(f"{here}/registrations")).status_code == 303
    page: Any = await guest.browser.get(here, headers=ENGLISH)
    assert "Seat confirmed" in page.text
    twice = await send(f"{here}/registrations")
    assert (twice.status_code, "registered for the event already" in twice.text) == (422, True)
    found = re.search(r'action="(/registrations/[^"]+/cancel)"', page.text)
    assert found
    assert (await send(found[1])).status_code == 303
    assert "Seat confirmed" not in (await guest.browser.get(here, headers=ENGLISH)).text
