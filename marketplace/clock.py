"""The time, given to whoever needs it, so that tests and the simulator can move it."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Protocol

BEIJING = timezone(timedelta(hours=8), "UTC+8")
"""All of China keeps this time; pages and letters say so beside each hour."""


def to_the_minute(at: datetime) -> str:
    """For sentences: `2026-12-06 17:41 UTC+8`."""
    return f"{at.astimezone(BEIJING):%Y-%m-%d %H:%M} UTC+8"


class Clock(Protocol):
    def now(self) -> datetime:
        """The present moment in UTC."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class SetClock:
    """A clock that stands still until it is moved."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> datetime:
        if by < timedelta(0):
            raise ValueError("time runs forwards")
        self._now += by
        return self._now
