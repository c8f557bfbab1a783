"""Answers of the public catalogue kept in memory, dropped the moment any process publishes something.

PostgreSQL announces each change when it is committed. A process that does not hear the announcements keeps nothing.
"""

import asyncio
from collections import OrderedDict
from contextlib import suppress
from typing import NamedTuple

import psycopg
from sqlalchemy import URL

from api.conditional import etag_of
from marketplace.listings.publication import CHANNEL

ANSWERS_MAX = 4096
RECONNECT_S = 1.0


class Kept(NamedTuple):
    """An answer, its ETag, and the route that gave it."""

    content: bytes
    tag: str
    route: str = ""


class CatalogueCache:
    """Answers by request; `listening` says whether they can be believed."""

    def __init__(self) -> None:
        self._answers: OrderedDict[str, Kept] = OrderedDict()
        self._epoch = 0
        self.listening = False

    def get(self, key: str) -> Kept | None:
        return self._answers.get(key) if self.listening else None

    @property
    def epoch(self) -> int:
        """Changes with every announcement; ask before reading the database, and give it back to `put`."""
        return self._epoch

    def put(self, key: str, answer: bytes, *, epoch: int, route: str = "") -> None:
        """Keep an answer, unless something was published while it was being read."""
        if not self.listening or epoch != self._epoch:
            return
        self._answers[key] = Kept(answer, etag_of(answer), route)
        while len(self._answers) > ANSWERS_MAX:
            self._answers.popitem(last=False)

    def drop(self) -> None:
        self._epoch += 1
        self._answers.clear()

    async def listen(self, url: URL) -> None:
        """Follow the announcements until cancelled; connect again when the connection breaks."""
        address = url.set(drivername="postgresql").render_as_string(hide_password=False)
        while True:
            with suppress(psycopg.Error, OSError):
                async with await psycopg.AsyncConnection.connect(address, autocommit=True) as connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    self.drop()
                    self.listening = True
                    async for _ in connection.notifies():
                        self.drop()
            self.listening = False
            self.drop()
            await asyncio.sleep(RECONNECT_S)
