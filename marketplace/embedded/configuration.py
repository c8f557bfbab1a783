"""What the embedded server is told beyond PostgreSQL's defaults."""

import shlex

from marketplace.embedded.layout import Layout

# Nobody gets in without a password, not even through the private socket, and nobody over the network at all.
CLIENT_AUTHENTICATION = """\
# type  database     user  method
local   all          all   scram-sha-256
local   replication  all   scram-sha-256
"""


def server_settings(layout: Layout, *, durable: bool, archive: bool) -> dict[str, str]:
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(layout.sockets),
        "unix_socket_permissions": "0700",
        "password_encryption": "scram-sha-256",
        "max_connections": "200",
        "timezone": "UTC",
        "log_timezone": "UTC",
        # One file a weekday, written over after a week.
        "logging_collector": "on",
        "log_directory": str(layout.log),
        "log_filename": "postgresql-%a.log",
        "log_rotation_age": "1d",
        "log_truncate_on_rotation": "on",
        # Neither statements nor details: both repeat what users typed.
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "jit": "off",  # our statements are short; compiling them costs more than it saves
    }
    if not durable:
        settings |= _THROWAWAY
    return settings | (_archiving(layout) if archive else _NO_ARCHIVE)


# For tests: a crash of the machine may cost everything, a crash of the server nothing.
_THROWAWAY = {
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_wal_size": "96MB",
    "autovacuum_naptime": "1h",
}

_NO_ARCHIVE = {"wal_level": "minimal", "max_wal_senders": "0"}


def _archiving(layout: Layout) -> dict[str, str]:
    return {
        "wal_level": "replica",
        "archive_mode": "on",
        "archive_timeout": "60s",
        "archive_command": _archive_command(layout),
    }


def _archive_command(layout: Layout) -> str:
    """Keep each finished WAL segment, once a first backup has made it useful (`on` is written by the backup).

    Asked twice for the same segment (a crash between the copy and the server's note of it) it must agree;
    another segment under the same name must fail.
    """
    folder = shlex.quote(str(layout.archive)).replace("%", "%%")
    return (
        f"test ! -f {folder}/on && exit 0; "
        f"if test -f {folder}/%f.gz; then gzip -cd {folder}/%f.gz | cmp -s - %p; "
        f"else gzip -1 -c %p > {folder}/%f.draft && sync {folder}/%f.draft "
        f"&& mv {folder}/%f.draft {folder}/%f.gz; fi"
    )


def restore_command(layout: Layout) -> str:
    folder = shlex.quote(str(layout.archive)).replace("%", "%%")
    return f"gzip -cd {folder}/%f.gz > %p"


def as_configuration_file(settings: dict[str, str]) -> str:
    return "".join(f"{name} = '{value.replace(chr(39), chr(39) * 2)}'\n" for name, value in settings.items())
