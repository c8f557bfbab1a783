"""The client says what the description says: every path it knows, and every shape it expects."""

import asyncio
import inspect
import re
import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from litestar import Litestar

from api.client import Greenhatch, ProblemError
from api.people.schemas import Document, VerificationIn

ID = uuid.UUID(int=1)
EVIDENCE = VerificationIn(
    legal_name="示范环保有限公司",
    registration_number="1",
    legal_representative="李伟",
    registered_address="杭州",
    documents=[Document(title="营业执照", sha256="0" * 64)],
)


def answering(answer: Callable[[httpx.Request], httpx.Response], pauses: list[float] | None = None) -> Greenhatch:
    sleep = (pauses if pauses is not None else []).append
    return Greenhatch("http://x", api_key="gh_a.b", transport=httpx.MockTransport(answer), sleep=sleep)


CALLS: dict[str, tuple[Callable[[Greenhatch], Any], str, str]] = {
    "organisation": (lambda g: g.organisation(ID), "GET", "/api/v1/organisations/{organisation_id}"),
    "members": (lambda g: g.members(ID), "GET", "/api/v1/organisations/{organisation_id}/members"),
    "verifications": (lambda g: g.verifications(ID), "GET", "/api/v1/organisations/{organisation_id}/verification"),
    "submit_verification": (
        lambda g: g.submit_verification(ID, EVIDENCE), "POST", "/api/v1/organisations/{organisation_id}/verification",
    ),
    "classification": (lambda g: g.classification(ID), "GET", "/api/v1/organisations/{organisation_id}/classification"),
    "webhooks": (lambda g: g.webhooks(ID), "GET", "/api/v1/organisations/{organisation_id}/webhooks"),
    "events": (lambda g: list(g.events()), "GET", "/api/v1/events"),
}  # fmt: skip
GENERAL = {"get", "post", "pages"}


def test_every_method_is_held_to_the_description() -> None:
    public = {name for name, _ in inspect.getmembers(Greenhatch, inspect.isfunction) if not name.startswith("_")}
    assert public == CALLS.keys() | GENERAL


@pytest.mark.parametrize("name", CALLS)
def test_a_method_asks_for_what_is_described(name: str, app: Litestar) -> None:
    call, method, template = CALLS[name]
    described = app.openapi_schema.to_schema()["paths"][template][method.lower()]
    shape = next(answer for status, answer in described["responses"].items() if status.startswith("2"))
    expected = shape["content"]["application/json"]["schema"]
    asked: list[httpx.Request] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        problem = {"title": "No", "status": 404, "code": "x"}
        return httpx.Response(404, json=problem, headers={"content-type": "application/problem+json"})

    with pytest.raises(ProblemError):
        call(answering(refuse))
    assert asked[0].method == method
    assert re.fullmatch(template.replace("{organisation_id}", str(ID)), asked[0].url.path)
    returned = str(inspect.signature(getattr(Greenhatch, name)).return_annotation)
    wanted = expected.get("items", expected).get("$ref", "").rpartition("/")[2].rpartition("_")[2]
    assert wanted.removesuffix("s") in returned


async def test_it_talks_to_the_application(app: Litestar, party: Any) -> None:
    holder = await party("holder")
    loop = asyncio.get_running_loop()
    passed = ("content-type", "idempotency-key")

    def pass_on(request: httpx.Request) -> httpx.Response:
        sent = holder.client.request(
            request.method, str(request.url.copy_with(scheme="http", host="greenhatch.test")), content=request.content,
            headers={name: value for name, value in request.headers.items() if name in passed},
        )  # fmt: skip
        answer = asyncio.run_coroutine_threadsafe(sent, loop).result(30)
        return httpx.Response(answer.status_code, content=answer.content, headers=answer.headers)

    def use() -> tuple[Any, ...]:
        with answering(pass_on) as greenhatch:
            own = greenhatch.organisation(holder.organisation_id)
            return own, greenhatch.members(own.id), list(greenhatch.events()), list(greenhatch.pages("/catalogue"))

    own, members, events, cards = await asyncio.to_thread(use)
    assert (own.id, own.verified) == (holder.organisation_id, True)
    assert [member.person_id for member in members] == [holder.person_id]
    assert [event.sequence for event in events] == sorted({event.sequence for event in events})
    assert events
    assert cards == []


def test_a_post_keeps_its_key_through_all_its_tries() -> None:
    keys: list[str] = []
    pauses: list[float] = []

    def busy(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["idempotency-key"])
        if len(keys) == 1:
            raise httpx.ConnectError("gone")
        if len(keys) == 2:
            return httpx.Response(429, headers={"retry-after": "7"})
        return httpx.Response(201, json={"ok": True})

    assert answering(busy, pauses).post("/x", {}, dict[str, bool]) == {"ok": True}
    assert len(keys) == 3
    assert len(set(keys)) == 1
    assert pauses == [1.0, 7.0]


def test_it_gives_up_and_tells_every_bad_field() -> None:
    problem = {
        "title": "Invalid request", "status": 400, "code": "invalid",
        "errors": [{"field": "a", "expected": "x"}, {"field": "b", "expected": "y"}],
    }  # fmt: skip
    refusal = httpx.Response(400, json=problem, headers={"content-type": "application/problem+json"})
    with pytest.raises(ProblemError, match="a: expected x; b: expected y"):
        answering(lambda request: refusal).organisation(ID)
    pauses: list[float] = []
    with pytest.raises(ProblemError, match="503"):
        answering(lambda request: httpx.Response(503), pauses).organisation(ID)
    assert len(pauses) == 3
