"""Needs, the interviewer and consultations as a browser without scripts meets them."""

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from marketplace.actors import Actor, system
from marketplace.clock import SetClock
from marketplace.database import Sessions, transaction
from marketplace.needs.consultations import consultation_visible_to
from marketplace.needs.models import Consultation
from tests.api.conftest import MakeParty, Party
from tests.api.needs.things import open_consultation, proposed_solution, published_need
from tests.api.screening.test_screening import publish
from tests.api.site.test_pages import HTML, fields

ENGLISH = HTML | {"accept-language": "en"}
WORDS = "城镇污水厂规模4万m3/d，进水总氮35–50 mg/L，要求出水低于12 mg/L"
TREATMENT = {
    "media": ["water"],
    "pollutants": ["TN"],
    "parameters": [
        {"name": "removal.TN", "value": 0.8, "low": 0.7, "high": 0.9, "unit": "share"},
        {"name": "influent.TN", "low": 10, "high": 100, "unit": "mg/L"},
    ],
}


@pytest.fixture
async def seeker(party: MakeParty) -> Party:
    return await party("demand")


@pytest.fixture
async def holder(party: MakeParty) -> Party:
    return await party("holder")


@pytest.fixture
async def listing_id(party: MakeParty, holder: Party) -> str:
    return await publish(holder, await party("operator"), 1, **TREATMENT)


async def get(party: Party, address: str) -> str:
    answer = await party.browser.get(address, headers=ENGLISH)
    assert answer.status_code == 200, answer.text
    return answer.text


async def send(party: Party, address: str, **typed: Any) -> httpx.Response:
    """With the token that the page's forms bring."""
    party.browser.headers.pop("x-csrf-token", None)
    token = fields(await get(party, "/needs/interview"))["csrf_token"]
    return await party.browser.post(address, data={"csrf_token": token} | typed, headers=ENGLISH)


async def test_the_interviewer_understands_words_asks_and_shows_signed_margins(
    client: httpx.AsyncClient, listing_id: str
) -> None:
    page = await client.post("/needs/interview", data={"text": WORDS}, headers=ENGLISH)
    assert page.status_code == 200
    assert "40,000 m³/d" in page.text
    assert f"/technologies/{listing_id}" in page.text
    assert re.search(r"TN left.*?[+−]\d+%", page.text, re.S)
    assert '<svg class="bar"' in page.text
    assert not re.search(r"\sstyle=|<script(?! src=)", page.text)
    assert WORDS in page.text  # nothing typed is lost


async def test_fields_do_the_same_and_answers_are_carried_and_taken_back(
    client: httpx.AsyncClient, listing_id: str
) -> None:
    typed = {"medium": "water", "pollutant": "TN", "low": "30", "high": "40", "limit": "12", "unit": "mg/L"}
    answered = await client.post("/needs/interview", data=typed | {"choice": "flow|500..500 m3/d"}, headers=ENGLISH)
    assert "500 m³/d" in answered.text
    kept = {name: value for name, value in fields(answered.text).items() if name.startswith("answers.")}
    assert kept["answers.0.question"] == "flow"
    back = await client.post("/needs/interview", data=typed | kept | {"back": "on"}, headers=ENGLISH)
    assert "answers.0" not in back.text
    wrong = await client.post("/needs/interview", data=typed | {"low": "lots"}, headers=ENGLISH)
    assert (wrong.status_code, 'value="lots"' in wrong.text) == (422, True)
    worse = await client.post("/needs/interview", data=typed | {"choice": "flow|much"}, headers=ENGLISH)
    assert (worse.status_code, 'value="TN"' in worse.text) == (422, True)


async def test_from_words_to_an_anonymous_need(
    seeker: Party, client: httpx.AsyncClient, listing_id: str, clock: SetClock
) -> None:
    made = await send(seeker, "/needs", text=WORDS, title="Nitrogen upgrade")
    assert made.status_code == 303, made.text
    here = made.headers["location"]
    assert (await client.get(here, headers=HTML)).status_code == 404
    both = {"title.zh": "总氮提标", "title.en": "Nitrogen upgrade", "summary.zh": WORDS}
    refused = await send(seeker, f"{here}/publish", **both)
    assert refused.status_code == 422
    assert 'id="error-summary.en"' in refused.text
    assert "总氮提标" in refused.text
    both |= {"summary.en": "Less nitrogen."}
    late = await send(seeker, f"{here}/publish", **both, open_until="2999-01-01")
    assert (late.status_code, 'id="error-open_until"' in late.text) == (422, True)
    assert (await send(seeker, f"{here}/publish", **both)).status_code == 303
    public = await client.get(here, headers=ENGLISH)
    assert public.status_code == 200
    assert "Organisation 1" not in public.text
    assert here in (await client.get("/needs?medium=water&pollutant=", headers=ENGLISH)).text
    assert here not in (await client.get("/needs?medium=air", headers=ENGLISH)).text
    assert here in await get(seeker, "/desk/needs")
    day = (clock.now() + timedelta(days=30)).date()
    assert (await send(seeker, f"{here}/extend", open_until=day.isoformat())).status_code == 303
    assert f'value="{day}"' in await get(seeker, here)
    past = await send(seeker, f"{here}/extend", open_until="2001-01-01")
    assert (past.status_code, 'id="error-open_until"' in past.text) == (422, True)


async def test_a_holder_proposes_and_the_seeker_accepts(
    seeker: Party, holder: Party, listing_id: str, sessions: Sessions
) -> None:
    here = f"/needs/{await published_need(sessions, seeker)}"
    assert listing_id in await get(holder, here)
    empty = await send(holder, f"{here}/solutions", listing_id=listing_id)
    assert empty.status_code == 422
    answer = await send(holder, f"{here}/solutions", **{"listing_id": listing_id, "text.en": "It keeps 12 mg/L."})
    assert answer.status_code == 303
    again = await send(holder, f"{here}/solutions", **{"listing_id": listing_id, "text.en": "Once more."})
    assert (again.status_code, "Once more." in again.text) == (422, True)
    page = await get(seeker, here)
    assert "It keeps 12 mg/L." in page
    found = re.search(r'action="(/solutions/[^"/]+)/shortlist"', page)
    assert found
    declined = await send(seeker, f"{found[1]}/decline", reason="other")
    assert (declined.status_code, "the other reason" in declined.text) == (422, True)
    assert (await send(seeker, f"{found[1]}/shortlist")).status_code == 303
    assert "Seeker" not in await get(holder, "/desk/needs")
    assert (await send(seeker, f"{found[1]}/reveal")).status_code == 303
    assert "Seeker" in await get(holder, "/desk/needs")
    assert (await send(seeker, f"{found[1]}/accept")).status_code == 303
    assert "Accepted" in await get(holder, "/desk/needs")


async def test_a_proposer_takes_a_solution_back(holder: Party, sessions: Sessions) -> None:
    solution_id = await proposed_solution(sessions, holder)
    assert (await send(holder, f"/solutions/{solution_id}/withdraw")).status_code == 303
    assert "Withdrawn" in await get(holder, "/desk/needs")


async def test_a_question_is_asked_assigned_and_answered(seeker: Party, party: MakeParty) -> None:
    expert, staff = await party("assessor"), await party("operator")
    wrong = await send(seeker, "/consultations", text="总氮")
    assert (wrong.status_code, "总氮" in wrong.text) == (422, True)
    here = (await send(seeker, "/consultations", text="总氮", question="Which?")).headers["location"]
    assert (await send(staff, f"{here}/assign", organisation_id=str(expert.organisation_id))).status_code == 303
    page = await get(expert, here)
    assert "Organisation 1" not in page
    assert (await send(expert, f"{here}/answer", **{"text.en": "Try anammox."})).status_code == 303
    assert "Try anammox." in await get(seeker, here)
    assert here in await get(seeker, "/desk/consultations")
    assert (await send(seeker, f"{here}/close")).status_code == 303


async def test_who_acts_for_no_organisation_sees_no_unassigned_matter(seeker: Party, sessions: Sessions) -> None:
    await open_consultation(sessions, seeker)
    async with transaction(sessions, system("test")) as session:
        nobody = Actor(kind="person", id=seeker.person_id)
        seen = await session.scalars(select(Consultation).where(consultation_visible_to(nobody)))
        assert seen.all() == []


async def test_asking_about_a_technology_begins_with_its_name(seeker: Party, listing_id: str) -> None:
    assert "=技术1" in await get(seeker, f"/consultations/new?listing={listing_id}")


async def test_a_need_that_is_refused_keeps_the_interview_and_its_title(seeker: Party, listing_id: str) -> None:
    answers = {"answers.0.question": "flow", "answers.0.option": "500..500 m3/d"}
    for title, wrong in (("t" * 500, "title"), ("Nitrogen upgrade", "low")):
        typed = {"text": WORDS, "low": "lots" if wrong == "low" else "", "title": title}
        refused = await send(seeker, "/needs", **typed, **answers)
        assert (refused.status_code, f'id="error-{wrong}"' in refused.text) == (422, True)
        assert f'value="{title}"' in refused.text
        assert WORDS in refused.text
    again = await send(seeker, "/needs", text=WORDS, title="t" * 500, **answers)
    assert f"/technologies/{listing_id}" in again.text
    kept = fields(again.text)
    assert (kept["answers.0.question"], kept["title"]) == ("flow", "t" * 500)
