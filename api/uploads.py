"""A file that a request brings, and files that answers carry."""

import asyncio
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from litestar import Request, Response
from litestar.datastructures import UploadFile

from marketplace.errors import FieldError, Invalid
from scoring.errors import CellError

Export = Literal["xlsx", "csv", "parquet", "jsonl"]


@dataclass
class FileIn:
    """A form with one file."""

    file: UploadFile


async def read_whole(request: Request[Any, Any, Any]) -> None:
    """For ``before_request``: a form is read from the wire once, and the idempotency of the request needs it, too."""
    await request.body()


async def as_file(write: Callable[[Path], None], name: str, kind: Export) -> Response[bytes]:
    """What `write` puts into a file, as a download; written in a thread, because a workbook takes its time."""

    def written() -> bytes:
        with tempfile.TemporaryDirectory(prefix="greenhatch-export-") as folder:
            file = Path(folder) / f"export.{kind}"
            write(file)
            return file.read_bytes()

    return download(await asyncio.to_thread(written), name, kind)


def download(content: bytes, name: str, kind: Export) -> Response[bytes]:
    """Bytes as a file to keep."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"', "X-Content-Type-Options": "nosniff"}
    # One media type for every kind of file, as the description says; the name tells programs what it is.
    return Response(content, media_type="application/octet-stream", headers=headers)


def refused(errors: Iterable[CellError]) -> Invalid:
    """Every bad cell of a file, each as one field of the refusal."""
    fields = [
        FieldError(
            field=", ".join([error.file, *([f"row {error.row}"] if error.row else []), *filter(None, [error.column])]),
            value=error.value,
            expected=error.expected,
            expected_zh="文件内容有误，详见英文说明",
        )
        for error in errors
    ]
    return Invalid(fields, code="bad-file", message="The file is not right.", message_zh="文件内容有误。")
