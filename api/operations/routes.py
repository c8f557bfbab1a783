"""Health and figures, beside the API rather than in it."""

from typing import Any

from litestar import Request, Response
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from sqlalchemy.exc import SQLAlchemyError

from api.metrics import Metrics
from api.platform import actor_of, platform_of
from api.routing import PUBLIC, get
from marketplace import health
from marketplace.actors import system
from marketplace.database import transaction
from marketplace.errors import Forbidden

LOOPBACK = frozenset({"127.0.0.1", "::1"})


@get("/health", access=PUBLIC, problems=(), include_in_schema=False)
async def show_health(request: Request[Any, Any, Any]) -> Response[dict[str, health.Check]]:
    """Whether all is well, for load balancers: 200, or 503 with what is not."""
    checks = await health.health(platform_of(request).sessions)
    well = all(check.ok for check in checks.values())
    return Response(checks, status_code=200 if well else 503, headers={"Cache-Control": "no-store"})


@get("/metrics", access=PUBLIC, problems=(403,), include_in_schema=False)
async def show_metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Figures of this process for Prometheus: to callers on this machine, and to the operator and their API keys."""
    near = request.client is not None and request.client.host in LOOPBACK
    if not near and "kind:operator" not in actor_of(request).roles:
        raise Forbidden(
            "operator-only", "Ask from this machine, or with a key of the operator's.", "仅限本机或运营方。"
        )
    metrics: Metrics = request.app.state.metrics
    metrics.look(platform_of(request), await _jobs(request))
    return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)


async def _jobs(request: Request[Any, Any, Any]) -> dict[str, int]:
    try:
        async with transaction(platform_of(request).sessions, system("metrics")) as session:
            return await health.jobs_by_status(session)
    except (SQLAlchemyError, OSError):
        return {}  # the other figures are wanted most when the database is away


ROOT_ROUTES = [show_health, show_metrics]
