"""What the API's description says is what the API does, whatever is sent to it.

Requests are made up from the description itself, right and wrong ones; none may find a fault of ours (5xx), a status
or a media type that is not documented, or an answer of another shape.
"""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from marketplace.database import Sessions
from tests.api.conftest import built

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 3
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


@pytest.fixture(scope="session")
def description() -> Any:
    """One for all tests: it remembers how what it describes is made up."""
    schema: Any = json.loads(json.dumps(built().openapi_schema.to_schema(), default=str))
    return schemathesis.openapi.from_dict(schema)


def operations(description: Any) -> Iterator[Any]:
    for found in description.get_all_operations():
        yield found.ok()


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
@pytest.mark.parametrize("role", ["holder", "operator"])
async def test_nothing_made_up_from_the_description_finds_a_fault(
    role: str, mode: GenerationMode, description: Any, sessions: Sessions, party: Any
) -> None:
    """Each request is rolled back. Hypothesis is not asynchronous: it runs in a thread and hands the requests back."""
    caller = await party(role)
    prober = Prober(caller, sessions, mode, asyncio.get_running_loop())
    # What is the operator's alone is asked as the operator, all else as somebody from outside.
    theirs = [one for one in operations(description) if ("/operator/" in one.path) == (role == "operator")]
    faults = [fault for one in theirs if (fault := await asyncio.to_thread(prober.fault_of, one))]
    assert not faults, "\n\n".join(faults)


class Prober:
    """Sends what hypothesis makes up, from its thread, in the loop that the application lives in."""

    def __init__(self, caller: Any, sessions: Sessions, mode: GenerationMode, loop: asyncio.AbstractEventLoop) -> None:
        self.caller, self.sessions, self.mode, self.loop = caller, sessions, mode, loop

    def fault_of(self, operation: Any) -> str | None:
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=self.mode))
        def never_a_fault(case: Case) -> None:
            answer = asyncio.run_coroutine_threadsafe(self.send(case), self.loop).result(60)
            case.validate_response(answer, checks=CHECKS)

        try:
            never_a_fault()
        except (AssertionError, BaseExceptionGroup) as fault:
            return f"{operation.label}: {fault}"
        except Unsatisfiable:
            pass  # nothing wrong can be sent to a route that takes nothing
        return None

    async def send(self, case: Case) -> httpx.Response:
        if "organisation_id" in case.path_parameters:
            case.path_parameters["organisation_id"] = str(self.caller.organisation_id)
        browser = self.caller.browser
        cookies = dict(browser.cookies)
        async with self.sessions.kw["bind"].begin_nested() as savepoint:
            answer = await browser.request(**_for_httpx(case.as_transport_kwargs(base_url="http://greenhatch.test")))
            await savepoint.rollback()
        browser.cookies.clear()
        browser.cookies.update(cookies)
        return answer


def _for_httpx(wanted: dict[str, Any]) -> dict[str, Any]:
    """What requests takes, as httpx takes it."""
    sent = {name: wanted[name] for name in ("method", "url", "params", "json") if wanted.get(name) is not None}
    headers = {str(name): value for name, value in dict(wanted.get("headers") or {}).items()}
    if "data" in wanted and wanted["data"] is not None:
        sent["content" if isinstance(wanted["data"], str | bytes) else "data"] = wanted["data"]
    keep = {name: value for name, value in headers.items() if name.lower() not in ("cookie", "authorization")}
    return {**sent, "headers": keep}


DEEP = "[" * 50_000 + "]" * 50_000
HOSTILE_BODIES = [
    DEEP,
    '{"a":' * 50_000 + "1" + "}" * 50_000,
    '{"email": "a\\u0000@b.example", "password": "\\u0000"}',
    '{"token": "\\ud800"}',
    '{"name": "n", "scopes": ["read"], "days": 1' + "0" * 23 + "}",
    '{"name": "n", "scopes": ["read"], "days": 1e400}',
    '{"name": "n", "scopes": ["read"], "days": -0.0}',
    '{"name": NaN}',
    "null",
    "[]",
    '""',
    "",
    "{",
    "\ufeff{}",
    "\xff\xfe",
]


@pytest.mark.parametrize("role", ["visitor", "holder"])
async def test_hostile_bodies_are_client_errors(
    role: str, description: Any, sessions: Sessions, client: httpx.AsyncClient, party: Any
) -> None:
    made = await party("holder")
    caller = made.browser if role == "holder" else client
    json_header = {"content-type": "application/json"}
    for operation in operations(description):
        if operation.method.upper() not in ("POST", "PUT", "PATCH") or not operation.body:
            continue
        path = operation.path.format_map(_Ids(str(made.organisation_id)))
        for body in HOSTILE_BODIES:
            async with sessions.kw["bind"].begin_nested() as savepoint:
                content = body.encode("utf-8", "surrogatepass") if body != "\xff\xfe" else b"\xff\xfe"
                answer = await caller.request(operation.method.upper(), path, content=content, headers=json_header)
                await savepoint.rollback()
            assert 400 <= answer.status_code < 500, f"{operation.label} {body[:60]!r}: {answer.status_code}"
            assert answer.headers["content-type"] == "application/problem+json"


class _Ids(dict[str, str]):
    def __init__(self, organisation_id: str) -> None:
        super().__init__(organisation_id=organisation_id)

    def __missing__(self, name: str) -> str:
        return "00000000-0000-7000-8000-000000000000"


@pytest.mark.parametrize("value", ["1" + "0" * 23, "-1", "0", "x", "\0", "1e3", "٣", "é" * 3000, "%00"])
@pytest.mark.parametrize("name", ["limit", "after", "cursor"])
async def test_hostile_parameters_are_client_errors(name: str, value: str, party: Any) -> None:
    operator = await party("operator")
    for path in ("/api/v1/operator/audit", "/api/v1/operator/mail", "/api/v1/events"):
        answer = await operator.browser.get(path, params={name: value})
        assert answer.status_code < 500, path


async def test_the_description_is_public_and_readable(client: httpx.AsyncClient) -> None:
    answer = await client.get("/schema/openapi.json")
    assert (answer.status_code, answer.json()["openapi"][:3]) == (200, "3.1")
    assert answer.json()["components"]["securitySchemes"].keys() == {"session", "api_key"}
    page = await client.get("/schema")
    assert page.headers["content-type"].startswith("text/html")
    assert "/api/v1/sign-up" in page.text
    assert "http://" not in page.text.replace("http://www.w3.org", "")
    for mark in ("<script", "<link", "url("):
        assert mark not in page.text


@given(st.binary(max_size=200))
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
async def test_any_bytes_as_a_key_are_a_client_error(client: httpx.AsyncClient, given_bytes: bytes) -> None:
    clean = given_bytes.translate(None, b"\r\n\0")
    answer = await client.get("/api/v1/session", headers={b"authorization": b"Bearer " + clean})
    assert answer.status_code in (400, 401)


async def test_requests_have_examples_that_work(client: httpx.AsyncClient) -> None:
    """The bodies are those that the table of roles is asked with; here only that they are told."""
    paths = (await client.get("/schema/openapi.json")).json()["paths"]
    told = [
        f"{method} {path}"
        for path, methods in paths.items()
        for method, operation in methods.items()
        if isinstance(operation, dict)
        and operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("examples")
    ]
    assert "post /api/v1/sign-up" in told
    assert len(told) > 100
