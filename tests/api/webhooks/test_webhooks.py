import asyncio
import contextlib
import hmac
import json
import re
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from api.platform import Platform
from marketplace.actors import system
from marketplace.clock import SetClock
from marketplace.database import Sessions, transaction
from marketplace.jobs import Context, drain
from marketplace.mail import Mail
from marketplace.people.models import LoginSession
from marketplace.settings import Secret, Settings
from marketplace.webhooks import jobs
from marketplace.webhooks.models import WebhookDelivery, WebhookSubscription
from marketplace.webhooks.outgoing import Outgoing


class Receiver:
    """A server on this machine, which only an injected policy can reach."""

    def __init__(self) -> None:
        self.status, self.port = 200, 0
        self.got: list[tuple[dict[str, str], bytes]] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:-2]
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head)}
        self.got.append((headers, await reader.readexactly(int(headers["content-length"]))))
        writer.write(f"HTTP/1.1 {self.status} X\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    def actions(self) -> list[str]:
        return [event["action"] for _, body in self.got for event in json.loads(body)["events"]]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    async with await asyncio.start_server(made, "127.0.0.1", 0) as server:
        made.port = server.sockets[0].getsockname()[1]
        yield made


@pytest.fixture
def worker(sessions: Sessions, clock: SetClock, platform: Platform) -> Context:
    async def here(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    outgoing = Outgoing(resolve=here, permitted=lambda address: True, schemes=frozenset({"http"}))
    settings = Settings(secret_key=Secret(platform.key.decode()))
    return Context(sessions=sessions, clock=clock, settings=settings, tools={Outgoing: outgoing})


async def subscribed(holder: Any, sessions: Sessions, receiver: Receiver, **more: Any) -> dict[str, Any]:
    path = f"/api/v1/organisations/{holder.organisation_id}/webhooks"
    answer = await holder.browser.post(path, json={"url": "https://hooks.example/in", **more})
    assert answer.status_code == 201, answer.text
    async with transaction(sessions, system("test")) as session:  # the receiver speaks no TLS
        await session.execute(update(WebhookSubscription).values(url=f"http://hooks.example:{receiver.port}/in"))
    made: dict[str, Any] = answer.json()
    return made


async def look(worker: Context) -> None:
    await jobs.look(worker)
    await drain(worker)


async def invite(holder: Any, number: int) -> None:
    path = f"/api/v1/organisations/{holder.organisation_id}/invitations"
    assert (await holder.browser.post(path, json={"email": f"guest{number}@x.example"})).status_code == 201


async def test_the_feed_misses_nothing_repeats_nothing_and_shows_nothing_of_others(party: Any) -> None:
    holder, other = await party("holder"), await party("investor")
    await invite(holder, 1)
    await invite(other, 2)
    seen: list[dict[str, Any]] = []
    after = 0
    while page := (await holder.client.get("/api/v1/events", params={"after": after, "limit": 2})).json()["items"]:
        seen += page
        after = page[-1]["sequence"]
    everything = (await holder.client.get("/api/v1/events")).json()["items"]
    assert seen == everything
    assert [event["action"] for event in seen if event["subject_type"] == "invitation"] == ["invitation.created"]
    assert {event["subject_type"] for event in seen} <= {"organisation", "membership", "api_key", "invitation"}
    assert "guest" not in json.dumps(seen)


async def test_events_arrive_signed_and_once(
    party: Any, sessions: Sessions, receiver: Receiver, worker: Context
) -> None:
    holder = await party("holder")
    made = await subscribed(holder, sessions, receiver, actions=["invitation."])
    await invite(holder, 1)
    await look(worker)
    await look(worker)
    assert receiver.actions() == ["invitation.created"]
    headers, body = receiver.got[0]
    found = re.fullmatch(r"t=(\d+),v1=([0-9a-f]{64})", headers["greenhatch-signature"])
    assert found
    expected = hmac.digest(made["secret"].encode(), f"{found[1]}.".encode() + body, "sha256").hex()
    assert hmac.compare_digest(found[2], expected)
    await invite(holder, 2)
    await look(worker)
    assert receiver.actions() == ["invitation.created"] * 2


async def test_failures_are_tried_again_then_told_and_resumed(
    party: Any, sessions: Sessions, receiver: Receiver, worker: Context, clock: SetClock
) -> None:
    holder = await party("holder")
    made = await subscribed(holder, sessions, receiver, actions=["invitation."])
    path = f"/api/v1/organisations/{holder.organisation_id}/webhooks"
    await invite(holder, 1)
    receiver.status = 500
    await look(worker)
    await look(worker)  # too early
    assert len(receiver.got) == 1
    for wait_s in jobs.BACKOFF_S:
        clock.advance(timedelta(seconds=wait_s))
        await look(worker)
    assert len(receiver.got) == 1 + len(jobs.BACKOFF_S)
    clock.advance(timedelta(days=30))
    await look(worker)
    assert len(receiver.got) == 1 + len(jobs.BACKOFF_S)
    async with transaction(sessions, system("test")) as session:
        await session.execute(update(LoginSession).values(last_seen_at=clock.now()))
    shown = (await holder.browser.get(path)).json()[0]
    assert shown["disabled_at"]
    assert shown["last_error"] == "the answer was 500"
    async with transaction(sessions, system("test")) as session:
        assert (await session.scalars(select(Mail.kind).where(Mail.kind == "webhook-disabled"))).all()
    receiver.status = 204
    receiver.got.clear()
    assert (await holder.browser.post(f"{path}/{made['webhook']['id']}/enable")).status_code == 204
    await look(worker)
    assert receiver.actions() == ["invitation.created"]


async def test_without_the_tests_policy_this_machine_is_out_of_reach(
    party: Any, sessions: Sessions, receiver: Receiver, worker: Context
) -> None:
    holder = await party("holder")
    await subscribed(holder, sessions, receiver)
    async with transaction(sessions, system("test")) as session:
        await session.execute(update(WebhookSubscription).values(url="https://localhost/in"))
    with contextlib.suppress(KeyError):
        worker.tools.pop(Outgoing)  # type: ignore[attr-defined]
    await invite(holder, 1)
    await look(worker)
    assert receiver.got == []
    path = f"/api/v1/organisations/{holder.organisation_id}/webhooks"
    assert "open internet" in (await holder.browser.get(path)).json()[0]["last_error"]


@pytest.mark.parametrize("url", ["https://user@hooks.example/", "https://hooks.example:22/", "http://hooks.example/"])
async def test_hostile_addresses_are_refused_at_once(url: str, party: Any) -> None:
    holder = await party("holder")
    answer = await holder.browser.post(f"/api/v1/organisations/{holder.organisation_id}/webhooks", json={"url": url})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "url")


async def test_ten_are_enough(party: Any) -> None:
    holder = await party("holder")
    path = f"/api/v1/organisations/{holder.organisation_id}/webhooks"
    for _ in range(10):
        assert (await holder.browser.post(path, json={"url": "https://hooks.example/"})).status_code == 201
    assert (await holder.browser.post(path, json={"url": "https://hooks.example/"})).status_code == 409


async def test_each_attempt_is_kept_and_can_be_sent_again(
    party: Any, sessions: Sessions, receiver: Receiver, worker: Context
) -> None:
    holder = await party("holder")
    made = await subscribed(holder, sessions, receiver)
    one = f"/api/v1/organisations/{holder.organisation_id}/webhooks/{made['webhook']['id']}"
    receiver.status = 500
    await invite(holder, 1)
    await look(worker)
    (failed,) = (await holder.browser.get(f"{one}/deliveries")).json()["items"]
    assert (failed["status"], failed["error"], failed["again"]) == (500, "the answer was 500", False)
    receiver.status = 200
    assert (await holder.browser.post(f"{one}/deliveries/{failed['id']}/again")).status_code == 204
    await drain(worker)
    again = (await holder.browser.get(f"{one}/deliveries")).json()["items"][0]
    assert (again["status"], again["error"], again["again"]) == (200, "", True)
    assert (again["first_event"], again["last_event"]) == (failed["first_event"], failed["last_event"])
    assert receiver.got[0][1] == receiver.got[1][1]
    (kept,) = (await holder.browser.get(one.rpartition("/")[0])).json()
    assert (kept["failures"], kept["delivered_at"]) == (1, None)  # the order goes on by the turn of tries alone


async def test_what_happens_in_a_pause_is_sent_after_it(
    party: Any, sessions: Sessions, receiver: Receiver, worker: Context
) -> None:
    holder = await party("holder")
    made = await subscribed(holder, sessions, receiver, actions=["invitation."])
    one = f"/api/v1/organisations/{holder.organisation_id}/webhooks/{made['webhook']['id']}"
    assert (await holder.browser.post(f"{one}/pause")).status_code == 204
    await invite(holder, 1)
    await look(worker)
    assert receiver.got == []
    assert (await holder.browser.post(f"{one}/enable")).status_code == 204
    await look(worker)
    assert receiver.actions() != []


async def test_deliveries_of_a_month_ago_are_forgotten(
    party: Any, sessions: Sessions, receiver: Receiver, worker: Context, clock: SetClock
) -> None:
    holder = await party("holder")
    await subscribed(holder, sessions, receiver)
    await invite(holder, 1)
    await look(worker)
    async with transaction(sessions, system("test")) as session:
        await session.execute(update(WebhookDelivery).values(created_at=clock.now()))
    clock.advance(timedelta(days=29))
    await jobs.forget(worker)
    async with transaction(sessions, system("test")) as session:
        assert (await session.scalars(select(WebhookDelivery))).all()
    clock.advance(timedelta(days=2))
    await jobs.forget(worker)
    async with transaction(sessions, system("test")) as session:
        assert not (await session.scalars(select(WebhookDelivery))).all()
