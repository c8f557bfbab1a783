"""Listings in bulk: import with a dry run, exports, and what the operator compares."""

import uuid
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromQuery, MultipartBody, QueryParameter
from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.listings.dependencies import holder_organisation
from api.listings.schemas import CardOut
from api.platform import actor_of
from api.routing import OPERATOR, PUBLIC, SIGNED_IN, get, post
from api.transaction import provide_session
from api.uploads import Export, FileIn, as_file, read_whole, refused
from marketplace.listings import bulk, duplicates
from marketplace.listings.catalogue import CatalogueFilter, conditions_of
from marketplace.listings.models import Listing
from marketplace.listings.parsing import parse
from scoring.io.template import write_template
from scoring.io.writing import write_rows, write_technologies
from scoring.technology import Medium

EXPORTED_MAX = 20_000


@post("/listings/import", access=SIGNED_IN, problems=(), before_request=read_whole)
async def import_listings(
    request: Request[Any, Any, Any], data: MultipartBody[FileIn], dry_run: FromQuery[bool] = True
) -> Response[bulk.ImportReport]:
    """Draft a listing for each technology of a file (CSV, XLSX, JSON or JSON lines, at most 10 MB).

    A dry run, the default, answers with all errors and with what the drafts would still lack. `dry_run=false` imports
    all of them, or none and answers 400.
    """
    # Before the transaction: reading a file may take a while.
    parsed = await parse(await data.file.read(), data.file.filename)
    session = await provide_session(request)
    holder = await holder_organisation(request, session)
    report = await bulk.check_import(session, holder=holder, parsed=parsed, file=data.file.filename)
    if dry_run:
        return Response(report, status_code=200)
    if report.errors:
        raise refused(report.errors)
    made = await bulk.import_listings(session, holder=holder, technologies=parsed.technologies)
    return Response(replace(report, imported=tuple(listing.id for listing in made)), status_code=201)


@get("/listings/template", access=PUBLIC, problems=(), media_type="application/octet-stream")
async def download_template(format: FromQuery[Literal["xlsx", "csv"]] = "xlsx") -> Response[bytes]:
    """An empty table to fill in and import, its header in Chinese and English; the workbook explains every column."""
    return await as_file(write_template, "greenhatch-technologies", format)


@get("/listings/export", access=SIGNED_IN, problems=(), media_type="application/octet-stream")
async def export_own(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], format: FromQuery[Export] = "xlsx"
) -> Response[bytes]:
    """Your organisation's listings as a file that an import reads back; no text in it becomes a formula."""
    mine = (Listing.organisation_id == actor_of(request).organisation_id, Listing.state != "withdrawn")
    found = await session.scalars(select(Listing).where(*mine).order_by(Listing.id).limit(EXPORTED_MAX))
    technologies = [bulk.exported(listing) for listing in found]
    return await as_file(lambda file: write_technologies(technologies, file), "listings", format)


@get("/catalogue/export", access=PUBLIC, problems=(), media_type="application/octet-stream")
async def export_catalogue(
    session: NamedDependency[AsyncSession],
    format: FromQuery[Export] = "xlsx",
    medium: FromQuery[Medium | None] = None,
    trl_min: Annotated[int | None, QueryParameter(ge=1, le=9)] = None,
    holder_id: FromQuery[uuid.UUID | None] = None,
) -> Response[bytes]:
    """The published catalogue as a file; no text in it becomes a formula."""
    wanted = CatalogueFilter(medium=medium, trl_min=trl_min, holder_id=holder_id)
    query = select(Listing.public_card).where(*conditions_of(wanted)).order_by(Listing.id).limit(EXPORTED_MAX)
    cards = (await session.scalars(query)).all()
    return await as_file(lambda file: write_rows([_row(card) for card in cards], file), "catalogue", format)


def _row(encoded: bytes) -> dict[str, Any]:
    card = msgspec.json.decode(encoded, type=CardOut)
    return {
        "id": str(card.id),
        "name_zh": card.name.zh,
        "name_en": card.name.en,
        "summary_zh": card.summary.zh,
        "summary_en": card.summary.en,
        "holder_zh": card.holder.name.zh,
        "holder_en": card.holder.name.en,
        "media": "; ".join(card.media),
        "pollutants": "; ".join(card.pollutants),
        "industries": "; ".join(card.industries),
        "industry_group": card.industry_group,
        "chain_place": card.chain_place,
        "provenance": card.provenance,
        "trl_low": card.trl.low,
        "trl_high": card.trl.high,
        "completeness": card.completeness,
        "published_on": card.published_at.date() if card.published_at else None,
        "expires_on": card.expires_at.date() if card.expires_at else None,
    }


@get("/listings/{listing_id:uuid}/duplicates", access=OPERATOR)
async def list_duplicates(
    session: NamedDependency[AsyncSession], own_listing: NamedDependency[Listing]
) -> list[duplicates.Candidate]:
    """Listings of any organisation that may be the same technology, each with the reason."""
    return await duplicates.possible_duplicates(session, listing=own_listing)


FILES = [import_listings, download_template, export_own, export_catalogue, list_duplicates]
