"""Every error leaves as `application/problem+json` (RFC 9457), with all bad fields and in both languages.

One table turns the marketplace's five kinds into status codes; nothing below `api` knows HTTP.
"""

from typing import Any

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi.datastructures import ResponseSpec
from litestar.utils.scope.state import ScopeState
from msgspec import Struct
from sqlalchemy.exc import DBAPIError

from api.validation import wrong_fields
from marketplace.base import Base
from marketplace.errors import (
    Conflict,
    FieldError,
    Forbidden,
    Invalid,
    MarketplaceError,
    NotFound,
    PaymentRefused,
    translated,
)

PROBLEM_JSON = "application/problem+json"
STATUS: dict[type[MarketplaceError], int] = {
    NotFound: 404,
    Forbidden: 403,
    Invalid: 400,
    Conflict: 409,
    PaymentRefused: 402,
}
TITLES = {
    400: "Invalid request",
    401: "Sign in first",
    402: "Payment refused",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    409: "Conflict",
    412: "Changed meanwhile",
    413: "Too large",
    415: "Unsupported media type",
    428: "Precondition required",
    429: "Too many requests",
    500: "Internal error",
    503: "Unavailable",
}

# What is said before any capability has its word.
_SAID_ZH = {
    "Not Found": "该页面不存在，或未对您开放。",
    "Nobody may call this.": "该地址不对外开放。",
    "This form was sent by another site.": "该表单来自其他网站，未予受理。",
    "This is for the platform's operators.": "仅限平台运营方操作。",
    "Somebody changed this since you loaded it.": "打开之后已有他人修改，请重新载入。",
}

_log = structlog.get_logger("greenhatch.api")


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`code` is stable and for programs; `detail` is a sentence for people, `detail_zh` the same in Chinese."""

    title: str
    status: int
    code: str
    type: str = "about:blank"
    detail: str = ""
    detail_zh: str = ""
    errors: tuple[FieldError, ...] = ()


def problem_response(problem: Problem, headers: dict[str, str] | None = None) -> Response[Problem]:
    return Response(problem, status_code=problem.status, media_type=PROBLEM_JSON, headers=headers)


def problem(status: int, code: str, detail: str = "", detail_zh: str = "", **more: Any) -> Problem:
    title = TITLES.get(status, "Error")
    return Problem(title=title, status=status, code=code, detail=detail, detail_zh=detail_zh, **more)


def documented(*statuses: int) -> dict[int, ResponseSpec]:
    """For OpenAPI: these statuses carry a problem."""
    return {
        status: ResponseSpec(
            Problem,
            description=TITLES[status],
            media_type=PROBLEM_JSON,
            generate_examples=False,
        )
        for status in statuses
    }


def on_marketplace_error(request: Request[Any, Any, Any], error: MarketplaceError) -> Response[Problem]:
    status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    fields = error.fields if isinstance(error, Invalid) else ()
    return problem_response(problem(status, error.code, error.message, error.message_zh, errors=fields))


def on_database_error(request: Request[Any, Any, Any], error: DBAPIError) -> Response[Problem]:
    refusal = translated(error, Base.metadata)
    return on_marketplace_error(request, refusal) if refusal else on_unexpected(request, error)


def on_validation_error(request: Request[Any, Any, Any], error: ValidationException) -> Response[Problem]:
    """Litestar names the first bad field of the body; here it names all of them, and all parameters."""
    given = error.extra if isinstance(error.extra, list) else []
    fields = [
        FieldError(field=str(item.get("key", "")), expected=str(item.get("message", "")).removeprefix("Expected "))
        for item in given
        if isinstance(item, dict) and item.get("source") != "body"
    ]
    if len(fields) < len(given) or not given:
        fields += _body_errors(request)
    return problem_response(
        problem(400, "invalid", "Some fields are not right.", "部分字段有误。", errors=tuple(fields))
        if fields
        else problem(400, "malformed", error.detail)
    )


def _body_errors(request: Request[Any, Any, Any]) -> list[FieldError]:
    expected = request.route_handler.parsed_data_field
    seen = ScopeState.from_scope(request.scope).json
    if expected is None:
        return []
    return wrong_fields(seen if isinstance(seen, dict | list) else None, expected.raw, strict=False)


def on_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Problem]:
    code = TITLES.get(error.status_code, "Error").lower().replace(" ", "-")
    if error.status_code >= 500:
        return on_unexpected(request, error)
    said_zh = _SAID_ZH.get(error.detail, "")
    return problem_response(problem(error.status_code, code, error.detail, said_zh), headers=error.headers)


def on_recursion(request: Request[Any, Any, Any], error: RecursionError) -> Response[Problem]:
    return problem_response(problem(400, "too-deep", "The JSON is nested too deeply.", "JSON嵌套层数过深。"))


def on_unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """A fault of ours: the log has it, the answer says nothing about it."""
    _log.error("request failed", method=request.method, path=request.url.path, exc_info=error)
    return problem_response(
        problem(500, "internal-error", "This is our fault; it was logged.", "服务内部错误，已记录。")
    )


HANDLERS: dict[type[Exception] | int, Any] = {
    MarketplaceError: on_marketplace_error,
    DBAPIError: on_database_error,
    ValidationException: on_validation_error,
    HTTPException: on_http_error,
    RecursionError: on_recursion,
    Exception: on_unexpected,
}
