"""Static files, each under an address that holds its hash: browsers keep them for ever, and get a new one at once."""

import gzip
import hashlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from litestar import Request, Response
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from api.routing import PUBLIC, get

FOLDER = Path(__file__).parents[1] / "static"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_HEADERS = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}


class Asset(NamedTuple):
    """A file, as it is and compressed once."""

    digest: str
    content: bytes
    compressed: bytes


@cache
def _files() -> dict[str, Asset]:
    """By name. htmx is the one that an installed package ships."""
    found = {path.name: path for path in FOLDER.iterdir() if path.suffix in _TYPES}
    found["htmx.js"] = _htmx()
    return {name: _asset(path.read_bytes()) for name, path in found.items()}


def _asset(content: bytes) -> Asset:
    return Asset(hashlib.sha256(content).hexdigest()[:12], content, gzip.compress(content, mtime=0))


def _htmx() -> Path:
    """Found without importing the package, which would bring a whole framework into the process."""
    spec = find_spec("django_htmx")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("django-htmx ships htmx and is not installed")
    return Path(spec.origin).parent / "static" / "django_htmx" / "htmx-2.min.js"


def asset(name: str) -> str:
    """The address of a file, for templates."""
    return f"/static/{_files()[name].digest}/{name}"


def takes_gzip(accept_encoding: str) -> bool:
    """Whether a browser says that it reads what is compressed so."""
    return any(part.strip().split(";")[0] == "gzip" for part in accept_encoding.lower().split(","))


@get("/static/{digest:str}/{name:str}", access=PUBLIC, include_in_schema=False)
async def serve_asset(request: Request[Any, Any, Any], digest: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """A file by its hash and name."""
    file = _files().get(name)
    if file is None or file.digest != digest:
        raise NotFoundException("There is no such file.")
    media_type = _TYPES[Path(name).suffix]
    if takes_gzip(request.headers.get("accept-encoding", "")):
        return Response(file.compressed, media_type=media_type, headers=_HEADERS | {"Content-Encoding": "gzip"})
    return Response(file.content, media_type=media_type, headers=_HEADERS)
