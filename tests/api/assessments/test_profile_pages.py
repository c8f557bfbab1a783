"""An assessor says what they can judge, and what ties them."""

from typing import Any

from marketplace.actors import system
from marketplace.database import transaction
from marketplace.people.models import Organisation
from scoring.technology import Text

PROFILE = "/desk/assessor"
EN = {"accept": "text/html", "accept-language": "en"}
TYPED = {"media": ["water", "air"], "pollutants": "COD，TN", "languages": "zh", "capacity": "2", "available": "on"}


async def test_a_profile_is_written_and_read_back(party: Any) -> None:
    assessor, holder = await party("assessor"), await party("holder")
    assert (await holder.browser.get(PROFILE, headers=EN)).status_code == 403
    assert "State a tie" not in (await assessor.browser.get(PROFILE, headers=EN)).text
    wrong = await assessor.browser.post(PROFILE, data=TYPED | {"capacity": "99"}, headers=EN)
    assert (wrong.status_code, 'id="error-capacity"' in wrong.text) == (422, True)
    assert (await assessor.browser.post(PROFILE, data=TYPED, headers=EN)).status_code == 303
    kept = (await assessor.browser.get("/api/v1/assessors/me")).json()
    assert (kept["media"], kept["pollutants"], kept["available"]) == (["water", "air"], ["COD", "TN"], True)
    away = {name: value for name, value in TYPED.items() if name != "available"}
    await assessor.browser.post(PROFILE, data=away, headers=EN)
    assert (await assessor.browser.get("/api/v1/assessors/me")).json()["available"] is False


async def test_a_tie_is_stated_by_name(party: Any, sessions: Any) -> None:
    assessor, holder = await party("assessor"), await party("holder")
    async with transaction(sessions, system("test")) as session:
        (await session.get_one(Organisation, holder.organisation_id)).name = Text(zh="清源环境")
    await assessor.browser.post(PROFILE, data=TYPED, headers=EN)
    at = f"{PROFILE}/relations"
    unknown = await assessor.browser.post(at, data={"organisation": "Nobody", "kind": "consulting"}, headers=EN)
    assert (unknown.status_code, 'value="Nobody"' in unknown.text) == (422, True)
    tie = {"organisation": "清源环境", "kind": "consulting", "ended_on": "2026-01-01"}
    assert (await assessor.browser.post(at, data=tie, headers=EN)).status_code == 303
    page = (await assessor.browser.get(PROFILE, headers=EN)).text
    assert "清源环境" in page
    assert "Consulting" in page
