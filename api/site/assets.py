"""Static files, each under an address that holds its hash: browsers keep them for ever, and get a new one at once."""

import hashlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from litestar import Request, Response
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from api.routing import PUBLIC, get

FOLDER = Path(__file__).parents[1] / "static"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FOREVER = "public, max-age=31536000, immutable"


@cache
def _files() -> dict[str, tuple[str, bytes]]:
    """By name: the hash and the content. htmx is the one that an installed package ships."""
    found = {path.name: path for path in FOLDER.iterdir() if path.suffix in _TYPES}
    found["htmx.js"] = _htmx()
    read = {name: path.read_bytes() for name, path in found.items()}
    return {name: (hashlib.sha256(content).hexdigest()[:12], content) for name, content in read.items()}


def _htmx() -> Path:
    """Found without importing the package, which would bring a whole framework into the process."""
    spec = find_spec("django_htmx")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("django-htmx ships htmx and is not installed")
    return Path(spec.origin).parent / "static" / "django_htmx" / "htmx-2.min.js"


def asset(name: str) -> str:
    """The address of a file, for templates."""
    return f"/static/{_files()[name][0]}/{name}"


@get("/static/{digest:str}/{name:str}", access=PUBLIC, include_in_schema=False)
async def serve_asset(request: Request[Any, Any, Any], digest: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """A file by its hash and name."""
    held, content = _files().get(name, ("", b""))
    if not held or held != digest:
        raise NotFoundException("There is no such file.")
    return Response(content, media_type=_TYPES[Path(name).suffix], headers={"Cache-Control": _FOREVER})
