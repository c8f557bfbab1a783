"""Structured logs: what happened, to which id, how long it took. Never bodies, never secrets."""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from functools import lru_cache
from typing import Any, TextIO

import msgspec
import structlog

from marketplace.settings import Secret, Settings

# Whatever is logged under such a name is a mistake; it is hidden rather than written.
_DETAIL = re.compile(r"DETAIL:.*")
_SECRET_NAMES = ("password", "secret", "token", "authorization", "cookie", "api_key", "otp", "body")
# Libraries whose "info" repeats, for every statement or job, what our own lines say.
_QUIET = ("procrastinate", "alembic", "sqlalchemy.engine", "httpx", "httpcore", "stripe", "asyncio")


def configure_logs(settings: Settings, *, stream: TextIO = sys.stderr) -> None:
    """Send our logs and the libraries' alike to `stream`, one line an event."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        hide_secrets,
        structlog.processors.format_exc_info,
        hide_rows,
    ]
    renderer: Any = _render_json if settings.log_format == "json" else structlog.dev.ConsoleRenderer()
    level = settings.log_level.upper()
    # Ours go to the stream without a detour: the library's own records cost more than the rest of the line.
    structlog.configure(
        processors=[*shared, renderer],
        logger_factory=lambda *names: _Lines(stream, *names),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


class _Lines(structlog.WriteLogger):
    """Writes lines, and knows whose they are."""

    def __init__(self, stream: TextIO, name: str = "greenhatch") -> None:
        super().__init__(stream)
        self.name = name


def _render_json(_: Any, __: str, event: MutableMapping[str, Any]) -> str:
    return msgspec.json.encode(event, enc_hook=str).decode()


def hide_secrets(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: _hidden(key, value) for key, value in event.items()}


def hide_rows(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """PostgreSQL says of a row that it refused what stood in it."""
    if isinstance(event.get("exception"), str):
        event["exception"] = _DETAIL.sub("DETAIL: [hidden]", event["exception"])
    return event


def _hidden(key: str, value: Any) -> Any:
    if isinstance(value, Secret) or _names_a_secret(key):
        return "[hidden]"
    if isinstance(value, Mapping):
        return {inner: _hidden(str(inner), held) for inner, held in value.items()}
    return value


@lru_cache(maxsize=1024)
def _names_a_secret(key: str) -> bool:
    return any(name in key.lower() for name in _SECRET_NAMES)
