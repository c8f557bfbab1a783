"""Taking in a document as its bytes come off the wire: never whole in memory, never more than is allowed."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from litestar.datastructures import UploadFile
from litestar.exceptions import HTTPException
from litestar.openapi.spec import OpenAPIFormat, OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema

from marketplace.errors import Invalid
from marketplace.files.service import Received, bad_name

_CHUNK_BYTES = 1 << 16


@dataclass
class UploadOperation(Operation):
    """For OpenAPI: the body is the file itself."""

    def __post_init__(self) -> None:
        binary = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
        self.request_body = RequestBody(
            required=True, content={"application/octet-stream": OpenAPIMediaType(schema=binary)}
        )


async def receive(chunks: AsyncIterator[bytes], *, name: str, folder: Path, bytes_max: int) -> Received:
    """Write a body into a file of `folder`, and its hash beside it.

    Raises
    ------
    Invalid
        The name is of no kind that is taken.
    HTTPException
        413: there is more than `bytes_max` of it; the rest is not read.
    """
    if fault := bad_name(name):
        raise Invalid([fault])
    place, digest, size = folder / "received", hashlib.sha256(), 0
    file = await asyncio.to_thread(place.open, "wb")
    try:
        async for chunk in chunks:
            size += len(chunk)
            if size > bytes_max:
                raise HTTPException(f"A file has at most {bytes_max:,} bytes.", status_code=413)
            digest.update(chunk)
            await asyncio.to_thread(file.write, chunk)
    finally:
        await asyncio.to_thread(file.close)
    return Received(name, place, digest.hexdigest(), size)


async def chunks_of(file: UploadFile) -> AsyncIterator[bytes]:
    """A file out of a form, piece by piece."""
    while chunk := await file.read(_CHUNK_BYTES):
        yield chunk
