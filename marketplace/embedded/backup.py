"""Back up the embedded server, and bring it back as it was at any moment since a backup.

A backup is a copy of all files (`base.tar.gz`, checked against its manifest once written) and, from then on, each
finished segment of the write-ahead log in the archive. Restoring unpacks a copy and replays the log up to the moment
asked for. The data that was there is kept beside it under another name.
"""

import gzip
import hashlib
import shutil
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import msgspec
import psycopg
from psycopg import sql

from marketplace.embedded.configuration import restore_command
from marketplace.embedded.layout import EmbeddedError, Layout
from marketplace.embedded.server import EmbeddedPostgres

KEPT = 7
_STAMP = "%Y%m%dT%H%M%S.%fZ"
_ARCHIVE_SECONDS_MAX = 60.0
_ENDED_EARLY = "recovery ended before configured recovery target was reached"


class Backup(msgspec.Struct, frozen=True, kw_only=True):
    """One base backup. `begun_at` and `finished_at` are read from its name and its file's own note."""

    folder: Path
    finished_at: datetime
    size_bytes: int


def backups(layout: Layout) -> list[Backup]:
    """All finished backups, oldest first."""
    return [
        Backup(
            folder=folder,
            finished_at=datetime.strptime(folder.name, _STAMP).replace(tzinfo=UTC),
            size_bytes=sum(file.stat().st_size for file in folder.iterdir()),
        )
        for folder in sorted(layout.backups.glob("*Z"))
    ]


def back_up(server: EmbeddedPostgres, *, tell: Callable[[str], None]) -> Backup:
    """Copy the running server's files, check the copy, and drop what is older than the last few backups."""
    layout = server.layout
    archiving = layout.archive / "on"
    archiving.touch(mode=0o600)  # from here on segments are kept: the copy is useless without those that follow it
    layout.account.own(archiving)
    draft = layout.backups / "draft"
    shutil.rmtree(draft, ignore_errors=True)
    tell("copying the database's files")
    server.run(
        "pg_basebackup", f"--pgdata={draft}", f"--host={layout.sockets}", "--format=tar", "--gzip",
        "--wal-method=fetch", "--checkpoint=fast", "--manifest-checksums=SHA256",
    )  # fmt: skip
    tell("checking the copy against its manifest")
    check_copy(draft)
    finished = layout.backups / datetime.now(UTC).strftime(_STAMP)
    draft.rename(finished)
    _drop_old(server)
    return backups(layout)[-1]


def check_copy(folder: Path) -> None:
    """Every file of the manifest is in the copy with its size and its SHA-256."""
    manifest = msgspec.json.decode((folder / "backup_manifest").read_bytes())
    wanted = {file["Path"]: (file["Size"], file["Checksum"]) for file in manifest["Files"]}
    with tarfile.open(folder / "base.tar.gz", "r|gz") as archive:
        for member in archive:
            expected = wanted.pop(member.name, None)
            content = archive.extractfile(member)
            if expected and content and (member.size, _sha256(content)) != expected:
                raise EmbeddedError(f"{folder}: {member.name} differs from its manifest")
    if wanted:
        raise EmbeddedError(f"{folder}: {', '.join(sorted(wanted)[:5])} are missing")


def _sha256(content: IO[bytes]) -> str:
    return hashlib.file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]


def _drop_old(server: EmbeddedPostgres) -> None:
    layout = server.layout
    for old in backups(layout)[:-KEPT]:
        shutil.rmtree(old.folder)
    first_needed = _first_segment(backups(layout)[0].folder)
    server.run("pg_archivecleanup", "--strip-extension=.gz", str(layout.archive), first_needed)


def _first_segment(folder: Path) -> str:
    with tarfile.open(folder / "base.tar.gz", "r|gz") as archive:
        for member in archive:
            if member.name == "backup_label" and (label := archive.extractfile(member)):
                # START WAL LOCATION: 0/2000028 (file 000000010000000000000002)
                return label.read().decode().split("(file ", 1)[1].split(")", 1)[0]
    raise EmbeddedError(f"{folder} holds no backup label")


def restore(server: EmbeddedPostgres, *, to: datetime | None, tell: Callable[[str], None]) -> datetime | None:
    """Bring the database back as it was at `to`, or as late as the log goes; returns the last change it holds.

    Nobody may use the server meanwhile. What was there before stays beside it, `data-before-<now>`.
    """
    if to is not None and to > datetime.now(UTC):
        raise EmbeddedError(f"{to:%Y-%m-%d %H:%M:%S %Z} has not come yet")
    with server.alone():
        _archive_the_rest(server, tell)
        chosen = _backup_before(server.layout, to)
        tell(f"unpacking the backup of {chosen.finished_at:%Y-%m-%d %H:%M:%S} UTC")
        with _put_aside(server.layout):
            _unpack(server, chosen)
            _ask_for_recovery(server.layout, to)
            tell("replaying the log")
            return _recover(server)


def _archive_the_rest(server: EmbeddedPostgres, tell: Callable[[str], None]) -> None:
    """Save the log that was not archived yet. Of a server that no longer starts its files are copied as they are."""
    if not (server.layout.data / "PG_VERSION").exists():
        return
    try:
        if server.pid() is None:
            server.launch()
        server.wait_until_it_answers()
        _switch_segment(server)
    except EmbeddedError as error:
        tell(f"the present database does not start; using what it has written\n{error}")
    server.shut_down()
    for segment in (server.layout.data / "pg_wal").glob("[0-9A-F]" * 24):
        kept = server.layout.archive / f"{segment.name}.gz"
        if not kept.exists():
            _compress(segment, kept)
            server.layout.account.own(kept)


def _switch_segment(server: EmbeddedPostgres) -> None:
    with server.connect() as connection:
        row = connection.execute("SELECT pg_walfile_name(pg_current_wal_lsn())").fetchone()
        connection.execute("SELECT pg_switch_wal()")
    last, deadline = server.layout.archive / f"{row[0] if row else ''}.gz", time.monotonic() + _ARCHIVE_SECONDS_MAX
    while not last.exists() and time.monotonic() < deadline:
        time.sleep(0.05)


def _compress(segment: Path, target: Path) -> None:
    with segment.open("rb") as source, gzip.open(target, "wb", compresslevel=1) as copy:
        shutil.copyfileobj(source, copy)


def _backup_before(layout: Layout, to: datetime | None) -> Backup:
    usable = [backup for backup in backups(layout) if to is None or backup.finished_at <= to]
    if not usable:
        first = backups(layout)[:1]
        since = f"the first backup is of {first[0].finished_at:%Y-%m-%d %H:%M:%S} UTC" if first else "there is none"
        raise EmbeddedError(f"no backup is old enough: {since}")
    return usable[-1]


@contextmanager
def _put_aside(layout: Layout) -> Iterator[None]:
    """The data folder under another name; back in its place if the restore fails."""
    aside = layout.cluster / f"data-before-{datetime.now(UTC):{_STAMP}}"
    existed = layout.data.exists()
    if existed:
        layout.data.rename(aside)
    try:
        yield
    except BaseException:
        if layout.data.exists():
            layout.data.rename(layout.cluster / f"data-failed-{datetime.now(UTC):{_STAMP}}")
        if existed:
            aside.rename(layout.data)
        raise


def _unpack(server: EmbeddedPostgres, chosen: Backup) -> None:
    layout = server.layout
    layout.data.mkdir(mode=0o700)
    layout.account.own(layout.data)
    server.run(
        "tar", "--extract", "--gzip", f"--file={chosen.folder / 'base.tar.gz'}", f"--directory={layout.data}",
        program_of_postgres=False,
    )  # fmt: skip


def _ask_for_recovery(layout: Layout, to: datetime | None) -> None:
    settings = {"restore_command": restore_command(layout), "recovery_target_timeline": "latest"}
    if to is not None:
        settings |= {"recovery_target_time": to.isoformat(), "recovery_target_action": "promote"}
    lines = [f"{name} = '{value.replace(chr(39), chr(39) * 2)}'\n" for name, value in settings.items()]
    with (layout.data / "postgresql.auto.conf").open("a") as configuration:
        configuration.writelines(lines)
    signal = layout.data / "recovery.signal"
    signal.touch(mode=0o600)
    layout.account.own(signal)


def _recover(server: EmbeddedPostgres) -> datetime | None:
    try:
        _replay(server)
    except (psycopg.OperationalError, EmbeddedError):
        # Nothing was written between the last change and the moment asked for: PostgreSQL takes that for an error,
        # and the end of the log is what was meant.
        if _ENDED_EARLY not in server.last_words():
            raise
        with (server.layout.data / "postgresql.auto.conf").open("a") as configuration:
            configuration.write("recovery_target_time = ''\n")
        _replay(server)
    with server.connect() as connection:
        row = connection.execute("SELECT pg_last_xact_replay_timestamp()").fetchone()
        for name in ("restore_command", "recovery_target_timeline", "recovery_target_time", "recovery_target_action"):
            connection.execute(sql.SQL("ALTER SYSTEM RESET {}").format(sql.Identifier(name)))
    server.shut_down()
    return row[0] if row else None


def _replay(server: EmbeddedPostgres) -> None:
    server.launch()
    server.wait_until_it_answers()
    with server.connect() as connection:
        while (row := connection.execute("SELECT pg_is_in_recovery()").fetchone()) and row[0]:
            time.sleep(0.05)
