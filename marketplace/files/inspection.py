"""Looking into files of strangers: in a process of its own, with little memory and little time, and nothing to lose."""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from marketplace.errors import FieldError, Invalid
from marketplace.files.sandbox import CPU_S_MAX, MEMORY_BYTES_MAX, WALL_S_MAX

# Each takes a core for a while; requests are to be answered beside them.
_AT_ONCE = 2
_turns: dict[asyncio.AbstractEventLoop, asyncio.Semaphore] = {}

_FAULTS = {
    "unreadable": ("a file that can be read", "文件须可读取"),
    "encrypted": ("a file without a password", "文件不得加密"),
    "too-many-pages": ("at most 2,000 pages", "不得超过2000页"),
    "bomb": ("a file that unpacks to at most 300 MB and 10,000 parts", "解压后不得超过300MB或10000个部件"),
    "macros": ("a file without macros", "文件不得含宏"),
    "embedded-program": ("a file without embedded programs or objects", "文件不得嵌入程序或对象"),
    "other-office-kind": ("the kind of Office file that the name says", "Office文件类型须与扩展名一致"),
}
_TOO_DEAR = (
    f"a file that can be read in {CPU_S_MAX} s and {MEMORY_BYTES_MAX // 2**20:,} MiB",
    "文件过于复杂，无法处理",
)


class Inspected(msgspec.Struct, frozen=True):
    """`fault` is a key of the table above; `facts` is what the file says of itself."""

    fault: str | None = None
    facts: dict[str, str] = {}


async def inspect(file: Path, extension: str) -> Mapping[str, str]:
    """What a file says of itself.

    Raises
    ------
    Invalid
        It cannot be read, or holds what is not handed on.
    """
    output = await apart("marketplace.files.inside", str(file), extension)
    found = None if output is None else msgspec.json.decode(output, type=Inspected)
    if found is not None and found.fault is None:
        return found.facts
    expected, expected_zh = _TOO_DEAR if found is None or found.fault is None else _FAULTS[found.fault]
    fault = FieldError(field="content", expected=expected, expected_zh=expected_zh)
    raise Invalid([fault], code="bad-file", message="This file is not accepted.", message_zh="不接受此文件。")


async def apart(module: str, *arguments: str, given: bytes = b"") -> bytes | None:
    """What a module run by itself writes; None if it failed, or ran out of memory or time."""
    async with _turns.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(_AT_ONCE)):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", module, *arguments,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            output, _ = await asyncio.wait_for(process.communicate(given), WALL_S_MAX)
        except TimeoutError:
            return None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    return output if process.returncode == 0 else None
