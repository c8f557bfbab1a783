"""A browser that asked for a page gets a page when something is wrong; programs get problem+json."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from litestar import Request, Response

from api.problems import Problem
from api.site.render import is_fragment, page, see_other

Handler = Callable[[Request[Any, Any, Any], Any], Response[Any]]
PROGRAMS = ("/api/", "/schema", "/health", "/metrics", "/static/")


def wants_page(request: Request[Any, Any, Any]) -> bool:
    path = request.scope["path"]
    return "text/html" in request.headers.get("accept", "") and not path.startswith(PROGRAMS)


def with_pages(handlers: Mapping[Any, Handler]) -> dict[Any, Handler]:
    """The same answers, as pages for those who look at pages."""
    return {kind: _with_page(handler) for kind, handler in handlers.items()}


def _with_page(handler: Handler) -> Handler:
    def handle(request: Request[Any, Any, Any], error: Any) -> Response[Any]:
        answer = handler(request, error)
        problem = answer.content
        if not isinstance(problem, Problem) or not wants_page(request):
            return answer
        if problem.status == 401 and request.method == "GET":
            return see_other(f"/sign-in?next={quote(_address(request), safe='')}")
        template = "site/_error.html" if is_fragment(request) else "site/error.html"
        return page(request, template, status=problem.status, problem=problem)

    return handle


def _address(request: Request[Any, Any, Any]) -> str:
    query = request.scope["query_string"].decode("latin-1")
    return request.scope["path"] + (f"?{query}" if query else "")
