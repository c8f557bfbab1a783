"""The marketplace over HTTP, each figure beside a route that only returns the same bytes, and beside the plain ORM way.

Every server is a process of its own on the loopback, asked through 16 connections by another process.
"""

import asyncio
import multiprocessing
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import psutil
from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.rows import Row
from marketplace.actors import Actor, system
from marketplace.capabilities import import_capabilities
from marketplace.database import WORKER, Sessions, make_engine, make_sessions, transaction
from marketplace.embedded import EmbeddedPostgres, Role
from marketplace.errors import only
from marketplace.jobs import Context
from marketplace.listings.catalogue import CatalogueFilter
from marketplace.listings.models import Listing
from marketplace.migrate import Roles, upgrade
from marketplace.screening import running
from marketplace.screening.facts import reference_scorers

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]

LISTINGS = 10_000
NEW = 500
CONNECTIONS = 16
ROUNDS = 5
SECONDS = 1.5
BENCHMARK: Actor = system("benchmark").acting_as("holder", "operator")


def run(data: Path | None) -> list[Row]:
    """The rows of the benchmark table."""
    import_capabilities("models")
    import_capabilities("jobs")
    with tempfile.TemporaryDirectory(prefix="greenhatch-bench-") as home:
        Path(home).chmod(0o711)
        with EmbeddedPostgres(Path(home), durable=False, archive=False) as server:
            asyncio.run(upgrade(Roles(*(server.url(role) for role in (Role.OWNER, Role.APP, Role.READER)))))
            one = asyncio.run(_fill(server))
            screening = asyncio.run(_screening(server))
            return [*_over_http(server, Path(home), one), *screening]


@asynccontextmanager
async def _sessions(server: EmbeddedPostgres) -> AsyncIterator[tuple[AsyncEngine, Sessions]]:
    engine = make_engine(server.url(Role.APP), timeouts=WORKER)
    yield engine, make_sessions(engine)
    await engine.dispose()


async def _fill(server: EmbeddedPostgres) -> str:
    """The demo catalogue through the services, screened, then copies of both under other ids; one of its ids."""
    from fixtures.listings import load_listings
    from fixtures.people import load_people

    async with _sessions(server) as (_, sessions):
        async with transaction(sessions, BENCHMARK) as session:
            await load_people(session)
            await load_listings(session)
        context = Context(sessions=sessions)
        await running.prepare(context, context.clock.now().date(), reference_scorers())
        async with transaction(sessions, BENCHMARK) as session:
            await _copy(session)
            published = select(Listing.id).where(Listing.state == "recommended").limit(1)
            return str(await session.scalar(published))


_COPY = """
INSERT INTO listing ({columns}, id, fingerprint, public_card, public_detail)
SELECT {columns}, n.id, sha256(uuid_send(n.id)),
       convert_to(replace(convert_from(public_card, 'UTF8'), o.id::text, n.id::text), 'UTF8'),
       convert_to(replace(convert_from(public_detail, 'UTF8'), o.id::text, n.id::text), 'UTF8')
FROM (SELECT *, row_number() OVER (ORDER BY id) AS place, count(*) OVER () AS total
      FROM listing WHERE state = 'recommended') o,
LATERAL (SELECT uuidv7() AS id FROM generate_series(1, (:listings / o.total + 1)::int) WHERE o.place > 0) n
LIMIT :listings - (SELECT count(*) FROM listing WHERE state = 'recommended')
"""


_COPY_FACTS = """
INSERT INTO listing_facts (listing_id, version, as_of, models, facts)
SELECT n.id, n.version, f.as_of, f.models, f.facts
FROM listing n
JOIN listing o ON o.technology = n.technology
JOIN listing_facts f ON f.listing_id = o.id
WHERE n.state = 'recommended'
ON CONFLICT DO NOTHING
"""


async def _copy(session: Any) -> None:
    made = {"id", "fingerprint", "public_card", "public_detail"}
    columns = ", ".join(f'"{column.name}"' for column in Listing.__table__.columns if column.name not in made)
    await session.execute(text(_COPY.format(columns=columns)), {"listings": LISTINGS})
    await session.execute(text(_COPY_FACTS))


async def _screening(server: EmbeddedPostgres) -> list[Row]:
    from marketplace.screening import jobs, service
    from marketplace.screening.models import ListingFacts, ScreeningRun

    async with _sessions(server) as (_, sessions):
        context = Context(sessions=sessions)
        async with transaction(sessions, BENCHMARK) as session:
            holder = await session.scalar(select(Listing.organisation_id).limit(1))
            screen = await service.save_screen(
                session, organisation_id=only(holder, "holder"), name="all", asked_of=CatalogueFilter(), alerts_to=None
            )
            run_id = await session.scalar(select(ScreeningRun.id).where(ScreeningRun.screen_id == screen.id))
        start = time.perf_counter()
        await jobs.run_screen(context, run_id=str(run_id))
        running_s = time.perf_counter() - start
        async with transaction(sessions, BENCHMARK) as session:
            rows = (await session.get_one(ScreeningRun, run_id)).row_count
            some = select(ListingFacts.listing_id).limit(NEW)
            await session.execute(delete(ListingFacts).where(ListingFacts.listing_id.in_(some)))
        start = time.perf_counter()
        computed = await running.prepare(context, context.clock.now().date(), reference_scorers())
        preparing_s = time.perf_counter() - start
    return [
        Row(
            f"marketplace: screen {rows:,} stored technologies, database included",
            f"{running_s:.2f} s",
            "",
            None,
            "≤ 1 s",
        ),
        Row(
            f"marketplace: score {computed:,} new technologies for the screens to come",
            f"{preparing_s:.1f} s",
            "",
            None,
            "",
        ),
    ]


def _over_http(server: EmbeddedPostgres, home: Path, one: str) -> Iterator[Row]:
    paths = {"list of 20": "/api/v1/catalogue", "detail": f"/api/v1/catalogue/{one}"}
    with _served("benchmarks.marketplace_peers", str(server.url(Role.APP).render_as_string(False)), one) as (url, pid):
        for path in paths.values():  # before the peers, whose memory is not ours
            _rate(f"{url}{path}")
        resident = psutil.Process(pid).memory_info().rss / 1e6
        yield Row("marketplace: memory of one process under that load", f"{resident:.0f} MB", "", None, "< 300 MB")
        for name, path in paths.items():
            yield _beside_peers(name, url, path)


def _beside_peers(name: str, url: str, path: str) -> Row:
    """Turn by turn, so that a noisy moment falls on all three; the median of the rounds' ratios."""
    word = name.split()[0]
    addresses = (f"{url}{path}", f"{url}/bare/{word}", f"{url}/orm/{word}")
    rounds = [tuple(_rate(address) for address in addresses) for _ in range(ROUNDS)]
    ours, bare, orm = (median(rates) for rates in zip(*rounds, strict=True))
    of_bare = median(mine / peer for mine, peer, _ in rounds)
    of_orm = median(mine / peer for mine, _, peer in rounds)
    return Row(
        f"marketplace: catalogue {name}, {CONNECTIONS} connections",
        f"{ours:,.0f}/s: {of_bare:.0%} of bare, {of_orm:.1f}× ORM",
        "bare; ORM",
        f"{bare:,.0f}/s; {orm:,.0f}/s",
        "≥ 50 %, ≥ 4×",
    )


@contextmanager
def _served(module: str, *arguments: str) -> Iterator[tuple[str, int]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", module, str(port), *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(port)
        yield f"http://127.0.0.1:{port}", process.pid
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(port: int) -> None:
    for _ in range(600):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("the server does not answer")


def _rate(url: str) -> float:
    """Requests a second, as another process counts them."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return float(pool.apply(_load, (url,)))


def _load(url: str) -> float:
    return asyncio.run(_load_all(url))


async def _load_all(url: str) -> float:
    """Raw requests over kept connections: an HTTP library would be slower than what it measures."""
    host, port, path = "127.0.0.1", int(url.split(":")[2].split("/")[0]), "/" + url.split("/", 3)[3]
    request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
    streams = [await asyncio.open_connection(host, port) for _ in range(CONNECTIONS)]
    await asyncio.gather(*(_ask(stream, request, 0.5) for stream in streams))
    start = time.perf_counter()
    counts = await asyncio.gather(*(_ask(stream, request, SECONDS) for stream in streams))
    elapsed_s = time.perf_counter() - start
    for _, writer in streams:
        writer.close()
    return sum(counts) / elapsed_s


async def _ask(stream: Stream, request: bytes, seconds: float) -> int:
    (reader, writer), asked, end = stream, 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"the server answered {head[:40]!r}")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.split(b":")[1]))
        asked += 1
    return asked
