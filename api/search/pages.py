"""Search as a page: match and maturity side by side, why each result is there, in either language."""

import asyncio
from typing import Annotated, Any

from litestar import Request, Response
from litestar.params import FromQuery, QueryParameter
from markupsafe import Markup, escape

from api.paging import Cursor, decode_cursor, encode_cursor
from api.platform import actor_of
from api.routing import PUBLIC, get
from api.search.routes import TEXT_CHARS_MAX, library_of, reader_of
from api.search.saved_pages import SAVED_PAGES
from api.search.schemas import FoundOut, SearchOut
from api.search.words import ADDRESSES, KINDS, SORTS, WAYS
from api.site import words
from api.site.render import is_fragment, page
from marketplace.search.finding import Position, Sort, Wish, search
from scoring.technology import Medium, Text

SHOWN = 20
Filter = Annotated[str | None, QueryParameter(max_length=100, pattern=r"^[^\x00]*$")]


@get("/search", access=PUBLIC, problems=(), include_in_schema=False)
async def show_search(
    request: Request[Any, Any, Any],
    q: Annotated[str, QueryParameter(max_length=TEXT_CHARS_MAX)] = "",
    sort: FromQuery[Sort] = "recommended",
    kind: Filter = None,
    medium: FromQuery[Medium | None] = None,
    cursor: Cursor = None,
) -> Response[bytes]:
    """What answers a question; an empty question gets an empty form."""
    chosen = {"q": q.strip(), "sort": sort, "kind": kind if kind in KINDS else None, "medium": medium and medium.value}
    answer = await _answer(request, chosen, cursor) if q.strip() else None
    return page(
        request,
        "search/_results.html" if is_fragment(request) else "search/search.html",
        answer=answer,
        chosen=chosen,
        kinds=KINDS,
        sorts=SORTS,
        ways=WAYS,
        media=words.MEDIA,
        addresses=ADDRESSES,
        marked=marked,
        may_save=actor_of(request).organisation_id is not None,
    )


async def _answer(request: Request[Any, Any, Any], chosen: dict[str, Any], cursor: str | None) -> SearchOut | None:
    """None while there is no index yet."""
    library = library_of(request)
    reading, through = library.reading(), library.through()
    if reading is None or through is None:
        return None
    facets = {name: [str(chosen[name])] for name in ("kind", "medium") if chosen[name]}
    wish = Wish(text=chosen["q"], facets=facets, sort=chosen["sort"])
    after = decode_cursor(cursor, Position) if cursor else None
    reader = reader_of(actor_of(request))
    found = await asyncio.to_thread(search, reading, wish, reader, after=after, limit=SHOWN)
    return SearchOut.of(found, encode_cursor(found.next) if found.next else None, through.sequence)


def marked(item: FoundOut, name: str, language: str) -> Markup:
    """A text with what was found in it marked; in the other language, and said so, where there is no other."""
    text: Text = getattr(item, name)
    spoken = language if getattr(text, language) else ("en" if language == "zh" else "zh")
    said: str = getattr(text, spoken) or ""
    shown, at = Markup(""), 0
    for start, end in getattr(item.highlights, name).get(spoken, []):
        shown += escape(said[at:start]) + Markup("<mark>{}</mark>").format(said[start:end])
        at = end
    shown += escape(said[at:])
    if spoken == language:
        return shown
    return Markup('<span lang="{}">{}</span>').format("zh-Hans" if spoken == "zh" else "en", shown)


PAGES = [show_search, *SAVED_PAGES]
