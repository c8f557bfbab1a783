"""Searching, and suggestions while somebody types."""

import asyncio
from typing import Annotated, Any

from litestar import Request
from litestar.params import FromQuery, QueryParameter

from api.paging import Cursor, Limit, decode_cursor, encode_cursor
from api.platform import actor_of, platform_of
from api.routing import PUBLIC, get
from api.search.saved_routes import SAVED
from api.search.saving import PROVIDED
from api.search.schemas import NOTHING, Kind, SearchOut, Suggestions
from marketplace.actors import Actor
from marketplace.errors import FieldError, Invalid
from marketplace.search.finding import Position, Reader, Sort, Wish, search, suggested
from marketplace.search.library import Library
from scoring.technology import Medium

TEXT_CHARS_MAX = 2000
_VALUES_MAX = 20
Words = Annotated[str, QueryParameter(max_length=TEXT_CHARS_MAX, description="What to look for, in Chinese or English")]
Typed = Annotated[str, QueryParameter(max_length=200, description="What has been typed so far")]
Values = Annotated[list[str] | None, QueryParameter(max_items=_VALUES_MAX, description="Any of these")]
FILTERS = ("kind", "medium", "pollutant", "industry", "industry_group", "chain_place", "provenance", "trl")
KNOWN = frozenset({"q", "sort", "cursor", "limit", *FILTERS})


@get("/search", access=PUBLIC, problems=())
async def search_everything(
    request: Request[Any, Any, Any],
    q: Words = "",
    sort: FromQuery[Sort] = "recommended",
    kind: FromQuery[list[Kind] | None] = None,
    medium: FromQuery[list[Medium] | None] = None,
    pollutant: Values = None,
    industry: Values = None,
    industry_group: Values = None,
    chain_place: Values = None,
    provenance: Values = None,
    trl: Values = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> SearchOut:
    """Technologies, needs, calls and knowledge for words in either language; visitors find what is public."""
    _check(request, q)
    given = (kind, medium, pollutant, industry, industry_group, chain_place, provenance, trl)
    facets = {name: [str(value) for value in values] for name, values in zip(FILTERS, given, strict=True) if values}
    after = decode_cursor(cursor, Position) if cursor else None
    library = library_of(request)
    reading, through = library.reading(), library.through()
    if reading is None or through is None:
        return NOTHING
    wish = Wish(text=q, facets=facets, sort=sort)
    reader = reader_of(actor_of(request))
    answer = await asyncio.to_thread(search, reading, wish, reader, after=after, limit=limit)
    return SearchOut.of(answer, encode_cursor(answer.next) if answer.next else None, through.sequence)


@get("/search/suggestions", access=PUBLIC, problems=())
async def suggest(request: Request[Any, Any, Any], q: Typed = "") -> Suggestions:
    """Names that begin with what has been typed."""
    reading = library_of(request).reading()
    return Suggestions([] if reading is None else suggested(reading, q, reader_of(actor_of(request))))


def reader_of(actor: Actor) -> Reader:
    """What the caller may read."""
    organisation = str(actor.organisation_id) if actor.organisation_id else None
    return Reader(organisation, sees_all="operator" in actor.roles)


def library_of(request: Request[Any, Any, Any]) -> Library:
    """One for the whole process, so that an index is opened once and not for each question."""
    state = request.app.state
    if "search_library" not in state:
        state["search_library"] = Library(platform_of(request).settings.home)
    library: Library = state["search_library"]
    return library


def _check(request: Request[Any, Any, Any], text: str) -> None:
    faults = []
    if not text.strip():
        faults.append(FieldError(field="q", expected="some words to look for", expected_zh="请输入要查找的内容"))
    faults += [
        FieldError(field=name, expected=f"one of {', '.join(sorted(KNOWN))}", expected_zh="没有这个筛选项")
        for name in sorted(set(request.query_params) - KNOWN)
    ]
    if faults:
        raise Invalid(faults)


DEPENDENCIES = PROVIDED
ROUTES = [search_everything, suggest, *SAVED]
