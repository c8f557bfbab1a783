"""What must not be learned of a room that is not open yet."""

from typing import Any

from tests.api.conftest import MakeParty
from tests.api.dataroom.conftest import API, ok


async def test_a_room_in_preparation_is_nobody_s_to_see(party: MakeParty) -> None:
    owner, visitor = await party("holder"), await party("investor")
    room = ok(await owner.client.post(f"{API}/rooms", json={"name": {"zh": "收购甲公司", "en": "Takeover of A"}}))
    group = ok(await owner.client.post(f"{API}/rooms/{room['id']}/groups", json={"name": "g"}))
    admission: dict[str, Any] = {"organisation_id": str(visitor.organisation_id)}
    ok(await owner.client.post(f"{API}/room-groups/{group['id']}/visitors", json=admission))
    assert (await visitor.browser.get(f"{API}/rooms/{room['id']}")).status_code == 404
    assert ok(await visitor.browser.get(f"{API}/rooms"), 200)["total"] == 0
    assert room["id"] not in (await visitor.browser.get("/desk/rooms")).text
    ok(await owner.client.post(f"{API}/rooms/{room['id']}/steps", json={"step": "open"}))
    assert ok(await visitor.browser.get(f"{API}/rooms"), 200)["total"] == 1
