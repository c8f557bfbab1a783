"""The page of one listing as its holder sees it."""

from typing import Any

from litestar import Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.listings import words as listing_words
from api.listings.schemas import OwnListing
from api.platform import actor_of
from api.site import words
from api.site.formats import plain
from api.site.forms import Form
from api.site.render import page
from marketplace.assessments.queries import decision_of, latest_assessment
from marketplace.listings.evidence import names_of
from marketplace.listings.models import Listing
from marketplace.listings.process import EDITABLE
from marketplace.listings.service import technology_of
from marketplace.process import history


async def own_page(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    listing: Listing,
    *,
    form: Form[Any] | None = None,
    documenting: Form[Any] | None = None,
) -> Response[bytes]:
    """Its state, what it says, what it lacks, what happened, and what comes next."""
    assessment = await latest_assessment(session, listing)
    mine = listing.organisation_id == actor_of(request).organisation_id
    return page(
        request,
        "listings/own-one.html",
        status=422 if form or documenting else 200,
        form=form,
        documenting=documenting,
        steps=await history(session, listing),
        assessment=assessment,
        decision=await decision_of(session, assessment) if assessment else None,
        mine=mine,
        editable=mine and listing.state in EDITABLE,
        fileless=[(one.id, plain(one.title) or one.id) for one in technology_of(listing).evidence],
        **await content_shown(session, listing),
    )


async def content_shown(session: AsyncSession, listing: Listing) -> dict[str, Any]:
    """What the template of a listing's content needs."""
    return {
        "listing": OwnListing.of(listing),
        "files": await names_of(session, listing.id),
        "file_address": f"/api/v1/listings/{listing.id}/evidence",
        "states": listing_words.STATES,
        "missing": listing_words.MISSING,
        "choices": listing_words,
        "words": words,
    }
