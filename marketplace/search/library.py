"""Where the index lies: one folder a generation, `CURRENT` names the one that counts, and each says how far it goes.

A generation is written beside the one in use and becomes current by renaming one small file, so that a crash at any
moment leaves the old or the new one. What is committed may be ahead of what `through.json` says, never behind: a
change that is applied twice is the same as once.
"""

import asyncio
import contextlib
import fcntl
import os
import shutil
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
from msgspec import Struct

from marketplace.search.index import FORMAT, Index, Reading, new_index
from marketplace.search.rows import FILE as ROWS

CURRENT, THROUGH = "CURRENT", "through.json"


class Through(Struct, frozen=True):
    """`database` tells databases apart; `sequence` is the last entry of the change feed that the index has."""

    database: str
    sequence: int
    format: int = FORMAT


class Library:
    """The index of one home folder. Whoever writes holds the lock; reading needs none."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "search"
        self._opened: tuple[str, int] | None = None
        self._reading: Reading | None = None

    @property
    def is_wanted(self) -> bool:
        """Whether this machine keeps an index: serving it begins with making the folder."""
        return self.folder.is_dir()

    def begin(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    @contextlib.asynccontextmanager
    async def writing(self) -> AsyncIterator[None]:
        """One writer at a time, of all processes; the kernel lets go of the lock even when one is killed."""
        self.begin()
        with (self.folder / "lock").open("ab") as file:
            await asyncio.to_thread(fcntl.flock, file, fcntl.LOCK_EX)
            yield

    def generation(self) -> Path | None:
        """The folder in use, if there is one that can be read."""
        with contextlib.suppress(OSError):
            place = self.folder / (self.folder / CURRENT).read_text()
            if (place / THROUGH).exists() and (place / ROWS).exists():
                return place
        return None

    def through(self) -> Through | None:
        place = self.generation()
        if place is None:
            return None
        try:
            found = msgspec.json.decode((place / THROUGH).read_bytes(), type=Through)
        except (OSError, msgspec.DecodeError):
            return None
        return found if found.format == FORMAT else None

    def opened(self) -> Index:
        place = self.generation()
        if place is None:
            raise FileNotFoundError(self.folder / CURRENT)
        return new_index(place)

    def new_generation(self) -> Path:
        place = self.folder / f"v{FORMAT}-{uuid.uuid4().hex[:12]}"
        place.mkdir(parents=True)
        return place

    def note(self, place: Path, through: Through) -> None:
        _replace(place / THROUGH, msgspec.json.encode(through))

    def switch_to(self, place: Path) -> None:
        """From now on `place` counts; what is no longer used is removed."""
        _replace(self.folder / CURRENT, place.name.encode())
        for old in self.folder.glob("v*-*"):
            if old != place:
                shutil.rmtree(old, ignore_errors=True)

    def reading(self) -> Reading | None:
        """The latest state; the one from before as long as nothing was written."""
        place = self.generation()
        if place is None or self.through() is None:
            return None
        state = (place.name, (place / THROUGH).stat().st_mtime_ns)
        if state != self._opened or self._reading is None:
            self._reading, self._opened = Reading(new_index(place), self._reading), state
        return self._reading


def _replace(path: Path, content: bytes) -> None:
    """The file has the old content or the new one, whatever happens."""
    draft = path.with_name(f"{path.name}.{uuid.uuid4().hex[:8]}")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
