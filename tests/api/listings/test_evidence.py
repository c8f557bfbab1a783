"""Evidence with its file: handed in by the holder, opened by the holder, the operator and the assessors."""

import uuid
from typing import Any

from tests.api.conftest import MakeParty
from tests.api.dataroom.things import pdf
from tests.api.site.browser import form_of

DESK = "/desk/technologies"
EN = {"accept": "text/html", "accept-language": "en"}
TYPED = {
    "technology.name.en": "Membrane",
    "technology.evidence.0.id": "e1",
    "technology.evidence.0.grade": "E3",
    "technology.evidence.0.title.en": "Test report",
}
REPORT = {"title.en": "Pilot log", "grade": "E1", "dated": "2026-03-01", "supports": "trl.5，trl.6"}


async def _draft(holder: Any) -> str:
    made = await holder.browser.post(f"{DESK}/new", data=TYPED)
    assert made.status_code == 303, made.text
    return str(made.headers["location"])


async def _send(holder: Any, one: str, fields: dict[str, str], content: bytes, name: str = "log.pdf") -> Any:
    return await holder.browser.post(
        f"{one}/evidence", data=fields, files={"file": (name, content, "application/pdf")}, headers=EN
    )


async def test_a_document_is_added_with_its_file(party: MakeParty) -> None:
    holder, operator, other = await party("holder"), await party("operator"), await party("holder")
    one = await _draft(holder)
    offered = form_of((await holder.browser.get(one, headers=EN)).text, f"{one}/evidence")
    assert "evidence_id" in offered
    done = await _send(holder, one, REPORT, pdf("Removal 96 %"))
    assert done.status_code == 303, done.text
    listing = one.rpartition("/")[2]
    (_, added) = (await holder.client.get(f"/api/v1/listings/{listing}")).json()["technology"]["evidence"]
    assert (added["id"], added["supports"], added["dated"]) == ("e2", ["trl.5", "trl.6"], "2026-03-01")
    assert "log.pdf" in (await holder.browser.get(one, headers=EN)).text
    assert "log.pdf" in (await operator.browser.get(f"/desk/operator/listings/{listing}", headers=EN)).text
    address = f"/api/v1/listings/{listing}/evidence/e2/content"
    assert (await holder.browser.get(address)).content == pdf("Removal 96 %")
    seen = await operator.browser.get(address)
    assert seen.content != pdf("Removal 96 %")  # it carries the reader's name
    assert (await other.browser.get(address)).status_code == 404
    assert (await holder.browser.get(address.replace("e2", "e1"))).status_code == 404  # no file was handed in


async def test_a_listed_document_gets_its_file_and_keeps_its_words(party: MakeParty) -> None:
    holder = await party("holder")
    one = await _draft(holder)
    assert (await _send(holder, one, {"evidence_id": "e1"}, pdf("Measured"))).status_code == 303
    (only,) = (await holder.client.get(f"/api/v1/listings/{one.rpartition('/')[2]}")).json()["technology"]["evidence"]
    assert (only["title"]["en"], only["grade"]) == ("Test report", "E3")
    before = only["sha256"]
    assert len(before) == 64
    edited = TYPED | {"technology.evidence.0.issuer": "CMA laboratory"}
    assert (await holder.browser.post(f"{one}/edit", data=edited)).status_code == 303
    (only,) = (await holder.client.get(f"/api/v1/listings/{one.rpartition('/')[2]}")).json()["technology"]["evidence"]
    assert (only["sha256"], only["issuer"]) == (before, "CMA laboratory")


async def test_what_is_wrong_is_named_and_nothing_is_kept(party: MakeParty) -> None:
    holder, reader = await party("holder"), await party("investor")
    one = await _draft(holder)
    wrong = await _send(holder, one, {"grade": "E1", "supports": "trl.5"}, pdf("x"))
    assert (wrong.status_code, "a title in Chinese or English" in wrong.text) == (422, True)
    assert 'value="trl.5"' in wrong.text
    program = await _send(holder, one, REPORT, b"MZ program", "tool.pdf")
    assert (program.status_code, "a PDF file" in program.text) == (422, True)
    none = await holder.browser.post(f"{one}/evidence", data=REPORT, headers=EN)
    assert (none.status_code, 'id="error-file"' in none.text) == (422, True)
    assert (await _send(reader, one, REPORT, pdf("x"))).status_code == 404
    assert (
        len((await holder.client.get(f"/api/v1/listings/{one.rpartition('/')[2]}")).json()["technology"]["evidence"])
        == 1
    )
    await holder.browser.post(f"{one}/withdraw")
    assert (await _send(holder, one, REPORT, pdf("x"))).status_code == 422


async def test_a_program_sends_a_file(party: MakeParty) -> None:
    holder = await party("holder")
    one = await _draft(holder)
    address = f"/api/v1/listings/{one.rpartition('/')[2]}/evidence/e1/content"
    sent = await holder.client.put(address, content=pdf("Measured"), params={"file_name": "report.pdf"})
    assert sent.status_code == 200, sent.text
    assert (await holder.client.get(address)).content == pdf("Measured")
    assert (await holder.client.put(address.replace("e1", "e9"), content=pdf("x"))).status_code == 404
    missing = await holder.client.get(f"/api/v1/assignments/{uuid.uuid4()}/evidence/e1/content")
    assert missing.status_code == 404
