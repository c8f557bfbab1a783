import io
import logging
from collections.abc import Iterator

import msgspec
import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from marketplace.logs import configure_logs
from marketplace.settings import Secret, Settings


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    stream = io.StringIO()
    configure_logs(Settings(), stream=stream)
    yield stream
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def test_lines_are_json_with_time_and_level(lines: io.StringIO) -> None:
    structlog.get_logger("tests").info("listing published", listing="42", ms=3.5)
    line = msgspec.json.decode(lines.getvalue())
    assert (line["event"], line["listing"], line["level"], line["ms"]) == ("listing published", "42", "info", 3.5)
    assert line["timestamp"].endswith("Z")


def test_secrets_are_hidden_whatever_carries_them(lines: io.StringIO) -> None:
    structlog.get_logger("tests").warning(
        "login", password="hunter2", key=Secret("hunter3"), request={"headers": {"Authorization": "hunter4"}}
    )
    assert "hunter" not in lines.getvalue()
    assert lines.getvalue().count("[hidden]") == 3


def test_libraries_log_alike_and_say_less(lines: io.StringIO) -> None:
    logging.getLogger("some.library").warning("odd %s", "thing")
    logging.getLogger("procrastinate").info("Deferred 1 job")
    line = msgspec.json.decode(lines.getvalue())
    assert (line["event"], line["logger"]) == ("odd thing", "some.library")


def test_errors_carry_their_traceback(lines: io.StringIO) -> None:
    try:
        raise ZeroDivisionError("by zero")
    except ZeroDivisionError:
        structlog.get_logger("tests").exception("failed")
    assert "ZeroDivisionError: by zero" in msgspec.json.decode(lines.getvalue())["exception"]


async def test_what_the_database_was_given_is_not_told(lines: io.StringIO, engine: AsyncEngine) -> None:
    given = {"hash": "".join(("hunter", "5"))}  # put together, as the traceback shows this line
    row = text("INSERT INTO person (email, name, password_hash) VALUES (NULL, 'n', :hash)")
    try:
        async with engine.begin() as connection:
            await connection.execute(row, given)
    except DBAPIError:
        structlog.get_logger("tests").exception("failed")
    assert "NotNullViolation" in lines.getvalue()
    assert "hunter5" not in lines.getvalue()
