"""A page: a template, in the reader's language, under a policy that runs no script but ours."""

import gzip
from functools import cache
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import Request, Response
from litestar.connection import ASGIConnection

from api.csrf import csrf_token
from api.platform import VISITOR, platform_of
from api.site.assets import asset, takes_gzip
from api.site.formats import FILTERS, SIGNS, money_range, range_of, territories
from api.site.labels import with_labels
from api.site.language import CURRENT, choose_language, gettext, ngettext, pgettext
from marketplace.people.models import LoginSession

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; media-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "same-origin",
    "Vary": "Accept-Encoding, Cookie, Accept-Language, HX-Request",
    "X-Content-Type-Options": "nosniff",
}

_LEVEL = 5
# What stands in an address as it is; all else (other scripts, control characters) is written in ASCII.
_WRITTEN_AS_IT_IS = "%/:=&?~#+!$,;'@()*[]"


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("api", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(gettext, ngettext, newstyle=True, pgettext=pgettext)  # type: ignore[attr-defined]
    environment.filters |= FILTERS
    environment.globals |= {"asset": asset, "str": str, "money_range": money_range, "range_of": range_of}
    environment.globals |= {"territories": territories, **SIGNS}
    return environment


def page(
    request: ASGIConnection[Any, Any, Any, Any], template: str, *, status: int = 200, **context: Any
) -> Response[bytes]:
    """The page as an answer. A template whose name begins with `_` is a fragment for htmx.

    Compressed for visitors alone: the length of what is compressed tells of its secrets, and a form holds one.
    """
    content, headers = rendered(request, template, **context), HEADERS
    signed_in = isinstance(request.scope.get("auth"), LoginSession)
    if not signed_in and takes_gzip(request.headers.get("accept-encoding", "")):
        content, headers = gzip.compress(content, _LEVEL, mtime=0), HEADERS | {"Content-Encoding": "gzip"}
    return Response(content, status_code=status, media_type="text/html", headers=headers)


def rendered(request: ASGIConnection[Any, Any, Any, Any], template: str, **context: Any) -> bytes:
    language = choose_language(request)
    CURRENT.set(language)
    login = request.scope.get("auth")
    shared = {
        "actor": request.scope.get("user") or VISITOR,
        "csrf": csrf_token(platform_of(request), login) if isinstance(login, LoginSession) else "",
        "here": request.url.path,
        "language": language,
        "query": request.scope["query_string"].decode("latin-1"),
    }
    return with_labels(_templates().get_template(template).render(**shared, **context)).encode()


def is_fragment(request: Request[Any, Any, Any]) -> bool:
    """Whether htmx asks for a part of the page rather than for all of it."""
    return request.headers.get("hx-request") == "true" and request.headers.get("hx-boosted") != "true"


def see_other(address: str) -> Response[bytes]:
    """After a form was taken: what to look at now."""
    written = quote(address, safe=_WRITTEN_AS_IT_IS)
    return Response(b"", status_code=303, headers={"Location": written}, media_type="text/html")
