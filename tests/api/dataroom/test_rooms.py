"""A data room over HTTP, as its owner, its visitors and strangers see it."""

import csv
import io
import json
import uuid
import zipfile
from datetime import timedelta

from pypdf import PdfReader

from marketplace.clock import SetClock
from tests.api.conftest import MakeParty
from tests.api.dataroom.conftest import API, Scene, ok
from tests.api.dataroom.things import pdf


async def test_nothing_is_read_before_the_agreement_in_its_present_version_is_accepted(scene: Scene) -> None:
    await scene.rights({"level": "view"})
    me = scene.visitor.browser
    assert (await me.get(scene.at("index"))).json()["code"] == "nda-first"
    stale = {"sha256": "0" * 64, "authorised": True}
    assert (await me.post(scene.at("nda/acceptance"), json=stale)).json()["code"] == "nda-changed"
    unsure = {"sha256": "0" * 64, "authorised": False}
    assert (await me.post(scene.at("nda/acceptance"), json=unsure)).json()["errors"][0]["field"] == "authorised"
    accepted = await scene.accept()
    assert (accepted["version"], accepted["ip_address"]) == (1, "127.0.0.1")
    url = ok(await scene.link("view"))["url"]
    assert (await me.get(url)).status_code == 200

    nda = ok(await scene.owner.client.get(f"{API}/rooms/{scene.room}"), 200)["nda_id"]
    text = {"text": {"zh": "新文本", "en": "A new text"}}
    ok(await scene.owner.client.post(f"{API}/ndas/{nda}/versions", json=text))
    assert (await me.get(url)).json()["code"] == "nda-first", "a link from before opens nothing"
    assert (await scene.accept())["version"] == 2
    assert (await me.get(url)).status_code == 200
    known = ok(await scene.owner.client.get(scene.at("acceptances")), 200)
    assert [line["version"] for line in known] == [2, 1]
    assert known[0]["sha256"] != known[1]["sha256"]
    again = {"sha256": known[0]["sha256"], "authorised": True}
    assert (await me.post(scene.at("nda/acceptance"), json=again)).json()["code"] == "nda-accepted-already"


async def test_the_mark_names_reader_organisation_time_and_serial(scene: Scene) -> None:
    await scene.rights({"level": "view"})
    await scene.accept()
    answer = await scene.visitor.browser.get(ok(await scene.link("view"))["url"])
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith("inline")
    assert answer.headers["cache-control"] == "no-store"
    pages = PdfReader(io.BytesIO(answer.content)).pages
    (line,) = [line for line in await scene.accesses(granted=True) if line["action"] == "view"]
    assert (line["actor_id"], line["version"]) == (str(scene.visitor.person_id), 1)
    for page, said in zip(pages, ("Removal 96 %", "Page two"), strict=True):
        text = page.extract_text()
        for expected in (said, "机构2", "Person 2", "2026-03-02 09:00 UTC", line["id"]):
            assert expected in text


LEVELS = {"none": (0, 404, 404), "name": (1, 403, 403), "view": (1, 201, 403), "download": (1, 201, 201)}


async def test_a_level_allows_so_much_and_no_more(scene: Scene) -> None:
    await scene.accept()
    for level, (known, view, download) in LEVELS.items():
        await scene.rights({"level": "download"}, {"document_id": scene.document, "level": level})
        index = ok(await scene.visitor.browser.get(scene.at("index")), 200)
        found = [entry for entry in index if entry["kind"] == "document"]
        assert [entry["name"] for entry in found] == ["Pilot report"] * known
        assert all((entry["version"] is not None) == (level in ("view", "download")) for entry in found)
        answers = [await scene.link(action) for action in ("view", "download")]
        assert [answer.status_code for answer in answers] == [view, download], level
    denied = [line["reason"] for line in await scene.accesses(granted=False)]
    assert denied == ["view-only", "name-only", "name-only", "no-right", "no-right"]


async def test_a_hidden_folder_gives_nothing_away(scene: Scene) -> None:
    await scene.rights({"folder_id": scene.folder, "level": "none"}, {"document_id": scene.document, "level": "view"})
    await scene.accept()
    (entry,) = ok(await scene.visitor.browser.get(scene.at("index")), 200)
    assert (entry["kind"], entry["parent_id"], entry["number"]) == ("document", None, "1")
    full = ok(await scene.owner.client.get(scene.at("index")), 200)
    assert [line["number"] for line in full] == ["1", "1.1"]


async def test_what_cannot_be_marked_needs_the_right_to_download(scene: Scene) -> None:
    await scene.rights({"level": "view"})
    await scene.accept()
    ok(await scene.send("时间,TN\n1,12\n".encode(), "数据.csv"), 200)
    assert (await scene.link("view")).json()["code"] == "cannot-be-marked"
    await scene.rights({"level": "download"})
    answer = await scene.visitor.browser.get(ok(await scene.link("download"))["url"])
    assert answer.content.decode().startswith("时间")
    assert "attachment" in answer.headers["content-disposition"]
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_link_is_for_one_reader_and_five_minutes(scene: Scene, party: MakeParty, clock: SetClock) -> None:
    await scene.rights({"level": "view"})
    await scene.accept()
    url = ok(await scene.link("view"))["url"]
    colleague, stranger = await party("investor", of=scene.visitor), await party("investor")
    assert (await colleague.browser.get(url)).json()["code"] == "link-not-good"
    assert (await stranger.browser.get(url)).status_code == 403
    assert (await scene.visitor.client.get(url)).status_code == 403, "a program reads nothing"
    assert (await scene.visitor.browser.get(url[:-2])).status_code == 404
    assert (await scene.visitor.browser.get(url)).status_code == 200
    clock.advance(timedelta(minutes=5))
    assert (await scene.visitor.browser.get(url)).status_code == 404


async def test_who_is_turned_out_reads_nothing_from_then_on(scene: Scene) -> None:
    await scene.rights({"level": "view"})
    await scene.accept()
    url = ok(await scene.link("view"))["url"]
    (entry,) = ok(await scene.owner.client.get(scene.at("visitors")), 200)
    ok(await scene.owner.client.delete(f"{API}/room-visitors/{entry['id']}"), 204)
    assert (await scene.visitor.browser.get(url)).status_code == 404
    assert (await scene.visitor.browser.get(f"{API}/rooms/{scene.room}")).status_code == 404
    assert ok(await scene.visitor.browser.get(f"{API}/rooms"), 200)["total"] == 0


async def test_strangers_find_no_room_and_the_owner_learns_who_tried(scene: Scene, party: MakeParty) -> None:
    stranger, operator = await party("investor"), await party("operator")
    for path in (f"{API}/rooms/{scene.room}", scene.at("index"), scene.at("nda"), scene.at("accesses")):
        assert (await stranger.browser.get(path)).status_code == 404
    assert (await scene.link("view", by=stranger)).status_code == 404
    tried = await scene.accesses(granted=False)
    assert {line["reason"] for line in tried} == {"stranger"}
    assert {line["actor_id"] for line in tried} == {str(stranger.person_id)}
    assert len(tried) == 5
    assert (await operator.browser.get(scene.at("index"))).json()["code"] == "not-for-operators"
    assert (await scene.link("view", by=operator)).json()["code"] == "not-for-operators"
    assert ok(await operator.browser.get(f"{API}/rooms/{scene.room}"), 200)["side"] == "operator"


async def test_a_frozen_room_is_still_and_a_closed_one_keeps_its_log(scene: Scene, party: MakeParty) -> None:
    await scene.rights({"level": "view"})
    await scene.accept()
    steps = scene.at("steps")
    assert (await scene.owner.client.post(steps, json={"step": "freeze"})).json()["errors"][0]["field"] == "note"
    ok(await scene.owner.client.post(steps, json={"step": "freeze", "note": "a leak"}))
    assert (await scene.visitor.browser.get(scene.at("index"))).json()["code"] == "not-open"
    assert (await scene.send(b"x", "x.txt")).json()["code"] == "room-is-still"
    ok(await scene.owner.client.post(steps, json={"step": "reopen"}))
    ok(await scene.visitor.browser.get(scene.at("index")), 200)
    operator = await party("operator")
    assert (await scene.owner.client.post(steps, json={"step": "suspend", "note": "x"})).status_code == 403
    ok(await operator.browser.post(steps, json={"step": "suspend", "note": "a complaint"}))
    assert (await scene.owner.client.post(steps, json={"step": "close"})).status_code == 409
    ok(await operator.browser.post(steps, json={"step": "release", "note": "settled"}))
    ok(await scene.owner.client.post(steps, json={"step": "close"}))
    assert (await scene.visitor.browser.get(scene.at("index"))).json()["code"] == "not-open"
    assert await scene.accesses()
    history = ok(await scene.owner.client.get(scene.at("history")), 200)
    assert [step["to_state"] for step in history][-3:] == ["suspended", "frozen", "closed"]


async def test_files_that_are_not_what_they_say_are_refused(scene: Scene) -> None:
    program = await scene.send(b"MZ\x90\x00" + b"\x00" * 100, "report.pdf")
    assert (program.status_code, program.json()["errors"][0]["value"]) == (400, "a Windows program")
    for name, content in (("run.exe", b"MZ"), ("archive.zip", b"PK\x03\x04"), ("empty.txt", b"")):
        assert (await scene.send(content, name)).status_code == 400, name
    assert (await scene.send(b"%PDF-1.7 nonsense", "broken.pdf")).json()["errors"][0]["expected_zh"] == "文件须可读取"
    versions = ok(await scene.owner.client.get(f"{API}/room-documents/{scene.document}"), 200)["versions"]
    assert [version["number"] for version in versions] == [1]


async def test_the_same_content_again_is_no_new_version(scene: Scene) -> None:
    first = ok(await scene.send(pdf("again"), "report.pdf"), 200)
    assert ok(await scene.send(pdf("again"), "report.pdf"), 200) == first
    assert first["number"] == 2


async def test_questions_go_to_the_owner_and_answers_to_a_group_or_to_all(scene: Scene, party: MakeParty) -> None:
    await scene.rights({"level": "name"})
    await scene.accept()
    other = await party("incubator")
    group = ok(await scene.owner.client.post(scene.at("groups"), json={"name": "Incubators"}))["id"]
    guest = {"organisation_id": str(other.organisation_id), "person_id": str(other.person_id)}
    ok(await scene.owner.client.post(f"{API}/room-groups/{group}/visitors", json=guest))
    their = Scene(scene.owner, other, scene.room, group, scene.document, scene.folder)
    await their.accept()
    me, path = scene.visitor.browser, scene.at("questions")
    body = {"text": "How long did it run?", "document_id": scene.document}
    first, second = [ok(await me.post(path, json=body))["id"] for _ in range(2)]
    assert (await me.post(path, json=body)).json()["code"] == "too-many-questions"
    assert (await other.browser.post(path, json=body)).status_code == 404, "about what they may not know of"
    assert ok(await other.browser.get(path), 200)["total"] == 0

    expert = await party("holder", role="viewer", of=scene.owner)
    asked, drafted = f"{API}/room-questions/{first}", {"answer": "140 days."}
    assert (await expert.browser.post(f"{asked}/draft", json=drafted)).status_code == 403
    ok(await scene.owner.client.post(f"{asked}/assign", json={"expert_id": str(expert.person_id)}))
    ok(await expert.browser.post(f"{asked}/draft", json=drafted))
    assert {line["answer"] for line in ok(await me.get(path), 200)["items"]} == {None}
    assert (await me.post(f"{asked}/publish", json={})).status_code == 403
    ok(await scene.owner.client.post(f"{asked}/publish", json={"readers": "all"}))
    (seen,) = ok(await other.browser.get(path), 200)["items"]
    assert (seen["answer"], seen["asked_by"], seen["group_id"], seen["mine"]) == ("140 days.", None, None, False)
    ok(await me.post(f"{API}/room-questions/{second}/withdraw"))
    assert (await other.browser.post(f"{API}/room-questions/{second}/withdraw")).status_code == 404


async def test_the_export_holds_index_rights_and_the_whole_log(scene: Scene) -> None:
    await scene.rights({"level": "view"})
    await scene.accept()
    await scene.visitor.browser.get(ok(await scene.link("view"))["url"])
    await scene.link("download")
    answer = await scene.owner.client.get(scene.at("export"))
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    tables = {
        name: list(csv.DictReader(io.StringIO(archive.read(name).decode("utf-8-sig"))))
        for name in archive.namelist()
        if name.endswith(".csv")
    }
    assert [row["name"] for row in tables["index.csv"]] == ["Tests", "Pilot report"]
    assert [row["granted"].lower() for row in tables["accesses.csv"]] == ["true", "true", "false"]
    assert set(json.loads(archive.read("manifest.json"))["sha256"]) == set(tables)
    assert (await scene.visitor.browser.get(scene.at("export"))).status_code == 403


async def test_a_room_takes_only_what_is_the_owners(scene: Scene, party: MakeParty) -> None:
    other = await party("holder", verified=False)
    assert (await other.client.post(f"{API}/rooms", json={"name": {"en": "x"}})).status_code == 403
    bad = {"name": {"en": "x"}, "nda_id": str(uuid.uuid4()), "listing_id": str(uuid.uuid4())}
    answer = await scene.owner.client.post(f"{API}/rooms", json=bad)
    assert [fault["field"] for fault in answer.json()["errors"]] == ["listing_id", "nda_id"]
    guest = {"organisation_id": str(other.organisation_id)}
    refused = await scene.owner.client.post(f"{API}/room-groups/{scene.group}/visitors", json=guest)
    assert refused.json()["errors"][0]["field"] == "organisation_id"
    inside = ok(await scene.owner.client.post(scene.at("folders"), json={"name": "In", "parent_id": scene.folder}))
    circle = {"name": "Tests", "parent_id": inside["id"]}
    assert (await scene.owner.client.put(f"{API}/room-folders/{scene.folder}", json=circle)).status_code == 400
    twice = {"rights": [{"level": "view"}, {"level": "none"}]}
    refused = await scene.owner.client.put(f"{API}/room-groups/{scene.group}/rights", json=twice)
    assert refused.json()["errors"][0]["field"] == "rights.1"
    room = await scene.owner.client.get(f"{API}/rooms/{scene.room}")
    change = {"name": {"en": "New name"}, "nda_id": room.json()["nda_id"]}
    assert (await scene.owner.client.put(f"{API}/rooms/{scene.room}", json=change)).status_code == 428
    held = {"If-Match": room.headers["etag"]}
    ok(await scene.owner.client.put(f"{API}/rooms/{scene.room}", json=change, headers=held), 200)
    assert (await scene.owner.client.put(f"{API}/rooms/{scene.room}", json=change, headers=held)).status_code == 412


async def test_confidential_entries_are_read_behind_the_agreement_and_each_reading_is_logged(scene: Scene) -> None:
    told = {"technology": {"id": "T", "name": {"en": "Membrane"}}, "confidential": {"catalyst": "recipe 17"}}
    listing = ok(await scene.owner.client.post(f"{API}/listings", json=told))["id"]
    shown = await scene.owner.client.get(f"{API}/rooms/{scene.room}")
    plan = {name: shown.json()[name] for name in ("name", "nda_id", "questions_per_day")} | {"listing_id": listing}
    tag = {"If-Match": shown.headers["ETag"]}
    ok(await scene.owner.client.put(f"{API}/rooms/{scene.room}", json=plan, headers=tag), 200)
    assert (await scene.visitor.browser.get(scene.at("confidential"))).json()["code"] == "nda-first"
    await scene.accept()
    assert ok(await scene.visitor.browser.get(scene.at("confidential")), 200) == {"catalyst": "recipe 17"}
    assert "recipe 17" in (await scene.visitor.browser.get(f"/desk/rooms/{scene.room}")).text
    read = [line for line in await scene.accesses() if line["action"] == "confidential" and line["granted"]]
    assert len(read) == 2
