"""Where the bytes lie: a folder on this machine, or a bucket that speaks S3; always under their own hash."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from obstore.store import LocalStore, ObjectStore, S3Store

from marketplace.settings import Settings


class DamagedFileError(Exception):
    """What the store gave back is not what was kept in it."""


class FileStore:
    """Keeps bytes by their SHA-256. Keeping the same bytes twice is one file."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def keep(self, sha256: str, source: Path) -> None:
        await self._store.put_async(_place(sha256), source)

    async def read(self, sha256: str) -> bytes:
        """The bytes, as they were kept.

        Raises
        ------
        FileNotFoundError, DamagedFileError
        """
        found = bytes(await (await self._store.get_async(_place(sha256))).bytes_async())
        if hashlib.sha256(found).hexdigest() != sha256:
            raise DamagedFileError(sha256)
        return found

    async def forget(self, sha256: str) -> None:
        try:
            await self._store.delete_async(_place(sha256))
        except FileNotFoundError:
            return


def _place(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}"


@cache
def file_store(settings: Settings) -> FileStore:
    """The store that the settings name."""
    if settings.files_url is None:
        folder = settings.home / "files"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return FileStore(LocalStore(folder))
    bucket, _, prefix = settings.files_url.removeprefix("s3://").partition("/")
    given: dict[str, Any] = {
        "endpoint": settings.files_endpoint,
        "region": settings.files_region,
        "access_key_id": settings.files_key_id,
        "secret_access_key": settings.files_secret_key and settings.files_secret_key.reveal(),
    }
    options: dict[str, Any] = {name: value for name, value in given.items() if value}
    # Unencrypted only where the operator wrote http: themselves, for a store beside this machine.
    plain = (settings.files_endpoint or "").startswith("http:")
    return FileStore(S3Store(bucket, prefix=prefix or None, client_options={"allow_http": plain}, **options))
