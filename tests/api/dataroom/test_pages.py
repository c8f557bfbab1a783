"""A data room as browsers without JavaScript use it."""

import re

from tests.api.conftest import Party
from tests.api.dataroom.conftest import Scene
from tests.api.dataroom.things import pdf

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
    assert "Second investor" in await shown(scene.owner, at)
