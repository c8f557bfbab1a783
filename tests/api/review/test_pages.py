"""A round of reviews as people meet it without scripts: the pool, declaring first, rating blind, deciding."""

from typing import Any

from marketplace.actors import system
from marketplace.database import Sessions, clock_of, transaction
from marketplace.review.models import ReviewRound
from tests.api.review import things
from tests.api.site.browser import HTML, Fields, fill, form_of


async def set_up(party: Any, sessions: Sessions) -> tuple[Any, Any, str]:
    """An organiser and an assessor in the pool of a round that has begun, and the round's address."""
    organiser, assessor = await party("investor"), await party("assessor")
    call = await things.call_to_review(sessions, organiser, applications=2)
    async with transaction(sessions, system("test")) as session:
        await things.profile_for(session, assessor)
        assert clock_of(session).now() < call.deadline
    new = f"/desk/calls/{call.id}/rounds/new"
    form = form_of((await organiser.browser.get(new, headers=HTML)).text, new)
    made = await fill(organiser.browser, new, form | {"reviews_wanted": "1", "reviews_max": "2"})
    assert made.status_code == 303, made.text
    address = made.headers["location"]
    adding = form_of((await organiser.browser.get(address, headers=HTML)).text, f"{address}/reviewers")
    asked = adding | {"person_id": str(assessor.person_id), "media": ["water"]}
    assert (await fill(organiser.browser, f"{address}/reviewers", asked)).status_code == 303
    reference = {"title.en": "Reference", "content.en": "A pilot without costs"}
    assert (await fill(organiser.browser, f"{address}/references", reference)).status_code == 303
    assert (await organiser.browser.post(f"{address}/open")).status_code == 303
    return organiser, assessor, address


def rated(form: Fields, level: str = "0") -> Fields:
    """Every criterion at one level, with a reason."""
    rows = {name.rsplit(".", 1)[0] for name in form if name.endswith(".criterion")}
    levels = {f"{row}.level": level for row in rows}
    return form | levels | {f"{row}.rationale": "seen in the figures" for row in rows}


async def test_reviewers_declare_first_then_rate_blind_and_the_committee_decides(
    party: Any, sessions: Sessions
) -> None:
    organiser, assessor, address = await set_up(party, sessions)
    desk = (await assessor.browser.get("/desk/reviews", headers=HTML)).text
    place = "/desk/reviews/places/" + desk.partition("/desk/reviews/places/")[2].partition('"')[0]
    first = (await assessor.browser.get(place, headers=HTML)).text
    assert "are you independent" in first
    assert "Nitrogen" not in first  # nothing of what was written
    declared = await fill(assessor.browser, f"{place}/declare", form_of(first, f"{place}/declare"))
    assert declared.status_code == 303, declared.text
    reference = form_of((await assessor.browser.get(place, headers=HTML)).text, f"{place}/references")
    unreasoned = await fill(assessor.browser, f"{place}/references", reference)
    assert (unreasoned.status_code, "Choose a level." in unreasoned.text) == (422, True)
    assert (await fill(assessor.browser, f"{place}/references", rated(reference))).status_code == 303
    assert "2 reviews are proposed" in (await organiser.browser.get(address, headers=HTML)).text
    assert (await organiser.browser.post(f"{address}/assignments")).status_code == 303
    for review in await _addresses(assessor, place):
        shown = (await assessor.browser.get(review, headers=HTML)).text
        assert "Hidden in this pass" in shown
        assert "Organisation 3" not in shown
        sent = await fill(assessor.browser, review, rated(form_of(shown, review)))
        assert sent.status_code == 303, sent.text
    assert (await organiser.browser.post(f"{address}/close")).status_code == 303
    zh = (await organiser.browser.get(address, headers={"accept-language": "zh"})).text
    assert "决策包" in zh
    await _decide_all(organiser, address)
    async with transaction(sessions, system("test")) as session:
        assert (await session.get_one(ReviewRound, address.rsplit("/", 1)[1])).state == "decided"


async def _addresses(assessor: Any, place: str) -> list[str]:
    page = (await assessor.browser.get(place, headers=HTML)).text
    parts = page.split('href="/desk/reviews/')[1:]
    return [f"/desk/reviews/{part.partition(chr(34))[0]}" for part in parts if not part.startswith(("places", '"'))]


async def _decide_all(organiser: Any, address: str) -> None:
    for _ in range(2):
        page = (await organiser.browser.get(address, headers=HTML)).text
        decision = form_of(page.partition('<section class="card"')[2], f"{address}/decisions")
        wrong = await fill(organiser.browser, f"{address}/decisions", decision | {"outcome": "rejected"})
        assert wrong.status_code == 422
        given = decision | {"outcome": "rejected", "reason": "below-the-bar", "note": "Not this time."}
        assert (await fill(organiser.browser, f"{address}/decisions", given)).status_code == 303


async def test_a_round_that_cannot_begin_says_why(party: Any, sessions: Sessions) -> None:
    organiser = await party("incubator")
    call = await things.call_to_review(sessions, organiser, applications=1)
    new = f"/desk/calls/{call.id}/rounds/new"
    form = form_of((await organiser.browser.get(new, headers=HTML)).text, new)
    late = await fill(organiser.browser, new, form | {"due_at": "2020-01-01T10:00"})
    assert (late.status_code, 'id="error-due_at"' in late.text) == (422, True)
    address = (await fill(organiser.browser, new, form)).headers["location"]
    refused = await organiser.browser.post(f"{address}/open", headers=HTML)
    assert (refused.status_code, "nobody in the pool" in refused.text) == (422, True)
