"""A data room as browsers without JavaScript use it."""

import re

import httpx

from api.limits import GUESSES
from marketplace.actors import system
from marketplace.database import Sessions, transaction
from marketplace.people.models import Organisation, Person
from marketplace.rate_limit import take
from scoring.technology import Text
from tests.api.conftest import MakeParty, Party
from tests.api.dataroom.conftest import Scene
from tests.api.dataroom.things import pdf
from tests.api.site.browser import form_of

HTML = {"accept": "text/html", "accept-language": "en"}


async def shown(party: Party, address: str, language: str = "en") -> str:
    answer = await party.browser.get(address, headers=HTML | {"accept-language": language})
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_the_agreement_comes_first_and_then_what_the_rights_allow(scene: Scene) -> None:
    at = f"/desk/rooms/{scene.room}"
    assert at in await shown(scene.visitor, "/desk/rooms")
    page = await shown(scene.visitor, at)
    assert "First, the confidentiality agreement" in page
    assert "Documents</h2>" not in page
    sha256 = re.search(r'name="sha256" value="([0-9a-f]{64})"', page)
    assert sha256
    unsure = await scene.visitor.browser.post(f"{at}/nda", data={"sha256": sha256[1]}, headers=HTML)
    assert unsure.status_code == 422
    given = {"sha256": sha256[1], "authorised": "on"}
    assert (await scene.visitor.browser.post(f"{at}/nda", data=given, headers=HTML)).status_code == 303
    await scene.rights({"level": "view"})
    assert 'value="view"' in await shown(scene.visitor, at)
    opened = await scene.visitor.browser.post(
        f"/desk/room-documents/{scene.document}", data={"action": "view"}, headers=HTML
    )
    assert opened.status_code == 303, opened.text
    read = await scene.visitor.browser.get(opened.headers["location"])
    assert read.headers["content-type"] == "application/pdf"
    log = await shown(scene.owner, at)
    assert "Looked at" in log
    assert "资料" in await shown(scene.owner, at, "zh")


async def test_questions_go_round(scene: Scene) -> None:
    await scene.accept()
    await scene.rights({"level": "view"})
    at = f"/desk/rooms/{scene.room}"
    asked = await scene.visitor.browser.post(f"{at}/questions", data={"text": "Which membrane?"}, headers=HTML)
    assert asked.status_code == 303, asked.text
    page = await shown(scene.owner, at)
    found = re.search(r'action="(/desk/room-questions/[0-9a-f-]+)"', page)
    assert found
    answer = {"answer": "A ceramic one.", "readers": "group"}
    assert (await scene.owner.browser.post(found[1], data=answer, headers=HTML)).status_code == 303
    assert "A ceramic one." in await shown(scene.visitor, at)


async def test_the_owner_adds_folders_documents_and_groups(scene: Scene) -> None:
    at = f"/desk/rooms/{scene.room}"
    made = await scene.owner.browser.post(f"{at}/folders", data={"name": "Tests 2026"}, headers=HTML)
    assert made.status_code == 303, made.text
    assert "Tests 2026" in await shown(scene.owner, at)
    sent = await scene.owner.browser.post(
        f"{at}/documents", files={"file": ("balance.pdf", pdf("Mass balance"), "application/pdf")}, headers=HTML
    )
    assert sent.status_code == 303, sent.text
    assert "balance.pdf" in await shown(scene.owner, at)
    wrong = await scene.owner.browser.post(
        f"{at}/documents", files={"file": ("run.exe", b"MZ", "application/octet-stream")}, headers=HTML
    )
    assert wrong.status_code == 422
    group = {"name": "Second investor", "level": "view", "may_ask": "on"}
    assert (await scene.owner.browser.post(f"{at}/groups", data=group, headers=HTML)).status_code == 303
    assert "Second investor" in await shown(scene.owner, f"{at}/access")
    removed = await scene.owner.browser.post(f"/desk/room-documents/{scene.document}/remove", headers=HTML)
    assert removed.status_code == 303
    assert scene.document not in await shown(scene.owner, at)


async def test_a_room_is_made_opened_extended_frozen_and_closed(party: MakeParty) -> None:
    owner = await party("holder")
    assert "Read the platform's template" in await shown(owner, "/desk/rooms/new")
    unnamed = await owner.browser.post("/desk/rooms/new", data={"agreement": "template"}, headers=HTML)
    assert unnamed.status_code == 422
    bad = {"name.zh": "中试数据", "agreement": "-" * 36}
    assert (await owner.browser.post("/desk/rooms/new", data=bad, headers=HTML)).status_code == 422
    made = await owner.browser.post("/desk/rooms/new", data=bad | {"agreement": "template"}, headers=HTML)
    assert made.status_code == 303, made.text
    at = made.headers["location"]
    assert "Nobody else sees this room yet" in await shown(owner, at)

    async def step(**given: str) -> httpx.Response:
        return await owner.browser.post(f"{at}/steps", data=given, headers=HTML)

    late = await step(step="open", closes_on="2999-01-01")
    assert (late.status_code, "days away" in late.text) == (422, True)
    assert (await step(step="open")).status_code == 303
    assert "Change the last day" in await shown(owner, f"{at}/access")
    assert (await step(step="freeze")).status_code == 422
    assert (await step(step="freeze", note="A leak")).status_code == 303
    assert "重新开放前" in await shown(owner, f"{at}/access", "zh")
    assert (await step(step="reopen")).status_code == 303
    assert (await step(step="close")).status_code == 303
    assert "Closed for good" in await shown(owner, f"{at}/access")


async def test_rights_are_given_and_taken_back_on_the_page(scene: Scene, party: MakeParty) -> None:
    at, group = f"/desk/rooms/{scene.room}/access", f"/desk/room-groups/{scene.group}"
    fields = form_of(await shown(scene.owner, at), f"{group}/rights")
    assert {f"level.{scene.folder}", f"level.{scene.document}", "level.room"} <= fields.keys()
    given = {"level.room": "name", f"level.{scene.document}": "view", "may_ask": "on"}
    assert (await scene.owner.browser.post(f"{group}/rights", data=given, headers=HTML)).status_code == 303
    again = form_of(await shown(scene.owner, at), f"{group}/rights")
    assert (again["level.room"], again[f"level.{scene.document}"]) == ("name", "view")
    await scene.accept()
    assert 'value="view"' in await shown(scene.visitor, f"/desk/rooms/{scene.room}")
    page = await shown(scene.owner, at)
    assert "SHA" not in page.split("Who accepted", 1)[0]
    out = re.search(r'action="(/desk/room-visitors/[0-9a-f-]+/remove)"', page)
    assert out
    assert (await scene.visitor.browser.get(at, headers=HTML)).status_code == 403
    assert (await scene.owner.browser.post(out[1], headers=HTML)).status_code == 303
    assert (await scene.visitor.browser.get(f"/desk/rooms/{scene.room}", headers=HTML)).status_code == 404
    other = await party("investor")
    assert (await other.browser.post(f"{group}/rights", data=given, headers=HTML)).status_code == 404


async def test_visitors_are_let_in_by_name(scene: Scene, party: MakeParty, sessions: Sessions) -> None:
    guest = await party("investor")
    async with transaction(sessions, system("test")) as session:
        organisation = await session.get_one(Organisation, guest.organisation_id)
        organisation.name = Text(zh="清风基金", en="Clear Wind Fund")
        person = await session.get_one(Person, guest.person_id)
        email = person.email
    at = f"/desk/room-groups/{scene.group}/visitors"
    unknown = await scene.owner.browser.post(at, data={"organisation": "No such"}, headers=HTML)
    assert (unknown.status_code, "the exact name of one verified organisation" in unknown.text) == (422, True)
    stranger = {"organisation": "clear wind fund", "email": "nobody@x.example"}
    assert (await scene.owner.browser.post(at, data=stranger, headers=HTML)).status_code == 422
    one = {"organisation": "清风基金", "email": email}
    assert (await scene.owner.browser.post(at, data=one, headers=HTML)).status_code == 303
    assert email in await shown(scene.owner, f"/desk/rooms/{scene.room}/access")
    twice = await scene.owner.browser.post(at, data=one, headers=HTML)
    assert twice.status_code == 422


async def test_addresses_are_not_tried_without_end(scene: Scene, party: MakeParty, sessions: Sessions) -> None:
    guest = await party("investor")
    async with transaction(sessions, system("test")) as session:
        organisation = await session.get_one(Organisation, guest.organisation_id)
        organisation.name = Text(zh="清风基金", en="Clear Wind Fund")
        email = (await session.get_one(Person, guest.person_id)).email
    at, known = f"/desk/room-groups/{scene.group}/visitors", {"organisation": "Clear Wind Fund"}
    await take(sessions, f"visitor:{scene.owner.organisation_id}", GUESSES, cost=GUESSES.count - 1)
    assert (await scene.owner.browser.post(at, data=known | {"email": email}, headers=HTML)).status_code == 303
    for address in (email, "nobody@x.example"):  # the right one looks like any other
        refused = await scene.owner.browser.post(at, data=known | {"email": address}, headers=HTML)
        assert (refused.status_code, "Too many addresses were tried" in refused.text) == (422, True)
        assert "the address of one of the organisation" not in refused.text
    everybody = await scene.owner.browser.post(at, data=known, headers=HTML)
    assert "Too many addresses" not in everybody.text  # nothing is guessed by it
