"""The launcher against real servers: killed, stale, shared, backed up and brought back to a moment."""

import asyncio
import multiprocessing
import os
import stat
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psutil
import psycopg
import pytest
from sqlalchemy import text

from marketplace.database import keep_running, make_engine, open_database
from marketplace.embedded import DATABASE, EmbeddedError, EmbeddedPostgres, Layout, Role
from marketplace.embedded.backup import back_up, backups, check_copy, restore
from marketplace.embedded.orphans import wait_until_ended
from marketplace.settings import Secret, Settings


@pytest.fixture(scope="module")
def home(place_for_servers: Path) -> Iterator[Path]:
    """A cluster, made where an earlier attempt was killed half-way."""
    home = place_for_servers / "launcher"
    layout = EmbeddedPostgres(home, durable=False, archive=False).layout
    draft = layout.cluster / "data.draft"
    draft.mkdir()
    layout.account.own(draft)
    (draft / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(home, durable=False, archive=False) as server:
        assert server.pid() is not None
    yield home
    EmbeddedPostgres(home, durable=False, archive=False).shut_down(cleanly=False)


@pytest.fixture
def server(home: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(home, durable=False, archive=False) as server:
        yield server


def kill(pid: int | None) -> None:
    assert pid is not None
    victim = psutil.Process(pid)
    victim.kill()
    assert wait_until_ended(victim, 5)


def test_nobody_enters_without_a_password_and_roles_can_do_only_their_own(server: EmbeddedPostgres) -> None:
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(host=str(server.layout.sockets), user="postgres", dbname="postgres")
    for role in (Role.OWNER, Role.APP, Role.READER):
        with server.connect(role, DATABASE) as connection:
            assert connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone() == (
                False,
            )
    with server.connect(Role.APP, DATABASE) as app, pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute("CREATE TABLE t (a int)")


def test_folders_and_passwords_are_private(server: EmbeddedPostgres) -> None:
    layout = server.layout
    for folder in (layout.cluster, layout.data, layout.sockets, layout.archive, layout.backups):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700, folder
    assert stat.S_IMODE(layout.passwords.stat().st_mode) == 0o600
    socket = next(layout.sockets.glob(".s.PGSQL.5432"))
    assert stat.S_IMODE(socket.stat().st_mode) == 0o700
    assert "***" in repr(server.url(Role.APP))


def test_no_committed_row_is_lost_when_the_server_is_killed(server: EmbeddedPostgres) -> None:
    with server.connect(Role.OWNER, DATABASE) as owner:
        owner.execute("CREATE TABLE killed (n int PRIMARY KEY)")
    acknowledged: list[int] = []
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            try:
                with server.connect(Role.OWNER, DATABASE) as owner:
                    while not stop.is_set():
                        number = len(acknowledged) * 1000 + int(time.monotonic() * 1000) % 1000
                        owner.execute("INSERT INTO killed VALUES (%s) ON CONFLICT DO NOTHING", [number])
                        acknowledged.append(number)
            except psycopg.OperationalError:
                time.sleep(0.01)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(4):
            time.sleep(0.15)
            kill(server.pid())
            started = time.monotonic()
            server.ensure_running()
            assert time.monotonic() - started < 10
    finally:
        stop.set()
        writer.join()
    with server.connect(Role.OWNER, DATABASE) as owner:
        kept = {number for (number,) in owner.execute("SELECT n FROM killed")}
    assert len(acknowledged) > 100
    assert set(acknowledged) <= kept


def test_pid_of_somebody_else_is_not_believed(home: Path) -> None:
    server = EmbeddedPostgres(home, durable=False, archive=False)
    server.start()
    kill(server.pid())
    stale = server.layout.data / "postmaster.pid"
    lines = stale.read_text().splitlines()
    stale.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    assert server.pid() is None
    server.ensure_running()
    with server.connect() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    server.stop()


def _hold(home: Path, held: "multiprocessing.synchronize.Event", leave: "multiprocessing.synchronize.Event") -> None:
    with EmbeddedPostgres(home, durable=False, archive=False):
        held.set()
        leave.wait(30)


def test_last_one_out_stops_the_server_even_if_others_were_killed(home: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    holders = []
    for _ in range(2):
        held, leave = spawn.Event(), spawn.Event()
        process = spawn.Process(target=_hold, args=(home, held, leave))
        process.start()
        holders.append((process, held, leave))
    for _, held, _ in holders:
        assert held.wait(30)
    server = EmbeddedPostgres(home, durable=False, archive=False)
    pid = server.pid()
    assert pid is not None
    (killed, _, _), (politely, _, leave) = holders
    killed.kill()
    killed.join()
    assert server.pid() == pid
    leave.set()
    politely.join()
    assert server.pid() is None


def test_orphaned_server_is_adopted_and_then_stopped(home: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    held, leave = spawn.Event(), spawn.Event()
    holder = spawn.Process(target=_hold, args=(home, held, leave))
    holder.start()
    assert held.wait(30)
    holder.kill()
    holder.join()
    server = EmbeddedPostgres(home, durable=False, archive=False)
    orphan = server.pid()
    assert orphan is not None
    server.start()
    assert server.pid() == orphan
    server.stop()
    assert server.pid() is None


def wait_for_another(server: EmbeddedPostgres, before: int | None) -> None:
    deadline = time.monotonic() + 30
    while server.pid() in (None, before):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    server.wait_until_it_answers()


async def test_engine_and_watcher_get_over_a_killed_server(server: EmbeddedPostgres) -> None:
    engine = make_engine(server.url(Role.APP), pool_size=3)
    watcher = asyncio.create_task(keep_running(server, every_s=0.05))
    try:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
        before = server.pid()
        await asyncio.to_thread(kill, before)
        await asyncio.to_thread(wait_for_another, server, before)
        async with engine.connect() as connection:  # its pool still holds a connection to the dead server
            assert await connection.scalar(text("SELECT 1")) == 1
    finally:
        watcher.cancel()
        await asyncio.gather(watcher, return_exceptions=True)
        await engine.dispose()


def test_settings_choose_between_our_server_and_another(server: EmbeddedPostgres) -> None:
    with open_database(Settings(home=server.layout.home, embedded_durable=False)) as addresses:
        assert addresses.embedded is not None
        assert addresses.app == server.url(Role.APP)
    elsewhere = Settings(
        database_url=Secret("postgres://app:a@db/greenhatch"), database_owner_url=Secret("postgresql://own:o@db/g")
    )
    with open_database(elsewhere) as addresses:
        assert addresses.embedded is None
        assert [address.username for address in (addresses.owner, addresses.app, addresses.reader)] == [
            "own",
            "app",
            "app",
        ]
        assert {address.drivername for address in (addresses.owner, addresses.app)} == {"postgresql+psycopg"}


def test_wrong_passwords_are_told_at_once(server: EmbeddedPostgres) -> None:
    kept = server.layout.passwords.read_bytes()
    server.layout.passwords.unlink()
    try:
        with pytest.raises(EmbeddedError, match="passwords"):
            EmbeddedPostgres(server.layout.home, durable=False, archive=False).start()
    finally:
        server.layout.passwords.write_bytes(kept)


def test_long_paths_get_a_short_socket_folder_of_our_own(place_for_servers: Path) -> None:
    deep = place_for_servers / ("a" * 60) / ("b" * 60)
    sockets = Layout.prepare(deep).sockets
    assert len(str(sockets)) < 85
    assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    sockets.rmdir()
    sockets.symlink_to(place_for_servers)
    with pytest.raises(EmbeddedError, match="somebody else"):
        Layout.prepare(deep)
    sockets.unlink()


def numbers(server: EmbeddedPostgres) -> list[int]:
    with server.connect(Role.OWNER, DATABASE) as owner:
        return [number for (number,) in owner.execute("SELECT n FROM t ORDER BY n")]


def test_backup_and_return_to_a_moment(home: Path) -> None:
    server = EmbeddedPostgres(home, durable=False, archive=True)
    server.start()
    with server.connect(Role.OWNER, DATABASE) as owner:
        owner.execute("CREATE TABLE t AS SELECT generate_series(1, 1000) AS n")
        back_up(server, tell=lambda _: None)
        owner.execute("INSERT INTO t VALUES (1001)")
        time.sleep(0.05)
        before_the_mistake = datetime.now(UTC)
        time.sleep(0.05)
        owner.execute("DELETE FROM t")
        owner.execute("INSERT INTO t VALUES (-1)")
    with pytest.raises(EmbeddedError, match="other processes use"):
        restore(server, to=before_the_mistake, tell=lambda _: None)
    server.stop()

    restore(server, to=before_the_mistake, tell=lambda _: None)
    with server:
        assert numbers(server) == list(range(1, 1002))
        with server.connect(Role.OWNER, DATABASE) as owner:
            owner.execute("INSERT INTO t VALUES (2000)")

    # Once more, to a moment after the last change: along the new timeline, with what was written after the return.
    restore(server, to=datetime.now(UTC), tell=lambda _: None)
    with server:
        assert numbers(server) == [*range(1, 1002), 2000]

    with pytest.raises(EmbeddedError, match="no backup is old enough"):
        restore(server, to=datetime(2020, 1, 1, tzinfo=UTC), tell=lambda _: None)
    with pytest.raises(EmbeddedError, match="has not come"):
        restore(server, to=datetime(2200, 1, 1, tzinfo=UTC), tell=lambda _: None)

    (copy,) = backups(server.layout)
    content = bytearray((copy.folder / "backup_manifest").read_bytes())
    (copy.folder / "backup_manifest").write_bytes(content.replace(b'"Checksum": "', b'"Checksum": "0', 1))
    with pytest.raises(EmbeddedError, match="manifest"):
        check_copy(copy.folder)
