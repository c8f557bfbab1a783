"""Every request is counted, timed and logged by its route, whatever becomes of it: never by its address or its body."""

import time
import uuid

import structlog
from litestar.datastructures import State
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from sqlalchemy.pool import QueuePool

from api.platform import Platform

UNMATCHED = "(none)"
HSTS = b"max-age=31536000"
METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

_log = structlog.get_logger("greenhatch.request")


class Metrics:
    """One process's figures; whoever runs several processes asks each of them."""

    def __init__(self) -> None:
        self.registry = into = CollectorRegistry()
        labels = ("method", "route", "status")
        self.requests = Counter("greenhatch_requests_total", "Requests answered", labels, registry=into)
        self.seconds = Histogram(
            "greenhatch_request_seconds",
            "Time to the end of the answer",
            ("method", "route"),
            buckets=BUCKETS_S,
            registry=into,
        )
        self.jobs = Gauge("greenhatch_jobs", "Jobs in the queue of all processes", ("status",), registry=into)
        self.connections = Gauge("greenhatch_database_connections", "Of this process's pool", ("state",), registry=into)
        ProcessCollector(registry=into)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        self.requests.labels(method, route, str(status)).inc()
        self.seconds.labels(method, route).observe(seconds)

    def look(self, platform: Platform, jobs: dict[str, int]) -> None:
        """Bring the gauges up to date."""
        self.jobs.clear()
        for status in {"todo", "doing", "failed"} | jobs.keys():
            self.jobs.labels(status).set(jobs.get(status, 0))
        pool = platform.engine.pool if platform.engine else None
        if isinstance(pool, QueuePool):
            self.connections.labels("in_use").set(pool.checkedout())
            self.connections.labels("idle").set(pool.checkedin())


def _safely(state: State) -> list[tuple[bytes, bytes]]:
    """Where the platform is at home behind https, browsers come by nothing else for a year."""
    platform: Platform = state.platform
    return [(b"strict-transport-security", HSTS)] if platform.settings.public_url.startswith("https://") else []


def measured(app: ASGIApp, state: State) -> ASGIApp:
    """The app with every request in figures, in the log, and under an id that the client is told."""

    async def measure(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        began, status, request_id = time.perf_counter(), 500, uuid.uuid4().hex

        async def note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode()), *_safely(state)]
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await app(scope, receive, note)
            finally:
                route, seconds = _route_of(scope), time.perf_counter() - began
                method = scope["method"] if scope["method"] in METHODS else UNMATCHED
                state.metrics.answered(method, route, status, seconds)
                _log.info("answered", method=method, route=route, status=status, ms=round(seconds * 1000, 1))

    return measure


def _route_of(scope: Scope) -> str:
    """The template of the route, never the address: there are as many addresses as callers care to invent."""
    return str(scope.get("path_template") or UNMATCHED)
