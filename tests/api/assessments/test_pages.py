"""An assessor declares, reads and scores with a browser that runs no scripts."""

import re
from typing import Any

from marketplace.actors import system
from marketplace.assessments.models import Assignment
from marketplace.database import transaction
from tests.marketplace.assessments.conftest import access_assignment

EN = {"accept": "text/html", "accept-language": "en"}
ZH = {"accept": "text/html", "accept-language": "zh"}
DESK = "/desk/assignments"


async def test_nothing_is_read_before_the_declaration_and_a_score_is_for_good(party: Any, sessions: Any) -> None:
    assessor = await party("assessor")
    one = f"{DESK}/{await access_assignment(sessions, assessor)}"
    assert one in (await assessor.browser.get(DESK, headers=EN)).text
    async with transaction(sessions, system("test")) as session:
        state = (await session.get_one(Assignment, one.rpartition("/")[2])).state
    if state == "invited":
        page = (await assessor.browser.get(one, headers=ZH)).text
        assert "评估内容" not in page
        half = await assessor.browser.post(f"{one}/declaration", data={"independent": "true"}, headers=ZH)
        assert half.status_code == 422
        assert "请承诺对所读内容保密" in half.text
        whole = {"independent": "true", "confidential": "on"}
        assert (await assessor.browser.post(f"{one}/declaration", data=whole)).status_code == 303
    page = (await assessor.browser.get(one, headers=EN)).text
    assert "What is to be judged" in page
    criterion = re.search(r'name="ratings\.0\.criterion" value="([^"]+)"', page)[1]
    empty = {"ratings.0.criterion": criterion, "ratings.0.value": "", "ratings.0.rationale": "seen on site"}
    none = await assessor.browser.post(f"{one}/score", data=empty, headers=EN)
    assert none.status_code == 422
    beyond = await assessor.browser.post(f"{one}/score", data=empty | {"ratings.0.value": "99"}, headers=EN)
    assert beyond.status_code == 422
    assert 'id="error-ratings.0.value"' in beyond.text
    assert "seen on site" in beyond.text


async def test_a_tie_gives_the_seat_up(party: Any, sessions: Any) -> None:
    assessor, other = await party("assessor"), await party("assessor")
    one = f"{DESK}/{await access_assignment(sessions, assessor)}"
    assert (await other.browser.get(one)).status_code == 404
    unsaid = await assessor.browser.post(f"{one}/decline", data={"note": " "}, headers=EN)
    assert unsaid.status_code == 422
    assert (await assessor.browser.post(f"{one}/decline", data={"note": "no time"})).status_code == 303
    assert "Declined" in (await assessor.browser.get(one, headers=EN)).text
