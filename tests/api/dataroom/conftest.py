"""A room with a holder, an investor who may visit it, and one document."""

import uuid
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from api.platform import Platform
from tests.api.conftest import MakeParty, Party
from tests.api.dataroom.things import keep_pdf, pdf

API = "/api/v1"


def ok(answer: httpx.Response, status: int = 201) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


@dataclass
class Scene:
    owner: Party
    visitor: Party
    room: str
    group: str
    document: str
    folder: str

    def at(self, rest: str) -> str:
        return f"{API}/rooms/{self.room}/{rest}"

    async def rights(self, *rights: dict[str, str]) -> None:
        ok(await self.owner.browser.put(f"{API}/room-groups/{self.group}/rights", json={"rights": rights}), 200)

    async def accept(self) -> Any:
        told = ok(await self.visitor.browser.get(self.at("nda")), 200)
        body = {"sha256": told["version"]["sha256"], "authorised": True}
        return ok(await self.visitor.browser.post(self.at("nda/acceptance"), json=body))

    async def link(self, action: str, *, by: Party | None = None) -> httpx.Response:
        path = f"{API}/room-documents/{self.document}/links"
        return await (by or self.visitor).browser.post(path, json={"action": action})

    async def send(self, content: bytes, name: str) -> httpx.Response:
        path = f"{API}/room-documents/{self.document}/content"
        return await self.owner.client.put(path, content=content, params={"file_name": name})

    async def accesses(self, **wanted: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = ok(await self.owner.client.get(self.at("accesses"), params=wanted), 200)["items"]
        return found


@pytest.fixture
async def scene(party: MakeParty, platform: Platform) -> Scene:
    owner, visitor = await party("holder"), await party("investor")
    (template,) = ok(await owner.client.get(f"{API}/nda-templates"), 200)
    nda = ok(await owner.client.post(f"{API}/ndas", json=template))
    plan = {"name": {"zh": "中试数据", "en": "Pilot data"}, "nda_id": nda["id"], "questions_per_day": 2}
    room = ok(await owner.client.post(f"{API}/rooms", json=plan))["id"]
    path = f"{API}/rooms/{room}"
    folder = ok(await owner.client.post(f"{path}/folders", json={"name": "Tests"}))["id"]
    body = {"name": "Pilot report", "folder_id": folder}
    document = ok(await owner.client.post(f"{path}/documents", json=body))["id"]
    group = ok(await owner.client.post(f"{path}/groups", json={"name": "Investors"}))["id"]
    guest = {"organisation_id": str(visitor.organisation_id)}
    ok(await owner.client.post(f"{API}/room-groups/{group}/visitors", json=guest))
    made = Scene(owner, visitor, room, group, document, folder)
    await keep_pdf(platform, uuid.UUID(document), pdf("Removal 96 %", "Page two"))
    ok(await owner.client.post(f"{path}/steps", json={"step": "open"}))
    return made
