"""Start, share, watch and stop the embedded PostgreSQL.

Several processes share one server. The first that needs it starts it; the last that leaves stops it. "In use" is a
shared lock on a file, which the kernel drops even when a process is killed, so that nothing is ever counted wrongly.
A server whose users were all killed lives on; the next process adopts it, and stops it when it leaves as the last.
"""

import contextlib
import enum
import fcntl
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO

import msgspec
import psutil
import psycopg
from psycopg import sql
from sqlalchemy import URL

from marketplace.embedded.configuration import CLIENT_AUTHENTICATION, as_configuration_file, server_settings
from marketplace.embedded.layout import EmbeddedError, Layout
from marketplace.embedded.locks import lock_now, locked
from marketplace.embedded.orphans import end_orphans, wait_until_ended

DATABASE = "greenhatch"
RECOVERY_SECONDS_MAX = 600.0


class Role(enum.StrEnum):
    """The roles of the database. The application never connects as the owner of its tables."""

    ADMIN = "postgres"
    OWNER = "greenhatch_owner"
    APP = "greenhatch_app"
    READER = "greenhatch_reader"


def _silent(_: str) -> None: ...


class EmbeddedPostgres:
    """One PostgreSQL server with its data below `home`.

    >>> with EmbeddedPostgres(Path(".greenhatch")) as server:  # doctest: +SKIP
    ...     server.url(Role.APP)

    `durable=False` is for tests: it survives a crash of the server, not one of the machine.
    `tell` hears what takes long, such as a recovery.
    """

    def __init__(
        self, home: Path, *, durable: bool = True, archive: bool = True, tell: Callable[[str], None] = _silent
    ) -> None:
        self.layout = Layout.prepare(home)
        self._durable = durable
        self._archive = archive
        self._tell = tell
        self._users: IO[bytes] | None = None
        self._passwords = _load_or_make_passwords(self.layout.passwords)

    def __enter__(self) -> "EmbeddedPostgres":
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def url(self, role: Role, database: str = DATABASE) -> URL:
        return URL.create(
            "postgresql+psycopg",
            username=role.value,
            password=self._passwords[role.value],
            database=database,
            query={"host": str(self.layout.sockets)},
        )

    def connect(self, role: Role = Role.ADMIN, database: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.layout.sockets),
            user=role.value,
            password=self._passwords[role.value],
            dbname=database,
            connect_timeout=5,
            autocommit=True,
        )

    def password_environment(self) -> dict[str, str]:
        """For PostgreSQL's own tools, connecting as the administrator."""
        return {"PGPASSWORD": self._passwords[Role.ADMIN.value], "PGUSER": Role.ADMIN.value}

    def start(self) -> None:
        """Have a server that answers, started by us or found running, and be counted among its users."""
        with locked(self.layout.start_lock):
            self._start_if_needed()
            if self._users is None:
                self._users = self.layout.users_lock.open("ab")
                fcntl.flock(self._users, fcntl.LOCK_SH)

    def stop(self) -> None:
        """Leave; the last user stops the server."""
        if self._users is None:
            return
        with locked(self.layout.start_lock):
            fcntl.flock(self._users, fcntl.LOCK_UN)
            if lock_now(self._users):
                self.shut_down(cleanly=self._durable)
            self._users.close()
            self._users = None

    def ensure_running(self) -> None:
        """Start the server again if it died under its users; cheap when it lives."""
        if self.pid() is None:
            with locked(self.layout.start_lock):
                self._start_if_needed()

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else uses the server and nobody can start it meanwhile; for a restore."""
        with locked(self.layout.start_lock), self.layout.users_lock.open("ab") as users:
            if not lock_now(users):
                raise EmbeddedError("other processes use the database; stop them first")
            yield

    def pid(self) -> int | None:
        """The server's process; a number in postmaster.pid is believed only if that process names our data folder."""
        try:
            pid = int((self.layout.data / "postmaster.pid").read_text().split("\n", 1)[0])
            command = psutil.Process(pid).cmdline()
        except (OSError, ValueError, psutil.Error):
            return None
        return pid if str(self.layout.data) in command else None

    def shut_down(self, *, cleanly: bool = True) -> None:
        """Stop the server whoever uses it; nothing committed is lost. Not cleanly is quicker and leaves a recovery."""
        if (pid := self.pid()) is None:
            return
        with contextlib.suppress(psutil.NoSuchProcess):
            server = psutil.Process(pid)
            server.send_signal(signal.SIGINT if cleanly else signal.SIGQUIT)
            if not wait_until_ended(server, RECOVERY_SECONDS_MAX):
                raise EmbeddedError(f"PostgreSQL (process {pid}) does not stop")

    def _start_if_needed(self) -> None:
        if not self.layout.data.exists():
            self._initialise()
        started = self.pid() is None
        if started:
            self.launch()
        self.wait_until_it_answers()
        if started:
            self._ensure_roles()

    def _initialise(self) -> None:
        """Make the data folder under another name first: a half-made one is never taken for a cluster."""
        draft = self.layout.cluster / "data.draft"
        password_file = self.layout.cluster / "password"
        self.run("rm", "-rf", str(draft), program_of_postgres=False)
        password_file.touch(mode=0o600)
        self.layout.account.own(password_file)
        password_file.write_text(self._passwords[Role.ADMIN.value])
        options = ["--auth=scram-sha-256", f"--pwfile={password_file}", f"--username={Role.ADMIN.value}"]
        # The built-in locale sorts the same on every machine and after every upgrade of the C library.
        options += ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        options += [] if self._durable else ["--no-sync"]
        try:
            self.run("initdb", f"--pgdata={draft}", *options)
        finally:
            password_file.unlink()
        with (draft / "postgresql.conf").open("a") as configuration:
            configuration.write("include 'greenhatch.conf'\n")
        (draft / "pg_hba.conf").write_text(CLIENT_AUTHENTICATION)
        draft.rename(self.layout.data)

    def launch(self) -> None:
        """Start the server process; it may still have to recover before it answers."""
        end_orphans(self.layout.data)
        for stale in (self.layout.data / "postmaster.pid", *self.layout.sockets.glob(".s.PGSQL.*")):
            stale.unlink(missing_ok=True)
        settings = server_settings(self.layout, durable=self._durable, archive=self._archive)
        written = self.layout.data / "greenhatch.conf"
        written.write_text(as_configuration_file(settings))
        self.layout.account.own(written)
        self.run("pg_ctl", "start", "--no-wait", f"--pgdata={self.layout.data}", f"--log={self._first_words}")

    def wait_until_it_answers(self) -> None:
        started = last_seen = told = time.monotonic()
        while (now := time.monotonic()) - started < RECOVERY_SECONDS_MAX:
            if (refusal := self._refusal()) is None:
                return
            last_seen = now if self.pid() is not None else last_seen
            if now - last_seen > 3.0:
                break
            if now - told > 5.0:
                told = now
                self._tell(f"waiting for the database for {now - started:.0f} s: {refusal}")
            time.sleep(0.02)
        raise EmbeddedError(f"PostgreSQL did not start. Its last words:\n{self.last_words()}")

    @property
    def _first_words(self) -> Path:
        """What the server says before its log is open."""
        return self.layout.log / "start.log"

    def last_words(self) -> str:
        logs = sorted(self.layout.log.glob("*.log"), key=lambda path: path.stat().st_mtime)
        return "\n".join(path.read_text(errors="replace")[-1500:] for path in logs[-2:])

    def _refusal(self) -> str | None:
        """None if the server answers, otherwise why not."""
        try:
            with self.connect() as connection:
                connection.execute("SELECT 1")
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise EmbeddedError(f"{self.layout.passwords} does not hold the passwords of this database") from error
            return str(error).strip().rsplit("FATAL:", 1)[-1].strip()
        return None

    def _ensure_roles(self) -> None:
        with self.connect() as connection:
            known = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
            for role in (Role.OWNER, Role.APP, Role.READER):
                if role.value not in known:
                    connection.execute(_create_role(role, self._passwords[role.value]))
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                self.create_database(DATABASE)

    def create_database(self, name: str, *, template: str = "template1") -> None:
        """A database that belongs to the owner role; the others may only connect."""
        create = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(Role.OWNER.value), sql.Identifier(template)
        )
        with self.connect() as connection:
            connection.execute(create)

    def run(self, program: str, *arguments: str, program_of_postgres: bool = True) -> str:
        """Run one of PostgreSQL's programs as the account that owns the data."""
        path = str(self.layout.binaries / program) if program_of_postgres else program
        done = subprocess.run(  # noqa: S603
            [path, *arguments],
            cwd=self.layout.cluster,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", **self.password_environment()},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            umask=0o077,
            **self.layout.account.run_as(),  # type: ignore[call-overload]
        )
        if done.returncode != 0:
            raise EmbeddedError(f"{program} failed:\n{done.stdout.strip()}")
        return str(done.stdout)


def _load_or_make_passwords(path: Path) -> dict[str, str]:
    with locked(path.with_suffix(".lock")):
        if path.exists():
            return msgspec.json.decode(path.read_bytes(), type=dict[str, str])
        passwords = {role.value: secrets.token_urlsafe(32) for role in Role}
        draft = path.with_suffix(".draft")
        draft.touch(mode=0o600)
        draft.write_bytes(msgspec.json.encode(passwords))
        draft.rename(path)
        return passwords


def _create_role(role: Role, password: str) -> sql.Composed:
    return sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {}").format(
        sql.Identifier(role.value), sql.Literal(password)
    )
