"""Transfers written into the ledger, beside bare rows inserted into a table with nothing but a primary key.

Both by sixteen connections at once, each statement a transaction of its own and durable when it returns. The two take
turns of a second, because the disk's speed changes from one moment to the next.
"""

import asyncio
import json
import random
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path

import psycopg

from benchmarks.rows import Row
from marketplace.capabilities import import_capabilities
from marketplace.embedded import EmbeddedPostgres, Role
from marketplace.migrate import Roles, upgrade

CLIENTS = 16
TURNS, TURN_S = 6, 1.0
ACCOUNTS = 2_000

Write = Callable[[psycopg.AsyncConnection], Awaitable[None]]

_OPEN = "INSERT INTO ledger_account (currency, code, kind) VALUES ('CNY', %s, %s) RETURNING id"
_BARE = "CREATE TABLE bare (id uuid PRIMARY KEY DEFAULT uuidv7(), amount_minor bigint, at timestamptz, note text)"


def run(data: Path | None) -> list[Row]:
    """The rows of the benchmark table."""
    import_capabilities("models")
    with tempfile.TemporaryDirectory(prefix="greenhatch-bench-") as home:
        Path(home).chmod(0o711)
        with EmbeddedPostgres(Path(home), durable=True, archive=False) as server:
            asyncio.run(upgrade(Roles(*(server.url(role) for role in (Role.OWNER, Role.APP, Role.READER)))))
            return asyncio.run(_measured(server))


async def _measured(server: EmbeddedPostgres) -> list[Row]:
    url = server.url(Role.APP)
    with server.connect(Role.ADMIN, str(url.database)) as admin:
        admin.execute(_BARE)
        admin.execute("GRANT INSERT ON bare TO PUBLIC")
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    clients = [await psycopg.AsyncConnection.connect(address, autocommit=True) for _ in range(CLIENTS)]
    ids = [await _opened(clients[0], number) for number in range(ACCOUNTS)]

    async def transfer(client: psycopg.AsyncConnection) -> None:
        place = random.randrange(0, ACCOUNTS, 2)
        entry = _entry(ids[place], ids[place + 1])
        await client.execute("SELECT ledger_post(%s)", (json.dumps([entry]),))

    async def bare(client: psycopg.AsyncConnection) -> None:
        await client.execute("INSERT INTO bare (amount_minor, at, note) VALUES (%s, now(), %s)", (1, "release"))

    ours, peers = 0.0, 0.0
    for _ in range(TURNS):
        peers += await _rate(clients, bare) / TURNS
        ours += await _rate(clients, transfer) / TURNS
    for client in clients:
        await client.close()
    what = f"ledger: durable transfers, {CLIENTS} clients"
    shown = f"{ours:,.0f}/s: {ours / peers:.0%} of bare"
    return [Row(what, shown, "bare inserts of one row", f"{peers:,.0f}/s", "≥ 40 %")]


async def _opened(client: psycopg.AsyncConnection, number: int) -> uuid.UUID:
    kind = "held" if number % 2 else "outside"
    found = await (await client.execute(_OPEN, (f"account {number}", kind))).fetchone()
    if found is None:
        raise RuntimeError("an account was not opened")
    return found[0]  # type: ignore[no-any-return]


def _entry(debit: uuid.UUID, credit: uuid.UUID) -> dict[str, object]:
    return {
        "key": f"release:{uuid.uuid4()}:a1:left",
        "phase": "posted",
        "amount_minor": 1,
        "currency": "CNY",
        "code": "release",
        "debit": str(debit),
        "credit": str(credit),
        "at": "2026-01-01T00:00:00+00:00",
        "data": {},
    }


async def _rate(clients: list[psycopg.AsyncConnection], write: Write) -> float:
    """Statements a second, all clients together."""
    start = time.perf_counter()

    async def keep_on(client: psycopg.AsyncConnection) -> int:
        done = 0
        while time.perf_counter() - start < TURN_S:
            await write(client)
            done += 1
        return done

    counts = await asyncio.gather(*(keep_on(client) for client in clients))
    return sum(counts) / (time.perf_counter() - start)
