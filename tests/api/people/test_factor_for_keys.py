"""A password alone makes no key and no webhook for whoever has a second factor."""

from typing import Any

import pyotp
import pytest
from sqlalchemy import update

from marketplace.actors import system
from marketplace.clock import SetClock
from marketplace.database import Sessions, transaction
from marketplace.people.models import Person

SECRET = "JBSWY3DPEHPK3PXP" * 2
EN = {"accept-language": "en"}
THINGS = (
    ("keys", {"name": "Nightly", "scopes": ["read"]}),
    ("webhooks", {"url": "https://hooks.example/in"}),
)


async def with_factor(party: Any, sessions: Sessions, clock: SetClock) -> Any:
    holder = await party("holder")
    async with transaction(sessions, system("test")) as session:
        changed = update(Person).where(Person.id == holder.person_id)
        await session.execute(changed.values(totp_secret=SECRET, totp_confirmed_at=clock.now()))
    return holder


def code_now(clock: SetClock) -> str:
    return pyotp.TOTP(SECRET).at(int(clock.now().timestamp()))


@pytest.mark.parametrize(("what", "wanted"), THINGS)
async def test_a_key_or_webhook_asks_for_the_second_factor(
    what: str, wanted: dict[str, Any], party: Any, sessions: Sessions, clock: SetClock
) -> None:
    holder = await with_factor(party, sessions, clock)
    path = f"/api/v1/organisations/{holder.organisation_id}/{what}"
    before = (await holder.browser.get(path)).json()
    refused = await holder.browser.post(path, json=wanted)
    assert (refused.status_code, refused.json()["code"]) == (403, "step-up-needed")
    assert (await holder.browser.get(path)).json() == before
    shown = await holder.browser.post("/api/v1/second-factor/step-up", json={"code": code_now(clock)})
    assert shown.status_code == 204
    assert (await holder.browser.post(path, json=wanted)).status_code == 201


@pytest.mark.parametrize(("what", "wanted"), THINGS)
async def test_the_page_asks_for_the_code_and_keeps_what_was_typed(
    what: str, wanted: dict[str, Any], party: Any, sessions: Sessions, clock: SetClock
) -> None:
    holder = await with_factor(party, sessions, clock)
    path = f"/account/{what}"
    assert 'name="code"' in (await holder.browser.get(path, headers=EN)).text
    typed = wanted | {"days": "30"} if what == "keys" else wanted | {"actions": ""}
    for wrong in ("", "000000"):
        refused = await holder.browser.post(path, data=typed | {"code": wrong}, headers=EN)
        assert (refused.status_code, 'id="secret"' in refused.text) == (422, False)
        assert f'value="{wanted.get("name") or wanted["url"]}"' in refused.text
    made = await holder.browser.post(path, data=typed | {"code": code_now(clock)}, headers=EN)
    assert (made.status_code, 'id="secret"' in made.text) == (200, True)


@pytest.mark.parametrize(("what", "wanted"), THINGS)
async def test_who_has_none_goes_on_as_before(what: str, wanted: dict[str, Any], party: Any) -> None:
    holder = await party("holder")
    assert 'name="code"' not in (await holder.browser.get(f"/account/{what}", headers=EN)).text
    made = await holder.browser.post(f"/api/v1/organisations/{holder.organisation_id}/{what}", json=wanted)
    assert made.status_code == 201
