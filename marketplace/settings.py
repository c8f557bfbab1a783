"""Every setting, read once from the environment, checked, and passed on as one value."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from marketplace.errors import FieldError, Invalid

Port = Annotated[int, Meta(ge=1, le=65535)]


class Secret:
    """A value that does not print itself."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One field a setting. Its variable is `GREENHATCH_<FIELD>`, but `DATABASE_URL` and its kin have none before them.

    Without `database_url` the embedded server in `home` is used. With it, `database_owner_url` names the role that
    owns the tables; without that, one role does everything and only triggers guard the append-only tables.
    """

    home: Path = Path(".greenhatch")
    # False trades safety against a crash of the machine for speed: for tests and trials of the embedded server.
    embedded_durable: bool = True
    database_url: Secret | None = None
    database_owner_url: Secret | None = None
    database_reader_url: Secret | None = None
    database_pool_size: Annotated[int, Meta(ge=1, le=100)] = 10
    # How many jobs one worker does at the same time; each may hold a connection of its own.
    worker_jobs: Annotated[int, Meta(ge=1, le=100)] = 4

    public_url: Annotated[str, Meta(pattern=r"^https?://[^/]+$")] = "http://127.0.0.1:8000"
    # Proxies whose word on the caller's address is taken, with commas; behind others all callers would look like one.
    trusted_proxies: str = "127.0.0.1,::1"
    # How often one caller may knock in a minute; 0 for as often as they like.
    requests_per_minute: Annotated[int, Meta(ge=0, le=1_000_000)] = 600
    # Signs what leaves the platform and comes back; without it one is made and kept in `home`.
    secret_key: Secret | None = None

    # Where uploaded files lie: `s3://bucket/prefix` at any store that speaks S3; without it, a folder in `home`.
    files_url: Annotated[str, Meta(pattern=r"^s3://[a-z0-9.-]+(/[\w./-]*)?$")] | None = None
    files_endpoint: Annotated[str, Meta(pattern=r"^https?://[^/\s]+$")] | None = None
    files_region: str | None = None
    files_key_id: str | None = None
    files_secret_key: Secret | None = None
    upload_bytes_max: Annotated[int, Meta(ge=1, le=1_000_000_000)] = 50_000_000

    smtp_host: str | None = None
    smtp_port: Port = 587
    smtp_user: str | None = None
    smtp_password: Secret | None = None
    smtp_starttls: bool = True
    mail_from: Annotated[str, Meta(pattern=r"^[^@\s]+@[^@\s]+$")] = "greenhatch@localhost"

    # Without a key nothing is held at Stripe: deals are paid on record only.
    stripe_key: Secret | None = None
    # What investors and incubators have without a plan, where plans are sold; unset, any number.
    free_screens: Annotated[int, Meta(ge=0, le=100_000)] | None = None
    free_seats: Annotated[int, Meta(ge=1, le=100_000)] | None = None
    # What Stripe signs its events with; two with a comma while one replaces the other.
    stripe_webhook_key: Secret | None = None
    # Another address than Stripe's own: for trying things out against a fake.
    stripe_url: Annotated[str, Meta(pattern=r"^https?://[^/]+$")] | None = None

    log_level: Annotated[str, Meta(pattern="^(debug|info|warning|error)$")] = "info"
    log_format: Annotated[str, Meta(pattern="^(json|console)$")] = "json"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Read the settings; all that are wrong are reported at once, by the names of their variables.

        Raises
        ------
        Invalid
        """
        given = {
            name: environment[variable]
            for name in cls.__struct_fields__
            if environment.get(variable := _variable(name))
        }
        errors = [error for name, value in given.items() if (error := _wrong(cls, name, value))]
        known = {_variable(name) for name in cls.__struct_fields__} | _USED_ELSEWHERE
        errors += [
            FieldError(field=variable, expected=f"one of {', '.join(sorted(known))}")
            for variable in environment
            if variable.startswith("GREENHATCH_") and variable not in known
        ]
        if errors:
            raise Invalid(errors, code="invalid-settings", message="The environment holds wrong settings.")
        return msgspec.convert(given, cls, strict=False, dec_hook=_decode)


def signing_key(settings: Settings) -> bytes:
    """What signs links, cursors and anchors: of the settings, or made once and kept in `home` for this machine."""
    if settings.secret_key is not None:
        return settings.secret_key.reveal().encode()
    kept = settings.home / "secret.key"
    kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with os.fdopen(os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    return kept.read_bytes()


_USED_ELSEWHERE = {"GREENHATCH_DATA"}


def _variable(name: str) -> str:
    return name.upper() if name.startswith("database_") and name.endswith("url") else f"GREENHATCH_{name.upper()}"


def _wrong(settings: type[Settings], name: str, value: str) -> FieldError | None:
    try:
        msgspec.convert({name: value}, settings, strict=False, dec_hook=_decode)
        if name.startswith("database_") and name.endswith("url"):
            _check_database_url(value)
    except (msgspec.ValidationError, ArgumentError, ValueError) as error:
        secret = name.endswith(("url", "key", "password"))
        expected = str(error).split(" - at `$.")[0].removeprefix("Expected ")
        return FieldError(field=_variable(name), value="" if secret else value, expected=expected)
    return None


def _check_database_url(value: str) -> None:
    try:
        dialect = make_url(value).get_backend_name()
    except ArgumentError:
        dialect = "something else"
    if dialect not in ("postgresql", "postgres"):
        raise ValueError("the address of a PostgreSQL database, postgresql://user:password@host/database")


def _decode(kind: type[Any], value: Any) -> Any:
    if kind is Secret:
        return Secret(value)
    if kind is Path:
        return Path(value).expanduser()
    raise NotImplementedError(kind)
