"""Topics as an operator writes them in a browser without scripts."""

import httpx
import pytest

from marketplace.database import Sessions, transaction
from tests.api.conftest import MakeParty, Party
from tests.api.knowledge.things import EDITOR, _published
from tests.api.screening.test_screening import publish
from tests.api.site.browser import HTML, fill, form_of

LIST = "/desk/topics"
ZH = HTML | {"accept-language": "zh"}
SAID = {"title.en": "Clean rivers", "summary.en": "What rivers need", "content.filter.medium": "water"}
IN_CHINESE = {"title.zh": "清洁河流", "summary.zh": "河流治理"}


@pytest.fixture
async def operator(party: MakeParty) -> Party:
    return await party("operator")


async def _named(sessions: Sessions, operator: Party) -> dict[str, str]:
    """A team, a policy and a case that are published."""
    async with transaction(sessions, EDITOR) as session:
        kinds = ("team", "policy", "case")
        return {kind: str((await _published(session, operator.organisation_id, kind)).id) for kind in kinds}


async def test_a_topic_shows_what_its_filter_finds(operator: Party, party: MakeParty) -> None:
    listing_id = await publish(await party("holder"), operator, 1, media=["water"], pollutants=["TN"])
    asked = {"pollutant": "TN", "industry_group": "", "provenance": "award"}
    one = await _begun(operator, **{f"content.filter.{name}": value for name, value in asked.items()})
    page = (await operator.browser.get(one, headers=HTML)).text
    assert all(f"<dd>{said}</dd>" in page for said in ("Water", "TN", "Award"))
    assert "One technology belongs to it now:" in page
    assert f'href="/technologies/{listing_id}"' in page


async def _begun(operator: Party, **more: str) -> str:
    made = await fill(operator.browser, f"{LIST}/new", SAID | more)
    assert made.status_code == 303, made.text
    return str(made.headers["location"])


async def test_a_topic_is_written_published_changed_and_withdrawn(
    operator: Party, sessions: Sessions, client: httpx.AsyncClient
) -> None:
    named, browser = await _named(sessions, operator), operator.browser
    one = await _begun(operator)
    assert "No published technology fits" in (await browser.get(one, headers=HTML)).text
    early = await fill(browser, f"{one}/publish", {})
    assert early.status_code == 422
    assert "not ready to be published" in early.text
    for field in ("title.zh", "summary.zh", "content.team"):
        assert f'id="error-{field}"' in early.text, field
    kept = form_of(early.text, f"{one}/edit")
    assert (kept["title.en"], kept["content.filter.medium"]) == ("Clean rivers", "water")
    belongs = {"content.team": named["team"], "content.policies": named["policy"], "content.related": named["case"]}
    assert (await fill(browser, f"{one}/edit", kept | IN_CHINESE | belongs)).status_code == 303
    assert (await fill(browser, f"{one}/publish", {})).status_code == 303
    assert "清洁河流" in (await client.get("/", headers=ZH)).text
    assert "Clean rivers" in (await browser.get(LIST, headers=HTML)).text
    changed = await fill(browser, f"{one}/revise", {})
    assert changed.headers["location"] == f"{one}/edit"
    kept = form_of((await browser.get(f"{one}/edit", headers=HTML)).text, f"{one}/edit")
    assert (kept["content.team"], kept["content.policies"]) == (named["team"], [named["policy"]])
    assert "Its last version is in the open" in (await browser.get(LIST, headers=HTML)).text
    assert "清洁河流" in (await client.get("/", headers=ZH)).text
    assert (await fill(browser, f"{one}/withdraw", {})).status_code == 422
    assert (await fill(browser, f"{one}/withdraw", {"note": "Out of date"})).status_code == 303
    assert "清洁河流" not in (await client.get("/", headers=ZH)).text
    assert (await fill(browser, f"{one}/archive", {"note": "For good"})).status_code == 303
    assert "已归档" in (await browser.get(one, headers=ZH)).text


async def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(operator: Party) -> None:
    wrong = {"content.filter.trl_min": "12", "content.filter.medium": "tea", "content.team": "nobody"}
    answer = await fill(operator.browser, f"{LIST}/new", SAID | wrong)
    assert answer.status_code == 422
    for field in wrong:
        assert f'id="error-{field}"' in answer.text, field
    assert 'value="Clean rivers"' in answer.text


async def test_a_change_on_an_old_version_is_refused(operator: Party) -> None:
    one = await _begun(operator)
    kept = form_of((await operator.browser.get(f"{one}/edit", headers=HTML)).text, f"{one}/edit")
    assert (await fill(operator.browser, f"{one}/edit", kept | {"title.en": "First"})).status_code == 303
    stale = await fill(operator.browser, f"{one}/edit", kept | {"title.en": "Second"})
    assert (stale.status_code, "Somebody has changed it" in stale.text) == (422, True)
    assert 'value="Second"' in stale.text


async def test_other_items_have_no_page_among_the_topics(operator: Party, sessions: Sessions) -> None:
    named = await _named(sessions, operator)
    assert (await operator.browser.get(f"{LIST}/{named['policy']}", headers=HTML)).status_code == 404
    one = await _begun(operator)
    assert f'href="{one}"' in (await operator.browser.get("/desk/knowledge", headers=HTML)).text
    here = await operator.browser.get(f"/desk/knowledge/{one.rpartition('/')[2]}", headers=HTML)
    assert (here.status_code, here.headers["location"]) == (303, one)
