"""A small client for programs in Python: typed where it is used most, open for the rest.

>>> with Greenhatch("https://greenhatch.example", api_key="gh_…") as greenhatch:  # doctest: +SKIP
...     for event in greenhatch.events(after=0):
...         print(event.action, event.subject_id)
...     organisation = greenhatch.organisation(event.subject_id)
...     for card in greenhatch.pages("/catalogue", medium="water"):
...         print(card["name"])

Answers are the very structs that the server sends. A refusal is a `ProblemError` with all bad fields. Requests that may
be repeated are: after 429 as long as the server asked for, after 503 and broken connections with growing pauses; a POST
carries one idempotency key through all its tries, and so acts once.
"""

import time
import uuid
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, TypeVar

import httpx
import msgspec

from api.people.schemas import ClassificationOut, MemberOut, OrganisationOut, VerificationIn, VerificationOut
from api.problems import PROBLEM_JSON, Problem
from api.webhooks.schemas import Events, WebhookOut
from marketplace.webhooks.events import Event

T = TypeVar("T")
PREFIX = "/api/v1"
TRIES = 4
PAUSE_S = 0.5
PAUSE_MAX_S = 60.0


class ProblemError(Exception):
    """The server said no; `problem.errors` names every bad field."""

    def __init__(self, problem: Problem) -> None:
        fields = "; ".join(f"{error.field}: expected {error.expected}" for error in problem.errors)
        super().__init__(
            " ".join(part for part in (f"{problem.status} {problem.title}.", problem.detail, fields) if part)
        )
        self.problem = problem


class Greenhatch:
    """One connection to one platform, with one key.

    Parameters
    ----------
    transport, sleep
        For tests.
    """

    def __init__(
        self,
        url: str,
        *,
        api_key: str,
        timeout_s: float = 30.0,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        headers = {"authorization": f"Bearer {api_key}"}
        self._http = httpx.Client(base_url=url, headers=headers, timeout=timeout_s, transport=transport)
        self._sleep = sleep

    def __enter__(self) -> "Greenhatch":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._http.close()

    def organisation(self, organisation_id: uuid.UUID | str) -> OrganisationOut:
        return self.get(f"/organisations/{organisation_id}", OrganisationOut)

    def members(self, organisation_id: uuid.UUID | str) -> list[MemberOut]:
        return self.get(f"/organisations/{organisation_id}/members", list[MemberOut])

    def verifications(self, organisation_id: uuid.UUID | str) -> list[VerificationOut]:
        return self.get(f"/organisations/{organisation_id}/verification", list[VerificationOut])

    def submit_verification(self, organisation_id: uuid.UUID | str, evidence: VerificationIn) -> VerificationOut:
        return self.post(f"/organisations/{organisation_id}/verification", evidence, VerificationOut)

    def classification(self, organisation_id: uuid.UUID | str) -> ClassificationOut:
        return self.get(f"/organisations/{organisation_id}/classification", ClassificationOut)

    def webhooks(self, organisation_id: uuid.UUID | str) -> list[WebhookOut]:
        return self.get(f"/organisations/{organisation_id}/webhooks", list[WebhookOut])

    def events(self, *, after: int = 0) -> Iterator[Event]:
        """All events there are beyond a sequence number, in order."""
        while (page := self.get("/events", Events, after=after)).items:
            yield from page.items
            after = page.after

    def pages(self, path: str, **parameters: Any) -> Iterator[Any]:
        """The items of a list, page after page."""
        cursor: str | None = None
        while True:
            page = self.get(path, dict[str, Any], **parameters, **({"cursor": cursor} if cursor else {}))
            yield from page["items"]
            cursor = page["next"]
            if cursor is None:
                return

    def get(self, path: str, kind: type[T], **parameters: Any) -> T:
        return msgspec.json.decode(self._send("GET", path, params=parameters).content, type=kind)

    def post(self, path: str, body: Any, kind: type[T]) -> T:
        headers = {"idempotency-key": uuid.uuid4().hex, "content-type": "application/json"}
        answer = self._send("POST", path, content=msgspec.json.encode(body), headers=headers)
        return msgspec.json.decode(answer.content, type=kind)

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        for tried in range(1, TRIES):
            pause_s = PAUSE_S * 2**tried
            try:
                answer = self._http.request(method, PREFIX + path, **options)
            except httpx.TransportError:
                self._sleep(pause_s)
                continue
            if answer.status_code not in (429, 503):
                return _judged(answer)
            self._sleep(min(PAUSE_MAX_S, float(answer.headers.get("retry-after", pause_s))))
        return _judged(self._http.request(method, PREFIX + path, **options))


def _judged(answer: httpx.Response) -> httpx.Response:
    if answer.status_code < 400:
        return answer
    if answer.headers.get("content-type") == PROBLEM_JSON:
        raise ProblemError(msgspec.json.decode(answer.content, type=Problem))
    raise ProblemError(Problem(title=answer.reason_phrase, status=answer.status_code, code="no-problem-json"))
