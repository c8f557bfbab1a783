"""Reading files of strangers: in a process of its own, with little memory and little time, and nothing to lose.

Run as ``python -m marketplace.listings.parsing FILE``: writes what it found to standard output as JSON.
"""

import asyncio
import resource
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from scoring.errors import CellError
from scoring.technology import Technology

MEMORY_BYTES_MAX = 2 * 2**30
CPU_S_MAX = 30
WALL_S_MAX = 90
EXTENSIONS = (".csv", ".xlsx", ".json", ".jsonl", ".ndjson")
NAME_CHARS_MAX = 100


class Parsed(Struct, frozen=True):
    """All technologies of a file, or everything that is wrong with it."""

    technologies: tuple[Technology, ...] = ()
    errors: tuple[CellError, ...] = ()


async def parse(data: bytes, file_name: str) -> Parsed:
    """Read a portfolio file that somebody sent; never raises for what is in it."""
    shown, extension = file_name[-NAME_CHARS_MAX:], Path(file_name).suffix.lower()
    if extension not in EXTENSIONS:
        return _refused(shown, f"a file named {', '.join(EXTENSIONS)}", seen=extension)
    with tempfile.TemporaryDirectory(prefix="greenhatch-upload-") as folder:
        file = Path(folder) / f"upload{extension}"
        await asyncio.to_thread(file.write_bytes, data)
        found = await _parsed_elsewhere(file)
    if found is None:
        return _refused(shown, f"a file that can be read in {CPU_S_MAX} s and {MEMORY_BYTES_MAX // 2**20:,} MiB")
    # The sender knows the file by their own name for it.
    errors = tuple(msgspec.structs.replace(error, file=shown) for error in found.errors)
    return Parsed(found.technologies, errors)


async def _parsed_elsewhere(file: Path) -> Parsed | None:
    """What the other process says; None if it ran out of memory or time."""
    command = [sys.executable, "-m", __name__, str(file)]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), WALL_S_MAX)
    except TimeoutError:
        return None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return msgspec.json.decode(output, type=Parsed) if process.returncode == 0 else None


def _refused(file: str, expected: str, *, seen: str = "") -> Parsed:
    return Parsed(errors=(CellError(file=file, row=None, column=None, value=seen, expected=expected),))


def main(arguments: Sequence[str]) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S_MAX, CPU_S_MAX))
    from scoring.errors import InputError
    from scoring.io.reading import read_technologies

    try:
        found = Parsed(technologies=tuple(read_technologies(arguments[0])))
    except InputError as error:
        found = Parsed(errors=error.errors)
    sys.stdout.buffer.write(msgspec.json.encode(found))


if __name__ == "__main__":
    main(sys.argv[1:])
