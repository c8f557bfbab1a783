"""The public catalogue, and a holder's own listings."""

import uuid
from typing import Annotated, Any

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.conditional import require_version, respond, version_tag
from api.door import keep_for_the_door
from api.listings import schemas
from api.listings.dependencies import editable_listing, holder_organisation, own_listing
from api.listings.evidence_routes import EVIDENCE_ROUTES
from api.listings.file_routes import FILES
from api.listings.steps import STEPS
from api.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from api.platform import actor_of, platform_of
from api.routing import PUBLIC, SIGNED_IN, get, post, put
from marketplace.database import transaction
from marketplace.errors import only
from marketplace.listings import catalogue, service
from marketplace.listings.catalogue import CatalogueFilter, Position
from marketplace.listings.models import Listing
from marketplace.paging import count, newest_first, page
from marketplace.people.models import Organisation
from scoring.technology import Medium

Filter = Annotated[str | None, QueryParameter(max_length=100, pattern=r"^[^\x00]+$")]
Level = Annotated[int | None, QueryParameter(ge=1, le=9)]


@get(
    "/catalogue",
    access=PUBLIC,
    problems=(),
    responses={200: ResponseSpec(Page[schemas.CardOut], description="One page, the readiest first")},
)
async def list_catalogue(
    request: Request[Any, Any, Any],
    medium: FromQuery[Medium | None] = None,
    pollutant: Filter = None,
    industry: Filter = None,
    industry_group: Filter = None,
    chain_place: Filter = None,
    provenance: Filter = None,
    trl_min: Level = None,
    holder_id: FromQuery[uuid.UUID | None] = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Response[bytes]:
    """Recommended technologies, open to everybody."""
    platform = platform_of(request)
    wanted = CatalogueFilter(
        medium=medium,
        pollutant=pollutant,
        industry=industry,
        industry_group=industry_group,
        chain_place=chain_place,
        provenance=provenance,
        trl_min=trl_min,
        holder_id=holder_id,
    )
    after, epoch = decode_cursor(cursor, Position) if cursor else None, platform.catalogue.epoch
    async with transaction(platform.sessions, actor_of(request)) as session:
        found = await catalogue.catalogue_page(session, wanted, after=after, limit=limit)
    following = f'"{encode_cursor(found.last)}"' if found.last else "null"
    answer = b'{"items":[%b],"next":%b,"total":%d}' % (b",".join(found.cards), following.encode(), found.total)
    keep_for_the_door(request, answer, epoch=epoch)
    return respond(request, answer)


@get("/catalogue/facets", access=PUBLIC, problems=())
async def list_facets(
    session: NamedDependency[AsyncSession], medium: FromQuery[Medium | None] = None, trl_min: Level = None
) -> schemas.Facets:
    """How many published technologies there are by medium, industry group, place in the chain and provenance."""
    found = await catalogue.facets(session, CatalogueFilter(medium=medium, trl_min=trl_min))
    return schemas.Facets(**found)


@get(
    "/catalogue/{listing_id:uuid}",
    access=PUBLIC,
    responses={200: ResponseSpec(schemas.DetailOut, description="The published technology")},
)
async def show_technology(request: Request[Any, Any, Any], listing_id: FromPath[uuid.UUID]) -> Response[bytes]:
    """One recommended technology."""
    platform = platform_of(request)
    epoch = platform.catalogue.epoch
    async with transaction(platform.sessions, actor_of(request)) as session:
        answer: bytes = only(await catalogue.public_detail(session, listing_id), "technology")
    keep_for_the_door(request, answer, epoch=epoch)
    return respond(request, answer)


@get("/listings", access=SIGNED_IN, problems=())
async def list_own(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Page[schemas.OwnListing]:
    """The listings of one's own organisation, the newest first; operators get everybody's."""
    actor = actor_of(request)
    query = select(Listing)
    if "operator" not in actor.roles:
        query = query.where(Listing.organisation_id == actor.organisation_id)
    after = decode_cursor(cursor, tuple[uuid.UUID]) if cursor else None
    found = await page(session, query, order=newest_first(Listing), after=after, limit=limit)
    following = encode_cursor(found.position) if found.position else None
    return Page([schemas.OwnListing.of(item) for item in found.items], following, await count(session, query))


@post("/listings", access=SIGNED_IN)
async def draft_listing(
    data: JSONBody[schemas.ListingIn],
    session: NamedDependency[AsyncSession],
    holder_organisation: NamedDependency[Organisation],
) -> Response[schemas.OwnListing]:
    """Begin a listing."""
    made = await service.draft_listing(session, holder=holder_organisation, content=data.content())
    return _versioned(made, 201)


@get("/listings/{listing_id:uuid}", access=SIGNED_IN)
async def show_own(own_listing: NamedDependency[Listing]) -> Response[schemas.OwnListing]:
    """One's own listing with everything in it."""
    return _versioned(own_listing, 200)


@put("/listings/{listing_id:uuid}", access=SIGNED_IN, problems=(404, 412, 428))
async def rewrite_listing(
    request: Request[Any, Any, Any],
    data: JSONBody[schemas.ListingIn],
    session: NamedDependency[AsyncSession],
    editable_listing: NamedDependency[Listing],
) -> Response[schemas.OwnListing]:
    """Replace what a draft says; If-Match names the version that was changed."""
    require_version(request, editable_listing.version)
    await service.rewrite_listing(session, listing=editable_listing, content=data.content())
    return _versioned(editable_listing, 200)


def _versioned(listing: Listing, status: int) -> Response[schemas.OwnListing]:
    return Response(schemas.OwnListing.of(listing), status_code=status, headers={"ETag": version_tag(listing.version)})


@get("/listings/{listing_id:uuid}/versions", access=SIGNED_IN)
async def list_versions(
    session: NamedDependency[AsyncSession], own_listing: NamedDependency[Listing]
) -> list[schemas.VersionOut]:
    """Every version there was, with the hash of what it said."""
    return [schemas.VersionOut.of(version) for version in await service.versions_of(session, own_listing)]


DEPENDENCIES = {
    "own_listing": own_listing,
    "editable_listing": editable_listing,
    "holder_organisation": holder_organisation,
}
ROUTES = [
    list_catalogue,
    list_facets,
    show_technology,
    list_own,
    draft_listing,
    show_own,
    rewrite_listing,
    list_versions,
    *STEPS,
    *FILES,
    *EVIDENCE_ROUTES,
]
